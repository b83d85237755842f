package call

import (
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// queue stores a queue of ana's behind the link "shop", with bia and carlo as operators.
func (w *world) queue(hours string) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.links["shop"] = store.Link{ID: "shop", OwnerID: "ana", Kind: store.Voice}
	w.store.queues["shop"] = store.Queue{LinkID: "shop", OwnerID: "ana", Hours: hours, Operators: []string{"bia", "carlo"}}
}

// visitor is somebody without an account who comes by the link "shop".
func (w *world) visitor(name string) *device {
	d := w.device(name, name+"'s page")
	d.who.Link = "shop"
	return d
}

func (d *device) visit() wire.CallState {
	d.w.t.Helper()
	return d.must(&wire.JoinLink{Link: "shop", Media: wire.Media{Microphone: true}}).(wire.CallState)
}

func TestTheFirstOperatorWhoAnswersHasTheVisitor(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		zoe, bia, carlo := w.visitor("zoe"), w.device("bia", "desk"), w.device("carlo", "desk")
		call := zoe.visit()
		if len(call.Participants) != 1 || call.Queue != wire.QueueCalling || call.Topology != wire.TopologySFU {
			t.Errorf("the visitor sees %+v", call)
		}
		bia.expect("incoming")
		carlo.expect("incoming")
		carlo.must(&wire.DeviceRings{Call: call.Call})
		bia.must(&wire.DeviceRings{Call: call.Call})
		zoe.expect("queueChanged")
		state := bia.must(&wire.Accept{Call: call.Call, Media: wire.Media{Microphone: true}}).(wire.CallState)
		if len(state.Participants) != 2 || state.Queue != "" {
			t.Errorf("the operator sees %+v", state)
		}
		zoe.expect("participantJoined", "phaseChanged")
		carlo.expect("ringStopped")
		if _, err := carlo.try(&wire.Accept{Call: call.Call}); code(err) != wire.CodeNotFound {
			t.Errorf("the second one: %v", err)
		}
		if w.lastLog("carlo") != "" || w.pushes("carlo") != 0 {
			t.Errorf("to the second one it is %q, with %d pushes", w.lastLog("carlo"), w.pushes("carlo"))
		}
	})
}

func TestVisitorsOfAQueueDoNotMeet(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		w.device("bia", "desk")
		zoe, ugo := w.visitor("zoe"), w.visitor("ugo")
		first, second := zoe.visit(), ugo.visit()
		if first.Call == second.Call {
			t.Fatal("two visitors are in one call")
		}
		if again := zoe.visit(); again.Call != first.Call {
			t.Error("who joins again has another call")
		}
	})
}

func TestAVisitorWhomNobodyAnswersIsTold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		zoe := w.visitor("zoe")
		bia := w.device("bia", "desk")
		call := zoe.visit()
		bia.must(&wire.DeviceRings{Call: call.Call})
		zoe.expect("queueChanged")
		bia.heard()
		time.Sleep(45 * time.Second)
		synctest.Wait()
		zoe.expect("callEnded")
		bia.expect("ringStopped", "logged")
		if w.lastLog("bia") != wire.OutcomeMissed || w.lastLog("carlo") != wire.OutcomeMissed {
			t.Errorf("the operators' logs say %q and %q", w.lastLog("bia"), w.lastLog("carlo"))
		}
	})
}

func TestAVisitorWhoGoesStopsTheRinging(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		zoe, bia := w.visitor("zoe"), w.device("bia", "desk")
		call := zoe.visit()
		bia.expect("incoming")
		zoe.must(&wire.Leave{Call: call.Call})
		bia.expect("ringStopped", "logged")
	})
}

func TestAClosedQueueSaysWhenItOpensAndCountsNoUse(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) { // it is midnight in London
		w.queue(`{"zone":"Europe/London","ranges":[{"from":540,"to":1080}]}`)
		zoe, bia := w.visitor("zoe"), w.device("bia", "desk")
		_, err := zoe.try(&wire.JoinLink{Link: "shop"})
		if p := wire.AsProblem(err); p.Code != wire.CodeQueueClosed || p.RetryAfterMs != uint32((9*time.Hour).Milliseconds()) {
			t.Errorf("closed: %v", err)
		}
		bia.expect()
		if uses := w.store.links["shop"].Uses; uses != 0 {
			t.Errorf("%d uses were counted", uses)
		}
		time.Sleep(9 * time.Hour)
		zoe.visit()
		bia.expect("incoming")
		w.store.mu.Lock()
		delete(w.store.links, "shop")
		w.store.mu.Unlock()
		time.Sleep(12 * time.Hour)
		if _, err := w.visitor("ugo").try(&wire.JoinLink{Link: "shop"}); code(err) != wire.CodeNotFound {
			t.Errorf("a link that leads nowhere, at night: %v", err)
		}
	})
}

