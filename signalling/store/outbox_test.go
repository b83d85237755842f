package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestAMessageIsDueUntilItIsDone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		late := push("ana", "late")
		late.Delay = time.Hour
		ok(t, s.Enqueue(ctx, push("ana", "one"), push("ana", "two"), late, push("nobody", "one")))
		due := value(s.Due(ctx, "push", 10))(t)
		if len(due) != 2 || due[0].Key != "one" || due[1].Key != "two" || string(due[0].Payload) != "one" || due[0].Tries != 1 {
			t.Fatalf("due is %+v", due)
		}
		equal(t, "due while they are taken", len(value(s.Due(ctx, "push", 10))(t)), 0)
		equal(t, "due for another topic", len(value(s.Due(ctx, "webhook", 10))(t)), 0)
		ok(t, s.Done(ctx, due[0].ID))
		ok(t, s.Done(ctx, due[0].ID))
		ok(t, s.Retry(ctx, due[1].ID, 0))
		again := value(s.Due(ctx, "push", 10))(t)
		if len(again) != 1 || again[0].ID != due[1].ID || again[0].Tries != 2 {
			t.Errorf("due again is %+v", again)
		}
		ok(t, s.Retry(ctx, again[0].ID, time.Hour))
		equal(t, "due before the retry", len(value(s.Due(ctx, "push", 10))(t)), 0)
		equal(t, "waiting", value(s.CountOutbox(ctx, "ana"))(t), 2)
	})
}

func TestATakenMessageIsDueAgainWhenItsTakerDies(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		ok(t, s.Enqueue(ctx, push("ana", "one")))
		equal(t, "taken", len(value(s.Due(ctx, "push", 1))(t)), 1)
		ok(t, s.Exec(ctx, `UPDATE outbox SET next_try_ms = next_try_ms - $1`, store.OutboxLease.Milliseconds()))
		equal(t, "taken after the lease", len(value(s.Due(ctx, "push", 1))(t)), 1)
	})
}

func TestAMessageWithTheSameKeyTakesThePlaceOfTheOldOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		ok(t, s.Enqueue(ctx, push("ana", "call"), push("bia", "call"), push("ana", ""), push("ana", "")))
		equal(t, "waiting for one", value(s.CountOutbox(ctx, "ana"))(t), 3)
		due := value(s.Due(ctx, "push", 1))(t)
		newer := push("ana", "call")
		newer.Payload = []byte("newer")
		ok(t, s.Enqueue(ctx, newer))
		equal(t, "waiting after the newer one", value(s.CountOutbox(ctx, "ana"))(t), 3)
		ok(t, s.Done(ctx, due[0].ID)) // the old one has been sent; the newer one stays
		equal(t, "waiting after the old one was done", value(s.CountOutbox(ctx, "ana"))(t), 3)
		equal(t, "waiting for the other", value(s.CountOutbox(ctx, "bia"))(t), 1)
	})
}

func TestExpiredMessagesAreSwept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		brief := store.NewOutbox{Topic: "push", Payload: []byte("x"), TTL: time.Millisecond}
		ok(t, s.Enqueue(ctx, brief, store.NewOutbox{Topic: "push", Payload: []byte("y"), TTL: time.Hour}))
		eventually(t, "the message expires", func() bool { return value(s.Sweep(ctx))(t) == 1 })
		equal(t, "waiting", value(s.CountOutbox(ctx, ""))(t), 1)
	})
}

func TestANoticeOfThirtyDaysIsThereOnDay29AndGoneOnDay31(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		ok(t, s.Enqueue(ctx, store.NewOutbox{Topic: "push.missed", Key: "c1/ana", UserID: "ana", Payload: []byte("x"), TTL: 30 * 24 * time.Hour}))
		pass := func(days int) {
			t.Helper()
			ms := int64(days) * 24 * time.Hour.Milliseconds()
			ok(t, s.Exec(ctx, `UPDATE outbox SET created_ms = created_ms - $1, next_try_ms = next_try_ms - $1, expires_ms = expires_ms - $1`, ms))
			value(s.Sweep(ctx))(t)
		}
		pass(29)
		due := value(s.Due(ctx, "push.missed", 10))(t)
		equal(t, "due on day 29", len(due), 1)
		ok(t, s.Retry(ctx, due[0].ID, 0)) // no device was reached
		pass(2)
		equal(t, "due on day 31", len(value(s.Due(ctx, "push.missed", 10))(t)), 0)
		equal(t, "kept on day 31", value(s.CountOutbox(ctx, "ana"))(t), 0)
	})
}

func TestWhoIsAwayForLongFindsTheNewestNotices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		var many []store.NewOutbox
		for i := range store.MaxWaiting + 5 {
			many = append(many, store.NewOutbox{Topic: "push.missed", Key: fmt.Sprint(i), UserID: "ana", Payload: []byte("x"), TTL: time.Hour})
		}
		ok(t, s.Enqueue(ctx, append(many, store.NewOutbox{Topic: "push.ring", UserID: "ana", Payload: []byte("x"), TTL: time.Hour},
			store.NewOutbox{Topic: "push.missed", UserID: "bia", Payload: []byte("x"), TTL: time.Hour},
			store.NewOutbox{Topic: "push.missed", Payload: []byte("x"), TTL: time.Hour})...))
		equal(t, "swept", value(s.Sweep(ctx))(t), 5)
		equal(t, "waiting for who is away", value(s.CountOutbox(ctx, "ana"))(t), store.MaxWaiting+1)
		equal(t, "waiting for the other", value(s.CountOutbox(ctx, "bia"))(t), 1)
		for _, d := range value(s.Due(ctx, "push.missed", 10))(t) {
			if d.Key == "0" || d.Key == "4" {
				t.Errorf("the oldest one, %s, is still there", d.Key)
			}
		}
	})
}

func TestSendersShareTheOutbox(t *testing.T) {
	const messages = 200
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for i := range messages {
			ok(t, s.Enqueue(ctx, store.NewOutbox{Topic: "webhook", Key: fmt.Sprint(i), Payload: []byte("x"), TTL: time.Hour}))
		}
		var mu sync.Mutex
		taken := make(map[string]int)
		together(8, func(int) {
			for {
				due, err := s.Due(ctx, "webhook", 7)
				if err != nil || len(due) == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				mu.Lock()
				for _, d := range due {
					taken[d.Key]++
				}
				mu.Unlock()
			}
		})
		// A sender may find nothing because the others hold the rest locked;
		// what is left is due for the next one.
		for _, d := range value(s.Due(ctx, "webhook", store.MaxPage))(t) {
			taken[d.Key]++
		}
		equal(t, "the number taken", len(taken), messages)
		for key, n := range taken {
			if n != 1 {
				t.Errorf("message %s was taken %d times", key, n)
			}
		}
	})
}
