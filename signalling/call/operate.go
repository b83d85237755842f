package call

import (
	"context"
	"slices"
	"time"

	"pronto/signalling/wire"
)

// Overview is a call as the holder of an API key sees it: who is in it, and not
// how they are connected.
type Overview struct {
	Call      wire.CallID
	Kind      wire.Kind
	Phase     wire.CallPhase
	Group     wire.GroupID
	Link      wire.LinkID
	Seq       uint32
	Told      int64 // the number of the last event for webhooks
	Locked    bool
	Encrypted bool
	Connected time.Time
	People    []wire.Participant
}

// Overview returns how a call that goes on stands. The error is a
// [wire.Problem].
func (r *Registry) Overview(ctx context.Context, id wire.CallID) (o Overview, err error) {
	err = r.with(id, func(c *Call) error {
		return c.do(ctx, func() error {
			s := c.state
			o = Overview{
				Call: s.ID, Kind: s.Kind, Phase: s.Phase, Group: s.Group, Link: s.Link, Seq: s.Seq, Told: s.Told, Locked: s.Locked,
				Encrypted: s.Keys != nil, Connected: s.Connected, People: []wire.Participant{},
			}
			for i := range s.Legs {
				o.People = append(o.People, s.Legs[i].public())
			}
			return nil
		})
	})
	return o, err
}

// EndCall ends a call for all, as whoever runs the service.
func (r *Registry) EndCall(ctx context.Context, id wire.CallID) error {
	return r.operate(ctx, id, func(s *state, fx *effects, now time.Time) error {
		reason := wire.EndHangup
		if s.Connected.IsZero() {
			reason = wire.EndCancelled
		}
		s.end(fx, reason, now)
		return nil
	})
}

// Remove puts a participant out of a call for good, as its host could.
func (r *Registry) Remove(ctx context.Context, id wire.CallID, p wire.ParticipantID) error {
	return r.operate(ctx, id, func(s *state, fx *effects, now time.Time) error {
		l := s.legOf(p)
		if l == nil {
			return errNoParticipant
		}
		other := *l
		s.Banned = append(slices.Clone(s.Banned), other.User)
		if other.pending() {
			s.stopRinging(fx, other, wire.StopCancelled)
		} else {
			s.part(fx, other, wire.LeaveRemoved, now)
		}
		s.settle(fx, wire.EndHangup, now)
		return nil
	})
}

// MuteRequest turns a participant's microphone off, as its host could; he may
// turn it on again.
func (r *Registry) MuteRequest(ctx context.Context, id wire.CallID, p wire.ParticipantID) error {
	return r.operate(ctx, id, func(s *state, fx *effects, _ time.Time) error {
		l := s.legOf(p)
		if l == nil || l.pending() {
			return errNoParticipant
		}
		media := l.Media
		media.Microphone = false
		s.setMedia(fx, l, media, "")
		return nil
	})
}

var errNoParticipant = wire.Problemf(wire.CodeNotFound, "there is no such participant in the call")

func (r *Registry) operate(ctx context.Context, id wire.CallID, f func(*state, *effects, time.Time) error) error {
	return r.with(id, func(c *Call) error {
		return c.do(ctx, func() error { return c.change(ctx, f) })
	})
}
