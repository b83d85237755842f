package call

import (
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/wire"
)

// A client that claims to hear somebody before anybody has answered makes no
// call of it, in no count.
func TestNobodyIsHeardBeforeHeAnswers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		bia.frames()
		for name, claim := range map[string]any{
			"flows": &wire.MediaFlows{Call: call, Generation: 1, Path: wire.PathHost}, "failed": &wire.MediaFailed{Call: call, Generation: 1},
		} {
			if _, err := ana.try(claim); code(err) != wire.CodeConflict {
				t.Errorf("media that %s before an answer: %v", name, err)
			}
		}
		ana.expect()
		bia.expect()
		bia.must(&wire.Decline{Call: call})
		if got := w.setUps(); len(got) != 1 || got[0].Outcome != OutcomeDeclined {
			t.Errorf("the set-up ended as %+v", got)
		}
	})
}

// What was said of a set-up before a crash is not said again after it.
func TestASetUpHasOneOutcomeAlsoAfterACrash(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		bia.must(&wire.Accept{Call: call})
		ana.must(&wire.MediaFlows{Call: call, Generation: 1, Path: wire.PathHost})
		w.restart()
		w.registry.Attach(t.Context(), ana.who)
		w.registry.Attach(t.Context(), bia.who)
		bia.must(&wire.MediaFlows{Call: call, Generation: 1, Path: wire.PathHost})
		time.Sleep(time.Minute)
		ana.must(&wire.Leave{Call: call})
		if got := w.setUps(); len(got) != 1 || got[0].Outcome != OutcomeConnected {
			t.Errorf("the set-up ended as %+v", got)
		}
		if fail := outcomes(w); fail != "" {
			t.Error(fail)
		}
	})
}

// The call of a queue's visitor is counted like any other, whatever becomes of it.
func TestAVisitorsCallHasOneOutcomeAndOneEnd(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		zoe, bia, carlo := w.visitor("zoe"), w.device("bia", "desk"), w.device("carlo", "desk")
		answered := zoe.visit().Call
		bia.must(&wire.Accept{Call: answered})
		zoe.must(&wire.MediaFlows{Call: answered, Generation: 1, Path: wire.PathHost})
		zoe.must(&wire.Leave{Call: answered})
		gaveUp := zoe.visit().Call
		carlo.must(&wire.DeviceRings{Call: gaveUp})
		zoe.must(&wire.Leave{Call: gaveUp})
		zoe.visit() // nobody answers
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if fail := outcomes(w); fail != "" {
			t.Error(fail)
		}
		if got := w.setUps(); len(got) != 3 || got[0].Outcome != OutcomeConnected || got[1].Outcome != OutcomeCancelled {
			t.Errorf("the set-ups ended as %+v", got)
		}
	})
}

func TestWhatIsSaidOfASetUpIsStored(t *testing.T) {
	s, fx := &state{Kind: wire.KindVoice}, &effects{}
	s.settled(fx, OutcomeConnected, CauseNone)
	if !fx.durable || len(fx.metrics) != 1 {
		t.Errorf("durable %v, %d said", fx.durable, len(fx.metrics))
	}
	s.settled(fx, OutcomeMissed, CauseNone)
	if len(fx.metrics) != 1 {
		t.Error("another outcome was said")
	}
}

// setUps are the outcomes that were counted.
func (w *world) setUps() (list []SetUpEnded) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e, ok := e.(SetUpEnded); ok {
			list = append(list, e)
		}
	}
	return list
}
