package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestForgottenCallsAreGoneFromOnesOwnLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio", "dora")
		callees := []string{"bia", "caio", "dora"}
		for i, callee := range callees {
			value(s.CreateCall(ctx, call(fmt.Sprintf("c%d", i), "ana", callee), nil))(t)
		}
		for i, callee := range callees[:2] { // the third goes on
			ok(t, s.Transition(ctx, fmt.Sprintf("c%d", i), 1, &store.Change{State: "ended", Seq: 2, Snapshot: "{}", Kind: store.Voice, Log: []store.LogChange{
				{UserID: "ana", Direction: store.Outgoing, Kind: store.Voice, Outcome: "answered", Ended: true},
				{UserID: callee, Direction: store.Incoming, Kind: store.Voice, Outcome: "answered", Ended: true},
			}}))
		}
		logged := func(user string) (ids []string) {
			rows, _, err := s.CallLog(ctx, user, store.Cursor{}, 10)
			ok(t, err)
			for _, r := range rows {
				ids = append(ids, r.CallID)
			}
			slices.Sort(ids)
			return ids
		}
		same := func(what string, got []string, want ...string) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s is %v, not %v", what, got, want)
			}
		}
		ok(t, errorOf(s.ForgetCalls(ctx, "ana", "c0", "c2", "none")))
		same("the log without the first", logged("ana"), "c1", "c2")
		same("the other's log", logged("bia"), "c0")
		ok(t, errorOf(s.ForgetCalls(ctx, "ana")))
		same("the log without all", logged("ana"), "c2")
		same("another's log", logged("caio"), "c1")
		fails(t, errorOf(s.ForgetCalls(ctx, "ana", make([]string, store.MaxPage+1)...)), store.ErrInvalid)
	})
}

func TestTheLogIsPagedFromTheNewest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		for i := range 25 {
			value(s.CreateCall(ctx, call(fmt.Sprintf("c%02d", i), "ana", fmt.Sprintf("b%d", i)), nil))(t)
			if i%5 == 4 { // five calls share a millisecond
				ok(t, s.Exec(ctx, `UPDATE call_log SET started_ms = 5 * $1 + 1000 WHERE started_ms > 1000000`, i))
			}
		}
		value(s.CreateCall(ctx, call("other", "bia", "caio"), nil))(t)
		var got []string
		var at store.Cursor
		for pages := 1; ; pages++ {
			rows, next, err := s.CallLog(ctx, "ana", at, 7)
			ok(t, err)
			for _, r := range rows {
				got = append(got, r.CallID)
			}
			if at = next; at == (store.Cursor{}) {
				equal(t, "the number of pages", pages, 4)
				break
			}
		}
		var want []string
		for i := 24; i >= 0; i-- {
			want = append(want, fmt.Sprintf("c%02d", i))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
