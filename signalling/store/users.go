package store

import (
	"context"
	"time"
)

// User is an account.
type User struct {
	ID, Name string
	// Automated is whether it is a program, and people are told so.
	Automated bool
	Created   time.Time
}

const userColumns = `id, name, automated, created_ms`

func scanUser(s scanner) (u User, err error) {
	return u, s.Scan(&u.ID, &u.Name, &u.Automated, millis{&u.Created})
}

// UpsertUser creates a user or gives an existing one a new name. It fails with
// [ErrDeleted] for an id whose account was deleted.
func (s *Store) UpsertUser(ctx context.Context, id, name string) error {
	if err := checkID("user id", id); err != nil {
		return err
	}
	if err := checkText("name", name, MaxName); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if _, err := c.exec(ctx, `
			INSERT INTO users (id, name, created_ms) VALUES ($1, $2, {now})
			ON CONFLICT (id) DO UPDATE SET name = excluded.name`, id, name); err != nil {
			return err
		}
		return s.notDeleted(ctx, c, id)
	})
}

// SetAutomated says whether an account is a program. It fails with [ErrNotFound] if
// there is no such user.
func (s *Store) SetAutomated(ctx context.Context, user string, on bool) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		return c.must(ctx, ErrNotFound, `UPDATE users SET automated = CAST($2 AS BOOLEAN) WHERE id = $1`, user, on)
	})
}

// User returns one user, or [ErrNotFound].
func (s *Store) User(ctx context.Context, id string) (User, error) {
	return get(ctx, s, scanUser, `SELECT `+userColumns+` FROM users WHERE id = $1`, id)
}

// Users returns those of ids that exist, by id. At most 256 ids are asked for
// at once; longer lists cost several queries.
func (s *Store) Users(ctx context.Context, ids ...string) (map[string]User, error) {
	found := make(map[string]User, len(ids))
	err := inLists(ids, 1, "$%d", func(marks string, args []any) error {
		part, err := list(ctx, s, scanUser, `SELECT `+userColumns+` FROM users WHERE id IN (`+marks+`)`, args...)
		for _, u := range part {
			found[u.ID] = u
		}
		return err
	})
	return found, err
}
