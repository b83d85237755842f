package store

import (
	"context"
	"fmt"
	"time"
)

// MaxTimeline is the largest timeline, in bytes.
const MaxTimeline = 256 << 10

// TimelinesKept is how long timelines are kept.
const TimelinesKept = 7 * 24 * time.Hour

// Timeline is what is left of a call for whoever has its support code.
type Timeline struct {
	// Key is what the code leads to; the code itself is not stored.
	Key string
	// Body is opaque, and names nobody.
	Body string
}

func (n *Timeline) validate() error {
	if n == nil {
		return nil
	}
	if err := checkID("key", n.Key); err != nil {
		return err
	}
	if len(n.Body) > MaxTimeline {
		return fmt.Errorf("%w: a timeline of %d bytes", ErrInvalid, len(n.Body))
	}
	return nil
}

func writeTimeline(ctx context.Context, c conn, n *Timeline) error {
	if n == nil {
		return nil
	}
	_, err := c.exec(ctx, `
		INSERT INTO timelines (key, body, expires_ms) VALUES ($1, $2, {now} + CAST($3 AS BIGINT))
		ON CONFLICT (key) DO UPDATE SET body = excluded.body`,
		n.Key, n.Body, TimelinesKept.Milliseconds())
	return err
}

// Timeline returns the body of a timeline that has not expired, or
// [ErrNotFound].
func (s *Store) Timeline(ctx context.Context, key string) (string, error) {
	return get(ctx, s, func(row scanner) (body string, err error) { return body, row.Scan(&body) },
		`SELECT body FROM timelines WHERE key = $1 AND expires_ms > {now}`, key)
}

// SweepTimelines deletes those that have expired, and returns how many.
func (s *Store) SweepTimelines(ctx context.Context) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `DELETE FROM timelines WHERE expires_ms <= {now}`)
		return err
	})
	return n, err
}
