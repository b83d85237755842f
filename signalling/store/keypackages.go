package store

import (
	"context"
	"errors"
	"time"
)

// KeyPackage is a key package that a device leaves for later.
type KeyPackage struct {
	// Ref is its reference (RFC 9420, section 5.2), as base64url.
	Ref string
	// Package is the package, as base64url.
	Package string
	// Expires is until when it may be used.
	Expires time.Time
	// LastResort says that it is given out when there is no other.
	LastResort bool
}

// KeptKeyPackages is how many key packages of a device there are.
type KeptKeyPackages struct {
	// Left is how many, without the last resort.
	Left int
	// LastResort says that there is one.
	LastResort bool
}

// KeptKeyPackage is one that was given out, and what is left.
type KeptKeyPackage struct {
	Package string
	KeptKeyPackages
}

// PutKeyPackages keeps key packages of an active device, most at a time; the
// oldest make room. A last resort replaces the one before. It fails with
// [ErrNotFound] if there is no such device.
func (s *Store) PutKeyPackages(ctx context.Context, user, device string, packages []KeyPackage, most int) (KeptKeyPackages, error) {
	for _, p := range packages {
		if err := checkText("key package", p.Package, MaxKeyPackage); err != nil {
			return KeptKeyPackages{}, err
		}
	}
	var kept KeptKeyPackages
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := c.must(ctx, ErrNotFound, `
			UPDATE devices SET seen_ms = seen_ms WHERE user_id = $1 AND id = $2 AND state = 'active'`, user, device); err != nil {
			return err
		}
		for _, p := range packages {
			if p.LastResort {
				if _, err := c.exec(ctx, `
					DELETE FROM key_packages WHERE user_id = $1 AND device_id = $2 AND last_resort`, user, device); err != nil {
					return err
				}
			}
			if _, err := c.exec(ctx, `
				INSERT INTO key_packages (user_id, device_id, ref, package, last_resort, created_ms, expires_ms)
				VALUES ($1, $2, $3, $4, $5, {now}, $6) ON CONFLICT DO NOTHING`,
				user, device, p.Ref, p.Package, p.LastResort, p.Expires.UnixMilli()); err != nil {
				return err
			}
		}
		if _, err := c.exec(ctx, `
			DELETE FROM key_packages WHERE user_id = $1 AND device_id = $2 AND NOT last_resort AND ref IN (
				SELECT ref FROM key_packages WHERE user_id = $1 AND device_id = $2 AND NOT last_resort
				ORDER BY created_ms DESC, ref LIMIT 1000 OFFSET $3)`, user, device, most); err != nil {
			return err
		}
		var err error
		kept, err = countKeyPackages(ctx, c, user, device)
		return err
	})
	return kept, err
}

// TakeKeyPackage returns the oldest key package of a device, which is then gone,
// or else its last resort, or else [ErrNotFound].
func (s *Store) TakeKeyPackage(ctx context.Context, user, device string) (KeptKeyPackage, error) {
	var kept KeptKeyPackage
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		kept = KeptKeyPackage{}
		err := c.row(ctx, `
			DELETE FROM key_packages WHERE user_id = $1 AND device_id = $2 AND ref = (
				SELECT ref FROM key_packages
				WHERE user_id = $1 AND device_id = $2 AND NOT last_resort AND expires_ms > {now}
				ORDER BY created_ms, ref LIMIT 1 {skiplocked})
			RETURNING package`, []any{user, device}, &kept.Package)
		if errors.Is(err, ErrNotFound) {
			err = c.row(ctx, `
				SELECT package FROM key_packages WHERE user_id = $1 AND device_id = $2 AND last_resort AND expires_ms > {now}`,
				[]any{user, device}, &kept.Package)
		}
		if err != nil {
			return err
		}
		kept.KeptKeyPackages, err = countKeyPackages(ctx, c, user, device)
		return err
	})
	return kept, err
}

func countKeyPackages(ctx context.Context, c conn, user, device string) (k KeptKeyPackages, err error) {
	var last int
	err = c.row(ctx, `
		SELECT COUNT(*) FILTER (WHERE NOT last_resort), COUNT(*) FILTER (WHERE last_resort) FROM key_packages
		WHERE user_id = $1 AND device_id = $2 AND expires_ms > {now}`, []any{user, device}, &k.Left, &last)
	k.LastResort = last > 0
	return k, err
}
