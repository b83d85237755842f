package call

import (
	"strings"
	"time"

	"pronto/signalling/wire"
)

// onWay returns the leg that this session has in the call, if media takes this
// way now. Who has not joined by his own act has none.
func (s *state) onWay(who Who, generation uint32, way wire.Topology) (*leg, error) {
	l, err := s.member(who)
	if err != nil {
		return nil, err
	}
	if generation != s.Generation || s.Topology != way {
		return nil, errStale
	}
	return l, nil
}

// toOther hands what sets up a direct connection to the other participant.
func (s *state) toOther(fx *effects, who Who, generation uint32, body any) error {
	self, err := s.onWay(who, generation, wire.TopologyDirect)
	if err != nil {
		return err
	}
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && l.Participant != self.Participant {
			s.toPeer(fx, l.Session, body)
		}
	}
	return nil
}

// setMedia notes what a participant sends and tells the others; by is who
// turned his microphone off, if somebody else did.
func (s *state) setMedia(fx *effects, l *leg, media wire.Media, by wire.ParticipantID) {
	if l.Media == media {
		return
	}
	if l.Media.Microphone != media.Microphone {
		fx.allow = append(fx.allow, l.Participant)
	}
	l.Media = media
	s.broadcast(fx, wire.MediaChanged{Participant: l.Participant, Media: media, By: by})
	if !media.Microphone {
		l.NoSound, l.Unheard = false, nil
		s.judgeHearing(fx, l) // who is muted is not "not heard"
	}
}

// setBattery tells the others once for each crossing.
func (s *state) setBattery(fx *effects, l *leg, low bool) {
	if l.BatteryLow == low {
		return
	}
	l.BatteryLow = low
	s.broadcast(fx, wire.BatteryChanged{Participant: l.Participant, Low: low})
	if low {
		fx.count(Alerted{Alert: "low_battery"})
	}
}

// mediaFlows notes the first sound that a participant heard on this way.
func (s *state) mediaFlows(fx *effects, l *leg, m *wire.MediaFlows) error {
	switch {
	case m.Generation != s.Generation:
		return errStale
	case s.Connected.IsZero():
		return errUnanswered
	}
	fx.notes = append(fx.notes, Step{What: "mediaFlows", Who: l.Participant, Detail: string(m.Path), TookMs: int64(m.AfterMs)})
	fx.count(MediaBegan{Trace: s.Trace, Arm: s.Arm, Via: s.via(), Kind: s.Kind, Topology: s.Topology, Path: m.Path, After: time.Duration(m.AfterMs) * time.Millisecond})
	if !s.Flows {
		s.Flows, s.Fault = true, CauseNone
		s.settled(fx, OutcomeConnected, CauseNone)
	}
	if s.Phase == wire.PhaseConnecting {
		s.Phase = wire.PhaseActive
		fx.durable = true
		s.broadcast(fx, wire.PhaseChanged{Phase: s.Phase, ConnectedMs: wire.UnixMs(s.Connected.UnixMilli())})
	}
	return nil
}

// mediaFailed gives up a way that does not work for a participant: two people
// who cannot reach each other directly meet at the SFU; who cannot reach the
// SFU leaves, unless the direct way was not tried for long.
func (s *state) mediaFailed(fx *effects, l *leg, m *wire.MediaFailed, now time.Time) error {
	switch {
	case m.Generation != s.Generation:
		return errStale
	case s.Topology == wire.TopologyDirect && s.Connected.IsZero():
		return errUnanswered
	}
	fx.notes = append(fx.notes, Step{What: "mediaFailed", Who: l.Participant, Detail: strings.TrimSpace(string(s.Topology) + " " + string(m.Cause))})
	s.blame(causeOf(m.Cause))
	switch {
	case s.Topology == wire.TopologyDirect && m.Cause == wire.MediaFailureSlow:
		s.hurry(fx)
		return nil
	case s.Topology == wire.TopologyDirect:
		s.moveToSFU(fx)
		return nil
	case s.hurried():
		s.moveBack(fx, now)
		return nil
	}
	s.part(fx, *l, wire.LeaveLost, now)
	s.settle(fx, wire.EndFailed, now)
	return nil
}

// blame notes what keeps media from flowing, until somebody hears somebody. The
// last one counts: it is of the way that was tried last. That there was no room
// is not forgotten when clients then say that nothing came: they cannot know why.
func (s *state) blame(cause Cause) {
	full := s.Fault == CauseCapacity && cause == CauseICE
	if !s.Flows && !full {
		s.Fault = cause
	}
}

func causeOf(failure wire.MediaFailure) Cause {
	switch failure {
	case wire.MediaFailureDTLS:
		return CauseDTLS
	case wire.MediaFailureCodec:
		return CauseCodec
	case wire.MediaFailureKeys:
		return CauseKeyExchange
	}
	return CauseICE
}

// mediaLost notes that a participant's connection to the SFU is silent, or is
// back.
func (s *state) mediaLost(fx *effects, p wire.ParticipantID, lost bool, now time.Time) {
	l := s.legOf(p)
	if l == nil || l.pending() {
		return
	}
	if lost {
		if l.MediaLost.IsZero() {
			l.MediaLost = now
		}
		return
	}
	l.MediaLost = time.Time{}
	s.heard(fx, l)
}
