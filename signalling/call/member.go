package call

import (
	"slices"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// leave is a participant's own hanging up.
func (s *state) leave(fx *effects, l *leg, now time.Time) {
	host := l.Participant == s.Host
	by := l.Participant
	s.part(fx, *l, wire.LeaveHangup, now)
	reason := wire.EndHangup
	if s.Connected.IsZero() {
		reason = wire.EndCancelled
	}
	if host && s.Connected.IsZero() {
		for _, p := range s.pendingLegs() {
			if p.By == by {
				s.stopRinging(fx, p, wire.StopCancelled)
			}
		}
	}
	s.settle(fx, reason, now)
}

// suspended takes an account out of the call. To the others it looks like
// hanging up; who rings it hears that nobody answers.
func (s *state) suspended(fx *effects, user wire.UserID, now time.Time) {
	s.forgetWaiter(fx, user, LobbyClosed, now)
	s.lobbyEmptied(fx, now)
	l := s.legOfUser(user)
	switch {
	case s.Phase == wire.PhaseEnded || l == nil:
	case l.pending():
		s.silence(fx, user)
	default:
		s.leave(fx, l, now)
	}
}

// part takes a leg out of the call.
func (s *state) part(fx *effects, l leg, reason wire.LeaveReason, now time.Time) {
	fx.durable = true
	s.broadcast(fx, wire.ParticipantLeft{Participant: l.Participant, Reason: reason})
	fx.gone = append(fx.gone, l)
	if fx.reasons == nil {
		fx.reasons = map[wire.ParticipantID]wire.LeaveReason{}
	}
	fx.reasons[l.Participant] = reason
	talked := s.talked(l, now)
	s.remember(l, talked, now)
	if s.Host == l.Participant && reason != wire.LeaveMoved {
		s.Host = ""
	}
	if s.Proposal != nil && s.Proposal.By == l.Participant {
		s.expireProposal(fx)
	}
	s.remove(l.Participant)
	if s.Host == "" {
		s.Host = s.successor()
	}
	s.churn(fx, l, reason, now)
	if !l.Guest && reason != wire.LeaveMoved {
		s.logMember(fx, l, s.pastTalk(l.User))
	}
}

func (s *state) talked(l leg, now time.Time) time.Duration {
	if s.Connected.IsZero() {
		return 0
	}
	from := l.Joined
	if s.Connected.After(from) {
		from = s.Connected
	}
	return max(0, now.Sub(from))
}

// maxAs is how many of somebody's ids in a call are remembered.
const maxAs = 8

// remember adds a stay, or the end of the call for who was still rung, to what is past;
// somebody who came twice is one entry.
func (s *state) remember(l leg, talked time.Duration, now time.Time) {
	i := slices.IndexFunc(s.Past, func(p past) bool { return p.User == l.User })
	if i < 0 {
		i = len(s.Past)
		s.Past = append(s.Past, past{User: l.User, Name: l.Name, Guest: l.Guest})
	}
	p := &s.Past[i]
	p.Talked += talked
	p.As = append(slices.Clone(p.As[max(0, len(p.As)-maxAs+1):]), l.Participant)
	if l.pending() {
		return
	}
	if p.Came.IsZero() {
		p.Came = l.Joined
	}
	p.Left, p.Marks = now, l.Marks
}

func (s *state) pastTalk(user wire.UserID) time.Duration {
	for _, p := range s.Past {
		if p.User == user {
			return p.Talked
		}
	}
	return 0
}

func (s *state) logMember(fx *effects, l leg, talked time.Duration) {
	direction := store.Incoming
	if l.By == "" {
		direction = store.Outgoing
	}
	outcome := wire.OutcomeAnswered
	if s.Connected.IsZero() && s.Link == "" {
		outcome = wire.OutcomeUnanswered
	}
	s.writeLog(fx, l.User, direction, outcome, talked)
}

// settle ends the call when nobody is left to talk to. reason is why the last
// change came about.
func (s *state) settle(fx *effects, reason wire.EndReason, now time.Time) {
	if s.Phase == wire.PhaseEnded {
		return
	}
	in, pending := s.count((*leg).in), s.count((*leg).pending)
	switch {
	case s.Link != "", s.Group != "":
		if in > 0 || len(s.Waiting) > 0 || len(s.Approved) > 0 {
			return
		}
	case in > 1, in == 1 && pending > 0:
		return
	}
	if !s.Connected.IsZero() && reason != wire.EndFailed && reason != wire.EndRevoked {
		reason = wire.EndHangup
	}
	s.end(fx, reason, now)
}

// end is the last thing that happens to a call.
func (s *state) end(fx *effects, reason wire.EndReason, now time.Time) {
	fx.durable = true
	for _, l := range s.pendingLegs() {
		s.stopRinging(fx, l, wire.StopCancelled)
	}
	s.dismiss(fx, wire.KnockClosed, now)
	var talked time.Duration
	if !s.Connected.IsZero() {
		talked = max(0, now.Sub(s.Connected))
	}
	s.Phase, s.End = wire.PhaseEnded, reason
	s.broadcast(fx, wire.CallEnded{Reason: reason, DurationMs: uint32(talked.Milliseconds())})
	outcome, cause := s.outcome()
	s.settled(fx, outcome, cause)
	fx.count(Ended{Trace: s.Trace, Key: s.Key, Kind: s.Kind, Topology: s.Topology, Cause: s.endCause(), Talked: talked, Peak: s.Peak})
	s.Keys = s.Keys.over()
	for _, l := range s.Legs {
		fx.gone = append(fx.gone, l)
		s.remember(l, s.talked(l, now), now)
	}
	for _, l := range s.Legs {
		if !l.Guest {
			s.logMember(fx, l, s.pastTalk(l.User))
		}
	}
	s.Legs = nil
}

// settled says once how the attempt to set the call up ended, also if the server
// crashes after it.
func (s *state) settled(fx *effects, outcome Outcome, cause Cause) {
	if s.Settled {
		return
	}
	s.Settled, fx.durable = true, true
	fx.count(SetUpEnded{Trace: s.Trace, Key: s.Key, Arm: s.Arm, Kind: s.Kind, Topology: s.Topology, Via: s.via(), Outcome: outcome, Cause: cause})
}

func (s *state) via() Via {
	switch {
	case s.Link != "":
		return ViaLink
	case s.Group != "", s.LastID > 2:
		return ViaGroup
	}
	return ViaContact
}

// outcome judges a call that ended before media was heard.
func (s *state) outcome() (Outcome, Cause) {
	answered := !s.Connected.IsZero() || s.Link != "" && s.Peak > 0
	switch {
	case answered && s.Fault != CauseNone:
		return OutcomeFailed, s.Fault
	case !s.Connected.IsZero() && s.End == wire.EndFailed:
		return OutcomeFailed, CauseSignalling
	case answered:
		return OutcomeConnected, CauseNone
	case !s.Reached && s.Kept && s.End != wire.EndFailed:
		return OutcomeBlocked, CauseNone
	}
	switch s.End {
	case wire.EndDeclined, wire.EndBusy:
		if s.Busy {
			return OutcomeBusy, CauseNone
		}
		return OutcomeDeclined, CauseNone
	case wire.EndNoAnswer:
		if !s.Rang {
			return OutcomeUnreachable, CauseNone
		}
		return OutcomeMissed, CauseNone
	case wire.EndCancelled, wire.EndHangup, wire.EndRevoked:
		return OutcomeCancelled, CauseNone
	}
	return OutcomeFailed, CauseSignalling
}

// endCause says why the call is over, in the words of metrics.
func (s *state) endCause() EndCause {
	switch s.End {
	case wire.EndDeclined, wire.EndBusy:
		return EndDeclined
	case wire.EndNoAnswer:
		return EndTimeout
	case wire.EndCancelled:
		return EndCancelled
	case wire.EndRevoked:
		return EndKicked
	case wire.EndHangup:
		if s.Link != "" || s.Group != "" {
			return EndLastLeft
		}
		return EndHangup
	}
	switch {
	case s.Left:
		return EndCrash
	case s.Fault != CauseNone:
		return EndError
	}
	return EndNetwork
}

// lost notes that a session has no socket.
func (s *state) lost(session wire.SessionID, now time.Time) {
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && l.Session == session && l.Lost.IsZero() {
			l.Lost = now
		}
	}
	if i := slices.IndexFunc(s.Waiting, func(w waiter) bool { return w.Session == session && w.Lost.IsZero() }); i >= 0 {
		s.Waiting[i].Lost = now
	}
}

