package call

import (
	"slices"
	"time"

	"pronto/signalling/wire"
)

const (
	// aloneFor is how long two must be alone again before their media goes back to the direct way: who has left may
	// come back, and every move costs both of them.
	aloneFor = 5 * time.Second
	// spareFor is for how long the connections to the SFU are kept then. Clients close theirs sooner, once the direct
	// way carries everything, and go on with them if it comes to nothing.
	spareFor = 45 * time.Second
)

// ofWay is what a call knows of the ways of its media beside the one that it takes.
type ofWay struct {
	// Pair are the two who left a direct way only because somebody came to them, or because it took long. When they are
	// alone again they go back to it: whether they may see each other's addresses was decided for them alone. It is empty
	// where there is no such way, or it did not work.
	Pair []wire.ParticipantID `json:"pair,omitempty"`

	alone time.Time // since when the pair is alone again; zero while it is not
	spare time.Time // until when connections to the SFU are kept beside the direct way; zero for none
}

// makeWay gives a call the way through the SFU when a third one has entered it.
func (s *state) makeWay(fx *effects, newcomer *leg) {
	if s.Topology != wire.TopologyDirect || s.count((*leg).in) <= 2 {
		return
	}
	s.moveToSFU(fx)
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && l.Participant != newcomer.Participant {
			s.Pair = append(s.Pair, l.Participant)
		}
	}
}

// hurry gives two who have no direct way after some seconds the way through the SFU
// meanwhile, so that they hear each other soon (as RFC 8305 does with addresses).
// Once they do, the direct way is tried again beside it, for as long as it may take:
// then, and once they have heard each other, being slow is no reason any more.
func (s *state) hurry(fx *effects) {
	if s.Flows || !s.spare.IsZero() {
		return
	}
	s.moveToSFU(fx)
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() {
			s.Pair = append(s.Pair, l.Participant)
		}
	}
}

// hurried tells whether a way through the SFU that comes to nothing leaves the direct
// one to be tried.
func (s *state) hurried() bool {
	return s.Topology == wire.TopologySFU && len(s.Pair) == 2 && !s.Flows && s.count((*leg).in) == 2
}

// moveToSFU gives the call the way through the SFU: for good, unless there is a
// pair to go back.
func (s *state) moveToSFU(fx *effects) {
	s.Topology, s.ofWay = wire.TopologySFU, ofWay{}
	s.takeWay(fx)
}

func (s *state) takeWay(fx *effects) {
	s.Generation++
	fx.durable = true
	s.broadcast(fx, wire.TopologyChanged{Topology: s.Topology, Generation: s.Generation})
}

// tendWay takes the pair back to the direct way when the two have been alone for
// long enough.
func (s *state) tendWay(fx *effects, now time.Time) {
	switch {
	case !s.pairIsAlone():
		s.alone = time.Time{}
	case s.alone.IsZero():
		s.alone = now
	case !now.Before(s.alone.Add(aloneFor)):
		s.moveBack(fx, now)
	}
}

func (s *state) pairIsAlone() bool {
	return s.Topology == wire.TopologySFU && s.Phase == wire.PhaseActive && len(s.Pair) == 2 && len(s.Legs) == 2 &&
		!slices.ContainsFunc(s.Legs, func(l leg) bool {
			return l.Presence != wire.PresenceJoined || !l.Lost.IsZero() || !l.MediaLost.IsZero() || !slices.Contains(s.Pair, l.Participant)
		})
}

// moveBack gives the pair the direct way again. What the SFU carries goes on until
// that does.
func (s *state) moveBack(fx *effects, now time.Time) {
	s.Topology, s.ofWay = wire.TopologyDirect, ofWay{spare: now.Add(spareFor)}
	s.takeWay(fx)
	for i := range s.Legs {
		s.setUnheard(fx, &s.Legs[i], false) // what the SFU has to say of their sound is over
	}
}

// unpair has two never go back to a direct way: one of them has blocked the other.
func (s *state) unpair(fx *effects, a, b *leg) {
	if slices.Contains(s.Pair, a.Participant) && slices.Contains(s.Pair, b.Participant) {
		s.Pair, fx.durable = nil, true
	}
}

// tendSpare lets the connections to the SFU go that are not needed any more.
func (s *state) tendSpare(fx *effects, now time.Time) {
	if !s.spare.IsZero() && !now.Before(s.spare) {
		s.spare = time.Time{}
		fx.spared = true
	}
}

// nextOfWay returns when the way is to be looked after.
func (s *state) nextOfWay(at func(time.Time)) {
	at(s.spare)
	if !s.alone.IsZero() {
		at(s.alone.Add(aloneFor))
	}
}
