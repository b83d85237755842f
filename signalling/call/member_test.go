package call

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pronto/sfu"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// talk has a ring b, and b accept.
func talk(a, b *device) wire.CallID {
	call := a.ring(b.who.User).Call
	b.must(&wire.Accept{Call: call, Media: wire.Media{Microphone: true}})
	a.heard()
	b.heard()
	return call
}

func TestAThirdPersonMovesTheCallToTheSFU(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		call := talk(ana, bia)
		bia.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo", "ana"}})
		ana.expect("participantInvited")
		carlo.expect("incoming")
		state := carlo.must(&wire.Accept{Call: call}).(wire.CallState)
		if state.Topology != wire.TopologySFU || state.Generation != 2 || len(state.Participants) != 3 {
			t.Fatalf("the third one's state is %+v", state)
		}
		ana.expect("participantJoined", "topologyChanged")
		if _, err := ana.try(&wire.Describe{Call: call, Generation: 1, Type: wire.SDPOffer, SDP: "x"}); code(err) != wire.CodeStale {
			t.Errorf("a description of the old way: %v", err)
		}
		answer := ana.must(&wire.Negotiate{Call: call, Generation: 2, SDP: "offer"}).(wire.Negotiated)
		if answer.SDP != "answer to offer" {
			t.Errorf("the answer is %+v", answer)
		}
		if _, err := ana.try(&wire.Negotiate{Call: call, Generation: 2, SDP: "bad"}); code(err) != wire.CodeBadDescription {
			t.Errorf("a bad offer: %v", err)
		}
		peer := w.media.peers[call]["p1"]
		peer.on(sfu.Slots{Slots: []sfu.Slot{{Mid: "4", Participant: "p2", Source: sfu.Camera}}})
		slots := body[wire.Slots](t, last(ana))
		if len(slots.Slots) != 1 || slots.Slots[0].Source != wire.SourceCamera || slots.Generation != 2 {
			t.Errorf("the slots are %+v", slots)
		}
		ana.must(&wire.View{Call: call, Items: []wire.ViewItem{{Participant: "p2", Source: wire.SourceCamera, Height: 360}}})
		if len(peer.views) != 1 || peer.views[0][0].Height != 360 {
			t.Errorf("the SFU sees the view %+v", peer.views)
		}
		carlo.heard()
		ana.must(&wire.Leave{Call: call})
		if !peer.closed || !slices.Contains(w.relays.revoked, "p1") {
			t.Error("who left has media or a relay credential still")
		}
		carlo.expect("participantLeft", "hostChanged")
		bia.must(&wire.Leave{Call: call})
		carlo.expect("participantLeft", "callEnded", "logged")
	})
}

func last(d *device) wire.Frame {
	synctest.Wait()
	frames := d.frames()
	return frames[len(frames)-1]
}

func TestAGroupRingIsAnSFUCallFromTheStart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		state := ana.ring("bia", "carlo", "bia")
		if state.Topology != wire.TopologySFU || len(state.Participants) != 3 {
			t.Fatalf("the state is %+v", state)
		}
		if in := body[wire.Incoming](t, carlo.frames()[0]); in.Others != 1 {
			t.Errorf("the ring tells of %d others", in.Others)
		}
		bia.must(&wire.Accept{Call: state.Call})
		carlo.must(&wire.Decline{Call: state.Call})
		if got := ana.heard(); !slices.Equal(got, []string{"participantJoined", "phaseChanged", "inviteUnanswered"}) {
			t.Errorf("the caller heard %q", got)
		}
		ana.must(&wire.Leave{Call: state.Call})
		bia.frames()
		if n := len(w.shapes()); n != 0 {
			t.Errorf("%d calls are left when one person is", n)
		}
	})
}

func TestEventsTellWhatParticipantsSend(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		bia.must(&wire.SetMedia{Call: call, Media: wire.Media{Microphone: true, Camera: true}})
		bia.must(&wire.SetMedia{Call: call, Media: wire.Media{Microphone: true, Camera: true}})
		bia.must(&wire.SetBattery{Call: call, Low: true})
		bia.must(&wire.SetBattery{Call: call, Low: true})
		bia.must(&wire.SetBattery{Call: call, Low: false})
		ana.expect("mediaChanged", "batteryChanged", "batteryChanged")
		bia.must(&wire.SetBattery{Call: call, Low: true})
		state := ana.must(&wire.Sync{Call: call}).(wire.CallState)
		if p := state.Participants[1]; !p.Media.Camera || !p.BatteryLow {
			t.Errorf("who comes late sees %+v", p)
		}
		if frames := ana.frames(); frames[len(frames)-1].Seq != state.Seq {
			t.Errorf("the state is of event %d, the last event is %d", state.Seq, frames[len(frames)-1].Seq)
		}
	})
}