// attach gives the account's leg on this device to this session: its socket is
// back, or its page was loaded again.
func (s *state) attach(fx *effects, who Who) (*leg, error) {
	if s.Phase == wire.PhaseEnded {
		return nil, errCallEnded
	}
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && l.User == who.User && l.Device == who.Device {
			l.Session, l.Lost, s.Left = who.Session, time.Time{}, false
			s.heard(fx, l)
			return l, nil
		}
	}
	return nil, errNoCall
}

// heard tells the others that a participant is back, when nothing of his is
// missing any more.
func (s *state) heard(fx *effects, l *leg) {
	if l.Presence == wire.PresenceReconnecting && l.Lost.IsZero() && l.MediaLost.IsZero() {
		l.Presence = wire.PresenceJoined
		s.broadcast(fx, wire.PresenceChanged{Participant: l.Participant, Presence: l.Presence})
	}
}

// tick does what is due.
func (s *state) tick(fx *effects, now time.Time) {
	if s.Phase == wire.PhaseEnded {
		return
	}
	if s.Proposal != nil && !now.Before(s.Proposal.Until) {
		s.expireProposal(fx)
	}
	s.tendLobby(fx, now)
	s.tendSpare(fx, now)
	due := func(t time.Time, after time.Duration) bool { return !t.IsZero() && !t.Add(after).After(now) }
	for _, l := range append([]leg(nil), s.Legs...) {
		if s.Phase == wire.PhaseEnded {
			return
		}
		switch {
		case l.pending():
			if due(l.RingUntil, 0) {
				s.stopRinging(fx, l, wire.StopTimeout)
				s.settle(fx, wire.EndNoAnswer, now)
			}
		case due(l.Lost, s.grace), due(l.MediaLost, s.grace):
			s.part(fx, l, wire.LeaveLost, now)
			s.settle(fx, wire.EndFailed, now)
		case l.Presence == wire.PresenceJoined && (due(l.Lost, quietFor) || due(l.MediaLost, quietFor)):
			own := s.legOf(l.Participant)
			own.Presence = wire.PresenceReconnecting
			s.broadcast(fx, wire.PresenceChanged{Participant: l.Participant, Presence: own.Presence})
		}
	}
}
