package store

import (
	"context"
	"errors"
	"strings"
)

// NumberMove is an account that takes another phone number, which it proves by
// the code that was sent there.
type NumberMove struct {
	User string
	// AddressHash is what the number is known by for signing in, and Prefix what
	// the hashes of all phone numbers begin with: an account has one number.
	AddressHash, Prefix string
	CodeHash            string
	// Hash and Ending are as of [Store.SetNumber].
	Hash, Ending string
}

// ChangeNumber spends a code and gives the account the number, to be found and to
// sign in by, in place of the one it had: the account's id, and all that hangs on
// it, stays, but for permissions to call, which must be given anew. Whoever signed in by the number before does so no more: numbers are
// handed on. Those who have uploaded the old number lose the contact that they had
// from it and those who have uploaded the new one get it; they are returned,
// [MaxTold] at most.
//
// A code that is wrong, unknown, expired, spent or guessed at too often is
// [ErrNotFound], and so is an account that does not exist. A number whose
// account is suspended is [ErrBarred].
func (s *Store) ChangeNumber(ctx context.Context, m NumberMove) (told []string, err error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	var refused error
	for try := 1; ; try++ {
		err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
			right, err := guess(ctx, c, m.AddressHash, m.CodeHash)
			if refused = ErrNotFound; !right || err != nil {
				return err
			}
			deleted, suspended, err := isBarred(ctx, c, m.AddressHash)
			if refused = ErrBarred; deleted || suspended || err != nil {
				return err
			}
			refused = nil
			told, err = m.carryOut(ctx, c)
			return err
		})
		if !errors.Is(err, ErrConflict) || try == maxTries { // another user proved the same number at the same moment
			break
		}
	}
	if err == nil {
		err = refused // only now, because a failed transaction would not count the guess
	}
	if err != nil {
		return nil, err
	}
	more, err := s.adopt(ctx, m.User)
	told = append(told, more...)
	return told[:min(len(told), MaxTold)], err
}

func (m NumberMove) validate() error {
	if err := checkIDs("user id or hash", m.User, m.AddressHash, m.Prefix, m.CodeHash, m.Hash); err != nil {
		return err
	}
	switch {
	case !strings.HasPrefix(m.AddressHash, m.Prefix):
		return invalid("the address is no phone number")
	case len(m.Ending) > 2:
		return invalid("the ending has more than two digits")
	}
	return nil
}

func (m NumberMove) carryOut(ctx context.Context, c conn) (told []string, err error) {
	// What was permitted, to it or by it, was permitted to who had the number before.
	if _, err := c.exec(ctx, `DELETE FROM call_permissions WHERE (callee_id = $1 OR caller_id = $1)
		AND NOT EXISTS (SELECT 1 FROM numbers WHERE user_id = $1 AND hash = $2)`, m.User, m.Hash); err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, `DELETE FROM account_addresses WHERE user_id = $1 AND SUBSTR(address_hash, 1, $2) = $3 AND address_hash <> $4`,
		m.User, len(m.Prefix), m.Prefix, m.AddressHash); err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, `INSERT INTO account_addresses (address_hash, user_id, created_ms) VALUES ($1, $2, {now})
		ON CONFLICT (address_hash) DO UPDATE SET user_id = excluded.user_id, created_ms = excluded.created_ms`,
		m.AddressHash, m.User); err != nil {
		return nil, err
	}
	return putNumber(ctx, c, m.User, m.Hash, m.Ending)
}

// FindNumber returns whose number it is that a hash is of, if he lets himself be
// found by it; else [ErrNotFound]. It costs the same whether there is such an
// account or not, and spend decides about it as about a number that is uploaded.
// The number is not kept.
func (s *Store) FindNumber(ctx context.Context, viewer, hash string, spend Spend) (Contact, error) {
	if err := checkIDs("user id or hash", viewer, hash); err != nil {
		return Contact{}, err
	}
	var found []Contact
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		if _, err := c.exec(ctx, `INSERT INTO discovery (user_id, synced_ms) VALUES ($1, {now})
			ON CONFLICT (user_id) DO UPDATE SET active = discovery.active`, viewer); err != nil { // locks the row
			return err
		}
		found, err = rows(ctx, c, scanContact, `SELECT u.id, CASE WHEN `+admitsTo("u.id", "$1", "f", "g")+` THEN u.name ELSE '' END
			FROM numbers n JOIN users u ON u.id = n.user_id`+profileJoins+`
			WHERE n.hash = $2 AND n.discoverable AND n.user_id <> $1 AND COALESCE(g.disabled_ms, 0) = 0`, viewer, hash)
		if err != nil {
			return err
		}
		return charge(ctx, c, viewer, NumberChange{New: []string{hash}, Missed: 1 - len(found)}, spend)
	})
	switch {
	case err != nil:
		return Contact{}, err
	case len(found) == 0:
		return Contact{}, ErrNotFound
	}
	return found[0], nil
}
