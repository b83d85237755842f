package store_test

import (
	"fmt"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// strange makes n calls of ana to strangers, who exist or not.
func strange(t *testing.T, s *store.Store, first, n int, callee string) {
	t.Helper()
	for i := range n {
		c := call(fmt.Sprint("c", first+i), "ana", callee)
		c.Unpaired, c.Strangers = true, []string{callee}
		value(s.CreateCall(t.Context(), c, nil))(t)
	}
}

func TestCallsToStrangersAreCountedUntilOneIsAnswered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		count := func(what string, want int) store.Relation {
			t.Helper()
			rel := value(s.Relation(ctx, "ana", "caio"))(t)
			equal(t, what, rel.CallerStrangers, want)
			return rel
		}
		count("at first", 0)
		strange(t, s, 0, 3, "bia")
		strange(t, s, 3, 2, "nobody")
		if rel := count("five", 5); rel.SinceStranger < 0 || rel.SinceStranger > time.Minute || rel.CalleeAnswered {
			t.Errorf("the relation is %+v", rel)
		}
		equal(t, "another's count", value(s.Relation(ctx, "bia", "caio"))(t).CallerStrangers, 0)
		ok(t, s.Exec(ctx, `UPDATE stranger_calls SET at_ms = at_ms - 86400000 WHERE call_id IN ('c0', 'c1')`))
		count("within a day", 3)
		equal(t, "swept", value(s.SweepDecisions(ctx))(t), 2)

		ok(t, s.Transition(ctx, "c4", 1, &store.Change{State: "active", Snapshot: "{}", Inviter: "ana", Strangers: []string{"caio", "x"}}))
		count("with those invited", 5)
		ok(t, s.Transition(ctx, "c4", 1, &store.Change{State: "active", Snapshot: "{}", Answers: []store.Answer{{Caller: "ana", Callee: "caio"}}}))
		if rel := count("after an answer", 0); !rel.CalleeAnswered {
			t.Error("who answered is a stranger still")
		}
		equal(t, "the others did not answer", value(s.Relation(ctx, "ana", "bia"))(t).CalleeAnswered, false)
		ok(t, s.Transition(ctx, "c4", 1, &store.Change{State: "active", Snapshot: "{}", Answers: []store.Answer{{"ana", "caio"}, {"nobody", "ana"}}}))

		strange(t, s, 10, 2, "bia")
		ok(t, s.AddContact(ctx, "caio", "ana"))
		count("added by somebody who was not called", 2)
		ok(t, s.AddContact(ctx, "bia", "ana"))
		count("added by who was called", 0)
	})
}
