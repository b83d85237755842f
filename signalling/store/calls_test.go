package store_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// call is a ringing call of two.
func call(id, caller, callee string) *store.NewCall {
	return &store.NewCall{
		ID: id, Kind: store.Voice, Topology: store.Pair, State: "ringing", Seq: 1, Snapshot: `{"legs":2}`,
		OwnerNode: "n1", Caller: caller, Callees: []string{callee}, RingFor: 45 * time.Second,
		Log: []store.LogChange{
			{UserID: caller, Direction: store.Outgoing, PeerName: "B", PeerIDs: callee, Kind: store.Voice, Outcome: "unanswered"},
			{UserID: callee, Direction: store.Incoming, PeerName: "A", PeerIDs: caller, Kind: store.Voice, Outcome: "unanswered"},
		},
	}
}

// push is a message for a user.
func push(user, key string) store.NewOutbox {
	return store.NewOutbox{Topic: "push", Key: key, UserID: user, Payload: []byte(key), TTL: time.Hour}
}

func TestACallIsCreatedWithItsLogAndOutbox(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		n := call("c1", "ana", "bia")
		n.Outbox = []store.NewOutbox{push("bia", "ring")}
		created := value(s.CreateCall(ctx, n, nil))(t)
		want := store.CallRow{ID: "c1", Kind: store.Voice, Topology: store.Pair, State: "ringing", Epoch: 1, Seq: 1,
			Snapshot: `{"legs":2}`, OwnerNode: "n1", Created: created.Created, RingUntil: created.RingUntil}
		if diff := cmp.Diff(want, created); diff != "" {
			t.Error(diff)
		}
		equal(t, "the ring time", created.RingUntil.Sub(created.Created).Round(time.Second), 45*time.Second)
		if diff := cmp.Diff(created, value(s.Call(ctx, "c1"))(t)); diff != "" {
			t.Error(diff)
		}
		equal(t, "messages for the callee", value(s.CountOutbox(ctx, "bia"))(t), 1)
		_, err := s.CreateCall(ctx, call("c1", "ana", "caio"), nil)
		fails(t, err, store.ErrConflict)
		if glare := new(store.Glare); errors.As(err, &glare) {
			t.Error("a call with the same id is taken for glare")
		}
		_, err = s.Call(ctx, "none")
		fails(t, err, store.ErrNotFound)
	})
}

func TestARejectedCallLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		ok(t, s.Block(ctx, "bia", "ana"))
		no := errors.New("no")
		n := call("c1", "ana", "bia")
		n.Outbox = []store.NewOutbox{push("bia", "ring")}
		_, err := s.CreateCall(ctx, n, func(rel []store.Relation) error {
			if len(rel) != 1 || !rel[0].CalleeBlockedCaller {
				t.Errorf("the relations are %+v", rel)
			}
			return no
		})
		if err != no {
			t.Errorf("the error is %v", err)
		}
		_, err = s.Call(ctx, "c1")
		fails(t, err, store.ErrNotFound)
		equal(t, "messages for the callee", value(s.CountOutbox(ctx, "bia"))(t), 0)
		value(s.CreateCall(ctx, call("c2", "bia", "ana"), nil))(t) // the pair is free
	})
}

func TestDecideMayMakeACallSilent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		n := call("c1", "ana", "bia")
		value(s.CreateCall(ctx, n, func([]store.Relation) error {
			n.Unpaired, n.Log = true, n.Log[:1]
			return nil
		}))(t)
		rows, _, err := s.CallLog(ctx, "bia", store.Cursor{}, 10)
		ok(t, err)
		equal(t, "log rows of the callee", len(rows), 0)
		value(s.CreateCall(ctx, call("c2", "bia", "ana"), nil))(t) // calling back meets nothing
	})
}

func TestInvalidCallsAreRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana", "bia")
		for name, spoil := range map[string]func(*store.NewCall){
			"no id":           func(n *store.NewCall) { n.ID = "" },
			"a kind":          func(n *store.NewCall) { n.Kind = "fax" },
			"a topology":      func(n *store.NewCall) { n.Topology = "" },
			"ringing himself": func(n *store.NewCall) { n.Callees = []string{"ana"} },
			"no caller":       func(n *store.NewCall) { n.Caller = "" },
			"a direction":     func(n *store.NewCall) { n.Log[0].Direction = "" },
			"no payload":      func(n *store.NewCall) { n.Outbox = []store.NewOutbox{{Topic: "push", TTL: 1}} },
			"a huge snapshot": func(n *store.NewCall) { n.Snapshot = string(make([]byte, store.MaxSnapshot+1)) },
		} {
			n := call("c1", "ana", "bia")
			spoil(n)
			if _, err := s.CreateCall(t.Context(), n, nil); !errors.Is(err, store.ErrInvalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestTwoWhoCallEachOtherGetOneCall(t *testing.T) {
	const pairs = 1000
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var won, glares atomic.Int32
		slots := make(chan struct{}, 16)
		together(pairs, func(i int) {
			slots <- struct{}{}
			defer func() { <-slots }()
			a, b := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
			calls := []*store.NewCall{call("x"+a, a, b), call("x"+b, b, a)}
			holders := make([]string, 2)
			together(2, func(j int) {
				_, err := s.CreateCall(t.Context(), calls[j], nil)
				var glare *store.Glare
				switch {
				case err == nil:
					won.Add(1)
					holders[j] = calls[j].ID
				case errors.As(err, &glare):
					glares.Add(1)
					holders[j] = glare.CallID
				default:
					t.Error(err)
				}
			})
			if holders[0] != holders[1] {
				t.Errorf("pair %d has the calls %v", i, holders)
			}
		})
		equal(t, "the number of calls", won.Load(), pairs)
		equal(t, "the number of glares", glares.Load(), pairs)
		equal(t, "the number of stored calls", len(value(s.ClaimCalls(t.Context(), "n2"))(t)), pairs)
	})
}

func TestAPairIsFreeAfterItsCallEndsOrBecomesAGroup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		value(s.CreateCall(ctx, call("c1", "ana", "bia"), nil))(t)
		_, err := s.CreateCall(ctx, call("c2", "bia", "ana"), nil)
		fails(t, err, store.ErrConflict)
		var glare *store.Glare
		if !errors.As(err, &glare) || glare.CallID != "c1" {
			t.Errorf("the error is %v", err)
		}
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "active", Seq: 2, Topology: store.Group}))
		value(s.CreateCall(ctx, call("c2", "bia", "ana"), nil))(t)
		ok(t, s.Transition(ctx, "c2", 1, &store.Change{State: "ended", Seq: 2, EndReason: "normal"}))
		value(s.CreateCall(ctx, call("c3", "bia", "ana"), nil))(t)
	})
}

func TestPairKeysAreUnorderedAndUnambiguous(t *testing.T) {
	equal(t, "the key the other way", store.PairKey("a", "b"), store.PairKey("b", "a"))
	if store.PairKey("a:b", "c") == store.PairKey("a", "b:c") {
		t.Error("two pairs have one key")
	}
}

func TestATransitionWritesEverythingOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		n := call("c1", "ana", "bia")
		n.Outbox = []store.NewOutbox{push("bia", "ring:c1")}
		value(s.CreateCall(ctx, n, nil))(t)
		missed := store.LogChange{UserID: "bia", Direction: store.Incoming, PeerName: "A", Kind: store.Video,
			Outcome: "missed", Ended: true, Duration: 1500 * time.Millisecond}
		end := &store.Change{State: "ended", Seq: 7, Snapshot: "{}", Kind: store.Video, EndReason: "no_answer",
			Log:        []store.LogChange{missed, {UserID: "guest", Direction: store.Incoming, Kind: store.Voice, Outcome: "left"}},
			DropOutbox: []string{"ring:c1"},
			Outbox:     []store.NewOutbox{push("bia", "missed:c1"), push("guest", "missed:c1"), {Topic: "webhook", Payload: []byte("{}"), TTL: time.Hour}}}

		broken := *end
		broken.Outbox = []store.NewOutbox{{Topic: "push"}}
		fails(t, s.Transition(ctx, "c1", 1, &broken), store.ErrInvalid)
		equal(t, "the state after a failure", value(s.Call(ctx, "c1"))(t).State, "ringing")
		fails(t, s.Transition(ctx, "c1", 2, end), store.ErrFenced)
		fails(t, s.Transition(ctx, "none", 1, end), store.ErrFenced)
		equal(t, "messages after failures", value(s.CountOutbox(ctx, "bia"))(t), 1)

		ok(t, s.Transition(ctx, "c1", 1, end))
		ok(t, s.Transition(ctx, "c1", 1, end)) // the answer was lost: the same again
		got := value(s.Call(ctx, "c1"))(t)
		if got.State != "ended" || got.Seq != 7 || got.Kind != store.Video || got.EndReason != "no_answer" || got.Ended.IsZero() {
			t.Errorf("the call is %+v", got)
		}
		fails(t, s.Transition(ctx, "c1", 1, &store.Change{State: "active", Seq: 8}), store.ErrFenced)
		due := value(s.Due(ctx, "push", 10))(t)
		if len(due) != 1 || due[0].Key != "missed:c1" || due[0].UserID != "bia" {
			t.Errorf("due is %+v", due)
		}
		rows, next, err := s.CallLog(ctx, "bia", store.Cursor{}, 10)
		ok(t, err)
		equal(t, "the cursor after the last page", next, store.Cursor{})
		if len(rows) != 1 || rows[0].Outcome != "missed" || rows[0].Duration != missed.Duration || rows[0].Ended.IsZero() {
			t.Errorf("the log is %+v", rows)
		}
	})
}

func TestATransitionThatAddsPeopleAsksFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia", "caio")
		ok(t, s.Block(ctx, "caio", "ana"))
		value(s.CreateCall(ctx, call("c1", "ana", "bia"), nil))(t)
		no := errors.New("no")
		add := &store.Change{State: "active", Seq: 2, Caller: "ana", Callees: []string{"caio"}, RingFor: time.Hour,
			Decide: func(rel []store.Relation) error {
				if rel[0].CalleeBlockedCaller {
					return no
				}
				return nil
			}}
		if err := s.Transition(ctx, "c1", 1, add); err != no {
			t.Errorf("the error is %v", err)
		}
		equal(t, "the state", value(s.Call(ctx, "c1"))(t).State, "ringing")
		ok(t, s.Unblock(ctx, "caio", "ana"))
		ok(t, s.Transition(ctx, "c1", 1, add))
		after := value(s.Call(ctx, "c1"))(t)
		if after.RingUntil.Sub(after.Created) < 50*time.Minute {
			t.Errorf("it rings until %v after its creation", after.RingUntil.Sub(after.Created))
		}
	})
}

func TestTheRowsOfACallThatIsGivenUpEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		n := call("c1", "ana", "bia")
		n.Log = []store.LogChange{
			{UserID: "ana", Direction: store.Outgoing, Kind: store.Voice, Outcome: "ongoing"},
			{UserID: "bia", Direction: store.Incoming, Kind: store.Voice, Outcome: "ongoing"},
		}
		value(s.CreateCall(ctx, n, nil))(t)
		orphans := map[store.Direction]string{store.Outgoing: "unanswered", store.Incoming: "answered"}
		fails(t, s.Transition(ctx, "c1", 1, &store.Change{State: "active", Orphans: orphans}), store.ErrInvalid)
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "ended", EndReason: "failed", Orphans: orphans}))
		for user, want := range map[string]string{"ana": "unanswered", "bia": "answered"} {
			log, _, err := s.CallLog(ctx, user, store.Cursor{}, 10)
			ok(t, err)
			if len(log) != 1 || log[0].Outcome != want || log[0].Ended.IsZero() {
				t.Errorf("%s: the log is %+v", user, log)
			}
		}
		value(s.CreateCall(ctx, call("c2", "bia", "ana"), nil))(t) // they may call each other again
	})
}

func TestEndedCallsArePruned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		value(s.CreateCall(ctx, call("c1", "ana", "bia"), nil))(t)
		ok(t, s.Transition(ctx, "c1", 1, &store.Change{State: "ended", EndReason: "normal"}))
		value(s.CreateCall(ctx, call("c2", "ana", "bia"), nil))(t)
		equal(t, "pruned too early", value(s.PruneCalls(ctx, time.Now().Add(-time.Hour), 10))(t), 0)
		equal(t, "pruned", value(s.PruneCalls(ctx, time.Now().Add(time.Hour), 10))(t), 1)
		value(s.Call(ctx, "c2"))(t)
		rows, _, err := s.CallLog(ctx, "ana", store.Cursor{}, 10)
		ok(t, err)
		equal(t, "log rows", len(rows), 2)
	})
}
