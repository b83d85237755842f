package client

import (
	"cmp"
	"slices"

	"pronto/signalling/wire"
)

// Step says what became of an event given to [Fold].
type Step int

// The steps.
const (
	// Folded: the state includes the event now.
	Folded Step = iota
	// Old: the state included it already, or its owner has lost the call.
	Old
	// Gap: events before it are missing; ask for [wire.Sync].
	Gap
)

// Fold brings a call's state up to date by one event of scope call. Events of other
// scopes change nothing.
func Fold(s *wire.CallState, e Event) Step {
	if e.Seq == 0 {
		return Old
	}
	switch {
	case e.Epoch < s.Epoch || e.Epoch == s.Epoch && e.Seq <= s.Seq:
		return Old
	case e.Epoch > s.Epoch: // its new owner may not know the last events of the old one
		return Gap
	case e.Seq != s.Seq+1:
		return Gap
	}
	s.Seq = e.Seq
	switch b := e.Body.(type) {
	case *wire.ParticipantInvited:
		put(s, b.Participant)
	case *wire.ParticipantRinging:
		change(s, b.Participant, func(p *wire.Participant) { p.Presence = wire.PresenceRinging })
	case *wire.InviteUnanswered:
		remove(s, b.Participant)
	case *wire.InviteWithdrawn:
		remove(s, b.Participant)
	case *wire.ParticipantJoined:
		put(s, b.Participant)
	case *wire.ParticipantLeft:
		remove(s, b.Participant)
	case *wire.PresenceChanged:
		change(s, b.Participant, func(p *wire.Participant) { p.Presence = b.Presence })
	case *wire.MediaChanged:
		change(s, b.Participant, func(p *wire.Participant) { p.Media, p.Device = b.Media, cmp.Or(b.Device, p.Device) })
	case *wire.BatteryChanged:
		change(s, b.Participant, func(p *wire.Participant) { p.BatteryLow = b.Low })
	case *wire.HoldChanged:
		change(s, b.Participant, func(p *wire.Participant) { p.OnHold = b.On })
	case *wire.HandChanged:
		change(s, b.Participant, func(p *wire.Participant) { p.HandMs = b.RaisedMs })
	case *wire.TroubleChanged:
		change(s, b.Participant, func(p *wire.Participant) {
			if b.Trouble == wire.TroubleNotHeard {
				p.NotHeard = b.On
			} else {
				p.PoorNetwork = b.On
			}
		})
	case *wire.HostChanged:
		s.Host = b.Host
	case *wire.LockChanged:
		s.Locked = b.On
	case *wire.PhaseChanged:
		s.Phase, s.ConnectedMs = b.Phase, b.ConnectedMs
	case *wire.TopologyChanged:
		s.Topology, s.Generation = b.Topology, b.Generation
	case *wire.CallEnded:
		s.Phase = wire.PhaseEnded
	}
	return Folded
}

func put(s *wire.CallState, p wire.Participant) {
	if !change(s, p.Participant, func(old *wire.Participant) { *old = p }) {
		s.Participants = append(s.Participants, p)
	}
}

func change(s *wire.CallState, id wire.ParticipantID, f func(*wire.Participant)) bool {
	for i := range s.Participants {
		if s.Participants[i].Participant == id {
			f(&s.Participants[i])
			return true
		}
	}
	return false
}

func remove(s *wire.CallState, id wire.ParticipantID) {
	if s.Host == id {
		s.Host = ""
	}
	s.Participants = slices.DeleteFunc(s.Participants, func(p wire.Participant) bool { return p.Participant == id })
}

// Joined returns who is in the call, in order of arrival.
func Joined(s *wire.CallState) []wire.Participant {
	var in []wire.Participant
	for _, p := range s.Participants {
		if p.Presence == wire.PresenceJoined || p.Presence == wire.PresenceReconnecting {
			in = append(in, p)
		}
	}
	return in
}
