package call

import (
	"testing"
	"time"

	"pronto/sfu"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// group is a call of ana, the host, with bia and carlo.
func group(w *world) (call wire.CallID, ana, bia, carlo *device) {
	w.t.Helper()
	ana, bia, carlo = w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
	call = ana.ring("bia", "carlo").Call
	for _, d := range []*device{bia, carlo} {
		d.must(&wire.Accept{Call: call, Media: wire.Media{Microphone: true}})
	}
	for _, d := range []*device{ana, bia, carlo} {
		d.heard()
	}
	return call, ana, bia, carlo
}

func TestWhoIsInAnotherCallIsShownAndHisMediaRests(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, _ := group(w)
		bia.must(&wire.Negotiate{Call: call, Generation: 1, SDP: "offer"})
		peer := w.media.peers[call]["p2"]
		bia.must(&wire.Hold{Call: call, On: true})
		bia.must(&wire.Hold{Call: call, On: true})
		ana.expect("holdChanged")
		if !peer.held {
			t.Error("the SFU still forwards for who is on hold")
		}
		w.restart()
		bia.w.registry.Attach(t.Context(), bia.who)
		bia.must(&wire.Negotiate{Call: call, Generation: 2, SDP: "offer"})
		if !w.media.peers[call]["p2"].held {
			t.Error("after a crash who is on hold is heard")
		}
		bia.must(&wire.Hold{Call: call, On: false})
		if w.media.peers[call]["p2"].held {
			t.Error("who is back is not heard")
		}
	})
}

func TestACallMovesToAnotherDeviceOfTheAccount(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, phone, tablet := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("bia", "tablet")
		phone.who.Class, tablet.who.Class = wire.DevicePhone, wire.DeviceTablet
		call := talk(ana, phone)
		if _, err := ana.try(&wire.Sync{Call: call}); err != nil {
			t.Fatal(err)
		}
		state := tablet.must(&wire.MoveHere{Call: call, Media: wire.Media{Microphone: true}}).(wire.CallState)
		if state.Self != "p2" || state.Topology != wire.TopologySFU {
			t.Errorf("the tablet's state is %+v", state)
		}
		if moved := body[wire.CallMoved](t, last(phone)); moved.Device != "tablet" {
			t.Errorf("the phone is told %+v", moved)
		}
		if _, err := phone.try(&wire.SetMedia{Call: call}); code(err) != wire.CodeNotFound {
			t.Errorf("the phone still acts: %v", err)
		}
		ana.each(func(f wire.Frame) {
			if f.Type == "mediaChanged" && body[wire.MediaChanged](t, f).Device != wire.DeviceTablet {
				t.Errorf("the others are told %s", f.Body)
			}
		})
		if got := ana.must(&wire.Sync{Call: call}).(wire.CallState).Participants[1].Device; got != wire.DeviceTablet {
			t.Errorf("the state says that she is on a %s", got)
		}
		eve := w.device("eve", "phone")
		if _, err := eve.try(&wire.MoveHere{Call: call}); code(err) != wire.CodeNotFound {
			t.Errorf("another account takes it: %v", err)
		}
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"eve"}})
		if _, err := eve.try(&wire.MoveHere{Call: call}); code(err) != wire.CodeNotFound {
			t.Errorf("a call that rings is moved instead of answered: %v", err)
		}
	})
}

func TestAProposalToSwitchToVideoTurnsOnNobodysCamera(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		ana.must(&wire.ProposeKind{Call: call, Kind: wire.KindVideo})
		bia.expect("kindProposed")
		if _, err := ana.try(&wire.AnswerKind{Call: call, Accept: true}); code(err) != wire.CodeForbidden {
			t.Errorf("the one who asks answers: %v", err)
		}
		if _, err := bia.try(&wire.ProposeKind{Call: call, Kind: wire.KindVideo}); code(err) != wire.CodeConflict {
			t.Errorf("a second proposal: %v", err)
		}
		ana.heard()
		bia.must(&wire.AnswerKind{Call: call, Accept: true})
		answered := body[wire.KindAnswered](t, last(ana))
		if answered.Answer != wire.KindAccepted || answered.Participant != "p2" {
			t.Errorf("the answer is %+v", answered)
		}
		for _, p := range ana.must(&wire.Sync{Call: call}).(wire.CallState).Participants {
			if p.Participant == "p2" && p.Media.Camera {
				t.Error("an answer turned a camera on")
			}
		}
		bia.heard()
		bia.must(&wire.ProposeKind{Call: call, Kind: wire.KindVoice})
		ana.heard()
		time.Sleep(proposalFor)
		if expired := body[wire.KindAnswered](t, last(ana)); expired.Answer != wire.KindExpired {
			t.Errorf("after 30 s: %+v", expired)
		}
	})
}

func TestAProposalEndsWithTheStayOfItsMaker(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := group(w)
		bia.must(&wire.ProposeKind{Call: call, Kind: wire.KindVoice})
		bia.must(&wire.Leave{Call: call})
		ana.expect("kindProposed", "participantLeft", "kindAnswered")
		carlo.heard()
		carlo.must(&wire.ProposeKind{Call: call, Kind: wire.KindVoice})
		ana.expect("kindProposed")
	})
}

