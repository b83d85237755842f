package store

import (
	"context"
	"errors"
	"fmt"
)

// Number is the verified phone number of a user, as far as it is kept: the
// number itself is not.
type Number struct {
	// Hash is the keyed hash of the number.
	Hash string
	// Ending is its last two digits, for the owner's eyes.
	Ending string
	// Discoverable lets those who have the number find the account.
	Discoverable bool
}

// NumberOf returns the verified number of user, or [ErrNotFound]. It is for
// user's eyes only.
func (s *Store) NumberOf(ctx context.Context, user string) (Number, error) {
	return get(ctx, s, func(s scanner) (n Number, err error) {
		return n, s.Scan(&n.Hash, &n.Ending, &n.Discoverable)
	}, `SELECT hash, ending, discoverable FROM numbers WHERE user_id = $1`, user)
}

// SetNumber gives user a number that he has proved to be his, which is
// discoverable at first (except a minor's), and takes it from whoever had it before: numbers are
// handed on. Those who have uploaded the number get user as a contact; they
// are returned, and those who had another contact from it, [MaxTold] at most,
// so that they can be told. It fails with [ErrNotFound] if there is no such user.
func (s *Store) SetNumber(ctx context.Context, user, hash, ending string) (told []string, err error) {
	if err := checkIDs("user id or hash", user, hash); err != nil {
		return nil, err
	}
	if len(ending) > 2 {
		return nil, invalid("the ending has more than two digits")
	}
	for try := 1; ; try++ {
		err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
			told, err = putNumber(ctx, c, user, hash, ending)
			return err
		})
		if !errors.Is(err, ErrConflict) || try == maxTries { // another user proved the same number at the same moment
			break
		}
	}
	if err != nil {
		return nil, err
	}
	more, err := s.adopt(ctx, user)
	told = append(told, more...)
	return told[:min(len(told), MaxTold)], err
}

func putNumber(ctx context.Context, c conn, user, hash, ending string) (told []string, err error) {
	// What he had chosen for his last number holds for this one. Minors choose it.
	discoverable, err := discoverable(ctx, c, user)
	if err != nil {
		return nil, err
	}
	before, err := rows(ctx, c, scanID, `SELECT user_id FROM numbers
		WHERE hash = $1 AND user_id <> $2 OR user_id = $2 AND hash <> $1`, hash, user)
	if err != nil {
		return nil, err
	}
	for _, owner := range before {
		lost, err := dropNumber(ctx, c, owner)
		if err != nil {
			return nil, err
		}
		told = append(told, lost...)
	}
	_, err = c.exec(ctx, `INSERT INTO numbers (user_id, hash, ending, discoverable, verified_ms) VALUES ($1, $2, $3, $4, {now})
		ON CONFLICT (user_id) DO UPDATE SET verified_ms = excluded.verified_ms`, user, hash, ending, discoverable)
	return told, err
}

func discoverable(ctx context.Context, c conn, user string) (on bool, err error) {
	err = c.row(ctx, `SELECT COALESCE((SELECT discoverable FROM numbers WHERE user_id = $1),
		NOT EXISTS (SELECT 1 FROM standing WHERE user_id = $1 AND minor))`, []any{user}, &on)
	return on, err
}

// NumberOwner returns whose number it is, or [ErrNotFound]. It is for somebody
// who has just proved that the number is his, and for nobody else.
func (s *Store) NumberOwner(ctx context.Context, hash string) (string, error) {
	return get(ctx, s, scanID, `SELECT user_id FROM numbers WHERE hash = $1`, hash)
}

// DeleteNumber takes a user's number away and his account out of the contacts
// of those who had it from the number, who are returned; it is no error if he
// had none.
func (s *Store) DeleteNumber(ctx context.Context, user string) (told []string, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		told, err = dropNumber(ctx, c, user)
		return err
	})
	return told[:min(len(told), MaxTold)], err
}

// SetDiscoverable says whether those who have user's number may find his
// account. Who has found it already keeps it. What is returned is as of
// [Store.SetNumber]. It fails with [ErrNotFound] if user has no number.
func (s *Store) SetDiscoverable(ctx context.Context, user string, on bool) (told []string, err error) {
	err = s.change(ctx, ErrNotFound, `UPDATE numbers SET discoverable = $2 WHERE user_id = $1`, user, on)
	if err != nil || !on {
		return nil, err
	}
	return s.adopt(ctx, user)
}

