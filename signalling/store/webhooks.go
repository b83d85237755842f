package store

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// MaxWebhooks is how many there may be.
const MaxWebhooks = 50

// Why a webhook was disabled.
const (
	DisabledByHand  = "byHand"  // somebody has done so
	DisabledFailing = "failing" // an event could not be delivered in all its tries
	DisabledGone    = "gone"    // it answered 410
)

// Webhook is an address that is told of events.
type Webhook struct {
	ID, Name, URL string
	// Types are what it is told of; empty is everything.
	Types []string
	// Secret signs what is delivered; OldSecret does too until OldUntil. They
	// are empty in lists.
	Secret, OldSecret []byte
	OldUntil          time.Time
	// Version grows with each change.
	Version        int64
	Created        time.Time
	Disabled       time.Time // zero if it is not
	DisabledReason string
}

func (w *Webhook) validate() error {
	if err := checkID("webhook id", w.ID); err != nil {
		return err
	}
	if err := checkText("name", w.Name, MaxName); err != nil {
		return err
	}
	if u, err := url.Parse(w.URL); err != nil || u.Host == "" || len(w.URL) > 2048 {
		return invalid("the address is none")
	}
	for _, t := range w.Types {
		if err := checkWord("type", t); err != nil {
			return err
		}
	}
	return nil
}

const webhookColumns = `id, name, url, types, old_until_ms, version, created_ms, COALESCE(disabled_ms, 0), disabled_reason`

func (w *Webhook) fields() []any {
	return []any{&w.ID, &w.Name, &w.URL, words{&w.Types}, millis{&w.OldUntil}, &w.Version, millis{&w.Created}, millis{&w.Disabled}, &w.DisabledReason}
}

func scanWebhook(s scanner) (w Webhook, err error) { return w, s.Scan(w.fields()...) }

func webhookSecret(id string) string { return "webhook " + id }

// CreateWebhook stores a webhook with its secret sealed. It fails with
// [ErrLimit] beyond [MaxWebhooks].
func (s *Store) CreateWebhook(ctx context.Context, w Webhook) (Webhook, error) {
	if err := w.validate(); err != nil {
		return Webhook{}, err
	}
	if len(w.Secret) == 0 || len(w.Secret) > MaxName {
		return Webhook{}, invalid("the secret has %d bytes", len(w.Secret))
	}
	var made Webhook
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		var n int
		if err := c.row(ctx, `SELECT COUNT(*) FROM webhooks`, nil, &n); err != nil {
			return err
		}
		if n >= MaxWebhooks {
			return ErrLimit
		}
		return c.row(ctx, `INSERT INTO webhooks (id, name, url, types, secret, version, created_ms)
			VALUES ($1, $2, $3, $4, $5, 1, {now}) RETURNING `+webhookColumns,
			[]any{w.ID, w.Name, w.URL, strings.Join(w.Types, " "), s.sealer.seal(webhookSecret(w.ID), w.Secret)}, made.fields()...)
	})
	return made, err
}

// Webhook returns a webhook without its secrets, or [ErrNotFound].
func (s *Store) Webhook(ctx context.Context, id string) (Webhook, error) {
	return get(ctx, s, scanWebhook, `SELECT `+webhookColumns+` FROM webhooks WHERE id = $1`, id)
}

// PageWebhooks returns at most limit webhooks after the one that was made at a
// time and has an id, the oldest first.
func (s *Store) PageWebhooks(ctx context.Context, after time.Time, id string, limit int) ([]Webhook, error) {
	return list(ctx, s, scanWebhook, `SELECT `+webhookColumns+` FROM webhooks WHERE created_ms > $1 OR created_ms = $1 AND id > $2
		ORDER BY created_ms, id LIMIT $3`, millisOf(after), id, limit)
}

// ChangeWebhook writes the name, address and types of a webhook, and whether it
// is disabled, if it still has the version; else it fails with [ErrConflict].
func (s *Store) ChangeWebhook(ctx context.Context, w Webhook) (Webhook, error) {
	if err := w.validate(); err != nil {
		return Webhook{}, err
	}
	var disabled any
	if !w.Disabled.IsZero() {
		disabled = w.Disabled.UnixMilli()
	}
	var made Webhook
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		found, err := rows(ctx, c, scanWebhook, `UPDATE webhooks SET name = $3, url = $4, types = $5, disabled_ms = $6, disabled_reason = $7, version = version + 1
			WHERE id = $1 AND version = $2 RETURNING `+webhookColumns,
			w.ID, w.Version, w.Name, w.URL, strings.Join(w.Types, " "), disabled, w.DisabledReason)
		if err == nil && len(found) == 0 {
			err = ErrConflict
		}
		if err == nil {
			made = found[0]
		}
		return err
	})
	return made, err
}

