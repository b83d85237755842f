package store_test

import (
	"bytes"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func webhook(t *testing.T, s *store.Store, id string, types ...string) store.Webhook {
	t.Helper()
	return value(s.CreateWebhook(t.Context(), store.Webhook{ID: id, Name: "shop", URL: "https://shop.example/hook", Types: types, Secret: []byte("a secret of webhooks")}))(t)
}

func event(what, call string, n int64) store.NewEvent {
	return store.NewEvent{Type: what, CallID: call, Sequence: n, Data: `{}`}
}

// due takes and ends all that is due for a webhook, as delivered.
func due(t *testing.T, s *store.Store, holder, id string) (types []string) {
	t.Helper()
	for {
		d, err := s.NextDelivery(t.Context(), holder, id)
		if err != nil {
			fails(t, err, store.ErrNotFound)
			return types
		}
		types = append(types, d.Event.Type)
		ok(t, s.EndDelivery(t.Context(), holder, d, store.Delivered{State: store.DeliveryDelivered, Status: 200}))
	}
}

func TestEventsAreQueuedForTheWebhooksThatWantThem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.Publish(ctx, event("call.created", "c0", 1))) // nobody wants to know
		webhook(t, s, "all")
		webhook(t, s, "ends", "call.ended", "call.missed")
		ok(t, s.Publish(ctx, event("call.created", "c1", 1), event("call.ended", "c1", 2)))
		ok(t, s.Publish(ctx, event("call.ended", "c1", 2))) // again: nothing new
		fails(t, s.Publish(ctx, event("call.ended", "c1", 0)), store.ErrInvalid)
		claimed := value(s.ClaimWebhooks(ctx, "one", 10))(t)
		equal(t, "claimed", len(claimed), 2)
		equal(t, "the secret", string(claimed[0].Secret), "a secret of webhooks")
		equal(t, "claimed by others", len(value(s.ClaimWebhooks(ctx, "other", 10))(t)), 0)
		_, err := s.NextDelivery(ctx, "other", "all")
		fails(t, err, store.ErrFenced)
		equal(t, "for all", len(due(t, s, "one", "all")), 2)
		equal(t, "for ends", len(due(t, s, "one", "ends")), 1)
		events := value(s.CallEvents(ctx, "c1", 0, 10))(t)
		if len(events) != 2 || events[0].Sequence != 1 || events[1].Type != "call.ended" {
			t.Errorf("the call's events are %+v", events)
		}
		equal(t, "unheard events are kept", len(value(s.CallEvents(ctx, "c0", 0, 10))(t)), 0)
		page := value(s.PageDeliveries(ctx, "all", time.Time{}, "", 10))(t)
		if len(page) != 2 || page[0].State != store.DeliveryDelivered || page[0].Tries != 1 || page[0].Status != 200 || page[0].Tried.IsZero() {
			t.Errorf("the log is %+v", page)
		}
		n, oldest, err := s.WebhookBacklog(ctx)
		if err != nil || n != 0 || !oldest.IsZero() {
			t.Errorf("%d wait since %v (%v)", n, oldest, err)
		}
	})
}

