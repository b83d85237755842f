package store

import "context"

// DeviceKey is what a device has of keys.
type DeviceKey struct {
	// Key is its public identity key, as base64url; empty if it has none.
	Key string
	// Credential leads from the account's root to Key, as base64url; empty until
	// another device has signed it.
	Credential string
}

// SetDeviceKey registers an active device's identity key. Another key than
// before voids its credential and its key packages. As long as no device of the
// account has a credential, it gets root for one, and is rooted. It fails with
// [ErrNotFound] if there is no such device.
func (s *Store) SetDeviceKey(ctx context.Context, user, device, key, root string) (rooted bool, err error) {
	for _, text := range []string{key, root} {
		if err := checkText("key or credential", text, MaxCredential); err != nil {
			return false, err
		}
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		// Whoever else is about to become the root waits for this row.
		if err := c.must(ctx, ErrNotFound, `UPDATE users SET name = name WHERE id = $1`, user); err != nil {
			return err
		}
		changed, err := c.exec(ctx, `
			UPDATE devices SET identity_key = $3, credential = NULL, note_key = NULL, note_signature = NULL, note_credential = NULL
			WHERE user_id = $1 AND id = $2 AND state = 'active' AND COALESCE(identity_key, '') <> $3`, user, device, key)
		if err != nil {
			return err
		}
		if changed > 0 {
			if _, err := c.exec(ctx, `DELETE FROM key_packages WHERE user_id = $1 AND device_id = $2`, user, device); err != nil {
				return err
			}
		}
		n, err := c.exec(ctx, `
			UPDATE devices SET credential = $4
			WHERE user_id = $1 AND id = $2 AND identity_key = $3 AND state = 'active' AND NOT EXISTS (
				SELECT 1 FROM devices o WHERE o.user_id = $1 AND o.state = 'active' AND o.credential IS NOT NULL)`,
			user, device, key, root)
		if err != nil {
			return err
		}
		rooted = n > 0
		return c.must(ctx, ErrNotFound, `UPDATE devices SET seen_ms = seen_ms WHERE user_id = $1 AND id = $2 AND state = 'active'`, user, device)
	})
	return rooted && err == nil, err
}

// DeviceKey returns what an active device has of keys, or [ErrNotFound].
func (s *Store) DeviceKey(ctx context.Context, user, device string) (DeviceKey, error) {
	return get(ctx, s, func(s scanner) (k DeviceKey, err error) { return k, s.Scan(&k.Key, &k.Credential) },
		`SELECT COALESCE(identity_key, ''), COALESCE(credential, '') FROM devices WHERE user_id = $1 AND id = $2 AND state = 'active'`,
		user, device)
}

// SignDevice gives a device its credential, which the caller has checked. It
// fails with [ErrConflict] unless the device's key still is key, and the
// signer's credential what it was when it signed.
func (s *Store) SignDevice(ctx context.Context, user, device, key, credential, signer, signedWith string) error {
	if err := checkText("credential", credential, MaxCredential); err != nil {
		return err
	}
	return s.change(ctx, ErrConflict, `
		UPDATE devices SET credential = $4
		WHERE user_id = $1 AND id = $2 AND identity_key = $3 AND state = 'active' AND EXISTS (
			SELECT 1 FROM devices o WHERE o.user_id = $1 AND o.id = $5 AND o.credential = $6 AND o.state = 'active')`,
		user, device, key, credential, signer, signedWith)
}
