package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"time"
)

// InvitationFor is how long an invitation into a group may be answered.
const InvitationFor = 7 * 24 * time.Hour

// Accept makes an invited user an active member, who may be added by others
// again from then on. It fails with [ErrNotFound] if he is not invited, with
// [ErrBanned], and with [ErrLimit] beyond [MaxGroups]. The user must be a
// subject of the change.
func (g *GroupRow) Accept(user string) error {
	m, known := g.Member(user), g.subjects[user]
	switch {
	case m == nil || m.State != MemberInvited || m.Silent || known == nil:
		return ErrNotFound
	case known.banned:
		return ErrBanned
	case known.groups >= MaxGroups:
		return ErrLimit
	}
	if known.left {
		known.left, known.changed = false, true
	}
	g.put(Member{UserID: user, State: MemberActive, Role: RoleMember, By: m.By})
	return nil
}

// Lift takes back that a user was put out for good. It fails with [ErrNotFound]
// if he was not. The user must be a subject of the change.
func (g *GroupRow) Lift(user string) error {
	known := g.subjects[user]
	if known == nil || !known.banned {
		return ErrNotFound
	}
	known.banned, known.changed = false, true
	return nil
}

// Expired is an entry of a group's list whose time was over.
type Expired struct {
	Group, User string
	// Invited tells an invitation from a former member.
	Invited bool
	// Silent is an invitation that the user never knew of.
	Silent bool
}

// SweepGroups deletes expired invitations and former members, at most limit at
// once, and returns them.
func (s *Store) SweepGroups(ctx context.Context, limit int) ([]Expired, error) {
	var gone []Expired
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		gone, err = rows(ctx, c, func(s scanner) (e Expired, err error) {
			return e, s.Scan(&e.Group, &e.User, &e.Invited, &e.Silent)
		}, `DELETE FROM group_members WHERE (group_id, user_id) IN (
				SELECT group_id, user_id FROM group_members WHERE until_ms <= {now} ORDER BY until_ms LIMIT $1)
			RETURNING group_id, user_id, state = 'invited', silent`, limit)
		if err != nil {
			return err
		}
		for _, e := range gone {
			if _, err := c.exec(ctx, `UPDATE call_groups SET version = version + 1 WHERE id = $1`, e.Group); err != nil {
				return err
			}
		}
		return nil
	})
	return gone, err
}

// subject is what is remembered of a user whom a change of a group may add.
type subject struct {
	mark                []byte
	left, banned        bool
	groups, invitations int
	changed             bool
}

func markKeyName(group string) string { return "group " + group }

// readSubjects reads what is remembered of users.
func (s *Store) readSubjects(ctx context.Context, c conn, group string, users []string) (map[string]*subject, error) {
	subjects := make(map[string]*subject, len(users))
	if len(users) == 0 {
		return subjects, nil
	}
	var sealed []byte
	if err := c.row(ctx, `SELECT mark_key FROM call_groups WHERE id = $1`, []any{group}, &sealed); err != nil {
		return nil, err
	}
	key, err := s.sealer.open(markKeyName(group), sealed)
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(user))
		one := &subject{mark: h.Sum(nil)}
		subjects[user] = one
		_, err := rows(ctx, c, func(s scanner) (struct{}, error) { return struct{}{}, s.Scan(&one.left, &one.banned) },
			`SELECT has_left, banned FROM group_marks WHERE group_id = $1 AND mark = $2`, group, one.mark)
		if err != nil {
			return nil, err
		}
		err = c.row(ctx, `SELECT COALESCE(SUM(CASE WHEN state = 'active' THEN 1 ELSE 0 END), 0),
				COALESCE(SUM(CASE WHEN state = 'invited' AND NOT silent AND until_ms > {now} THEN 1 ELSE 0 END), 0)
			FROM group_members WHERE user_id = $1`, []any{user}, &one.groups, &one.invitations)
		if err != nil {
			return nil, err
		}
	}
	return subjects, nil
}

func writeSubjects(ctx context.Context, c conn, group string, subjects map[string]*subject) error {
	for _, one := range subjects {
		if !one.changed {
			continue
		}
		_, err := c.exec(ctx, `INSERT INTO group_marks (group_id, mark, has_left, banned) VALUES ($1, $2, $3, $4)
			ON CONFLICT (group_id, mark) DO UPDATE SET has_left = excluded.has_left, banned = excluded.banned`,
			group, one.mark, one.left, one.banned)
		if err != nil {
			return err
		}
	}
	return nil
}
