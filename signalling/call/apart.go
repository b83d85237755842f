package call

import (
	"context"
	"slices"

	"pronto/signalling/wire"
)

// couple are two accounts that a group keeps apart in its call, because one of
// them blocks the other: nothing that either does in the call reaches the other.
type couple struct {
	A wire.UserID `json:"a"`
	B wire.UserID `json:"b"`
}

// blocks reads who in the call blocks, or is blocked by, somebody who is about
// to join. own is whether he has blocked one himself: only of that he may be
// told. Only for run.
func (c *Call) blocks(ctx context.Context, user wire.UserID) (own bool, apart []wire.UserID, err error) {
	var in []string
	for i := range c.state.Legs {
		if l := &c.state.Legs[i]; l.in() && l.User != user {
			in = append(in, string(l.User))
		}
	}
	if len(in) == 0 {
		return false, nil, nil
	}
	relations, err := c.cfg.Store.Relations(ctx, string(user), in)
	for _, rel := range relations {
		own = own || rel.CallerBlockedCallee
		if rel.CallerBlockedCallee || rel.CalleeBlockedCaller {
			apart = append(apart, wire.UserID(rel.Callee))
		}
	}
	return own, apart, err
}

func (s *state) areApart(a, b wire.UserID) bool {
	return len(s.Apart) > 0 && (slices.Contains(s.Apart, couple{a, b}) || slices.Contains(s.Apart, couple{b, a}))
}

// hides tells whether somebody in the call must not be noticed by a viewer. Who
// is only rung looks to him like somebody who is not there.
func (s *state) hides(viewer *leg, whom wire.ParticipantID) bool {
	other := s.legOf(whom)
	return other != nil && viewer != nil && s.areApart(viewer.User, other.User)
}

// separate keeps two accounts apart from now on. If both are in the call, each
// sees the other leave.
func (s *state) separate(fx *effects, a, b wire.UserID) {
	if s.areApart(a, b) {
		return
	}
	s.Apart = append(slices.Clip(s.Apart), couple{a, b})
	fx.durable, fx.apart = true, true
	one, other := s.legOfUser(a), s.legOfUser(b)
	if one == nil || other == nil || one.pending() || other.pending() {
		return
	}
	s.tellEach(fx, func(l *leg) any {
		switch l.Participant {
		case one.Participant:
			return wire.ParticipantLeft{Participant: other.Participant, Reason: wire.LeaveHangup}
		case other.Participant:
			return wire.ParticipantLeft{Participant: one.Participant, Reason: wire.LeaveHangup}
		}
		return nil
	})
}

// withdraw ends a ring, which is about to be answered, for those who must not
// notice the answer: to them he did not come.
func (s *state) withdraw(fx *effects, l *leg) {
	viewers := s.count(func(o *leg) bool { return o.in() && s.areApart(o.User, l.User) })
	if viewers == 0 {
		return
	}
	s.tellEach(fx, func(viewer *leg) any {
		if s.areApart(viewer.User, l.User) {
			return wire.InviteUnanswered{Participant: l.Participant}
		}
		return nil
	})
}

// tellEach tells everybody in the call what f returns for him; for nil his
// count of the events stays as it is, so that he misses nothing he knows of.
func (s *state) tellEach(fx *effects, f func(*leg) any) {
	s.Seq++
	for i := range s.Legs {
		l := &s.Legs[i]
		if !l.in() {
			continue
		}
		body := f(l)
		if body == nil {
			l.Hidden++
			continue
		}
		if l.Session != "" {
			fx.frames = append(fx.frames, outgoing{
				sessions: []wire.SessionID{l.Session}, call: s.ID, epoch: s.Epoch, seq: s.Seq - l.Hidden, body: body,
			})
		}
	}
}

// as is an event as a viewer may see it, or nil.
func (s *state) as(viewer *leg, body any) any {
	if s.hides(viewer, subject(body)) || s.queued(rung(body)) {
		return nil
	}
	switch e := body.(type) {
	case wire.ParticipantInvited:
		if s.hides(viewer, e.By) {
			e.By = ""
		}
		e.Participant = s.unveiled(viewer, e.Participant)
		return e
	case wire.ParticipantJoined:
		e.Participant = s.unveiled(viewer, e.Participant)
		return e
	case wire.KindProposed, wire.KindAnswered:
		if s.Proposal != nil && slices.Contains(s.Proposal.Unasked, viewer.User) {
			return nil
		}
		return e
	case wire.MediaChanged:
		if s.hides(viewer, e.By) {
			e.By = ""
		}
		return e
	case wire.HandChanged:
		if s.hides(viewer, e.By) {
			e.By = ""
		}
		return e
	}
	return body
}

// subject is who an event is about, if it is about somebody in the call.
func subject(body any) wire.ParticipantID {
	switch e := body.(type) {
	case wire.ParticipantRinging:
		return e.Participant
	case wire.ParticipantJoined:
		return e.Participant.Participant
	case wire.ParticipantLeft:
		return e.Participant
	case wire.PresenceChanged:
		return e.Participant
	case wire.MediaChanged:
		return e.Participant
	case wire.BatteryChanged:
		return e.Participant
	case wire.HoldChanged:
		return e.Participant
	case wire.KindProposed:
		return e.By
	case wire.KindAnswered:
		return e.Participant
	case wire.HandChanged:
		return e.Participant
	case wire.Reacted:
		return e.Participant
	case wire.TroubleChanged:
		return e.Participant
	case wire.HostChanged:
		return e.Host
	}
	return ""
}

// hide takes out of a view what its viewer must not notice.
func (s *state) hide(v *wire.CallState, viewer *leg) {
	if viewer == nil {
		return
	}
	v.Seq -= viewer.Hidden
	if s.hides(viewer, v.Host) {
		v.Host = ""
	}
	v.Participants = slices.DeleteFunc(v.Participants, func(p wire.Participant) bool {
		return p.Presence != wire.PresenceInvited && p.Presence != wire.PresenceRinging && s.hides(viewer, p.Participant)
	})
	for i := range v.Participants {
		v.Participants[i] = s.unveiled(viewer, v.Participants[i])
		if p := &v.Participants[i]; p.Presence == wire.PresenceRinging && s.hides(viewer, p.Participant) {
			p.Presence = wire.PresenceInvited
		}
	}
}

// keepApart has the SFU forward nothing between those who are kept apart. Only
// for run.
func (c *Call) keepApart() {
	if len(c.state.Apart) == 0 {
		return
	}
	for id, p := range c.peers {
		own := c.state.legOf(id)
		var from []string
		for i := range c.state.Legs {
			if l := &c.state.Legs[i]; l.in() && own != nil && c.state.areApart(own.User, l.User) {
				from = append(from, string(l.Participant))
			}
		}
		p.Isolate(from)
	}
}
