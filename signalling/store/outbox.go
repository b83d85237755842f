package store

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"
)

// NewOutbox is a message to be sent after the transaction that writes it, at
// least once: a push, a webhook.
type NewOutbox struct {
	// Topic names who sends it.
	Topic string
	// Key, if not empty, makes the message take the place of one that waits
	// with the same topic, key and user, and lets it be dropped by key.
	Key string
	// UserID is whom it is for; empty for nobody in particular. A message for
	// somebody who has no account is passed over.
	UserID string
	// Payload is opaque; at most [MaxPayload] bytes.
	Payload []byte
	// Delay is how long to wait before the first attempt.
	Delay time.Duration
	// TTL is how long, from now, it is worth sending. More than 0.
	TTL time.Duration
}

// OutboxRow is a message whose time to be sent has come.
type OutboxRow struct {
	ID, Topic, Key, UserID string
	Payload                []byte
	Created, Expires       time.Time
	// Tries counts this attempt too.
	Tries int64
}

// OutboxLease is how long the taker of a message has to call Done or Retry
// before the message is due again.
const OutboxLease = time.Minute

// Enqueue writes messages that belong to no call's transition.
func (s *Store) Enqueue(ctx context.Context, messages ...NewOutbox) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		return writeOutbox(ctx, c, messages)
	})
}

// writeOutbox inserts messages. One that replaces another gets an id of its
// own, so that a Done for the old one, which is perhaps being sent, does not
// delete the new one.
func writeOutbox(ctx context.Context, c conn, messages []NewOutbox) error {
	const head = `INSERT INTO outbox (id, topic, key, user_id, payload, created_ms, next_try_ms, expires_ms, tries) `
	const tail = ` ON CONFLICT (topic, key, COALESCE(user_id, '')) WHERE key <> '' DO UPDATE SET id = excluded.id,
		payload = excluded.payload, created_ms = excluded.created_ms, next_try_ms = excluded.next_try_ms,
		expires_ms = excluded.expires_ms, tries = 0`
	for _, m := range messages {
		if err := m.validate(); err != nil {
			return err
		}
		values := []any{ulid.Make().String(), m.Topic, m.Key, m.Payload, m.Delay.Milliseconds(), m.TTL.Milliseconds()}
		text := head + `VALUES ($1, $2, $3, NULL, $4, {now}, {now} + $5, {now} + $6, 0)` + tail
		if m.UserID != "" {
			values = append(values, m.UserID)
			text = head + `SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), u.id, CAST($4 AS {blob}),
				{now}, {now} + $5, {now} + $6, 0 FROM users u WHERE u.id = $7 {keyshare}` + tail
		}
		if _, err := c.exec(ctx, text, values...); err != nil {
			return err
		}
	}
	return nil
}

// dropOutbox deletes what waits under keys, whatever the topic and user.
func dropOutbox(ctx context.Context, c conn, keys []string) error {
	for _, key := range keys {
		if err := checkID("outbox key", key); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `DELETE FROM outbox WHERE key = $1`, key); err != nil {
			return err
		}
	}
	return nil
}

func (m *NewOutbox) validate() error {
	if err := checkID("topic", m.Topic); err != nil {
		return err
	}
	for _, s := range []string{m.Key, m.UserID} {
		if err := checkText("key or user id", s, MaxID); err != nil {
			return err
		}
	}
	switch {
	case m.Payload == nil:
		return invalid("the payload is missing")
	case len(m.Payload) > MaxPayload:
		return invalid("the payload has %d bytes, at most %d", len(m.Payload), MaxPayload)
	case m.Delay < 0 || m.TTL <= 0:
		return invalid("the delay is negative or the time to live not positive")
	}
	return nil
}

// Due takes at most limit (1 to [MaxPage]) messages of a topic whose time has
// come, those due for the longest time, hides them from others for
// [OutboxLease], and returns them in the order in which they were written.
// Whoever takes a message calls Done or Retry; if he dies before that, it is
// due again.
func (s *Store) Due(ctx context.Context, topic string, limit int) ([]OutboxRow, error) {
	if err := checkID("topic", topic); err != nil {
		return nil, err
	}
	var due []OutboxRow
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		due, err = rows(ctx, c, func(s scanner) (o OutboxRow, err error) {
			return o, s.Scan(&o.ID, &o.Topic, &o.Key, &o.UserID, &o.Payload,
				millis{&o.Created}, millis{&o.Expires}, &o.Tries)
		}, `UPDATE outbox SET tries = tries + 1, next_try_ms = {now} + $3
			WHERE id IN (
				SELECT id FROM outbox WHERE topic = $1 AND next_try_ms <= {now} AND expires_ms > {now}
				ORDER BY next_try_ms, id LIMIT $2 {skiplocked})
			RETURNING id, topic, key, COALESCE(user_id, ''), payload, created_ms, expires_ms, tries`,
			topic, min(max(limit, 1), MaxPage), OutboxLease.Milliseconds())
		return err
	})
	sortBy(due, func(o OutboxRow) (time.Time, string) { return o.Created, o.ID })
	return due, err
}

// Done deletes a message that has been sent or given up; it is no error if it
// was dropped or replaced meanwhile.
func (s *Store) Done(ctx context.Context, id string) error {
	return s.remove(ctx, `DELETE FROM outbox WHERE id = $1`, id)
}

// Retry makes a message due again after a while; it is no error if it was
// dropped or replaced meanwhile.
func (s *Store) Retry(ctx context.Context, id string, after time.Duration) error {
	return s.remove(ctx, `UPDATE outbox SET next_try_ms = {now} + $2 WHERE id = $1`, id, max(after, 0).Milliseconds())
}

// MaxWaiting is how many messages of a topic wait for one account: the newest,
// besides those whose first time has not come.
const MaxWaiting = 200

// Sweep deletes the messages that are no longer worth sending, and of those for
// an account that is away the oldest, if they are more than [MaxWaiting] of a
// topic. It returns how many there were.
func (s *Store) Sweep(ctx context.Context) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		expired, err := c.exec(ctx, `DELETE FROM outbox WHERE expires_ms <= {now}`)
		if err != nil {
			return err
		}
		more, err := c.exec(ctx, `
			DELETE FROM outbox WHERE id IN (
				SELECT id FROM (
					SELECT id, ROW_NUMBER() OVER (PARTITION BY topic, user_id ORDER BY id DESC) AS place
					FROM outbox WHERE user_id IS NOT NULL AND (tries > 0 OR next_try_ms <= {now})) AS waiting
				WHERE place > $1)`, MaxWaiting)
		n = expired + more
		return err
	})
	return n, err
}

// CountOutbox returns how many messages wait for user; for "", how many wait
// for nobody in particular.
func (s *Store) CountOutbox(ctx context.Context, user string) (int, error) {
	return get(ctx, s, func(s scanner) (n int, err error) { return n, s.Scan(&n) },
		`SELECT COUNT(*) FROM outbox WHERE COALESCE(user_id, '') = $1`, user)
}
