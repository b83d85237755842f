package store

import (
	"context"
	"errors"
	"time"
)

// Device is one browser profile or app of a user.
type Device struct {
	ID, UserID, Name string
	Created, Seen    time.Time
	// Pending means that it was linked by a code and that no other device of
	// the account has confirmed it yet.
	Pending bool
	DeviceKey
}

// Limits of devices.
const (
	// MaxPending is how many devices of an account may wait to be confirmed.
	MaxPending = 8
	// MaxRevoked is how many revoked devices of an account are remembered.
	MaxRevoked = 256
	// MaxDeviceTokens is how many tokens of one device are remembered.
	MaxDeviceTokens = 256
	// RefreshFor is how long a device that is not seen may still refresh.
	RefreshFor = 90 * 24 * time.Hour
	// RevokedFor is how long a revoked device is remembered: longer than any
	// token lives that it was used with.
	RevokedFor = 30 * 24 * time.Hour
)

// ErrRevoked means that a device, or the token that it shows, was revoked or
// never was one of the account's.
var ErrRevoked = errors.New("store: the device was revoked")

// ErrPending means that a device waits for another one to confirm it.
var ErrPending = errors.New("store: the device is not confirmed")

// DeviceUse is a device that says who it is.
type DeviceUse struct {
	User, Device, Name string
	// Known means that the device must be one of the account's already;
	// otherwise it becomes one.
	Known bool
	// TokenHash and TokenExpires say by what token, so that revoking the device
	// revokes the token; empty for none.
	TokenHash    string
	TokenExpires time.Time
}

// TouchDevice is [Store.UseDevice] without a token.
func (s *Store) TouchDevice(ctx context.Context, user, device, name string) error {
	return s.UseDevice(ctx, DeviceUse{User: user, Device: device, Name: name})
}

// UseDevice notes that a device is in use now, and creates it if it may. An
// account that its owner has switched off is on again. Beyond
// [MaxDevices] the least recently seen is forgotten. It fails with
// [ErrNotFound] if there is no such user, with [ErrRevoked] or [ErrPending].
func (s *Store) UseDevice(ctx context.Context, u DeviceUse) error {
	if err := checkIDs("id", u.User, u.Device); err != nil {
		return err
	}
	for _, text := range []string{u.Name, u.TokenHash} {
		if err := checkText("device name or token hash", text, MaxName); err != nil {
			return err
		}
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		touch := `
			INSERT INTO devices (id, user_id, name, created_ms, seen_ms) VALUES ($1, $2, $3, {now}, {now})
			ON CONFLICT (user_id, id) DO UPDATE SET seen_ms = excluded.seen_ms,
				name = CASE WHEN excluded.name = '' THEN devices.name ELSE excluded.name END
			WHERE devices.state = 'active'`
		if u.Known {
			touch = `
			UPDATE devices SET seen_ms = {now}, name = CASE WHEN $3 = '' THEN name ELSE $3 END
			WHERE id = $1 AND user_id = $2 AND state = 'active'`
		}
		n, err := c.exec(ctx, touch, u.Device, u.User, u.Name)
		if err == nil {
			err = deviceStanding(ctx, c, u.User, u.Device, u.TokenHash) // after the row is locked
		}
		if err == nil && n == 0 {
			err = ErrRevoked
		}
		if err == nil {
			err = enable(ctx, c, u.User)
		}
		if err == nil && u.TokenHash != "" {
			err = noteToken(ctx, c, u)
		}
		if err != nil {
			return err
		}
		return forgetOldest(ctx, c, u.User, u.Device)
	})
}

// forgetOldest keeps an account's active devices below [MaxDevices].
func forgetOldest(ctx context.Context, c conn, user, device string) error {
	_, err := c.exec(ctx, `
		DELETE FROM devices WHERE user_id = $1 AND id <> $2 AND id IN (
			SELECT id FROM devices WHERE user_id = $1 AND state = 'active' ORDER BY seen_ms DESC, id LIMIT $4 OFFSET $3)`,
		user, device, MaxDevices, MaxDevices)
	return err
}

