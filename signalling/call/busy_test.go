package call

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// wantsOneCall has a callee want no ring while in a call, whoever calls.
func (w *world) wantsOneCall(callee string, callers ...string) {
	for _, caller := range callers {
		w.store.mu.Lock()
		r := w.store.relate(caller, []string{callee})[0]
		r.CalleePrivacy.RejectInCall = true
		w.store.relations[[2]string{caller, callee}] = r
		w.store.mu.Unlock()
	}
}

func TestWhoWantsOneCallAtATimeIsBusyInIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wantsOneCall("bia", "ana", "carlo")
		ana, bia, tablet, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("bia", "tablet"), w.device("carlo", "desk")
		first := talk(carlo, bia)
		tablet.heard()
		pushed := w.pushes("bia")
		call := ana.ring("bia")
		if call.Phase != wire.PhaseRinging {
			t.Errorf("the ring is answered with %+v", call)
		}
		start := time.Now()
		ana.expect("inviteUnanswered", "callEnded", "logged")
		if took := time.Since(start); took != 0 {
			t.Errorf("it took %s", took)
		}
		bia.expect("logged") // on all devices: a missed call, and no ring
		tablet.expect("logged")
		if w.lastLog("bia") != wire.OutcomeMissed || w.lastLog("ana") != wire.OutcomeUnanswered || w.pushes("bia") != pushed+1 {
			t.Errorf("the logs say %q and %q, %d pushes", w.lastLog("bia"), w.lastLog("ana"), w.pushes("bia"))
		}
		w.store.mu.Lock()
		for _, push := range w.store.outbox["bia"][pushed:] {
			if !strings.HasPrefix(push, TopicMissed) {
				t.Errorf("a push rings: %s", push)
			}
		}
		w.store.mu.Unlock()
		if d := w.lastDecision("bia"); d.Verdict != "busy" || d.Reason != string(policy.ReasonInCall) || d.CallID != string(call.Call) || d.Path != "ring" {
			t.Errorf("the decision is %+v", d)
		}
		for _, m := range []any{&wire.Accept{Call: call.Call}, &wire.DeviceRings{Call: call.Call}, &wire.Decline{Call: call.Call}} {
			if _, err := tablet.try(m); code(err) != wire.CodeNotFound && code(err) != wire.CodeCallEnded {
				t.Errorf("%T: %v", m, err)
			}
		}
		// A call on hold is one too, and after it there is room.
		bia.must(&wire.Hold{Call: first, On: true})
		bia.heard()
		ana.ring("bia")
		bia.expect("logged")
		bia.must(&wire.Leave{Call: first})
		bia.heard()
		ana.ring("bia")
		bia.expect("incoming")
	})
}

func TestTheCallerHearsThatItIsBusy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wantsOneCall("bia", "ana")
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		talk(bia, w.device("carlo", "desk"))
		ana.ring("bia")
		ana.each(func(f wire.Frame) {
			switch f.Type {
			case "inviteUnanswered":
				if !body[wire.InviteUnanswered](t, f).Busy {
					t.Error("nothing is said of being busy")
				}
			case "callEnded":
				if reason := body[wire.CallEnded](t, f).Reason; reason != wire.EndBusy {
					t.Errorf("the call ends with %s", reason)
				}
			}
		})
		w.mu.Lock()
		defer w.mu.Unlock()
		var outcomes []Outcome
		for _, e := range w.events {
			if e, ok := e.(SetUpEnded); ok {
				outcomes = append(outcomes, e.Outcome)
			}
		}
		if len(outcomes) != 1 || outcomes[0] != OutcomeBusy {
			t.Errorf("the outcomes are %v", outcomes)
		}
	})
}

// each hands the frames that came since the last time to f.
func (d *device) each(f func(wire.Frame)) {
	synctest.Wait()
	for _, frame := range d.frames() {
		f(frame)
	}
}

func TestCallWaitingIsTheDefault(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		talk(bia, w.device("carlo", "desk"))
		ana.ring("bia")
		bia.expect("incoming")
	})
}

// What keeps a caller from learning anything comes first: he sees what he would see
// if she were in no call.
func TestWhoIsKeptAwayDoesNotLearnThatSheIsBusy(t *testing.T) {
	for name, change := range map[string]func(*store.Relation){
		"block":     func(r *store.Relation) { r.CalleeBlockedCaller = true },
		"contacts":  func(r *store.Relation) { r.CalleeHasCaller, r.CalleePrivacy.WhoMayCall = false, store.Contacts },
		"nobody":    func(r *store.Relation) { r.CalleePrivacy.WhoMayCall = store.Nobody },
		"silenced":  func(r *store.Relation) { r.CalleeHasCaller, r.CalleePrivacy.SilenceUnknown = false, true },
		"night":     func(r *store.Relation) { r.CalleePrivacy.DoNotDisturb = night },
		"suspended": func(r *store.Relation) { r.CalleeSuspended = true },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.related("ana", "bia", change)
				w.wantsOneCall("bia", "ana")
				ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
				talk(bia, w.device("carlo", "desk"))
				ana.ring("bia")
				time.Sleep(44 * time.Second)
				ana.expect()
				bia.expect()
				time.Sleep(2 * time.Second)
				ana.each(func(f wire.Frame) {
					if f.Type == "inviteUnanswered" && body[wire.InviteUnanswered](t, f).Busy || f.Type == "callEnded" && body[wire.CallEnded](t, f).Reason != wire.EndNoAnswer {
						t.Errorf("he hears %s %s", f.Type, f.Body)
					}
				})
			})
		})
	}
}

