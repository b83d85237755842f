package store

import (
	"context"
	"errors"
	"time"
)

// DeliveryLease is how long whoever delivers to a webhook may be silent before
// somebody else does.
const DeliveryLease = time.Minute

// Delivery is an event on its way to a webhook.
type Delivery struct {
	WebhookID string
	Event     EventRow
	// State is pending, delivered or failed.
	State string
	// Tries counts those that were made.
	Tries int64
	// Next is when it is tried next, while it is pending.
	Next time.Time
	// Status is the last HTTP status; 0 if there was none. Problem says why
	// there was none.
	Status  int
	Problem string
	Tried   time.Time // zero if never
	Queued  time.Time
}

// The states of a delivery.
const (
	DeliveryPending   = "pending"
	DeliveryDelivered = "delivered"
	DeliveryFailed    = "failed"
)

const deliveryColumns = `d.webhook_id, e.id, e.type, e.call_id, e.sequence, e.data, e.created_ms,
	d.state, d.tries, d.next_try_ms, d.status, d.problem, d.tried_ms, d.queued_ms`

func scanDelivery(s scanner) (d Delivery, err error) {
	return d, s.Scan(&d.WebhookID, &d.Event.ID, &d.Event.Type, &d.Event.CallID, &d.Event.Sequence, &d.Event.Data, millis{&d.Event.Created},
		&d.State, &d.Tries, millis{&d.Next}, &d.Status, &d.Problem, millis{&d.Tried}, millis{&d.Queued})
}

// ClaimWebhooks gives holder at most limit webhooks that have something to be
// delivered now and that nobody else delivers to, with their secrets. He
// releases each, or its lease ends [DeliveryLease] after his last delivery.
func (s *Store) ClaimWebhooks(ctx context.Context, holder string, limit int) ([]Webhook, error) {
	if err := checkID("holder", holder); err != nil {
		return nil, err
	}
	var claimed []Webhook
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		claimed, err = rows(ctx, c, func(s scanner) (w Webhook, err error) {
			return w, s.Scan(append(w.fields(), &w.Secret, &w.OldSecret)...)
		}, `UPDATE webhooks SET lease = $1, lease_until_ms = {now} + $3 WHERE id IN (
				SELECT w.id FROM webhooks w WHERE w.disabled_ms IS NULL AND w.lease_until_ms <= {now}
					AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_try_ms <= {now})
				ORDER BY w.lease_until_ms, w.id LIMIT $2 {skiplocked})
			RETURNING `+webhookColumns+`, secret, CASE WHEN old_until_ms > {now} THEN old_secret END`,
			holder, limit, DeliveryLease.Milliseconds())
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range claimed {
		w := &claimed[i]
		if w.Secret, err = s.sealer.open(webhookSecret(w.ID), w.Secret); err != nil {
			return nil, err
		}
		if w.OldSecret != nil {
			if w.OldSecret, err = s.sealer.open(webhookSecret(w.ID), w.OldSecret); err != nil {
				return nil, err
			}
		}
	}
	return claimed, nil
}

// NextDelivery returns what is to be delivered next to a webhook that holder
// has claimed, and keeps the claim. It fails with [ErrNotFound] if nothing is,
// and with [ErrFenced] if the claim is lost or the webhook is disabled.
func (s *Store) NextDelivery(ctx context.Context, holder, webhook string) (Delivery, error) {
	var d Delivery
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := keepLease(ctx, c, holder, webhook); err != nil {
			return err
		}
		found, err := rows(ctx, c, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d JOIN events e ON e.id = d.event_id
			WHERE d.webhook_id = $1 AND d.state = 'pending' AND d.next_try_ms <= {now}
			ORDER BY d.next_try_ms, e.created_ms, e.id LIMIT 1`, webhook)
		if err == nil && len(found) == 0 {
			return ErrNotFound
		}
		if err == nil {
			d = found[0]
		}
		return err
	})
	return d, err
}

func keepLease(ctx context.Context, c conn, holder, webhook string) error {
	return c.must(ctx, ErrFenced, `UPDATE webhooks SET lease_until_ms = {now} + $3 WHERE id = $1 AND lease = $2 AND disabled_ms IS NULL`,
		webhook, holder, DeliveryLease.Milliseconds())
}

// Delivered is how a try went.
type Delivered struct {
	// State is delivered, pending to try again after Retry, or failed.
	State   string
	Retry   time.Duration
	Status  int
	Problem string
	// Disable, if not empty, disables the webhook and says why. The others are
	// told by Notice.
	Disable string
	Notice  NewEvent
}

// EndDelivery notes how a try went. It fails with [ErrFenced] if holder has
// lost his claim: then somebody else tries, too.
func (s *Store) EndDelivery(ctx context.Context, holder string, d Delivery, r Delivered) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := keepLease(ctx, c, holder, d.WebhookID); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `UPDATE deliveries SET state = $3, tries = tries + 1, next_try_ms = {now} + $4, status = $5, problem = $6, tried_ms = {now}
			WHERE webhook_id = $1 AND event_id = $2`, d.WebhookID, d.Event.ID, r.State, r.Retry.Milliseconds(), r.Status, r.Problem); err != nil {
			return err
		}
		if r.Disable == "" {
			return nil
		}
		if _, err := c.exec(ctx, `UPDATE webhooks SET disabled_ms = {now}, disabled_reason = $2, lease = '', lease_until_ms = 0, version = version + 1
			WHERE id = $1`, d.WebhookID, r.Disable); err != nil {
			return err
		}
		return writeEvents(ctx, c, []NewEvent{r.Notice})
	})
}

// ReleaseWebhook ends a claim; it is no error if it was lost.
func (s *Store) ReleaseWebhook(ctx context.Context, holder, webhook string) error {
	return s.remove(ctx, `UPDATE webhooks SET lease = '', lease_until_ms = 0 WHERE id = $1 AND lease = $2`, webhook, holder)
}

// PageDeliveries returns at most limit deliveries of a webhook that were queued
// before the one at a time with an event's id, the newest first.
func (s *Store) PageDeliveries(ctx context.Context, webhook string, before time.Time, id string, limit int) ([]Delivery, error) {
	at := int64(1) << 60
	if !before.IsZero() {
		at = before.UnixMilli()
	}
	return list(ctx, s, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries d JOIN events e ON e.id = d.event_id
		WHERE d.webhook_id = $1 AND (d.queued_ms < $2 OR d.queued_ms = $2 AND d.event_id < $3)
		ORDER BY d.queued_ms DESC, d.event_id DESC LIMIT $4`, webhook, at, id, limit)
}

// WebhookBacklog returns how many deliveries wait, and since when the oldest
// one does; the zero time if none does.
func (s *Store) WebhookBacklog(ctx context.Context) (n int, oldest time.Time, err error) {
	err = s.read(ctx, func(ctx context.Context, c conn) error {
		return c.row(ctx, `SELECT COUNT(*), COALESCE(MIN(d.queued_ms), 0) FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
			WHERE d.state = 'pending' AND w.disabled_ms IS NULL`, nil, &n, millis{&oldest})
	})
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return n, oldest, err
}