// To a visitor whom all operators keep away it looks as if nobody were there.
func TestWhomAnOperatorBlocksHeDoesNotHear(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		for _, operator := range []string{"bia", "carlo"} {
			w.related("mal", operator, func(r *store.Relation) { r.CalleeBlockedCaller = true })
		}
		mal, bia := w.device("mal", "laptop"), w.device("bia", "desk")
		mal.visit()
		time.Sleep(44 * time.Second)
		mal.expect()
		bia.expect()
		time.Sleep(2 * time.Second)
		mal.expect("callEnded", "logged")
		bia.expect()
	})
}

func TestOperatorsAreRungByTheirOwnSettings(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		w.related("ana", "bia", func(r *store.Relation) { r.CalleePrivacy.WhoMayCall = store.Nobody })
		w.related("ana", "carlo", func(r *store.Relation) { r.CalleeNoCalls = true })
		zoe, bia, carlo := w.visitor("zoe"), w.device("bia", "desk"), w.device("carlo", "desk")
		zoe.visit()
		bia.expect()
		carlo.expect()
		if d := w.lastDecision("bia"); d.Path != "queue" || d.CallerName != "zoe" {
			t.Errorf("the operator reads %+v", d)
		}
	})
}

func TestAnOperatorHandsAVisitorOn(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		zoe, bia, carlo := w.visitor("zoe"), w.device("bia", "desk"), w.device("carlo", "desk")
		call := zoe.visit().Call
		bia.must(&wire.Accept{Call: call, Media: wire.Media{Microphone: true}})
		zoe.heard()
		carlo.heard()
		bia.heard()
		if _, err := zoe.try(&wire.Transfer{Call: call}); code(err) != wire.CodeForbidden {
			t.Errorf("the visitor hands himself on: %v", err)
		}
		if _, err := bia.try(&wire.Transfer{Call: call, Operator: "dora"}); code(err) != wire.CodeInvalid {
			t.Errorf("to somebody who is no operator: %v", err)
		}
		bia.must(&wire.Transfer{Call: call})
		carlo.expect("incoming")
		zoe.expect()
		carlo.must(&wire.DeviceRings{Call: call})
		zoe.expect("queueChanged")
		carlo.must(&wire.Accept{Call: call, Media: wire.Media{Microphone: true}})
		zoe.expect("participantJoined", "participantLeft")
		if _, err := bia.try(&wire.Sync{Call: call}); code(err) != wire.CodeNotFound {
			t.Errorf("the first operator is still there: %v", err)
		}

		// Back to bia, who does not answer: carlo keeps him.
		carlo.must(&wire.Transfer{Call: call, Operator: "bia"})
		zoe.heard()
		time.Sleep(46 * time.Second)
		zoe.expect("queueChanged")
		if state := carlo.must(&wire.Sync{Call: call}).(wire.CallState); len(state.Participants) != 2 {
			t.Errorf("after a transfer that failed: %+v", state)
		}
	})
}

func TestAQueueOutlivesARestart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		zoe, bia := w.visitor("zoe"), w.device("bia", "desk")
		call := zoe.visit().Call
		bia.heard()
		w.restart()
		if list := w.registry.Attach(t.Context(), zoe.who); len(list) != 1 || len(list[0].Participants) != 1 {
			t.Fatalf("the visitor finds %+v", list)
		}
		bia.must(&wire.Accept{Call: call})
		if list := w.registry.Incoming(t.Context(), "carlo"); len(list) != 0 {
			t.Error("the other operator is still rung")
		}
	})
}

// An owner may be his own operator.
func TestTheOwnerAnswersHisOwnQueue(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		w.store.queues["shop"] = store.Queue{LinkID: "shop", OwnerID: "ana", Operators: []string{"ana"}}
		w.related("ana", "ana", func(r *store.Relation) { r.CalleePrivacy.WhoMayCall = store.Contacts })
		zoe, ana := w.visitor("zoe"), w.device("ana", "desk")
		call := zoe.visit().Call
		ana.expect("incoming", "link")
		ana.must(&wire.Accept{Call: call})
	})
}