// noteToken remembers a device's token until it expires, at most
// [MaxDeviceTokens] of them: of more, those that expire first are forgotten.
func noteToken(ctx context.Context, c conn, u DeviceUse) error {
	if _, err := c.exec(ctx, `DELETE FROM device_tokens WHERE user_id = $1 AND expires_ms <= {now}`, u.User); err != nil {
		return err
	}
	if _, err := c.exec(ctx, `
		INSERT INTO device_tokens (user_id, device_id, token_hash, expires_ms) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		u.User, u.Device, u.TokenHash, u.TokenExpires.UnixMilli()); err != nil {
		return err
	}
	_, err := c.exec(ctx, `
		DELETE FROM device_tokens WHERE user_id = $1 AND device_id = $2 AND token_hash <> $3 AND token_hash IN (
			SELECT token_hash FROM device_tokens WHERE user_id = $1 AND device_id = $2
			ORDER BY expires_ms DESC, token_hash LIMIT $5 OFFSET $4)`,
		u.User, u.Device, u.TokenHash, MaxDeviceTokens, MaxDeviceTokens)
	return err
}

// Beginning is what a session that begins has to know.
type Beginning struct {
	// NoteKey is whether the device should publish a key for notes and has not.
	NoteKey bool
	// Automated is that of [User].
	Automated bool
}

// DeviceStanding fails with [ErrRevoked] or [ErrPending] unless the device may
// be used now, with this token if its hash is given. The rest is asked here because a
// session that begins asks here anyway.
//
// Whoever revokes a device must afterwards, not before, look for its sessions
// and end them; whoever opens a session must afterwards ask for the standing
// once more. At least one of them sees the other.
func (s *Store) DeviceStanding(ctx context.Context, user, device, tokenHash string) (b Beginning, err error) {
	err = s.read(ctx, func(ctx context.Context, c conn) error {
		var state string
		err := c.row(ctx, `SELECT d.state, `+wantsNoteKey+`, COALESCE(u.automated, FALSE)
			FROM devices d LEFT JOIN users u ON u.id = d.user_id WHERE d.user_id = $1 AND d.id = $2`, []any{user, device}, &state, &b.NoteKey, &b.Automated)
		return usable(ctx, c, user, tokenHash, state, err)
	})
	return b, err
}

// TokenStanding is [Store.DeviceStanding] for a token that is bound to a device,
// or to none: then device is empty, and the account must be there.
func (s *Store) TokenStanding(ctx context.Context, user, device, tokenHash string) error {
	return s.read(ctx, func(ctx context.Context, c conn) error {
		if device != "" {
			return deviceStanding(ctx, c, user, device, tokenHash)
		}
		var known bool
		err := c.row(ctx, `SELECT EXISTS (SELECT 1 FROM users WHERE id = $1)`, []any{user}, &known)
		if err == nil && !known {
			err = ErrRevoked
		}
		if err != nil {
			return err
		}
		return tokenStanding(ctx, c, user, tokenHash)
	})
}

func deviceStanding(ctx context.Context, c conn, user, device, tokenHash string) error {
	var state string
	err := c.row(ctx, `SELECT state FROM devices WHERE user_id = $1 AND id = $2`, []any{user, device}, &state)
	return usable(ctx, c, user, tokenHash, state, err)
}

// usable is the standing of a device whose state was read, or could not be.
func usable(ctx context.Context, c conn, user, tokenHash, state string, err error) error {
	switch {
	case errors.Is(err, ErrNotFound), err == nil && state == "revoked":
		return ErrRevoked
	case err != nil:
		return err
	case state == "pending":
		return ErrPending
	}
	if tokenHash == "" {
		return nil
	}
	return tokenStanding(ctx, c, user, tokenHash)
}

// tokenStanding fails with [ErrRevoked] if a device that has used a token was
// revoked.
func tokenStanding(ctx context.Context, c conn, user, tokenHash string) error {
	var refused bool
	err := c.row(ctx, `
		SELECT EXISTS (SELECT 1 FROM device_tokens t JOIN devices d ON d.user_id = t.user_id AND d.id = t.device_id
			WHERE t.user_id = $1 AND t.token_hash = $2 AND d.state = 'revoked')`, []any{user, tokenHash}, &refused)
	if err == nil && refused {
		return ErrRevoked
	}
	return err
}

// Devices returns the devices of user that are not revoked, the most recently
// seen first; those that nobody confirmed in time are left out.
func (s *Store) Devices(ctx context.Context, user string) ([]Device, error) {
	return list(ctx, s, func(s scanner) (d Device, err error) {
		return d, s.Scan(&d.ID, &d.UserID, &d.Name, millis{&d.Created}, millis{&d.Seen}, &d.Pending, &d.Key, &d.Credential)
	}, `SELECT id, user_id, name, created_ms, seen_ms, state = 'pending',
			COALESCE(identity_key, ''), COALESCE(credential, '') FROM devices
		WHERE user_id = $1 AND (state = 'active' OR state = 'pending' AND changed_ms > {now} - $2)
		ORDER BY seen_ms DESC, id`, user, ConfirmWithin.Milliseconds())
}

// RevokeDevice makes a device of user unusable, with its tokens and its refresh
// secret, or fails with [ErrNotFound]. See [Store.DeviceStanding] for what is
// to be done afterwards.
func (s *Store) RevokeDevice(ctx context.Context, user, device string) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		err := c.must(ctx, ErrNotFound, `
			UPDATE devices SET state = 'revoked', refresh_hash = NULL, changed_ms = {now},
				note_key = NULL, note_signature = NULL, note_credential = NULL
			WHERE user_id = $1 AND id = $2 AND state <> 'revoked'`, user, device)
		if err != nil {
			return err
		}
		for _, left := range []string{
			`DELETE FROM key_packages WHERE user_id = $1 AND device_id = $2`, `DELETE FROM push_subscriptions WHERE user_id = $1 AND device_id = $2`,
		} {
			if _, err = c.exec(ctx, left, user, device); err != nil {
				return err
			}
		}
		_, err = c.exec(ctx, `
			DELETE FROM devices WHERE user_id = $1 AND id <> $2 AND id IN (
				SELECT id FROM devices WHERE user_id = $1 AND state = 'revoked' ORDER BY changed_ms DESC, id LIMIT $4 OFFSET $3)`,
			user, device, MaxRevoked, MaxRevoked)
		return err
	})
}

// DeleteDevice forgets a device of user, or fails with [ErrNotFound].
func (s *Store) DeleteDevice(ctx context.Context, user, device string) error {
	return s.change(ctx, ErrNotFound, `DELETE FROM devices WHERE user_id = $1 AND id = $2`, user, device)
}

// Refresh finds the active device that has a refresh secret, by the secret's
// hash, and notes that it is in use. Any other is [ErrRevoked], [ErrPending] if
// it only has to be confirmed.
func (s *Store) Refresh(ctx context.Context, refreshHash string) (Device, error) {
	if err := checkID("refresh hash", refreshHash); err != nil {
		return Device{}, err
	}
	var found []Device
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		found, err = rows(ctx, c, func(s scanner) (d Device, err error) {
			return d, s.Scan(&d.ID, &d.UserID, &d.Name)
		}, `UPDATE devices SET seen_ms = {now} WHERE refresh_hash = $1 AND state = 'active' AND seen_ms > {now} - $2
			RETURNING id, user_id, name`, refreshHash, RefreshFor.Milliseconds())
		if err != nil || len(found) > 0 {
			return err
		}
		var waits bool
		err = c.row(ctx, `
			SELECT EXISTS (SELECT 1 FROM devices WHERE refresh_hash = $1 AND state = 'pending' AND changed_ms > {now} - $2)`,
			[]any{refreshHash, ConfirmWithin.Milliseconds()}, &waits)
		switch {
		case err != nil:
			return err
		case waits:
			return ErrPending
		}
		return ErrRevoked
	})
	if err != nil {
		return Device{}, err
	}
	return found[0], nil
}
