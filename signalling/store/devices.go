package store

import (
	"context"
	"time"
)

// Device is one browser profile or app of a user.
type Device struct {
	ID, UserID, Name string
	Created, Seen    time.Time
}

// TouchDevice notes that a device of user is in use now, and creates it if need
// be. Beyond [MaxDevices] the least recently seen is forgotten. It fails with
// [ErrNotFound] if there is no such user.
func (s *Store) TouchDevice(ctx context.Context, user, device, name string) error {
	if err := checkIDs("id", user, device); err != nil {
		return err
	}
	if err := checkText("device name", name, MaxName); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if _, err := c.exec(ctx, `
			INSERT INTO devices (id, user_id, name, created_ms, seen_ms) VALUES ($1, $2, $3, {now}, {now})
			ON CONFLICT (user_id, id) DO UPDATE SET name = excluded.name, seen_ms = excluded.seen_ms`,
			device, user, name); err != nil {
			return err
		}
		_, err := c.exec(ctx, `
			DELETE FROM devices WHERE user_id = $1 AND id <> $2 AND id IN (
				SELECT id FROM devices WHERE user_id = $1 ORDER BY seen_ms DESC, id LIMIT $4 OFFSET $3)`,
			user, device, MaxDevices, MaxDevices)
		return err
	})
}

// Devices returns the devices of user, the most recently seen first.
func (s *Store) Devices(ctx context.Context, user string) ([]Device, error) {
	return list(ctx, s, func(s scanner) (d Device, err error) {
		return d, s.Scan(&d.ID, &d.UserID, &d.Name, millis{&d.Created}, millis{&d.Seen})
	}, `SELECT id, user_id, name, created_ms, seen_ms FROM devices
		WHERE user_id = $1 ORDER BY seen_ms DESC, id`, user)
}

// DeleteDevice forgets a device of user, or fails with [ErrNotFound].
func (s *Store) DeleteDevice(ctx context.Context, user, device string) error {
	return s.change(ctx, ErrNotFound, `DELETE FROM devices WHERE user_id = $1 AND id = $2`, user, device)
}
