package store

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"
)

// EventsKept is how long events can be replayed; longer than a webhook is
// retried.
const EventsKept = 7 * 24 * time.Hour

// NewEvent is something that happened, for the webhooks of integrators.
type NewEvent struct {
	// Type is such as call.ended.
	Type string
	// CallID is the call that it is of, if any, and Sequence its number among
	// the call's, from 1. The same number again is the same event, and is not
	// written again.
	CallID   string
	Sequence int64
	// Data is a JSON object of at most 16 KiB.
	Data string
}

// EventRow is an event as it is kept.
type EventRow struct {
	ID string
	NewEvent
	Created time.Time
}

// maxEventData keeps what is delivered below 20 kB, as Standard Webhooks say.
const maxEventData = 16 << 10

func (e *NewEvent) validate() error {
	if err := checkID("event type", e.Type); err != nil {
		return err
	}
	if err := checkText("call id", e.CallID, MaxID); err != nil {
		return err
	}
	if e.CallID != "" && e.Sequence < 1 {
		return invalid("an event of a call has no number")
	}
	return checkText("event data", e.Data, maxEventData)
}

// Publish writes events that belong to no call's transition, for all webhooks
// that want them.
func (s *Store) Publish(ctx context.Context, events ...NewEvent) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error { return writeEvents(ctx, c, events) })
}

// writeEvents writes events and their deliveries. Without a webhook nothing is
// written.
func writeEvents(ctx context.Context, c conn, events []NewEvent) error {
	for _, e := range events {
		if err := e.validate(); err != nil {
			return err
		}
		id := "evt_" + ulid.Make().String()
		n, err := c.exec(ctx, `INSERT INTO events (id, type, call_id, sequence, data, created_ms)
			SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS TEXT), {now}
			WHERE EXISTS (SELECT 1 FROM webhooks WHERE disabled_ms IS NULL)
			ON CONFLICT (call_id, sequence) WHERE call_id <> '' DO NOTHING`, id, e.Type, e.CallID, e.Sequence, e.Data)
		if err != nil {
			return err
		}
		if n == 0 { // nobody wants to know, or it was told before
			continue
		}
		if _, err := c.exec(ctx, `INSERT INTO deliveries (webhook_id, event_id, state, tries, next_try_ms, queued_ms)
			SELECT w.id, e.id, 'pending', 0, {now}, {now} FROM webhooks w, events e
			WHERE e.id = $1 AND w.disabled_ms IS NULL AND `+wanted, id); err != nil {
			return err
		}
	}
	return nil
}

// wanted tells whether a webhook w wants an event e.
const wanted = `(w.types = '' OR ' ' || w.types || ' ' LIKE '% ' || e.type || ' %')`

// CallEvents returns the events of a call after a number, in order, at most
// limit.
func (s *Store) CallEvents(ctx context.Context, call string, after int64, limit int) ([]EventRow, error) {
	return list(ctx, s, scanEvent, `SELECT id, type, call_id, sequence, data, created_ms FROM events
		WHERE call_id = $1 AND call_id <> '' AND sequence > $2 ORDER BY sequence LIMIT $3`, call, after, limit)
}

func scanEvent(s scanner) (e EventRow, err error) {
	return e, s.Scan(&e.ID, &e.Type, &e.CallID, &e.Sequence, &e.Data, millis{&e.Created})
}

// SweepEvents deletes at most limit events that are kept no longer, with what
// is known of their deliveries.
func (s *Store) SweepEvents(ctx context.Context, limit int) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `DELETE FROM events WHERE id IN (
			SELECT id FROM events WHERE created_ms < {now} - $1 ORDER BY created_ms LIMIT $2)`, EventsKept.Milliseconds(), limit)
		return err
	})
	return n, err
}
