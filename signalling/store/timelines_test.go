package store_test

import (
	"errors"
	"strings"
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestATimelineIsKeptWithTheEndOfItsCallForAWeek(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		people(t, s, "ana", "bia")
		value(s.CreateCall(ctx, call("c1", "ana", "bia"), nil))(t)
		end := &store.Change{State: "ended", Seq: 2, Snapshot: "{}", EndReason: "hangup", Timeline: &store.Timeline{Key: "k1", Body: "{}"}}
		ok(t, s.Transition(ctx, "c1", 1, end))
		ok(t, s.Transition(ctx, "c1", 1, end)) // its answer was lost
		if body, err := s.Timeline(ctx, "k1"); err != nil || body != "{}" {
			t.Errorf("the timeline is %q, %v", body, err)
		}
		if _, err := s.Timeline(ctx, "k2"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another key finds %v", err)
		}
		ok(t, s.Exec(ctx, `UPDATE timelines SET expires_ms = 1`))
		if _, err := s.Timeline(ctx, "k1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an old timeline finds %v", err)
		}
		if n, err := s.SweepTimelines(ctx); n != 1 || err != nil {
			t.Errorf("%d were swept, %v", n, err)
		}
	})
}

func TestATimelineThatIsTooLargeEndsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		people(t, s, "ana", "bia")
		value(s.CreateCall(t.Context(), call("c1", "ana", "bia"), nil))(t)
		end := &store.Change{State: "ended", Seq: 2, Snapshot: "{}", EndReason: "hangup",
			Timeline: &store.Timeline{Key: "k1", Body: strings.Repeat("x", store.MaxTimeline+1)}}
		if err := s.Transition(t.Context(), "c1", 1, end); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("it is answered with %v", err)
		}
	})
}
