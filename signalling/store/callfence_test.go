package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestWhoDoesNotHoldTheEpochIsFenced(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for i := range 3 {
			value(s.CreateCall(ctx, call(fmt.Sprintf("c%d", i), "ana", fmt.Sprintf("b%d", i)), nil))(t)
		}
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "ended", EndReason: "normal"}))
		claimed := value(s.ClaimCalls(ctx, "n2"))(t)
		var ids []string
		for _, c := range claimed {
			ids = append(ids, c.ID)
			if c.Epoch != 2 || c.OwnerNode != "n2" || c.Snapshot != `{"legs":2}` || c.RingUntil.IsZero() {
				t.Errorf("a claimed call is %+v", c)
			}
		}
		if diff := cmp.Diff([]string{"c0", "c2"}, ids); diff != "" {
			t.Error(diff)
		}
		fails(t, s.Transition(ctx, "c0", 1, &store.Change{State: "active"}), store.ErrFenced)
		ok(t, s.Transition(ctx, "c0", 2, &store.Change{State: "active"}))
		equal(t, "the number claimed again", len(value(s.ClaimCalls(ctx, "n3"))(t)), 2)
	})
}

func TestRacingClaimsFenceAllButTheLast(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		value(s.CreateCall(t.Context(), call("c1", "ana", "bia"), nil))(t)
		epochs := make([]int64, 8)
		together(len(epochs), func(i int) {
			claimed, err := s.ClaimCalls(t.Context(), fmt.Sprint("n", i))
			if err != nil || len(claimed) != 1 {
				t.Errorf("claimed %v: %v", claimed, err)
				return
			}
			epochs[i] = claimed[0].Epoch
		})
		var accepted int
		for _, epoch := range epochs {
			if s.Transition(t.Context(), "c1", epoch, &store.Change{State: "active"}) == nil {
				accepted++
			}
		}
		equal(t, "the number of owners", accepted, 1)
	})
}

// Two transactions may each miss what the other has not committed yet. So the
// caller writes and then reads the block, and the blocker writes and then reads
// the call: one of them sees the other.
func TestABlockIsSeenByTheCallOrTheCallByTheBlock(t *testing.T) {
	const rounds, atOnce = 500, 10
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		var rang, missed atomic.Int32
		race := func(i int) {
			caller, callee, id := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i), fmt.Sprintf("c%d", i)
			people(t, s, caller, callee)
			var created, rings, seen bool
			decided, once := make(chan struct{}), sync.Once{} // the block comes while the call is being written
			together(2, func(side int) {
				if side == 0 {
					_, err := s.CreateCall(ctx, call(id, caller, callee), func([]store.Relation) error {
						once.Do(func() { close(decided) })
						return nil
					})
					if err != nil {
						t.Error(err)
					}
					created = err == nil
					rel, err := s.Relations(ctx, caller, []string{callee})
					rings = err == nil && !rel[0].CalleeBlockedCaller
					return
				}
				<-decided
				if err := s.Block(ctx, callee, caller); err != nil {
					t.Error(err)
				}
				_, err := s.Call(ctx, id)
				seen = err == nil
			})
			if rings && !seen {
				t.Errorf("round %d: it rings, and who blocked does not know", i)
			}
			if rings {
				rang.Add(1)
			}
			if created && !seen {
				missed.Add(1)
			}
		}
		together(atOnce, func(i int) {
			for ; i < rounds; i += atOnce {
				race(i)
			}
		})
		t.Logf("%d rounds: %d rang and were stopped, %d only the second look prevented", rounds, rang.Load(), missed.Load())
	})
}

// PostgreSQL commits a block between a call's look at it and the call's commit,
// so that neither transaction sees the other. The second look does.
func TestOnPostgresOnlyTheSecondLookSeesABlockInBetween(t *testing.T) {
	s, ctx := storetest.Postgres(t), t.Context()
	people(t, s, "ana", "bia")
	value(s.CreateCall(ctx, call("c1", "ana", "bia"), func(rel []store.Relation) error {
		equal(t, "blocked at the first look", rel[0].CalleeBlockedCaller, false)
		ok(t, s.Block(ctx, "bia", "ana"))
		_, err := s.Call(ctx, "c1")
		fails(t, err, store.ErrNotFound) // the blocker finds no call to end
		return nil
	}))(t)
	equal(t, "blocked at the second look", value(s.Relations(ctx, "ana", []string{"bia"}))(t)[0].CalleeBlockedCaller, true)
}

func TestABlockAfterTheCallIsSeenByTheSecondLook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		value(s.CreateCall(ctx, call("c1", "ana", "bia"), nil))(t)
		equal(t, "blocked before", value(s.Relations(ctx, "ana", []string{"bia"}))(t)[0].CalleeBlockedCaller, false)
		ok(t, s.Block(ctx, "bia", "ana"))
		equal(t, "blocked after", value(s.Relations(ctx, "ana", []string{"bia"}))(t)[0].CalleeBlockedCaller, true)
	})
}
