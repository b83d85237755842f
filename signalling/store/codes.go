package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"
)

// Limits of one-time codes.
const (
	// CodeFor is how long a code may be used.
	CodeFor = 10 * time.Minute
	// CodeTries is how often a code may be guessed at.
	CodeTries = 5
	// CodeWindow is the time in which at most five codes are sent to one
	// address, and on behalf of one source.
	CodeWindow = time.Hour
)

// IssueCode stores the hash of a code for an address; an earlier one is void. It
// fails with [ErrLimit], and leaves the earlier one alone, if the address has
// been sent or the source has asked for five within [CodeWindow], whichever
// hour one takes.
func (s *Store) IssueCode(ctx context.Context, addressHash, sourceHash, codeHash string) error {
	if err := checkIDs("hash", addressHash, sourceHash, codeHash); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		// Always in this order, so that two requests cannot wait for each other.
		first, second := "a:"+addressHash, "s:"+sourceHash
		for _, key := range []string{first, second} {
			if err := c.must(ctx, ErrLimit, `
				INSERT INTO code_sends (key_hash, sent_1, sent_2, sent_3, sent_4, sent_5) VALUES ($1, {now}, 0, 0, 0, 0)
				ON CONFLICT (key_hash) DO UPDATE SET sent_1 = excluded.sent_1, sent_2 = code_sends.sent_1,
					sent_3 = code_sends.sent_2, sent_4 = code_sends.sent_3, sent_5 = code_sends.sent_4
				WHERE code_sends.sent_5 <= excluded.sent_1 - $2`, key, CodeWindow.Milliseconds()); err != nil {
				return err
			}
		}
		_, err := c.exec(ctx, `
			INSERT INTO codes (address_hash, code_hash, expires_ms, tries) VALUES ($1, $2, {now} + $3, 0)
			ON CONFLICT (address_hash) DO UPDATE SET code_hash = excluded.code_hash, expires_ms = excluded.expires_ms, tries = 0`,
			addressHash, codeHash, CodeFor.Milliseconds())
		return err
	})
}

// Verification is an address and the code that was sent to it.
type Verification struct {
	AddressHash, CodeHash string
	// User is the id of the account if it is a new one.
	User string
	// Name is what others see; empty keeps the account's, or is its id.
	Name string
	// ToAppeal lets an account in that is suspended, so that its owner may appeal.
	ToAppeal bool
	// Device is the id of the device that verifies, DeviceName its name, and
	// RefreshHash that of its refresh secret.
	Device, DeviceName, RefreshHash string
}

// Verify spends a code, and adds a device to the account of the address, which
// is made if there is none. A code that is wrong, unknown, expired, spent or
// guessed at too often is [ErrNotFound]; a wrong one counts as a guess. It fails
// with [ErrBarred] if the account is suspended, or was deleted while it was. An
// account that its owner has switched off is on again. One that is suspended and let in
// to appeal keeps its name.
func (s *Store) Verify(ctx context.Context, v Verification) (User, error) {
	if err := checkIDs("id or hash", v.AddressHash, v.CodeHash, v.User, v.Device, v.RefreshHash); err != nil {
		return User{}, err
	}
	for _, name := range []string{v.Name, v.DeviceName} {
		if err := checkText("name", name, MaxName); err != nil {
			return User{}, err
		}
	}
	var user User
	var refused error // after the transaction: one that fails would not count the guess
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		right, err := guess(ctx, c, v.AddressHash, v.CodeHash)
		if refused = ErrNotFound; !right || err != nil {
			return err
		}
		deleted, suspended, err := isBarred(ctx, c, v.AddressHash)
		if refused = ErrBarred; deleted || suspended && !v.ToAppeal || err != nil {
			return err
		}
		refused = nil
		if suspended {
			v.Name = ""
		}
		if user, err = accountOf(ctx, c, v); err != nil {
			return err
		}
		if err := c.must(ctx, ErrConflict, `
			INSERT INTO devices (user_id, id, name, created_ms, seen_ms, refresh_hash) VALUES ($1, $2, $3, {now}, {now}, $4)`,
			user.ID, v.Device, v.DeviceName, v.RefreshHash); err != nil {
			return err
		}
		if err := enable(ctx, c, user.ID); err != nil {
			return err
		}
		return forgetOldest(ctx, c, user.ID, v.Device)
	})
	if err == nil {
		err = refused
	}
	return user, err
}

// isBarred tells whether the account of an address was suspended when it was deleted, and
// whether it is suspended.
func isBarred(ctx context.Context, c conn, addressHash string) (deleted, suspended bool, err error) {
	err = c.row(ctx, `SELECT EXISTS (SELECT 1 FROM barred_addresses WHERE address_hash = $1 AND until_ms > {now}),
		EXISTS (SELECT 1 FROM account_addresses a JOIN standing s ON s.user_id = a.user_id
			WHERE a.address_hash = $1 AND s.suspended_until_ms > {now})`, []any{addressHash}, &deleted, &suspended)
	return deleted, suspended, err
}

// guess counts a try at a code and, if it is right, spends it. The count is
// taken before the code is looked at, so that many guesses at once are no more
// than many one after another.
func guess(ctx context.Context, c conn, addressHash, codeHash string) (bool, error) {
	var want string
	err := c.row(ctx, `
		UPDATE codes SET tries = tries + 1 WHERE address_hash = $1 AND tries < $2 AND expires_ms > {now} RETURNING code_hash`,
		[]any{addressHash, CodeTries}, &want)
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil, subtle.ConstantTimeCompare([]byte(want), []byte(codeHash)) == 0:
		return false, err
	}
	_, err = c.exec(ctx, `DELETE FROM codes WHERE address_hash = $1`, addressHash)
	return err == nil, err
}

// accountOf returns the account of an address, made or renamed if need be.
func accountOf(ctx context.Context, c conn, v Verification) (User, error) {
	u := User{ID: v.User, Name: v.Name}
	err := c.row(ctx, `SELECT user_id FROM account_addresses WHERE address_hash = $1`, []any{v.AddressHash}, &u.ID)
	if err == nil {
		if v.Name != "" {
			_, err = c.exec(ctx, `UPDATE users SET name = $2 WHERE id = $1`, u.ID, v.Name)
		} else {
			err = c.row(ctx, `SELECT name FROM users WHERE id = $1`, []any{u.ID}, &u.Name)
		}
		return u, err
	}
	if !errors.Is(err, ErrNotFound) {
		return User{}, err
	}
	if u.Name == "" {
		u.Name = u.ID
	}
	if _, err := c.exec(ctx, `INSERT INTO users (id, name, created_ms) VALUES ($1, $2, {now})`, u.ID, u.Name); err != nil {
		return User{}, err
	}
	_, err = c.exec(ctx, `INSERT INTO account_addresses (address_hash, user_id, created_ms) VALUES ($1, $2, {now})`,
		v.AddressHash, u.ID)
	return u, err
}
