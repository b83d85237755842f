package call

import (
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/wire"
)

// Whoever does not know whether the server heard him before it crashed says it again:
// that is answered, and not done twice.
func TestWhatIsSaidAgainAfterACrashIsNotDoneAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		var call wire.CallID
		twice := func(say func()) {
			say()
			w.restart()
			for _, d := range []*device{ana, bia, carlo} {
				w.registry.Attach(t.Context(), d.who)
			}
			say()
			if n := len(w.shapes()); n != 1 {
				t.Fatalf("there are %d calls", n)
			}
		}
		twice(func() {
			if state := ana.ring("bia"); call == "" {
				call = state.Call
			} else if state.Call != call {
				t.Error("a ring that is said again makes another call")
			}
		})
		twice(func() {
			if state := bia.must(&wire.Accept{Call: call}).(wire.CallState); len(state.Participants) != 2 || state.Self != "p2" {
				t.Errorf("bia is in as %+v", state)
			}
		})
		twice(func() { ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}}) })
		carlo.frames()
		twice(func() { carlo.must(&wire.Accept{Call: call}) })
		twice(func() { // the second time he is not there any more
			if _, err := ana.try(&wire.RemoveParticipant{Call: call, Participant: "p3"}); err != nil && code(err) != wire.CodeNotFound {
				t.Errorf("removing: %v", err)
			}
		})
		if state := bia.must(&wire.Sync{Call: call}).(wire.CallState); len(state.Participants) != 2 {
			t.Errorf("in the call are %+v", state.Participants)
		}
		ana.must(&wire.Leave{Call: call})
		if _, err := ana.try(&wire.Leave{Call: call}); code(err) != wire.CodeCallEnded && code(err) != wire.CodeNotFound {
			t.Errorf("leaving twice: %v", err)
		}
		if n := w.pushes("bia") + w.pushes("carlo"); n != 0 {
			t.Errorf("%d pushes wait for who has answered", n)
		}
	})
}

func TestACrashLosesNoCall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		call := talk(ana, bia)
		ringing := carlo.ring("dora").Call
		w.restart()
		dora := w.device("dora", "phone")
		if in := w.registry.Incoming(t.Context(), "dora"); len(in) != 1 || in[0].Call != ringing {
			t.Errorf("after the crash dora's device rings for %+v", in)
		}
		states := w.registry.Attach(t.Context(), ana.who)
		if len(states) != 1 || states[0].Call != call || states[0].Epoch != 2 || states[0].Generation != 1 {
			t.Fatalf("ana's device is in %+v", states)
		}
		time.Sleep(30 * time.Second)
		ana.heard()
		synctest.Wait()
		if shapes := w.shapes(); len(shapes) != 0 { // bia and carlo never came back
			t.Errorf("left are %+v", shapes)
		}
		if w.lastLog("dora") != wire.OutcomeMissed || w.lastLog("bia") != wire.OutcomeAnswered {
			t.Errorf("the logs say %s and %s", w.lastLog("dora"), w.lastLog("bia"))
		}
		dora.frames()
	})
}

func TestWhatACrashLeftOpenEndsAndItsTimelineSaysWhy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		w.restart()
		time.Sleep(31 * time.Second) // nobody comes back
		if n := len(w.shapes()); n != 0 {
			t.Errorf("%d calls are left", n)
		}
		if got := w.stepsOf(call); got[0] != "serverRestarted" || got[len(got)-1] != "callEnded" {
			t.Errorf("the timeline is %q", got)
		}
	})
}

// A snapshot that a later version wrote, or that is damaged, keeps nobody's line busy.
func TestACallThatCannotBeTakenUpEnds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		w.store.mu.Lock()
		row := w.store.calls[string(call)]
		row.Snapshot = "{"
		w.store.calls[string(call)] = row
		w.store.mu.Unlock()
		w.restart()
		if states := w.registry.Attach(t.Context(), ana.who); len(states) != 0 {
			t.Errorf("ana's device is in %+v", states)
		}
		if got := w.stepsOf(call); !slices.Equal(got, []string{"serverRestarted", "callEnded"}) {
			t.Errorf("the timeline is %q", got)
		}
		if row := w.store.calls[string(call)]; row.EndReason != string(wire.EndFailed) {
			t.Errorf("it ended as %q", row.EndReason)
		}
		ana.frames()
		bia.frames()
		bia.ring("ana") // the line is free
		ana.expect("incoming")
	})
}

// stepsOf is what happened, by the timeline of a call that has ended.
func (w *world) stepsOf(call wire.CallID) (steps []string) {
	w.t.Helper()
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	var line Timeline
	if err := json.Unmarshal([]byte(w.store.timelines[TimelineKey(SupportCode(call))]), &line); err != nil {
		w.t.Fatal(err)
	}
	for _, s := range line.Steps {
		steps = append(steps, s.What)
	}
	return steps
}

func TestMediaThroughTheSFUIsSetUpAnewAfterACrash(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia", "carlo").Call
		bia.must(&wire.Accept{Call: call})
		w.restart()
		if states := w.registry.Attach(t.Context(), bia.who); len(states) != 1 || states[0].Generation != 2 {
			t.Errorf("bia's device is in %+v", states)
		}
		ana.frames()
	})
}

func TestAFencedOwnerStopsAndSaysNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		bia.frames()
		w.store.mu.Lock()
		w.store.fenced = true
		w.store.mu.Unlock()
		if _, err := bia.try(&wire.Accept{Call: call}); code(err) != wire.CodeUnavailable {
			t.Errorf("got %v", err)
		}
		ana.expect()
		if n := len(w.shapes()); n != 0 {
			t.Errorf("%d calls are left", n)
		}
	})
}

func TestAChangeThatIsNotStoredNeverHappened(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		bia.frames()
		w.store.mu.Lock()
		w.store.down = true
		w.store.mu.Unlock()
		if _, err := bia.try(&wire.Accept{Call: call}); code(err) != wire.CodeUnavailable {
			t.Errorf("got %v", err)
		}
		ana.expect()
		w.store.mu.Lock()
		w.store.down = false
		w.store.mu.Unlock()
		bia.must(&wire.Accept{Call: call})
		ana.expect("participantJoined", "phaseChanged")
	})
}