// dropNumber makes who had user from his number have a mere hash again, and
// returns them.
func dropNumber(ctx context.Context, c conn, user string) (lost []string, err error) {
	lost, err = rows(ctx, c, scanID, `DELETE FROM contacts WHERE contact_id = $1
		AND owner_id IN (SELECT owner_id FROM uploaded WHERE contact_id = $1 AND made) RETURNING owner_id`, user)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{
		`UPDATE uploaded SET contact_id = NULL, made = FALSE WHERE contact_id = $1`,
		`DELETE FROM numbers WHERE user_id = $1`,
	} {
		if _, err := c.exec(ctx, text, user); err != nil {
			return nil, err
		}
	}
	return lost, nil
}

// adopt turns the hashes that others have uploaded of user's number into
// contacts. It is a transaction of its own, after the number's: an upload
// commits its hashes and then looks for numbers, this the other way round, so
// that at least one of the two sees the other on both engines.
func (s *Store) adopt(ctx context.Context, user string) (told []string, err error) {
	for {
		waiting, err := s.exists(ctx, `SELECT EXISTS (SELECT 1 FROM numbers n JOIN uploaded u ON u.hash = n.hash
			WHERE n.user_id = $1 AND n.discoverable AND u.contact_id IS NULL AND u.owner_id <> $1)`, user)
		if err != nil || !waiting {
			return told, err
		}
		var made []pair
		err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
			made, err = match(ctx, c, `n.user_id = $1 AND uploaded.owner_id IN (
				SELECT u.owner_id FROM uploaded u JOIN numbers m ON m.hash = u.hash
				WHERE m.user_id = $1 AND u.contact_id IS NULL AND u.owner_id <> $1 LIMIT $2)`, user, maxAdopted)
			return err
		})
		if err != nil {
			return told, err
		}
		for _, p := range made {
			if len(told) < MaxTold {
				told = append(told, p.owner)
			}
		}
	}
}

// MaxTold is how many users are told of a contact that has come to be at once.
// The others see it when they sign in or look.
const MaxTold = 1000

// maxAdopted is how many hashes become contacts in one transaction; a number
// that everybody has must not hold up other writes.
const maxAdopted = 500

// pair is a contact that a match has made.
type pair struct{ owner, contact string }

// match joins uploaded hashes within a scope, a condition on the rows n of
// numbers and uploaded, with the accounts they belong to, and returns those
// pairs that were not contacts before. Whoever has [MaxContacts] gets the match
// and no contact.
func match(ctx context.Context, c conn, scope string, args ...any) ([]pair, error) {
	type matched struct {
		pair
		made bool
	}
	all, err := rows(ctx, c, func(s scanner) (m matched, err error) {
		return m, s.Scan(&m.owner, &m.contact, &m.made)
	}, `UPDATE uploaded SET contact_id = n.user_id,
			made = NOT EXISTS (SELECT 1 FROM contacts k WHERE k.owner_id = uploaded.owner_id AND k.contact_id = n.user_id)
				AND (SELECT COUNT(*) FROM contacts k WHERE k.owner_id = uploaded.owner_id) < `+fmt.Sprint(MaxContacts)+`
		FROM numbers n
		WHERE n.hash = uploaded.hash AND n.discoverable AND n.user_id <> uploaded.owner_id AND uploaded.contact_id IS NULL
			AND `+scope+`
		RETURNING owner_id, contact_id, made`, args...)
	if err != nil {
		return nil, err
	}
	var made []pair
	for _, m := range all {
		if !m.made {
			continue
		}
		if _, err := c.exec(ctx, `INSERT INTO contacts (owner_id, contact_id, created_ms) VALUES ($1, $2, {now})
			ON CONFLICT DO NOTHING`, m.owner, m.contact); err != nil {
			return nil, err
		}
		made = append(made, m.pair)
	}
	return made, nil
}

func scanID(s scanner) (id string, err error) { return id, s.Scan(&id) }