func TestEventsOfACallAreNumberedWithoutAGap(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		call := ana.ring("bia").Call
		bia.must(&wire.DeviceRings{Call: call})
		bia.must(&wire.Accept{Call: call})
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}})
		carlo.must(&wire.Accept{Call: call})
		bia.must(&wire.Leave{Call: call})
		carlo.must(&wire.Leave{Call: call})
		seq := uint32(0)
		for _, f := range ana.frames() {
			if f.Call == "" {
				continue
			}
			if seq++; f.Seq != seq || f.Epoch != 1 {
				t.Errorf("%s is event %d of epoch %d, want %d of 1", f.Type, f.Seq, f.Epoch, seq)
			}
		}
		if seq < 8 {
			t.Errorf("only %d events", seq)
		}
	})
}

func TestWhoIsLostIsShownReconnectingAndLeavesAfterTheGrace(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		w.registry.SessionLost(t.Context(), "bia", bia.who.Session)
		time.Sleep(3*time.Second - time.Millisecond)
		ana.expect()
		time.Sleep(time.Millisecond)
		ana.expect("presenceChanged")
		states := w.registry.Attach(t.Context(), bia.who)
		if len(states) != 1 || states[0].Call != call {
			t.Fatalf("who is back gets %+v", states)
		}
		ana.expect("presenceChanged")
		time.Sleep(time.Hour)
		ana.expect()
		w.registry.SessionLost(t.Context(), "bia", bia.who.Session)
		time.Sleep(30*time.Second - time.Millisecond)
		ana.expect("presenceChanged")
		time.Sleep(time.Millisecond)
		synctest.Wait()
		frames := ana.frames()
		if len(frames) != 3 || frames[0].Type != "participantLeft" || frames[1].Type != "callEnded" || frames[2].Type != "logged" {
			t.Fatalf("ana heard %+v", frames)
		}
		if left := body[wire.ParticipantLeft](t, frames[0]); left.Reason != wire.LeaveLost {
			t.Errorf("he left because of %s", left.Reason)
		}
	})
}

func TestMediaThatFailsDirectlyGoesThroughTheSFU(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		ana.must(&wire.MediaFailed{Call: call, Generation: 1})
		bia.expect("topologyChanged")
		if _, err := bia.try(&wire.MediaFailed{Call: call, Generation: 1}); code(err) != wire.CodeStale {
			t.Errorf("the other's report of the same way: %v", err)
		}
		ana.must(&wire.Negotiate{Call: call, Generation: 2, SDP: "offer"})
		peer := w.media.peers[call]["p1"]
		peer.on(sfu.Disconnected{})
		time.Sleep(3 * time.Second)
		bia.expect("presenceChanged")
		peer.on(sfu.Connected{})
		bia.expect("presenceChanged")
		bia.must(&wire.MediaFailed{Call: call, Generation: 2})
		ana.heard()
		if n := len(w.shapes()); n != 0 {
			t.Errorf("%d calls are left", n)
		}
	})
}

// A page whose socket lives and whose media does not come back is as lost as one
// without a socket.
func TestWhoseMediaIsLostLeavesAfterTheGrace(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, _ := group(w)
		bia.must(&wire.Negotiate{Call: call, Generation: 1, SDP: "offer"})
		peer := w.media.peers[call]["p2"]
		ana.heard()
		peer.on(sfu.Disconnected{})
		time.Sleep(3 * time.Second)
		if p := body[wire.PresenceChanged](t, last(ana)); p.Participant != "p2" || p.Presence != wire.PresenceReconnecting {
			t.Errorf("after 3 s ana is told %+v", p)
		}
		time.Sleep(27*time.Second - time.Millisecond)
		ana.expect()
		time.Sleep(time.Millisecond)
		if left := body[wire.ParticipantLeft](t, last(ana)); left.Participant != "p2" || left.Reason != wire.LeaveLost {
			t.Errorf("after 30 s ana is told %+v", left)
		}
		if _, err := bia.try(&wire.SetMedia{Call: call}); code(err) != wire.CodeNotFound {
			t.Errorf("who has left acts: %v", err)
		}
	})
}

func TestOnlyTheHostEndsACallForAll(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		if _, err := bia.try(&wire.End{Call: call}); code(err) != wire.CodeForbidden {
			t.Errorf("a guest of the call ends it: %v", err)
		}
		ana.must(&wire.End{Call: call})
		bia.expect("callEnded", "logged")
	})
}

