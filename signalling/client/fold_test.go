package client

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/wire"
)

func TestEventsAreFoldedIntoTheState(t *testing.T) {
	s := &wire.CallState{
		Call: "c1", Epoch: 1, Seq: 4, Host: "p1", Phase: wire.PhaseRinging, Topology: wire.TopologyDirect, Generation: 1,
		Participants: []wire.Participant{{Participant: "p1", Presence: wire.PresenceJoined}, {Participant: "p2", Presence: wire.PresenceInvited}},
	}
	for i, body := range []any{
		&wire.ParticipantRinging{Participant: "p2"},
		&wire.ParticipantJoined{Participant: wire.Participant{Participant: "p2", Name: "Bia", Presence: wire.PresenceJoined, Device: wire.DevicePhone}},
		&wire.PhaseChanged{Phase: wire.PhaseConnecting, ConnectedMs: 7},
		&wire.ParticipantInvited{By: "p1", Participant: wire.Participant{Participant: "p3", Presence: wire.PresenceInvited}},
		&wire.InviteUnanswered{Participant: "p3"},
		&wire.InviteWithdrawn{Participant: "p9"},
		&wire.ParticipantInvited{By: "p1", Participant: wire.Participant{Participant: "p4", Presence: wire.PresenceInvited}},
		&wire.MediaChanged{Participant: "p2", Media: wire.Media{Camera: true}},
		&wire.MediaChanged{Participant: "p2", Media: wire.Media{Camera: true}, Device: wire.DeviceComputer},
		&wire.MediaChanged{Participant: "p2", Media: wire.Media{Microphone: true}},
		&wire.BatteryChanged{Participant: "p2", Low: true},
		&wire.PresenceChanged{Participant: "p2", Presence: wire.PresenceReconnecting},
		&wire.TopologyChanged{Topology: wire.TopologySFU, Generation: 2},
		&wire.ParticipantLeft{Participant: "p1", Reason: wire.LeaveHangup},
	} {
		if step := Fold(s, Event{Call: "c1", Epoch: 1, Seq: uint32(5 + i), Body: body}); step != Folded {
			t.Fatalf("%T was not folded: %d", body, step)
		}
	}
	want := &wire.CallState{
		Call: "c1", Epoch: 1, Seq: 18, Phase: wire.PhaseConnecting, ConnectedMs: 7, Topology: wire.TopologySFU, Generation: 2,
		Participants: []wire.Participant{
			{Participant: "p2", Name: "Bia", Presence: wire.PresenceReconnecting, Device: wire.DeviceComputer, Media: wire.Media{Microphone: true}, BatteryLow: true},
			{Participant: "p4", Presence: wire.PresenceInvited},
		},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("the state differs (-want +got):\n%s", diff)
	}
	if in := Joined(s); len(in) != 1 || in[0].Participant != "p2" {
		t.Errorf("in the call are %+v", in)
	}
}

func TestOldEventsAreLeftOutAndGapsAreTold(t *testing.T) {
	for _, row := range []struct {
		name       string
		epoch, seq uint32
		want       Step
	}{
		{"the next", 2, 6, Folded},
		{"the same again", 2, 5, Old},
		{"one before", 2, 4, Old},
		{"one too far", 2, 7, Gap},
		{"of a former owner", 1, 6, Old},
		{"of a new owner, who may have forgotten the last events", 3, 6, Gap},
		{"of no number", 2, 0, Old},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &wire.CallState{Epoch: 2, Seq: 5}
			if got := Fold(s, Event{Epoch: row.epoch, Seq: row.seq, Body: &wire.CallEnded{}}); got != row.want {
				t.Errorf("the step is %d, want %d", got, row.want)
			}
			if folded := s.Phase == wire.PhaseEnded; folded != (row.want == Folded) {
				t.Errorf("the event changed the state: %v", folded)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"slots","serial":3,"call":"c1","body":{"generation":1,"slots":[{"mid":"4","participant":"p2","source":"microphone"}]}}`))
	f.Add([]byte(`{"type":"problem","id":"r1","body":{"code":"notFound","detail":""}}`))
	f.Add([]byte(`{"type":"welcome","id":"h1","body":null}`))
	f.Add([]byte(`{"type":"callState","id":"r1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, body, err := decode(data)
		if err != nil {
			return
		}
		s := &wire.CallState{}
		Fold(s, Event{Call: frame.Call, Epoch: frame.Epoch, Seq: frame.Seq, Body: body})
		if len(s.Participants) > 1 {
			t.Errorf("one event made %d participants", len(s.Participants))
		}
	})
}
