package call

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

func TestARingIsAnsweredAndHungUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		state := ana.ring("bia")
		if state.Phase != wire.PhaseRinging || state.Topology != wire.TopologyDirect || len(state.Participants) != 2 || state.Seq != 0 {
			t.Fatalf("the caller's state is %+v", state)
		}
		in := body[wire.Incoming](t, bia.frames()[0])
		if in.Call != state.Call || in.From != "ana" || in.RingMs != 45_000 || in.Kind != wire.KindVideo {
			t.Fatalf("the callee's ring is %+v", in)
		}
		ana.expect()
		bia.must(&wire.DeviceRings{Call: state.Call})
		ana.expect("participantRinging")
		time.Sleep(5 * time.Second)
		answered := bia.must(&wire.Accept{Call: state.Call}).(wire.CallState)
		if answered.Phase != wire.PhaseConnecting || answered.Self == state.Self || len(answered.ICE.Servers) != 1 {
			t.Fatalf("the callee's state is %+v", answered)
		}
		ana.expect("participantJoined", "phaseChanged")
		bia.must(&wire.Describe{Call: state.Call, Generation: 1, Type: wire.SDPOffer, SDP: "v=0"})
		ana.expect("described")
		bia.must(&wire.MediaFlows{Call: state.Call, Generation: 1, Path: wire.PathHost, AfterMs: 200})
		ana.expect("phaseChanged")
		time.Sleep(time.Minute)
		bia.frames()
		ana.must(&wire.Leave{Call: state.Call})
		bia.expect("participantLeft", "callEnded", "logged")
		if w.lastLog("ana") != wire.OutcomeAnswered || w.lastLog("bia") != wire.OutcomeAnswered {
			t.Errorf("the logs say %s and %s", w.lastLog("ana"), w.lastLog("bia"))
		}
		if w.pushes("bia") != 0 {
			t.Error("an answered call left a push behind")
		}
		if _, err := bia.try(&wire.Leave{Call: state.Call}); code(err) != wire.CodeNotFound && code(err) != wire.CodeCallEnded {
			t.Errorf("leaving an ended call: %v", err)
		}
	})
}

func TestUnansweredCallIsMissedOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, phone, tablet := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("bia", "tablet")
		call := ana.ring("bia").Call
		phone.expect("incoming")
		tablet.expect("incoming")
		time.Sleep(45*time.Second - time.Millisecond)
		ana.expect()
		time.Sleep(time.Millisecond)
		ana.expect("inviteUnanswered", "callEnded", "logged")
		for _, d := range []*device{phone, tablet} {
			d.expect("ringStopped", "logged")
		}
		if got := len(w.store.log["bia"]); got != 1 || w.lastLog("bia") != wire.OutcomeMissed {
			t.Errorf("the callee's log has %d rows, the last %s", got, w.lastLog("bia"))
		}
		if w.lastLog("ana") != wire.OutcomeUnanswered || w.pushes("bia") != 1 {
			t.Errorf("the caller's log says %s; %d pushes", w.lastLog("ana"), w.pushes("bia"))
		}
		if _, err := phone.try(&wire.Accept{Call: call}); code(err) != wire.CodeCallEnded && code(err) != wire.CodeNotFound {
			t.Errorf("accepting too late: %v", err)
		}
	})
}

func TestACallerWhoGivesUpLeavesAMissedCall(t *testing.T) {
	for name, giveUp := range map[string]func(wire.CallID) any{
		"leave":  func(c wire.CallID) any { return &wire.Leave{Call: c} },
		"cancel": func(c wire.CallID) any { return &wire.Cancel{Call: c} },
		"end":    func(c wire.CallID) any { return &wire.End{Call: c} },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
				call := ana.ring("bia").Call
				bia.frames()
				time.Sleep(time.Second)
				ana.must(giveUp(call))
				bia.expect("ringStopped", "logged")
				if w.lastLog("bia") != wire.OutcomeMissed || w.lastLog("ana") != wire.OutcomeUnanswered || w.pushes("bia") != 1 {
					t.Errorf("logs %s, %s; %d pushes", w.lastLog("bia"), w.lastLog("ana"), w.pushes("bia"))
				}
			})
		})
	}
}

