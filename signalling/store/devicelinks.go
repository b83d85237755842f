package store

import (
	"context"
	"time"
)

// Lifetimes of linking a device.
const (
	// LinkCodeFor is how long the code that a device shows may be used.
	LinkCodeFor = 2 * time.Minute
	// ConfirmWithin is how long a linked device waits to be confirmed.
	ConfirmWithin = 10 * time.Minute
)

// OfferDeviceLink stores the hash of a code by which one device may be linked to
// user within [LinkCodeFor]. An earlier code is void.
func (s *Store) OfferDeviceLink(ctx context.Context, user, codeHash string) error {
	if err := checkIDs("user id or code hash", user, codeHash); err != nil {
		return err
	}
	return s.change(ctx, ErrConflict, `
		INSERT INTO device_links (user_id, code_hash, expires_ms) VALUES ($1, $2, {now} + $3)
		ON CONFLICT (user_id) DO UPDATE SET code_hash = excluded.code_hash, expires_ms = excluded.expires_ms`,
		user, codeHash, LinkCodeFor.Milliseconds())
}

// LinkDevice spends a code and adds a device that waits to be confirmed. A code
// that is unknown, spent or expired is [ErrNotFound]. It fails with [ErrLimit]
// beyond [MaxPending] devices that wait.
func (s *Store) LinkDevice(ctx context.Context, codeHash, device, name, refreshHash string) (User, error) {
	if err := checkIDs("code, device or refresh hash", codeHash, device, refreshHash); err != nil {
		return User{}, err
	}
	if err := checkText("device name", name, MaxName); err != nil {
		return User{}, err
	}
	var user User
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		err := c.row(ctx, `DELETE FROM device_links WHERE code_hash = $1 AND expires_ms > {now} RETURNING user_id`,
			[]any{codeHash}, &user.ID)
		if err != nil {
			return err
		}
		if err := c.row(ctx, `SELECT name FROM users WHERE id = $1`, []any{user.ID}, &user.Name); err != nil {
			return err
		}
		var waiting int
		err = c.row(ctx, `SELECT COUNT(*) FROM devices WHERE user_id = $1 AND state = 'pending' AND changed_ms > {now} - $2`,
			[]any{user.ID, ConfirmWithin.Milliseconds()}, &waiting)
		switch {
		case err != nil:
			return err
		case waiting >= MaxPending:
			return ErrLimit
		}
		return c.must(ctx, ErrConflict, `
			INSERT INTO devices (user_id, id, name, created_ms, seen_ms, state, refresh_hash, changed_ms)
			VALUES ($1, $2, $3, {now}, {now}, 'pending', $4, {now})`, user.ID, device, name, refreshHash)
	})
	return user, err
}

// ConfirmDevice lets a device that waits into the account, or (accept is false)
// revokes it. It fails with [ErrNotFound] if none waits, or not any longer.
func (s *Store) ConfirmDevice(ctx context.Context, user, device string, accept bool) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		text := `UPDATE devices SET state = 'active', changed_ms = {now}, seen_ms = {now}
			WHERE user_id = $1 AND id = $2 AND state = 'pending' AND changed_ms > {now} - $3`
		if !accept {
			text = `DELETE FROM devices WHERE user_id = $1 AND id = $2 AND state = 'pending' AND changed_ms > {now} - $3`
		}
		if err := c.must(ctx, ErrNotFound, text, user, device, ConfirmWithin.Milliseconds()); err != nil {
			return err
		}
		return forgetOldest(ctx, c, user, device)
	})
}

// SweepAccounts deletes codes that have expired, what counts them, and devices
// that were revoked or not confirmed long ago. It returns how many rows.
func (s *Store) SweepAccounts(ctx context.Context) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		n = 0
		for _, q := range []struct {
			text string
			args []any
		}{
			{`DELETE FROM codes WHERE expires_ms <= {now}`, nil},
			{`DELETE FROM code_sends WHERE sent_1 <= {now} - $1`, []any{CodeWindow.Milliseconds()}},
			{`DELETE FROM device_links WHERE expires_ms <= {now}`, nil},
			{`DELETE FROM barred_addresses WHERE until_ms <= {now}`, nil},
			{`DELETE FROM key_packages WHERE expires_ms <= {now}`, nil},
			{`DELETE FROM devices WHERE state = 'pending' AND changed_ms <= {now} - $1`, []any{ConfirmWithin.Milliseconds()}},
			{`DELETE FROM devices WHERE state = 'revoked' AND changed_ms <= {now} - $1`, []any{RevokedFor.Milliseconds()}},
		} {
			deleted, err := c.exec(ctx, q.text, q.args...)
			if err != nil {
				return err
			}
			n += deleted
		}
		return nil
	})
	return n, err
}
