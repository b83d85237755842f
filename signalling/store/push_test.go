package store_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func subscription(device string) store.PushSubscription {
	return store.PushSubscription{Device: device, Endpoint: "https://push.example/" + device, P256DH: "key", Auth: "secret"}
}

func TestPushSubscriptionsBelongToADevice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.UpsertUser(ctx, "ana", "Ana"))
		fails(t, s.SetPushSubscription(ctx, "ana", subscription("phone")), store.ErrNotFound)
		ok(t, s.TouchDevice(ctx, "ana", "phone", ""))
		fails(t, s.SetPushSubscription(ctx, "ana", store.PushSubscription{Device: "phone", Endpoint: "https://push.example"}), store.ErrInvalid)
		ok(t, s.SetPushSubscription(ctx, "ana", subscription("phone")))
		again := subscription("phone")
		again.Endpoint += "/2"
		ok(t, s.SetPushSubscription(ctx, "ana", again))
		known := value(s.PushSubscriptions(ctx, "ana"))(t)
		equal(t, "how many are known", len(known), 1)
		equal(t, "what is known", known[0], again)

		ok(t, s.DeletePushSubscription(ctx, "ana", "phone", subscription("phone").Endpoint)) // the old one
		equal(t, "how many are left", len(value(s.PushSubscriptions(ctx, "ana"))(t)), 1)
		ok(t, s.DeletePushSubscription(ctx, "ana", "phone", again.Endpoint))
		equal(t, "how many are left", len(value(s.PushSubscriptions(ctx, "ana"))(t)), 0)

		ok(t, s.SetPushSubscription(ctx, "ana", again))
		ok(t, s.RevokeDevice(ctx, "ana", "phone"))
		equal(t, "how many a revoked device has", len(value(s.PushSubscriptions(ctx, "ana"))(t)), 0)
		fails(t, s.SetPushSubscription(ctx, "ana", again), store.ErrNotFound)
	})
}

func TestABrowserIsReachedOnceAUser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for _, user := range []string{"ana", "bia"} {
			ok(t, s.UpsertUser(ctx, user, user))
			for _, device := range []string{"tab1", "tab2", "phone"} {
				ok(t, s.TouchDevice(ctx, user, device, ""))
			}
		}
		ok(t, s.SetPushSubscription(ctx, "ana", subscription("tab1")))
		ok(t, s.SetPushSubscription(ctx, "ana", subscription("phone")))
		ok(t, s.SetPushSubscription(ctx, "bia", subscription("tab1")))
		again := subscription("tab1") // the same browser, in another tab
		again.Device = "tab2"
		ok(t, s.SetPushSubscription(ctx, "ana", again))
		left := value(s.PushSubscriptions(ctx, "ana"))(t)
		equal(t, "how many are left", len(left), 2)
		equal(t, "the first", left[0].Device, "phone")
		equal(t, "the second", left[1], again)
		equal(t, "how many somebody else has", len(value(s.PushSubscriptions(ctx, "bia"))(t)), 1)
	})
}

func TestTheOldestPushSubscriptionMakesRoom(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.UpsertUser(ctx, "ana", "Ana"))
		for i := range store.MaxPushSubscriptions + 2 {
			device := fmt.Sprintf("d%02d", i)
			ok(t, s.TouchDevice(ctx, "ana", device, ""))
			ok(t, s.SetPushSubscription(ctx, "ana", subscription(device)))
		}
		left := value(s.PushSubscriptions(ctx, "ana"))(t)
		equal(t, "how many there are", len(left), store.MaxPushSubscriptions)
		equal(t, "the newest", left[len(left)-1].Device, "d11")
	})
}

func TestARingThatWasPushedIsOverWhenItIsDroppedOrExpires(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ok(t, s.UpsertUser(ctx, "ana", "Ana"))
		ring := func(key string, ttl time.Duration) store.OutboxRow {
			ok(t, s.Enqueue(ctx, store.NewOutbox{Topic: "push.ring", Key: key, UserID: "ana", Payload: []byte(key), TTL: ttl}))
			due := value(s.Due(ctx, "push.ring", 10))(t)
			equal(t, "rings that are due", len(due), 1)
			ok(t, s.PushRang(ctx, due[0]))
			return due[0]
		}
		long := ring("c1/ana", time.Hour)
		equal(t, "rings that are due again", len(value(s.Due(ctx, "push.ring", 10))(t)), 0)
		equal(t, "rings that are over", len(value(s.PushRingsOver(ctx, 10))(t)), 0)
		ok(t, s.Done(ctx, long.ID)) // as dropping it does
		over := value(s.PushRingsOver(ctx, 10))(t)
		if len(over) != 1 || over[0].UserID != "ana" || !bytes.Equal(over[0].Payload, []byte("c1/ana")) {
			t.Errorf("over are %v", over)
		}
		equal(t, "rings that are over, asked again", len(value(s.PushRingsOver(ctx, 10))(t)), 0)

		ring("c2/ana", 300*time.Millisecond)
		deadline := time.Now().Add(30 * time.Second)
		for len(value(s.PushRingsOver(ctx, 10))(t)) == 0 {
			if time.Now().After(deadline) {
				t.Fatal("a ring that has expired is not over")
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
}