func TestPushesWaitAsLongAsTheyAreWorthTelling(t *testing.T) {
	s := &state{ID: "c", Kind: wire.KindVoice, ringFor: 45 * time.Second}
	if ring := ringPush(s.ID, s.Kind, "bia", s.ringFor); ring.TTL != 45*time.Second || ring.Delay != time.Second {
		t.Errorf("a ring waits %s and then for %s", ring.Delay, ring.TTL)
	}
	if missed := s.missedPush("bia"); missed.TTL != 30*24*time.Hour || missed.Key != "c/bia" || missed.Delay != 0 {
		t.Errorf("a missed call is %+v", missed)
	}
}

func TestTheFirstDeviceWinsAndTheOthersAreToldWhere(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, phone, tablet := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("bia", "tablet")
		call := ana.ring("bia").Call
		tablet.frames()
		phone.must(&wire.Accept{Call: call})
		stopped := body[wire.RingStopped](t, tablet.frames()[0])
		if stopped.Reason != wire.StopAnsweredElsewhere || stopped.Device != "phone" {
			t.Errorf("the tablet is told %+v", stopped)
		}
		_, err := tablet.try(&wire.Accept{Call: call})
		if p := wire.AsProblem(err); p.Code != wire.CodeAnsweredElsewhere || p.Device != "phone" {
			t.Errorf("the tablet's answer gets %+v", p)
		}
		if _, err := phone.try(&wire.Accept{Call: call}); err != nil {
			t.Errorf("the phone's answer said twice: %v", err)
		}
	})
}

func TestDeclineStopsAllDevicesAndTellsTheCaller(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, phone, tablet := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("bia", "tablet")
		call := ana.ring("bia").Call
		tablet.frames()
		phone.must(&wire.Decline{Call: call})
		if stopped := body[wire.RingStopped](t, tablet.frames()[0]); stopped.Reason != wire.StopDeclinedElsewhere {
			t.Errorf("the tablet is told %+v", stopped)
		}
		frames := ana.frames()
		if end := body[wire.CallEnded](t, frames[1]); end.Reason != wire.EndDeclined {
			t.Errorf("the caller is told %+v", end)
		}
		if w.lastLog("bia") != wire.OutcomeDeclined {
			t.Errorf("the callee's log says %s", w.lastLog("bia"))
		}
	})
}

// A refused caller must not be able to tell a block from an absence.
func TestRefusedLooksExactlyLikeOffline(t *testing.T) {
	type seen struct {
		at    time.Duration
		frame string
	}
	attempt := func(t *testing.T, prepare func(*world)) (list []seen, state wire.CallState) {
		inWorld(t, func(t *testing.T, w *world) {
			prepare(w)
			ana := w.device("ana", "laptop")
			start := time.Now()
			state = ana.ring("bia")
			for range 60 {
				time.Sleep(time.Second)
				synctest.Wait()
				for _, f := range ana.frames() {
					list = append(list, seen{time.Since(start), f.Type + string(f.Body)})
				}
			}
			state.Call, state.ICE.Servers = "", nil
		})
		return list, state
	}
	offline, offlineState := attempt(t, func(*world) {})
	for name, prepare := range map[string]func(*world){
		"blocked": func(w *world) { w.store.block("bia", "ana") },
		"contacts only": func(w *world) {
			w.store.relations[[2]string{"ana", "bia"}] = store.Relation{
				CalleeExists: true, CalleeName: "bia", CallerHasCallee: true, CalleePrivacy: store.Privacy{WhoMayCall: store.Contacts},
			}
		},
		"nobody": func(w *world) {
			w.store.relations[[2]string{"ana", "bia"}] = store.Relation{
				CalleeExists: true, CalleeName: "bia", CallerHasCallee: true, CalleeHasCaller: true,
				CalleePrivacy: store.Privacy{WhoMayCall: store.Nobody},
			}
		},
		"no such account": func(w *world) { w.store.relations[[2]string{"ana", "bia"}] = store.Relation{} },
	} {
		t.Run(name, func(t *testing.T) {
			var bia *device
			got, state := attempt(t, func(w *world) {
				prepare(w)
				bia = w.device("bia", "phone")
				t.Cleanup(func() {
					if frames := w.inbox[bia.who.Session]; len(frames) > 0 {
						t.Errorf("the callee heard %d frames, the first %s", len(frames), frames[0].Type)
					}
					if w.pushes("bia") > 0 || len(w.store.log["bia"]) > 0 {
						t.Errorf("the callee has %d pushes and %d log rows", w.pushes("bia"), len(w.store.log["bia"]))
					}
				})
			})
			if len(got) != len(offline) || len(got) == 0 {
				t.Fatalf("the caller saw %v; offline it is %v", got, offline)
			}
			for i := range got {
				if got[i].at != offline[i].at {
					t.Errorf("frame %d came at %s, not %s", i, got[i].at, offline[i].at)
				}
				if name != "no such account" && got[i].frame[:12] != offline[i].frame[:12] {
					t.Errorf("frame %d is %s, not %s", i, got[i].frame, offline[i].frame)
				}
			}
			if len(state.Participants) != len(offlineState.Participants) || state.Phase != offlineState.Phase ||
				state.ICE.RelayOnly != offlineState.ICE.RelayOnly && name == "blocked" {
				t.Errorf("the first answer is %+v, not %+v", state, offlineState)
			}
		})
	}
}