func TestHandsAreInOrderAndTheHostTakesThemDown(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := group(w)
		carlo.must(&wire.RaiseHand{Call: call, On: true})
		time.Sleep(time.Second)
		bia.must(&wire.RaiseHand{Call: call, On: true})
		state := ana.must(&wire.Sync{Call: call}).(wire.CallState)
		if b, c := state.Participants[1].HandMs, state.Participants[2].HandMs; b <= c || c == 0 {
			t.Errorf("hands were raised at %d and %d", b, c)
		}
		if _, err := bia.try(&wire.LowerHand{Call: call, Participant: "p3"}); code(err) != wire.CodeForbidden {
			t.Errorf("anybody takes a hand down: %v", err)
		}
		ana.must(&wire.LowerHand{Call: call, Participant: "p3"})
		if changed := body[wire.HandChanged](t, last(carlo)); changed.By != "p1" || changed.RaisedMs != 0 {
			t.Errorf("carlo is told %+v", changed)
		}
		bia.must(&wire.React{Call: call, Reaction: wire.ReactionHeart})
		if reacted := body[wire.Reacted](t, last(ana)); reacted.Participant != "p2" {
			t.Errorf("ana sees %+v", reacted)
		}
	})
}

func TestNotHeardNeedsAllTheOthersOrHisOwnDevice(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := group(w)
		ana.must(&wire.CannotHear{Call: call, Participant: "p2", On: true})
		bia.expect()
		carlo.must(&wire.CannotHear{Call: call, Participant: "p2", On: true})
		bia.expect("troubleChanged")
		ana.must(&wire.CannotHear{Call: call, Participant: "p2", On: false})
		bia.expect("troubleChanged")
		ana.must(&wire.CannotHear{Call: call, Participant: "p2", On: true})
		bia.heard()
		bia.must(&wire.SetMedia{Call: call, Media: wire.Media{}})
		bia.expect("mediaChanged", "troubleChanged") // who is muted is not "not heard"
		for _, d := range []*device{ana, carlo} {
			d.must(&wire.CannotHear{Call: call, Participant: "p2", On: true})
		}
		bia.expect()
		bia.must(&wire.SetTrouble{Call: call, Trouble: wire.TroublePoorNetwork, On: true})
		ana.heard()
		p := ana.must(&wire.Sync{Call: call}).(wire.CallState).Participants[1]
		if !p.PoorNetwork || p.NotHeard {
			t.Errorf("bia is shown as %+v", p)
		}
		if _, err := bia.try(&wire.CannotHear{Call: call, Participant: "p2", On: true}); code(err) != wire.CodeNotFound {
			t.Errorf("about himself: %v", err)
		}
	})
}

func TestWhoDoesNotComeThroughToTheSFUIsNotHeardAndIsTold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, _ := group(w)
		bia.must(&wire.Negotiate{Call: call, Generation: 1, SDP: "offer"})
		peer := w.media.peers[call]["p2"]
		bia.heard()
		for _, on := range []bool{true, false, true} {
			peer.on(sfu.Unheard{On: on})
			for _, d := range []*device{ana, bia} {
				if c := body[wire.TroubleChanged](t, last(d)); c.Participant != "p2" || c.Trouble != wire.TroubleNotHeard || c.On != on {
					t.Errorf("told is %+v", c)
				}
			}
		}
		// Who is muted is not heard by his own will.
		bia.must(&wire.SetMedia{Call: call, Media: wire.Media{}})
		ana.expect("mediaChanged", "troubleChanged")
		peer.on(sfu.Unheard{On: true})
		ana.expect()
		bia.must(&wire.SetMedia{Call: call, Media: wire.Media{Microphone: true}})
		ana.expect("mediaChanged")
		peer.on(sfu.Unheard{On: true})
		ana.expect("troubleChanged")
		// A page that is loaded again begins anew.
		bia.must(&wire.Negotiate{Call: call, Generation: 1, SDP: "o=- 2 2 IN IP4 127.0.0.1"})
		ana.expect("troubleChanged")
		peer.on(sfu.Unheard{On: true}) // of before
		ana.expect()
	})
}

func TestTheSFUForwardsNothingOfAMicrophoneThatIsOff(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, _ := group(w)
		muted := func() bool { return w.media.peers[call]["p2"].muted }
		bia.must(&wire.Negotiate{Call: call, Generation: 1, SDP: "offer"})
		if muted() {
			t.Error("who is not muted is kept back")
		}
		bia.must(&wire.SetMedia{Call: call, Media: wire.Media{Camera: true}})
		if !muted() {
			t.Error("who has muted himself is forwarded")
		}
		bia.must(&wire.SetMedia{Call: call, Media: wire.Media{Microphone: true}})
		if muted() {
			t.Error("who is back is kept back")
		}
		ana.must(&wire.MuteParticipant{Call: call, Participant: "p2"})
		if !muted() {
			t.Error("whom the host has muted is forwarded")
		}
		bia.must(&wire.Negotiate{Call: call, Generation: 1, SDP: "o=- 2 2 IN IP4 127.0.0.1"})
		if !muted() {
			t.Error("with another connection a muted one is forwarded")
		}
	})
}