// The end of a call reaches those who are in it and those whom it rings, once, and is
// the last that they hear of it.
func TestTheEndReachesAlsoWhoIsRung(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo, dora := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone"), w.device("dora", "phone")
		call := ana.ring("bia", "carlo", "dora").Call
		bia.must(&wire.Accept{Call: call})
		carlo.must(&wire.DeviceRings{Call: call})
		for _, d := range []*device{ana, bia, carlo, dora} {
			d.heard()
		}
		ana.must(&wire.End{Call: call})
		for _, d := range []*device{ana, bia} {
			d.expect("inviteWithdrawn", "inviteWithdrawn", "callEnded", "logged")
		}
		for _, d := range []*device{carlo, dora} {
			d.expect("ringStopped", "logged")
		}
		if w.lastLog("carlo") != wire.OutcomeMissed || w.pushes("dora") != 1 {
			t.Errorf("carlo's log says %s; %d pushes for dora", w.lastLog("carlo"), w.pushes("dora"))
		}
		for _, m := range []any{&wire.SetMedia{Call: call}, &wire.DeviceRings{Call: call}, &wire.Accept{Call: call}, &wire.Decline{Call: call}} {
			for _, d := range []*device{ana, bia, carlo} {
				_, _ = d.try(m)
			}
		}
		time.Sleep(2 * time.Minute)
		for _, d := range []*device{ana, bia, carlo, dora} {
			d.expect()
		}
	})
}

// Nothing of a call is for those who are not in it.
func TestStrangersToACallAreRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, eve := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("eve", "phone")
		ringing := ana.ring("bia").Call
		for _, d := range []*device{bia, eve} { // the callee, too, before accepting
			for _, m := range []any{
				&wire.Describe{Call: ringing, Generation: 1, Type: wire.SDPOffer, SDP: "x"},
				&wire.Trickle{Call: ringing, Generation: 1}, &wire.Negotiate{Call: ringing, Generation: 1, SDP: "x"},
				&wire.View{Call: ringing}, &wire.SetMedia{Call: ringing}, &wire.SetBattery{Call: ringing, Low: true},
				&wire.MediaFlows{Call: ringing, Generation: 1}, &wire.MediaFailed{Call: ringing, Generation: 1},
				&wire.Invite{Call: ringing, Users: []wire.UserID{"dora"}}, &wire.Cancel{Call: ringing},
				&wire.Leave{Call: ringing}, &wire.End{Call: ringing}, &wire.Sync{Call: ringing},
			} {
				if _, err := d.try(m); code(err) != wire.CodeNotFound {
					t.Errorf("%s: %T: %v", d.who.User, m, err)
				}
			}
		}
		for _, m := range []any{&wire.Accept{Call: ringing}, &wire.Decline{Call: ringing}, &wire.DeviceRings{Call: ringing}} {
			if _, err := eve.try(m); code(err) != wire.CodeNotFound {
				t.Errorf("eve: %T: %v", m, err)
			}
		}
		ana.must(&wire.Describe{Call: ringing, Generation: 1, Type: wire.SDPOffer, SDP: "too early"})
		bia.expect("incoming")
		ana.expect()
	})
}

func TestLinks(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.links["open"] = store.Link{ID: "open", OwnerID: "ana", Kind: store.Video, LinkTerms: store.LinkTerms{Title: "Tea"}}
		w.store.links["two"] = store.Link{ID: "two", OwnerID: "ana", Kind: store.Voice, LinkTerms: store.LinkTerms{MaxUses: 2}}
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		guest := w.device("g_1", "page")
		guest.who.Name, guest.who.Link = "Zoe", "open"

		state := guest.must(&wire.JoinLink{Link: "open"}).(wire.CallState)
		if state.Topology != wire.TopologySFU || state.Title != "Tea" || state.Host != "" {
			t.Fatalf("the guest's state is %+v", state)
		}
		again := guest.must(&wire.JoinLink{Link: "open"}).(wire.CallState)
		if again.Call != state.Call || w.store.links["open"].Uses != 1 {
			t.Errorf("joined twice: %s, %d uses", again.Call, w.store.links["open"].Uses)
		}
		bia.must(&wire.JoinLink{Link: "open"})
		joined := body[wire.ParticipantJoined](t, guest.frames()[1]).Participant
		if joined.User != "bia" || joined.Guest {
			t.Errorf("the guest sees %+v", joined)
		}
		seen := bia.must(&wire.Sync{Call: state.Call}).(wire.CallState).Participants[0]
		if !seen.Guest || seen.User != "" || seen.Name != "Zoe" {
			t.Errorf("bia sees %+v", seen)
		}
		if _, err := guest.try(&wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}); code(err) != wire.CodeForbidden {
			t.Errorf("a guest rings: %v", err)
		}
		if _, err := guest.try(&wire.JoinLink{Link: "two"}); code(err) != wire.CodeNotFound {
			t.Errorf("a guest of one link joins by another: %v", err)
		}
		tablet := w.device("bia", "tablet")
		tablet.must(&wire.JoinLink{Link: "open"})
		if moved := body[wire.ParticipantLeft](t, last(bia)); moved.Reason != wire.LeaveMoved {
			t.Errorf("the first device is told %+v", moved)
		}

		w.store.block("ana", "carlo")
		carlo := w.device("carlo", "phone")
		_, blocked := carlo.try(&wire.JoinLink{Link: "open"})
		_, unknown := carlo.try(&wire.JoinLink{Link: "nothing"})
		if code(blocked) != wire.CodeNotFound || blocked.Error() != unknown.Error() {
			t.Errorf("blocked: %v; unknown: %v", blocked, unknown)
		}
		w.device("dora", "phone").must(&wire.JoinLink{Link: "two"})
		bia.must(&wire.JoinLink{Link: "two"})
		ana.must(&wire.JoinLink{Link: "two"}) // the owner uses nothing up
		if _, err := carlo.try(&wire.JoinLink{Link: "two"}); code(err) != wire.CodeNotFound {
			t.Errorf("the third use of two: %v", err)
		}
		guest.frames()
		w.registry.LinkRevoked(t.Context(), "open", false)
		if end := body[wire.CallEnded](t, guest.frames()[0]); end.Reason != wire.EndRevoked {
			t.Errorf("revoked: %+v", end)
		}
	})
}

