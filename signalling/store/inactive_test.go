package store_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

const (
	day    = 24 * time.Hour
	unused = 120 * day
)

// pass moves all that says when accounts were used into the past.
func pass(t *testing.T, s *store.Store, d time.Duration) {
	t.Helper()
	for _, text := range []string{
		`UPDATE users SET created_ms = created_ms - $1`, `UPDATE devices SET seen_ms = seen_ms - $1`,
		`UPDATE standing SET changed_ms = changed_ms - $1`, `UPDATE last_seen SET seen_ms = seen_ms - $1`, `UPDATE duties SET until_ms = until_ms - $1, done_ms = done_ms - $1`,
	} {
		ok(t, s.Exec(t.Context(), text, d.Milliseconds()))
	}
}

func TestAnAccountIsAliveOnDay119AndDeletedOnDay121(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		fill(t, s)
		people(t, s, "dora")
		pass(t, s, 119*day)
		equal(t, "inactive on day 119", strings.Join(value(s.Inactive(ctx, unused, "", 10))(t), " "), "")
		pass(t, s, 2*day)
		ok(t, s.TouchDevice(ctx, "dora", "d1", "")) // she comes back at the last moment
		ok(t, s.LastSeen(ctx, []store.Absence{{User: "caio"}}))
		equal(t, "inactive on day 121", strings.Join(value(s.Inactive(ctx, unused, "", 10))(t), " "), "bia usr-ana")
		equal(t, "the next page", strings.Join(value(s.Inactive(ctx, unused, "bia", 10))(t), " "), "usr-ana")
		duty, taken, err := s.TakeDuty(ctx, "inactive", "n1", 30*day)
		ok(t, err)
		equal(t, "the duty is taken", taken, true)
		for user, want := range map[string]bool{"usr-ana": true, "dora": false, "caio": false, "nobody": false} {
			_, gone, err := s.DeleteInactive(ctx, duty, user, unused)
			ok(t, err)
			equal(t, user+" is deleted", gone, want)
		}
		ok(t, s.Purge(ctx, "usr-ana", forgetAna))
		if left := naming(t, s, "usr-ana", "hash-ana"); len(left) > 0 {
			t.Errorf("left are %v", left)
		}
		_, _, err = s.DeleteInactive(ctx, duty, "bia", time.Hour)
		fails(t, err, store.ErrInvalid)
	})
}

// A suspension restricts: nothing is done with the account, and that nobody uses it is no
// reason to delete it. When it ends, its owner has as long as anybody to come back.
func TestASuspendedAccountIsKeptThoughNobodyUsesIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		ok(t, s.Suspend(ctx, "ana", store.Forever, "", ""))
		pass(t, s, 2*unused)
		duty, _, err := s.TakeDuty(ctx, "inactive", "n1", 30*day)
		ok(t, err)
		kept := func(when string) {
			t.Helper()
			_, gone, err := s.DeleteInactive(ctx, duty, "ana", unused)
			ok(t, err)
			equal(t, "it is deleted "+when, gone, false)
		}
		equal(t, "who may go", strings.Join(value(s.Inactive(ctx, unused, "", 10))(t), " "), "bia")
		kept("while it is suspended")
		ok(t, s.Resume(ctx, "ana"))
		kept("when it is resumed")
		ok(t, s.Exec(ctx, `UPDATE standing SET changed_ms = changed_ms - $1`, (unused+day).Milliseconds()))
		_, gone, err := s.DeleteInactive(ctx, duty, "ana", unused)
		ok(t, err)
		equal(t, "it is deleted when nobody has used it since", gone, true)
	})
}

func TestOneNodeAtATimeHasADuty(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana")
		pass(t, s, 200*day)
		var winners atomic.Int32
		var first atomic.Pointer[store.Duty]
		together(8, func(int) {
			d, taken, err := s.TakeDuty(ctx, "inactive", "n1", 30*day)
			if err != nil {
				t.Error(err)
			}
			if taken {
				winners.Add(1)
				first.Store(&d)
			}
		})
		equal(t, "the number of winners", winners.Load(), 1)
		pass(t, s, 2*time.Minute) // the winner says nothing any more
		second, taken, err := s.TakeDuty(ctx, "inactive", "n2", 30*day)
		ok(t, err)
		equal(t, "it is taken over", taken, true)
		_, _, err = s.DeleteInactive(ctx, *first.Load(), "ana", unused)
		fails(t, err, store.ErrFenced)
		fails(t, s.EndDuty(ctx, *first.Load()), store.ErrFenced)
		value(s.User(ctx, "ana"))(t)
		ok(t, s.EndDuty(ctx, second))
		_, taken, err = s.TakeDuty(ctx, "inactive", "n1", 30*day)
		ok(t, err)
		equal(t, "it is taken again before its time", taken, false)
		_, _, err = s.DeleteInactive(ctx, second, "ana", unused)
		fails(t, err, store.ErrFenced) // it was given back
		pass(t, s, 31*day)
		_, taken, err = s.TakeDuty(ctx, "inactive", "n1", 30*day)
		ok(t, err)
		equal(t, "it is taken after 31 days", taken, true)
	})
}