func TestTheHostMutesRemovesAndLocks(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := group(w)
		for _, m := range []any{
			&wire.MuteParticipant{Call: call, Participant: "p3"}, &wire.RemoveParticipant{Call: call, Participant: "p3"},
			&wire.Lock{Call: call, On: true},
		} {
			if _, err := bia.try(m); code(err) != wire.CodeForbidden {
				t.Errorf("%T by a guest of the call: %v", m, err)
			}
		}
		ana.must(&wire.MuteParticipant{Call: call, Participant: "p3"})
		if changed := body[wire.MediaChanged](t, last(carlo)); changed.Media.Microphone || changed.By != "p1" {
			t.Errorf("carlo is told %+v", changed)
		}
		ana.must(&wire.RemoveParticipant{Call: call, Participant: "p3"})
		if left := body[wire.ParticipantLeft](t, carlo.frames()[0]); left.Reason != wire.LeaveRemoved {
			t.Errorf("carlo is told %+v", left)
		}
		bia.heard()
		bia.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}})
		carlo.expect() // removed is removed
		ana.must(&wire.Lock{Call: call, On: true})
		if _, err := bia.try(&wire.Invite{Call: call, Users: []wire.UserID{"dora"}}); code(err) != wire.CodeForbidden {
			t.Errorf("calling somebody into a locked call: %v", err)
		}
		w.restart() // a crash opens no call
		for _, d := range []*device{ana, bia} {
			w.registry.Attach(t.Context(), d.who)
		}
		if _, err := bia.try(&wire.Invite{Call: call, Users: []wire.UserID{"dora"}}); code(err) != wire.CodeForbidden {
			t.Errorf("calling somebody into a locked call after a crash: %v", err)
		}
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"dora"}})
	})
}

func TestWhoWasRemovedFromALinksCallDoesNotComeBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.links["open"] = store.Link{ID: "open", OwnerID: "ana", Kind: store.Video}
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.must(&wire.JoinLink{Link: "open"}).(wire.CallState).Call
		bia.must(&wire.JoinLink{Link: "open"})
		ana.must(&wire.RemoveParticipant{Call: call, Participant: "p2"})
		for _, d := range []*device{bia, w.device("bia", "tablet")} {
			if _, err := d.try(&wire.JoinLink{Link: "open"}); code(err) != wire.CodeNotFound {
				t.Errorf("%s is in again: %v", d.who.Session, err)
			}
		}
		ana.must(&wire.Lock{Call: call, On: true})
		if _, err := w.device("dora", "phone").try(&wire.JoinLink{Link: "open"}); code(err) != wire.CodeForbidden {
			t.Errorf("a locked call is joined: %v", err)
		}
	})
}

// Who is called while he talks holds the first call and answers, ends it and answers,
// or declines, which counts as busy; the first call is told, and goes on as it was.
func TestASecondCallRingsWhileOneTalks(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		first := talk(ana, bia)
		rings := func() wire.CallID {
			t.Helper()
			call := carlo.ring("bia").Call
			bia.expect("incoming")
			ana.expect()
			return call
		}
		busy := rings()
		bia.must(&wire.Decline{Call: busy})
		if end := body[wire.CallEnded](t, carlo.frames()[1]); end.Reason != wire.EndDeclined {
			t.Errorf("the second caller is told %+v", end)
		}
		if got := w.setUps(); got[len(got)-1].Outcome != OutcomeBusy {
			t.Errorf("the set-up ended as %+v", got)
		}
		ana.expect()
		bia.heard()

		second := rings()
		bia.must(&wire.Hold{Call: first, On: true})
		bia.must(&wire.Accept{Call: second})
		ana.expect("holdChanged")
		if states := w.registry.Attach(t.Context(), bia.who); len(states) != 2 {
			t.Errorf("bia is in %d calls", len(states))
		}
		carlo.heard()
		bia.must(&wire.Leave{Call: second})
		bia.must(&wire.Hold{Call: first})
		ana.expect("holdChanged")
		carlo.heard()
		bia.heard()

		third := rings()
		bia.must(&wire.Leave{Call: first})
		bia.must(&wire.Accept{Call: third})
		ana.expect("participantLeft", "callEnded", "logged")
		if states := w.registry.Attach(t.Context(), bia.who); len(states) != 1 || states[0].Call != third {
			t.Errorf("bia is in %+v", states)
		}
	})
}

func TestTheLogHasTheWholeTimeOfWhoCameTwice(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, _ := group(w)
		time.Sleep(time.Minute)
		bia.must(&wire.Leave{Call: call})
		time.Sleep(time.Minute)
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"bia"}})
		bia.must(&wire.Accept{Call: call})
		time.Sleep(time.Minute)
		ana.must(&wire.End{Call: call})
		rows := w.store.log["bia"]
		if last := rows[len(rows)-1]; last.Duration != 2*time.Minute || last.Outcome != string(wire.OutcomeAnswered) {
			t.Errorf("bia's log says %s, %s", last.Outcome, last.Duration)
		}
	})
}
