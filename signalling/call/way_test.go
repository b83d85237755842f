package call

import (
	"testing"
	"time"

	"pronto/sfu"
	"pronto/signalling/wire"
)

// flows has devices say that media flows on a way.
func flows(call wire.CallID, generation uint32, devices ...*device) {
	for _, d := range devices {
		d.must(&wire.MediaFlows{Call: call, Generation: generation, Path: wire.PathHost})
		d.heard()
	}
}

// three has ana and bia talk, carlo come to them, and all be connected to the SFU.
func three(w *world) (call wire.CallID, ana, bia, carlo *device) {
	ana, bia, carlo = w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
	call = talk(ana, bia)
	flows(call, 1, ana, bia)
	ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"carlo"}})
	carlo.must(&wire.Accept{Call: call})
	for _, d := range []*device{ana, bia, carlo} {
		d.must(&wire.Negotiate{Call: call, Generation: 2, SDP: "offer"})
	}
	flows(call, 2, ana, bia, carlo)
	for _, d := range []*device{ana, bia, carlo} {
		d.heard()
	}
	return call, ana, bia, carlo
}

func TestTwoWhoAreAloneAgainGoBackToTheDirectWay(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := three(w)
		peers := []*mediaPeer{w.media.peers[call]["p1"], w.media.peers[call]["p2"]}
		carlo.must(&wire.Leave{Call: call})
		ana.expect("participantLeft")
		time.Sleep(aloneFor - time.Millisecond)
		ana.expect()
		time.Sleep(time.Millisecond)
		ana.expect("topologyChanged")
		bia.expect("participantLeft", "topologyChanged")
		if _, err := ana.try(&wire.Negotiate{Call: call, Generation: 2, SDP: "offer"}); code(err) != wire.CodeStale {
			t.Errorf("an offer to the SFU: %v", err)
		}
		ana.must(&wire.Describe{Call: call, Generation: 3, Type: wire.SDPOffer, SDP: "x"})
		bia.expect("described")
		for _, p := range peers {
			if p.closed {
				t.Error("the SFU's way ends before the direct one carries media")
			}
		}
		flows(call, 3, ana, bia)
		peers[0].on(sfu.Failed{Reason: sfu.ReasonTransport}) // ana's page closes it
		time.Sleep(spareFor + time.Millisecond)
		ana.expect()
		if !peers[1].closed {
			t.Error("the SFU's way never ends")
		}
		time.Sleep(time.Hour) // who is no longer at the SFU is not lost
		ana.expect()
		if shapes := w.shapes(); len(shapes) != 1 || shapes[0].People != 2 || shapes[0].Topology != wire.TopologyDirect {
			t.Errorf("the call is %+v", shapes)
		}
	})
}

func TestADirectWayBackThatDoesNotWorkIsNotTriedAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		call, ana, bia, carlo := three(w)
		carlo.must(&wire.Leave{Call: call})
		time.Sleep(aloneFor)
		ana.expect("participantLeft", "topologyChanged")
		bia.must(&wire.MediaFailed{Call: call, Generation: 3})
		ana.expect("topologyChanged")
		peer := w.media.peers[call]["p1"]
		if peer.closed {
			t.Error("the SFU's way ends before there is another")
		}
		staysAtTheSFU(t, w, ana, call, 4)
	})
}

func TestTwoWhoseDirectWayIsSlowHearEachOtherThroughTheSFUMeanwhile(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		ana.must(&wire.MediaFailed{Call: call, Generation: 1, Cause: wire.MediaFailureSlow})
		bia.expect("topologyChanged")
		for _, d := range []*device{ana, bia} {
			d.must(&wire.Negotiate{Call: call, Generation: 2, SDP: "offer"})
		}
		flows(call, 2, ana, bia)
		time.Sleep(aloneFor)
		ana.expect("topologyChanged") // the direct way is tried again
		bia.heard()
		bia.must(&wire.MediaFailed{Call: call, Generation: 3, Cause: wire.MediaFailureSlow})
		ana.expect() // they hear each other: there is no hurry
		bia.must(&wire.MediaFailed{Call: call, Generation: 3, Cause: wire.MediaFailureICE})
		ana.expect("topologyChanged")
		staysAtTheSFU(t, w, ana, call, 4)
	})
}

func TestASlowDirectWayIsTriedForLongIfTheSFUCannotBeReached(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		ana.must(&wire.MediaFailed{Call: call, Generation: 1, Cause: wire.MediaFailureSlow})
		bia.must(&wire.MediaFailed{Call: call, Generation: 2, Cause: wire.MediaFailureICE})
		ana.must(&wire.MediaFailed{Call: call, Generation: 3, Cause: wire.MediaFailureSlow}) // once is enough
		if shapes := w.shapes(); len(shapes) != 1 || shapes[0].Topology != wire.TopologyDirect || shapes[0].People != 2 {
			t.Errorf("the call is %+v", shapes)
		}
		ana.must(&wire.MediaFailed{Call: call, Generation: 3, Cause: wire.MediaFailureICE})
		bia.must(&wire.MediaFailed{Call: call, Generation: 4, Cause: wire.MediaFailureICE})
		if shapes := w.shapes(); len(shapes) != 0 {
			t.Errorf("the call is %+v", shapes)
		}
	})
}

func TestOnlyThePairThatWasConnectedDirectlyGoesBack(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(w *world, call wire.CallID, ana, bia, carlo *device)
	}{
		{"another two are left", func(_ *world, call wire.CallID, _, bia, _ *device) {
			bia.must(&wire.Leave{Call: call})
		}},
		{"somebody rings", func(w *world, call wire.CallID, ana, _, carlo *device) {
			w.device("dora", "phone")
			ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"dora"}})
			carlo.must(&wire.Leave{Call: call})
		}},
		{"one is not there", func(w *world, call wire.CallID, _, bia, carlo *device) {
			carlo.must(&wire.Leave{Call: call})
			w.registry.SessionLost(w.t.Context(), "bia", bia.who.Session)
		}},
		{"one has blocked the other", func(w *world, call wire.CallID, _, _, carlo *device) {
			w.registry.Blocked(w.t.Context(), "ana", "bia")
			carlo.must(&wire.Leave{Call: call})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				call, ana, bia, carlo := three(w)
				c.then(w, call, ana, bia, carlo)
				time.Sleep(aloneFor + time.Second)
				if shapes := w.shapes(); len(shapes) != 1 || shapes[0].Topology != wire.TopologySFU {
					t.Errorf("the call is %+v", shapes)
				}
			})
		})
	}
}

// staysAtTheSFU has somebody take the way through the SFU, and nobody leaves it again.
func staysAtTheSFU(t *testing.T, w *world, d *device, call wire.CallID, generation uint32) {
	t.Helper()
	d.must(&wire.Negotiate{Call: call, Generation: generation, SDP: "offer"})
	flows(call, generation, d)
	time.Sleep(time.Hour)
	d.expect()
	if shapes := w.shapes(); len(shapes) != 1 || shapes[0].Topology != wire.TopologySFU {
		t.Errorf("the call is %+v", shapes)
	}
}
