package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// booked is a talk of an hour that begins in so long, booked at ana's.
func booked(t *testing.T, s *store.Store, id string, in time.Duration, remind store.Remind) store.Link {
	t.Helper()
	at := time.Now().Add(in).Truncate(time.Second).UTC()
	linkWith(t, s, "offer-"+id, store.LinkTerms{Title: "Advice"})
	ok(t, s.SetSlots(t.Context(), "ana", "offer-"+id, []store.Slot{{From: at, To: at.Add(time.Hour)}}))
	return value(s.BookSlot(t.Context(), "offer-"+id, at, store.NewLink{ID: id}, remind))(t)
}

// reminded are those who are to be reminded of a talk now.
func reminded(t *testing.T, s *store.Store) map[string]store.Reminder {
	t.Helper()
	found := map[string]store.Reminder{}
	for _, r := range value(s.DueReminders(t.Context(), 10))(t) {
		if _, twice := found[r.UserID]; twice {
			t.Errorf("%s is reminded twice", r.UserID)
		}
		found[r.UserID] = r
	}
	return found
}

const tenMinutes = 10 * time.Minute

func TestBothAreRemindedOfATalkOnceAlsoAfterARestart(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), storetest.Open(t, dsn)
		people(t, s, "ana", "bia")
		talk := booked(t, s, "b1", time.Hour, store.Remind{Before: tenMinutes, Booker: "bia"})
		equal(t, "where it was booked", talk.BookedFrom, "offer-b1")
		later := func(by time.Duration) {
			t.Helper()
			storetest.Exec(t, dsn, `UPDATE outbox SET next_try_ms = next_try_ms - $1, expires_ms = expires_ms - $1`, by.Milliseconds())
		}
		later(49 * time.Minute)
		equal(t, "reminded eleven minutes before", len(reminded(t, s)), 0)
		ok(t, s.Close())
		s = storetest.Open(t, dsn)
		later(time.Minute + time.Second)
		due := reminded(t, s)
		equal(t, "reminded ten minutes before", len(due), 2)
		for user, r := range due {
			if r.Link.ID != "b1" || r.Host() != (user == "ana") || r.To.Sub(r.From) != time.Hour || r.Link.BookedFrom != "offer-b1" {
				t.Errorf("%s is reminded of %+v", user, r)
			}
		}
		ok(t, s.Reminded(ctx, due["ana"]))
		ok(t, s.Reminded(ctx, due["ana"])) // nothing is left to note
		later(store.OutboxLease + time.Second)
		again := reminded(t, s) // who told bia has died
		if _, twice := again["ana"]; twice || len(again) != 1 {
			t.Errorf("after the lease %+v are reminded", again)
		}
		ok(t, s.Reminded(ctx, again["bia"]))
		later(store.OutboxLease + time.Second)
		equal(t, "reminded after both were", len(reminded(t, s)), 0)
		at := due["ana"].From.UnixMilli()
		for _, push := range value(s.Due(ctx, store.TopicReminderPush, 10))(t) {
			var told struct {
				Call, Kind string
				At         int64
				Host       bool
			}
			ok(t, json.Unmarshal(push.Payload, &told))
			if told.Call != "b1" || told.Kind != "voice" || told.At != at || told.Host != (push.UserID == "ana") {
				t.Errorf("%s is pushed %s", push.UserID, push.Payload)
			}
			ok(t, s.Done(ctx, push.ID))
			delete(due, push.UserID)
		}
		equal(t, "without a push", len(due), 0)
	})
}

func TestATalkThatIsCalledOffRemindsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		// So late that the owner is reminded at once, and who books is not.
		booked(t, s, "b1", 5*time.Minute, store.Remind{Before: tenMinutes, Booker: "bia"})
		due := reminded(t, s)
		equal(t, "reminded of a talk that begins soon", len(due), 1)
		ok(t, s.Reminded(ctx, due["ana"]))
		equal(t, "to be pushed", value(s.CountOutbox(ctx, "ana"))(t), 1)
		ok(t, s.RevokeLink(ctx, "ana", "b1"))
		equal(t, "to be pushed when it is off", value(s.CountOutbox(ctx, "ana"))(t), 0)

		// Called off between the look and the note.
		booked(t, s, "b2", 5*time.Minute, store.Remind{Before: tenMinutes})
		due = reminded(t, s)
		ok(t, s.RevokeLink(ctx, "ana", "b2"))
		ok(t, s.Reminded(ctx, due["ana"]))
		equal(t, "to be pushed of the second", value(s.CountOutbox(ctx, "ana"))(t), 0)

		booked(t, s, "b3", time.Hour, store.Remind{Before: tenMinutes, Booker: "bia"})
		equal(t, "waiting for bia", value(s.CountOutbox(ctx, "bia"))(t), 1)
		ok(t, s.RevokeLink(ctx, "ana", "b3"))
		equal(t, "waiting for bia when it is off", value(s.CountOutbox(ctx, "bia"))(t), 0)
		booked(t, s, "b4", 5*time.Minute, store.Remind{})
		equal(t, "reminded where nobody is", len(reminded(t, s)), 0)
	})
}

func TestOfManyTalksToComeNoReminderIsSwept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		many := make([]store.NewOutbox, 0, store.MaxWaiting+10)
		for i := range store.MaxWaiting + 10 {
			many = append(many, store.NewOutbox{
				Topic: store.TopicReminder, Key: "booked/" + string(rune('a'+i)), UserID: "ana", Payload: []byte("l"), Delay: time.Hour, TTL: 2 * time.Hour,
			})
		}
		ok(t, s.Enqueue(ctx, many...))
		equal(t, "swept", value(s.Sweep(ctx))(t), 0)
	})
}