func TestADeliveryThatFailsWaitsAndALeaseEnds(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), storetest.Open(t, dsn)
		webhook(t, s, "one")
		webhook(t, s, "two")
		ok(t, s.Publish(ctx, event("call.ended", "c1", 1)))
		value(s.ClaimWebhooks(ctx, "a", 10))(t)
		d := value(s.NextDelivery(ctx, "a", "one"))(t)
		ok(t, s.EndDelivery(ctx, "a", d, store.Delivered{State: store.DeliveryPending, Retry: time.Hour, Status: 503}))
		_, err := s.NextDelivery(ctx, "a", "one")
		fails(t, err, store.ErrNotFound)
		ok(t, s.ReleaseWebhook(ctx, "a", "one"))
		equal(t, "nothing is due", len(value(s.ClaimWebhooks(ctx, "b", 10))(t)), 0)
		storetest.Exec(t, dsn, `UPDATE deliveries SET next_try_ms = next_try_ms - 3600001`)
		equal(t, "one is due again", len(value(s.ClaimWebhooks(ctx, "b", 10))(t)), 1)
		// a was killed with two in his hands.
		storetest.Exec(t, dsn, `UPDATE webhooks SET lease_until_ms = lease_until_ms - 60001 WHERE id = 'two'`)
		equal(t, "two is due again", len(value(s.ClaimWebhooks(ctx, "b", 10))(t)), 1)
		_, err = s.NextDelivery(ctx, "a", "two")
		fails(t, err, store.ErrFenced)
		d = value(s.NextDelivery(ctx, "b", "two"))(t)
		fails(t, s.EndDelivery(ctx, "a", d, store.Delivered{State: store.DeliveryDelivered}), store.ErrFenced)
		// It is disabled, the other is told, and nothing goes there until it is enabled again.
		ok(t, s.EndDelivery(ctx, "b", d, store.Delivered{State: store.DeliveryFailed, Disable: store.DisabledGone, Notice: event("webhook.disabled", "", 0)}))
		w := value(s.Webhook(ctx, "two"))(t)
		if w.Disabled.IsZero() || w.DisabledReason != store.DisabledGone {
			t.Errorf("the webhook is %+v", w)
		}
		equal(t, "the other one", len(due(t, s, "b", "one")), 2)
		_, err = s.ReplayEvents(ctx, "two", store.Replay{})
		fails(t, err, store.ErrNotFound)
		fails(t, s.TestWebhook(ctx, "two", "evt_test"), store.ErrNotFound)
		stale := w
		w.Disabled, w.DisabledReason = time.Time{}, ""
		value(s.ChangeWebhook(ctx, w))(t)
		_, err = s.ChangeWebhook(ctx, stale)
		fails(t, err, store.ErrConflict)
		equal(t, "replayed because it failed", value(s.ReplayEvents(ctx, "two", store.Replay{Failed: true}))(t), 1)
		equal(t, "replayed of the call", value(s.ReplayEvents(ctx, "two", store.Replay{CallID: "c1"}))(t), 1)
		equal(t, "replayed of another call", value(s.ReplayEvents(ctx, "two", store.Replay{CallID: "c2"}))(t), 0)
		equal(t, "replayed of another time", value(s.ReplayEvents(ctx, "two", store.Replay{Until: time.Now().Add(-time.Hour)}))(t), 0)
		ok(t, s.TestWebhook(ctx, "two", "evt_test"))
		value(s.ClaimWebhooks(ctx, "b", 10))(t)
		equal(t, "delivered at last", len(due(t, s, "b", "two")), 2)
	})
}

func TestAWebhooksSecretsAreSealedAndTakeTurns(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), storetest.Open(t, dsn)
		webhook(t, s, "one")
		value(s.RotateWebhook(ctx, "one", []byte("another secret of webhooks"), time.Hour))(t)
		_, err := s.RotateWebhook(ctx, "none", []byte("another secret of webhooks"), time.Hour)
		fails(t, err, store.ErrNotFound)
		ok(t, s.Publish(ctx, event("call.ended", "c1", 1)))
		w := value(s.ClaimWebhooks(ctx, "a", 10))(t)[0]
		equal(t, "the new secret", string(w.Secret), "another secret of webhooks")
		equal(t, "the old secret", string(w.OldSecret), "a secret of webhooks")
		storetest.Exec(t, dsn, `UPDATE webhooks SET old_until_ms = old_until_ms - 3600001, lease_until_ms = 0`)
		equal(t, "the old secret an hour later", string(value(s.ClaimWebhooks(ctx, "a", 10))(t)[0].OldSecret), "")
		for file, data := range storetest.Written(t, dsn) {
			if bytes.Contains(data, []byte("secret of webhooks")) {
				t.Errorf("%s has a secret as it is", file)
			}
		}
		for range store.MaxWebhooks - 1 {
			webhook(t, s, "more"+time.Now().String())
		}
		_, err = s.CreateWebhook(ctx, store.Webhook{ID: "last", URL: "https://shop.example", Secret: []byte("x")})
		fails(t, err, store.ErrLimit)
		ok(t, s.DeleteWebhook(ctx, "one"))
		equal(t, "swept", value(s.SweepEvents(ctx, 10))(t), 0)
		storetest.Exec(t, dsn, `UPDATE events SET created_ms = created_ms - $1`, store.EventsKept.Milliseconds()+1)
		equal(t, "swept a week later", value(s.SweepEvents(ctx, 10))(t), 1)
	})
}
