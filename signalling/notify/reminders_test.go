package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/notify"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// diary is a store of reminders, each due at a time and taken for a minute.
type diary struct {
	mu   sync.Mutex // guards what follows
	due  map[string]time.Time
	down bool
}

var errDiary = errors.New("the store is down")

func (d *diary) DueReminders(context.Context, int) ([]store.Reminder, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return nil, errDiary
	}
	var due []store.Reminder
	for id, at := range d.due {
		if !time.Now().Before(at) {
			due = append(due, store.Reminder{ID: id})
			d.due[id] = time.Now().Add(store.OutboxLease)
		}
	}
	return due, nil
}

func (d *diary) Reminded(_ context.Context, r store.Reminder) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return errDiary
	}
	delete(d.due, r.ID)
	return nil
}

func TestAReminderIsToldOnceAndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		d := &diary{due: map[string]time.Time{"early": begun.Add(50 * time.Minute), "late": begun.Add(2 * time.Hour)}}
		told := map[string][]time.Duration{}
		reminders, err := notify.NewReminders(notify.RemindConfig{
			Store: d, Logger: slog.New(slog.DiscardHandler),
			Tell: func(r store.Reminder) {
				d.mu.Lock()
				defer d.mu.Unlock()
				told[r.ID] = append(told[r.ID], time.Since(begun))
				if r.ID == "late" && len(told[r.ID]) == 1 { // then it cannot be noted
					d.down = true
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		run := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); reminders.Run(ctx) }()
			return func() { cancel(); <-done }
		}
		stop := run()
		time.Sleep(30 * time.Minute)
		stop() // a restart
		defer run()()
		time.Sleep(80 * time.Minute)
		synctest.Wait()
		d.mu.Lock()
		if at := told["early"]; len(at) != 1 || at[0] < 50*time.Minute || at[0] > 50*time.Minute+3*time.Second {
			t.Errorf("the first is told after %v", at)
		}
		d.mu.Unlock()
		time.Sleep(11 * time.Minute)
		d.mu.Lock()
		d.down = false
		d.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		d.mu.Lock()
		defer d.mu.Unlock()
		// Told, and not noted: once more when the store is back, and then no more.
		if at := told["late"]; len(at) != 2 || at[0] > 2*time.Hour+3*time.Second || len(d.due) != 0 {
			t.Errorf("the second is told after %v, and left are %v", at, d.due)
		}
	})
}

func TestATalkThatBeginsSoonIsPushedOnceToWhoHasNoPageOpen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		p := startPushing(t, s, local())
		phone, laptop := newBrowser(t, p.vapid.Public), newBrowser(t, p.vapid.Public)
		must(t, s.SetPushSubscription(ctx, "ana", phone.subscription("phone")))
		must(t, s.SetPushSubscription(ctx, "ana", laptop.subscription("laptop")))
		p.mu.Lock()
		p.here["ana/laptop"] = true // its page is told
		p.mu.Unlock()
		at := time.Now().Add(5 * time.Minute).Truncate(time.Second)
		for _, talk := range []string{"off", "on"} {
			offer := "offers " + talk
			_, err := s.CreateLink(ctx, store.NewLink{ID: offer, OwnerID: "ana", Kind: store.Video})
			must(t, err)
			must(t, s.SetSlots(ctx, "ana", offer, []store.Slot{{From: at, To: at.Add(time.Hour)}}))
			_, err = s.BookSlot(ctx, offer, at, store.NewLink{ID: talk}, store.Remind{Before: 10 * time.Minute})
			must(t, err)
		}
		must(t, s.RevokeLink(ctx, "ana", "off"))

		told := make(chan store.Reminder, 8)
		reminders, err := notify.NewReminders(notify.RemindConfig{
			Store: s, Tell: func(r store.Reminder) { told <- r }, Every: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
		})
		must(t, err)
		run, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); reminders.Run(run) }()
		defer func() { stop(); <-done }()
		eventually(t, "the phone is told", func() bool { return len(phone.got()) == 1 })
		got := phone.got()[0]
		if got.Type != "reminder" || got.Call != "on" || got.Kind != "video" || got.At != at.UnixMilli() || !got.Host || got.Exp <= got.At || len(got.topic) != 32 {
			t.Errorf("the phone is told %+v", got)
		}
		if r := <-told; r.UserID != "ana" || r.Link.ID != "on" || !r.From.Equal(at) {
			t.Errorf("the pages are told %+v", r)
		}
		eventually(t, "nothing waits", func() bool { n, err := s.CountOutbox(ctx, "ana"); return err == nil && n == 0 })
		time.Sleep(100 * time.Millisecond) // ten rounds more
		if len(told) > 0 || len(phone.got()) != 1 || len(laptop.got()) != 0 {
			t.Errorf("told once more: %d pages, %v, %v", len(told), phone.got(), laptop.got())
		}
	})
}

func TestRemindersNeedAllTheirParts(t *testing.T) {
	if _, err := notify.NewReminders(notify.RemindConfig{}); err == nil {
		t.Error("reminders of nothing are made")
	}
}
