package store

import (
	"context"
	"encoding/json"
)

// MaxPushSubscriptions is how many devices of a user are reached by push.
const MaxPushSubscriptions = 10

// PushSubscription is where a device is reached while its page is closed, as a
// browser gives it (Push API, PushSubscription).
type PushSubscription struct {
	// Device is whose it is.
	Device string `json:"-"`
	// Endpoint is the address of the push service (RFC 8030).
	Endpoint string `json:"endpoint"`
	// P256DH and Auth encrypt what is sent (RFC 8291), as base64url.
	P256DH string `json:"p256dh"`
	Auth   string `json:"auth"`
}

func pushSealedAs(user, device string) string { return "push " + user + "/" + device }

// SetPushSubscription stores where an active device is reached, in place of what
// was there before. A browser is one device of a user: another one that was
// reached at the same address is not any more. The oldest beyond [MaxPushSubscriptions] are deleted. It
// fails with [ErrNotFound] if there is no such device.
func (s *Store) SetPushSubscription(ctx context.Context, user string, p PushSubscription) error {
	for _, text := range []string{p.Endpoint, p.P256DH, p.Auth} {
		if text == "" {
			return invalid("a part of the push subscription is missing")
		}
		if err := checkText("push subscription", text, MaxPayload); err != nil {
			return err
		}
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := c.must(ctx, ErrNotFound, `UPDATE devices SET seen_ms = seen_ms WHERE user_id = $1 AND id = $2 AND state = 'active'`, user, p.Device); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `INSERT INTO push_subscriptions (user_id, device_id, sealed, created_ms) VALUES ($1, $2, $3, {now})
			ON CONFLICT (user_id, device_id) DO UPDATE SET sealed = excluded.sealed, created_ms = excluded.created_ms`,
			user, p.Device, s.sealer.seal(pushSealedAs(user, p.Device), plain)); err != nil {
			return err
		}
		known, err := s.pushSubscriptions(ctx, c, user)
		if err != nil {
			return err
		}
		for _, other := range known {
			if other.Device == p.Device || other.Endpoint != p.Endpoint {
				continue
			}
			if _, err := c.exec(ctx, `DELETE FROM push_subscriptions WHERE user_id = $1 AND device_id = $2`, user, other.Device); err != nil {
				return err
			}
		}
		_, err = c.exec(ctx, `DELETE FROM push_subscriptions WHERE user_id = $1 AND device_id <> $2 AND device_id IN (
			SELECT device_id FROM push_subscriptions WHERE user_id = $1 AND device_id <> $2
			ORDER BY created_ms DESC, device_id LIMIT $4 OFFSET $3)`, user, p.Device, MaxPushSubscriptions-1, MaxPage)
		return err
	})
}

// DeletePushSubscription forgets where a device is reached; it is no error if
// that is not known. If endpoint is not empty, only that one is forgotten.
func (s *Store) DeletePushSubscription(ctx context.Context, user, device, endpoint string) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if endpoint != "" {
			found, err := s.pushSubscriptions(ctx, c, user)
			if err != nil {
				return err
			}
			for _, p := range found {
				if p.Device == device && p.Endpoint != endpoint { // another by now
					return nil
				}
			}
		}
		_, err := c.exec(ctx, `DELETE FROM push_subscriptions WHERE user_id = $1 AND device_id = $2`, user, device)
		return err
	})
}

// PushSubscriptions returns where the active devices of a user are reached.
func (s *Store) PushSubscriptions(ctx context.Context, user string) ([]PushSubscription, error) {
	var found []PushSubscription
	err := s.read(ctx, func(ctx context.Context, c conn) (err error) {
		found, err = s.pushSubscriptions(ctx, c, user)
		return err
	})
	return found, err
}

func (s *Store) pushSubscriptions(ctx context.Context, c conn, user string) ([]PushSubscription, error) {
	type row struct {
		device string
		sealed []byte
	}
	sealed, err := rows(ctx, c, func(s scanner) (r row, err error) { return r, s.Scan(&r.device, &r.sealed) },
		`SELECT p.device_id, p.sealed FROM push_subscriptions p JOIN devices d ON d.user_id = p.user_id AND d.id = p.device_id
		WHERE p.user_id = $1 AND d.state = 'active' ORDER BY p.device_id`, user)
	if err != nil {
		return nil, err
	}
	found := make([]PushSubscription, 0, len(sealed))
	for _, r := range sealed {
		plain, err := s.sealer.open(pushSealedAs(user, r.device), r.sealed)
		if err != nil {
			return nil, err
		}
		p := PushSubscription{Device: r.device}
		if err := json.Unmarshal(plain, &p); err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	return found, nil
}

// PushRang notes that devices were told of a ring. The message stays in the
// outbox, where it is dropped when the ring is over, and is not due again.
func (s *Store) PushRang(ctx context.Context, ring OutboxRow) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if _, err := c.exec(ctx, `UPDATE outbox SET next_try_ms = expires_ms WHERE id = $1`, ring.ID); err != nil {
			return err
		}
		_, err := c.exec(ctx, `INSERT INTO push_rings (outbox_id, user_id, payload, created_ms)
			SELECT CAST($1 AS TEXT), u.id, CAST($3 AS {blob}), {now} FROM users u WHERE u.id = $2 {keyshare}
			ON CONFLICT (outbox_id) DO NOTHING`, ring.ID, ring.UserID, ring.Payload)
		return err
	})
}

// PushRingOver is a ring that devices were told of and that is over.
type PushRingOver struct {
	UserID  string
	Payload []byte // of the ring
}

// PushRingsOver returns at most limit rings that are over since, each once. If
// who takes them dies, a device shows a ring for longer than it rang: it finds
// out when somebody touches it.
func (s *Store) PushRingsOver(ctx context.Context, limit int) ([]PushRingOver, error) {
	var over []PushRingOver
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		over, err = rows(ctx, c, func(s scanner) (r PushRingOver, err error) { return r, s.Scan(&r.UserID, &r.Payload) },
			`DELETE FROM push_rings WHERE outbox_id IN (
				SELECT p.outbox_id FROM push_rings p LEFT JOIN outbox o ON o.id = p.outbox_id
				WHERE o.id IS NULL OR o.expires_ms <= {now} ORDER BY p.created_ms, p.outbox_id LIMIT $1)
			RETURNING user_id, payload`, limit)
		return err
	})
	return over, err
}