// Whoever comes into a call while a ring is being stored is busy.
func TestWhoComesIntoACallAtThisMomentIsBusy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wantsOneCall("bia", "ana")
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "desk")
		call := carlo.ring("bia").Call
		bia.heard()
		w.store.afterRead = func() {
			w.store.afterRead = nil
			bia.must(&wire.Accept{Call: call})
			bia.heard()
		}
		ana.ring("bia")
		ana.expect("inviteUnanswered", "callEnded", "logged")
		bia.expect("logged")
		if d := w.lastDecision("bia"); d.Verdict != "busy" || w.lastLog("bia") != wire.OutcomeMissed {
			t.Errorf("the decision is %+v, the log says %q", d, w.lastLog("bia"))
		}
	})
}

// Two who ring each other at once meet, though each of them is in a call by then.
func TestWhoRingsSomebodyWhoRingsHimIsNotBusy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wantsOneCall("bia", "ana")
		w.wantsOneCall("ana", "bia")
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		first := ana.ring("bia").Call
		if again := bia.ring("ana"); again.Call != first || again.Phase != wire.PhaseConnecting {
			t.Errorf("two calls: %+v", again)
		}
	})
}

// Of several one is busy, and the others ring on.
func TestOfSeveralOneIsBusy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wantsOneCall("bia", "ana")
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "desk")
		first := talk(bia, w.device("dora", "phone"))
		call := ana.ring("bia", "carlo").Call
		ana.expect("inviteUnanswered")
		bia.expect("logged")
		carlo.expect("incoming")
		carlo.must(&wire.Accept{Call: call})
		ana.heard()
		carlo.heard()
		// Called into it again she is still busy, until her own call is over.
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"bia"}})
		ana.expect("participantInvited", "inviteUnanswered")
		bia.expect("logged")
		if d := w.lastDecision("bia"); d.Verdict != "busy" || d.Path != policy.PathRingAgain.String() {
			t.Errorf("the decision is %+v", d)
		}
		bia.must(&wire.Leave{Call: first})
		bia.heard()
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"bia"}})
		bia.expect("incoming")
	})
}

// A group's call does not ring her, but she hears of it and may join, with a second
// call of her own doing.
func TestAGroupsCallDoesNotRingWhoIsBusy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo")
		w.wantsOneCall("bia", "ana")
		ana, bia := w.device("ana", "a"), w.device("bia", "b")
		w.device("carlo", "c")
		talk(bia, w.device("dora", "d"))
		call := ana.ringGroup(false).Call
		told := 0
		bia.each(func(f wire.Frame) {
			switch f.Type {
			case "incoming":
				t.Error("it rings")
			case "groupCall":
				told++
			}
		})
		if state, err := bia.joinGroup(); told == 0 || err != nil || state.Call != call {
			t.Errorf("told %d times, joins %v with %v", told, state.Call, err)
		}
	})
}

// A queue rings the operators who are free; its visitor learns nothing of the others.
func TestAQueueRingsOperatorsWhoAreFree(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		w.wantsOneCall("bia", "ana")
		zoe, bia, carlo := w.visitor("zoe"), w.device("bia", "desk"), w.device("carlo", "desk")
		talk(bia, w.device("dora", "phone"))
		zoe.visit()
		zoe.expect()
		bia.expect()
		carlo.expect("incoming")
		if d := w.lastDecision("bia"); d.Verdict != "quiet" || d.Reason != string(policy.ReasonInCall) {
			t.Errorf("the decision is %+v", d)
		}
	})
}

// Who waits at her link does not make her devices ring.
func TestWhoWaitsDoesNotRingWhoIsBusy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyEveryone, RingHost: true})
		w.wantsOneCall("ana", "g_zoe")
		ana, zoe := w.device("ana", "laptop"), w.guest("zoe", "l", "", "")
		talk(ana, w.device("dora", "phone"))
		pushed := w.pushes("ana")
		if err := zoe.knock(); err != nil {
			t.Fatal(err)
		}
		if l := ana.lobby(); l == nil || l.Rings || len(l.Waiting) != 1 || w.pushes("ana") != pushed {
			t.Errorf("the owner is told %+v, %d pushes", l, w.pushes("ana"))
		}
	})
}

// A server that ends before the caller was told does not ring later.
func TestABusyCallOutlivesARestartWithoutARing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.wantsOneCall("bia", "ana")
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		talk(bia, w.device("carlo", "desk"))
		reads := 0
		w.store.afterRead = func() { // the second time after the call was stored
			if reads++; reads == 1 {
				w.store.mu.Lock()
				w.store.down = true
				w.store.mu.Unlock()
			}
		}
		ana.ring("bia")
		bia.expect()
		w.store.mu.Lock()
		w.store.down, w.store.afterRead = false, nil
		w.store.mu.Unlock()
		w.restart()
		if list := w.registry.Incoming(t.Context(), "bia"); len(list) != 0 {
			t.Errorf("a new session is rung for %v", list)
		}
		time.Sleep(time.Minute)
		w.store.mu.Lock()
		defer w.store.mu.Unlock()
		missed := slices.ContainsFunc(w.store.log["bia"], func(l store.LogChange) bool { return l.Outcome == string(wire.OutcomeMissed) })
		if len(w.store.outbox["bia"]) != 0 || !missed {
			t.Errorf("the outbox has %q, the log %+v", w.store.outbox["bia"], w.store.log["bia"])
		}
	})
}
