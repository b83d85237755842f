package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func decision(callee, verdict string) store.Decision {
	return store.Decision{
		CalleeID: callee, CallerID: "ana", CallerName: "Ana", CallID: "c1", Path: "group_ring", Verdict: verdict, Reason: "because",
	}
}

func TestDecisionsAreKeptWithTheCalleesInTheCallsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio", "duda")
		n := call("c1", "ana", "bia")
		n.Topology, n.Callees = store.Group, []string{"bia", "caio", "duda", "nobody"}
		n.Decisions = []store.Decision{
			decision("bia", "allowed"), decision("caio", "silent"), decision("duda", "allowed"), decision("nobody", "silent"),
		}
		value(s.CreateCall(ctx, n, nil))(t)
		for callee, verdict := range map[string]string{"bia": "allowed", "caio": "silent", "duda": "allowed"} {
			got, next, err := s.Decisions(ctx, callee, "", 10)
			ok(t, err)
			if len(got) != 1 || next != "" {
				t.Fatalf("%s has %d decisions, next %q", callee, len(got), next)
			}
			if age := time.Since(got[0].At); age < -time.Minute || age > time.Minute {
				t.Errorf("the decision is %v old", age)
			}
			want := decision(callee, verdict)
			want.ID, want.At = got[0].ID, got[0].At
			if diff := cmp.Diff(want, got[0]); diff != "" {
				t.Error(diff)
			}
		}
		for _, other := range []string{"ana", "nobody"} {
			got, _, err := s.Decisions(ctx, other, "", 10)
			ok(t, err)
			equal(t, "the decisions of "+other, len(got), 0)
		}
		// A call that is not written leaves no decision.
		_, err := s.CreateCall(ctx, n, nil)
		fails(t, err, store.ErrConflict)
		got, _, err := s.Decisions(ctx, "bia", "", 10)
		ok(t, err)
		equal(t, "after a call that was not written", len(got), 1)
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "ringing", Snapshot: "{}", Decisions: []store.Decision{decision("bia", "quiet")}}))
		got, _, err = s.Decisions(ctx, "bia", "", 10)
		ok(t, err)
		equal(t, "after a transition", len(got) == 2 && got[0].Verdict == "quiet", true)
		fails(t, s.WriteDecisions(ctx, store.Decision{CalleeID: "bia"}), store.ErrInvalid)
	})
}

func TestDecisionsComeInPagesAndEndAfterThirtyDays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		for i := range 7 {
			d := decision("bia", "allowed")
			d.CallID = fmt.Sprint("c", i)
			ok(t, s.WriteDecisions(ctx, d))
		}
		var seen []string
		before, pages := "", 0
		for {
			page, next, err := s.Decisions(ctx, "bia", before, 3)
			ok(t, err)
			for _, d := range page {
				seen = append(seen, d.CallID)
			}
			pages++
			if before = next; next == "" {
				break
			}
		}
		equal(t, "the number of pages", pages, 3)
		unique := map[string]bool{}
		for _, c := range seen {
			unique[c] = true
		}
		equal(t, "the decisions seen", len(unique) == 7 && len(seen) == 7, true)
		older := func(by time.Duration) {
			t.Helper()
			ok(t, s.Exec(ctx, `UPDATE decisions SET at_ms = at_ms - $1`, by.Milliseconds()))
		}
		older(30*24*time.Hour - time.Minute)
		equal(t, "nothing to sweep in 30 days", value(s.SweepDecisions(ctx))(t), 0)
		older(time.Minute)
		page, _, err := s.Decisions(ctx, "bia", "", 3)
		ok(t, err)
		equal(t, "those that are too old", len(page), 0)
		equal(t, "swept", value(s.SweepDecisions(ctx))(t), 7)
	})
}