// RotateWebhook gives a webhook another secret; the one before signs too for
// keep. It fails with [ErrNotFound].
func (s *Store) RotateWebhook(ctx context.Context, id string, secret []byte, keep time.Duration) (Webhook, error) {
	var made Webhook
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		// Both are sealed for the same webhook, so that one may take the other's place.
		return c.row(ctx, `UPDATE webhooks SET old_secret = secret, old_until_ms = {now} + $3, secret = $2, version = version + 1
			WHERE id = $1 RETURNING `+webhookColumns,
			[]any{id, s.sealer.seal(webhookSecret(id), secret), max(keep, 0).Milliseconds()}, made.fields()...)
	})
	return made, err
}

// DeleteWebhook deletes a webhook and what is known of its deliveries; it is
// no error if there is none.
func (s *Store) DeleteWebhook(ctx context.Context, id string) error {
	return s.remove(ctx, `DELETE FROM webhooks WHERE id = $1`, id)
}

// Replay chooses events to be delivered again.
type Replay struct {
	// Since and Until are when they happened; a zero Until is now.
	Since, Until time.Time
	// CallID and EventID, if not empty, choose those of one call, and one.
	CallID, EventID string
	// Failed chooses only those that could not be delivered.
	Failed bool
}

// ReplayEvents has events delivered to a webhook again, delivered before or
// not, and returns how many. The webhook must be there and not be disabled;
// else it fails with [ErrNotFound].
func (s *Store) ReplayEvents(ctx context.Context, webhook string, r Replay) (int64, error) {
	until := int64(1) << 60
	if !r.Until.IsZero() {
		until = r.Until.UnixMilli()
	}
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := c.must(ctx, ErrNotFound, `UPDATE webhooks SET version = version WHERE id = $1 AND disabled_ms IS NULL`, webhook); err != nil {
			return err
		}
		var err error
		n, err = c.exec(ctx, `INSERT INTO deliveries (webhook_id, event_id, state, tries, next_try_ms, queued_ms)
			SELECT w.id, e.id, 'pending', 0, {now}, {now} FROM webhooks w, events e
			WHERE w.id = $1 AND e.created_ms >= $2 AND e.created_ms < $3 AND e.type <> '`+testType+`' AND `+wanted+`
				AND (CAST($4 AS TEXT) = '' OR e.call_id = CAST($4 AS TEXT)) AND (CAST($5 AS TEXT) = '' OR e.id = CAST($5 AS TEXT))
				AND (NOT CAST($6 AS BOOLEAN) OR EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.event_id = e.id AND d.state = 'failed'))
			ON CONFLICT (webhook_id, event_id) DO UPDATE SET state = 'pending', tries = 0, next_try_ms = excluded.next_try_ms, queued_ms = excluded.queued_ms`,
			webhook, millisOf(r.Since), until, r.CallID, r.EventID, r.Failed)
		return err
	})
	return n, err
}

const testType = "webhook.test"

// TestWebhook has an event of the type webhook.test delivered to one webhook,
// whatever it wants, and returns its id. It fails with [ErrNotFound] if there
// is none or it is disabled.
func (s *Store) TestWebhook(ctx context.Context, webhook, eventID string) error {
	if err := checkID("event id", eventID); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if _, err := c.exec(ctx, `INSERT INTO events (id, type, call_id, sequence, data, created_ms) VALUES ($1, '`+testType+`', '', 0, '{}', {now})`,
			eventID); err != nil {
			return err
		}
		return c.must(ctx, ErrNotFound, `INSERT INTO deliveries (webhook_id, event_id, state, tries, next_try_ms, queued_ms)
			SELECT id, CAST($2 AS TEXT), 'pending', 0, {now}, {now} FROM webhooks WHERE id = $1 AND disabled_ms IS NULL`, webhook, eventID)
	})
}