func TestABlockThatIsStoredWhileTheCallIsMakesNothingRing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		w.store.afterRead = func() { w.store.block("bia", "ana") }
		ana.ring("bia")
		time.Sleep(time.Minute)
		bia.expect()
		if w.pushes("bia") != 0 || len(w.store.log["bia"]) != 0 {
			t.Errorf("%d pushes, %d log rows", w.pushes("bia"), len(w.store.log["bia"]))
		}
	})
}

func TestNobodyIsRungWhenTheSecondLookFails(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		w.store.afterRead = func() { w.store.down = true }
		ana.ring("bia")
		bia.expect()
	})
}

func TestNoCallComesAboutWhenTheStoreIsDown(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		w.store.down = true
		if _, err := ana.try(&wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}); code(err) != wire.CodeUnavailable {
			t.Errorf("got %v", err)
		}
		bia.expect()
		if n := len(w.shapes()); n != 0 {
			t.Errorf("%d calls are left", n)
		}
	})
}

func TestABlockWhileItRingsSilencesItAndTheCallerNoticesNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		bia.must(&wire.DeviceRings{Call: call})
		ana.frames()
		bia.frames()
		w.store.block("bia", "ana")
		w.registry.Blocked(t.Context(), "bia", "ana")
		bia.expect("ringStopped")
		ana.expect()
		time.Sleep(45 * time.Second)
		ana.expect("inviteUnanswered", "callEnded", "logged")
		bia.expect()
		if w.pushes("bia") != 0 {
			t.Error("the blocker is pushed a missed call")
		}
	})
}

func TestABlockInATwoPersonCallEndsIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		bia.must(&wire.Accept{Call: call})
		ana.frames()
		w.registry.Blocked(t.Context(), "bia", "ana")
		if end := body[wire.CallEnded](t, ana.frames()[0]); end.Reason != wire.EndHangup {
			t.Errorf("the blocked one is told %+v", end)
		}
	})
}

func TestTwoPeopleWhoRingEachOtherGetOneCall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		first := ana.ring("bia")
		second := bia.ring("ana")
		if first.Call != second.Call || second.Phase != wire.PhaseConnecting {
			t.Fatalf("calls %s and %s, %s", first.Call, second.Call, second.Phase)
		}
		ana.expect("participantJoined", "phaseChanged")
		if n := len(w.shapes()); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

func TestACallThatMustNotRingDoesNotStandInTheWayOfACallBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		r := w.store.relate("ana", []string{"bia"})[0]
		r.CalleePrivacy.WhoMayCall = store.Nobody
		w.store.relations[[2]string{"ana", "bia"}] = r
		ghost := ana.ring("bia")
		back := bia.ring("ana")
		if ghost.Call == back.Call {
			t.Error("calling back answered a call that must not have reached the callee")
		}
		ana.expect("incoming")
	})
}

func TestWhomIBlockedICannotRing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana := w.device("ana", "laptop")
		r := w.store.relate("ana", []string{"bia"})[0]
		r.CallerBlockedCallee = true
		w.store.relations[[2]string{"ana", "bia"}] = r
		if _, err := ana.try(&wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}); code(err) != wire.CodeForbidden {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnAccountIsNotInCallsWithoutEnd(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana := w.device("ana", "laptop")
		for i := range maxCalls {
			ana.ring(wire.UserID("u" + strconv.Itoa(i)))
		}
		if _, err := ana.try(&wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}); code(err) != wire.CodeRateLimited {
			t.Errorf("one more: %v", err)
		}
		time.Sleep(time.Minute)
		ana.ring("bia")
	})
}