func TestACallOfALinkEndsWithTheLastOneAndStartsAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.links["open"] = store.Link{ID: "open", OwnerID: "ana", Kind: store.Video}
		ana := w.device("ana", "laptop")
		first := ana.must(&wire.JoinLink{Link: "open"}).(wire.CallState)
		if first.Host != first.Self {
			t.Errorf("the host is %q", first.Host)
		}
		ana.must(&wire.Negotiate{Call: first.Call, Generation: 1, SDP: "offer"})
		ana.must(&wire.Leave{Call: first.Call})
		synctest.Wait()
		if _, room := w.media.peers[first.Call]; room || len(w.shapes()) != 0 || !slices.Contains(w.relays.revoked, string(first.Self)) {
			t.Errorf("of the empty call is left: a room %t, %+v; relay credentials taken back %v", room, w.shapes(), w.relays.revoked)
		}
		second := ana.must(&wire.JoinLink{Link: "open"}).(wire.CallState)
		if second.Call == first.Call {
			t.Error("an ended call was joined")
		}
	})
}

// Whoever hears that a call is over finds nothing that leads to it: else he who comes
// by its link or rings its group at that moment is told that the call is over.
func TestACallThatIsOverIsForgottenAlready(t *testing.T) {
	for name, begin := range map[string]func(d *device) wire.CallState{
		"a link's": func(d *device) wire.CallState { return d.must(&wire.JoinLink{Link: "open"}).(wire.CallState) },
		"a group's": func(d *device) wire.CallState {
			return d.must(&wire.RingGroup{Group: "g", Kind: wire.KindVideo}).(wire.CallState)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.store.links["open"] = store.Link{ID: "open", OwnerID: "ana", Kind: store.Video}
				w.group(false, "ana", "bia")
				ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
				call := begin(ana).Call
				if other := begin(bia).Call; other != call {
					t.Fatal("there are two calls")
				}
				heard := 0
				w.mu.Lock()
				w.hears = func(f wire.Frame) {
					if f.Type != "callEnded" {
						return
					}
					heard++
					if _, err := w.registry.call(call); err == nil || w.registry.linkCall("open") != nil || w.registry.groupCall("g") != nil {
						t.Error("something leads to a call that is over")
					}
				}
				w.mu.Unlock()
				ana.must(&wire.End{Call: call})
				if w.mu.Lock(); heard == 0 {
					t.Error("nobody heard that the call is over")
				}
				w.hears = nil
				w.mu.Unlock()
				if next := begin(bia).Call; next == call {
					t.Error("the next call is the one that is over")
				}
			})
		})
	}
}

func TestPageLoadedAgainGetsAConnectionOfItsOwn(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		ana.must(&wire.MediaFailed{Call: call, Generation: 1})
		offer := func(session, version string) {
			t.Helper()
			ana.must(&wire.Negotiate{Call: call, Generation: 2, SDP: "v=0\r\no=- " + session + " " + version + " IN IP4 127.0.0.1\r\ns=-\r\n"})
		}
		offer("1", "2")
		first := w.media.peers[call]["p1"]
		offer("1", "3")
		if w.media.peers[call]["p1"] != first {
			t.Error("a later offer of the same connection made another peer")
		}
		offer("7", "2")
		second := w.media.peers[call]["p1"]
		if second == first {
			t.Fatal("a new connection's offer went to the old peer")
		}
		first.on(sfu.Failed{Reason: sfu.ReasonReplaced})
		ana.must(&wire.View{Call: call, Items: []wire.ViewItem{}})
		if len(second.views) != 1 {
			t.Error("the end of the old peer took the new one away")
		}
	})
}
