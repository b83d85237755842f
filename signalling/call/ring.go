package call

import (
	"slices"
	"strconv"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// addLeg appends a leg with the next participant id.
func (s *state) addLeg(l leg) *leg {
	s.LastID++
	l.Participant = wire.ParticipantID("p" + strconv.Itoa(s.LastID))
	l.Hosts = l.Hosts || s.Link != "" && l.User == s.Owner
	s.Legs = append(s.Legs, l)
	return &s.Legs[len(s.Legs)-1]
}

// invite adds legs that ring. The same account is rung once.
func (s *state) invite(fx *effects, by wire.ParticipantID, callees []callee, now time.Time) error {
	if s.Phase == wire.PhaseEnded {
		return errCallEnded
	}
	if l := s.legOf(by); s.Locked && (l == nil || !s.hosts(l)) {
		return errLocked
	}
	fresh := s.unknown(callees)
	if len(s.Legs)+len(fresh) > wire.MaxParticipants {
		return wire.Problemf(wire.CodeCallFull, "a call has at most %d participants", wire.MaxParticipants)
	}
	for _, c := range fresh {
		s.Reached = s.Reached || !c.silent || c.busy
		s.Kept = s.Kept || c.silent && !c.busy && c.reason != policy.ReasonUnknownUser
		l := s.addLeg(leg{
			User: c.user, Name: c.name, Automated: c.automated, Silent: c.silent, Quiet: c.quiet || c.busy, Queued: c.queued, By: by,
			Presence: wire.PresenceInvited, RingUntil: now.Add(s.ringFor),
		})
		if from := s.legOf(by); c.veiled && from != nil {
			s.cover([]veil{{c.user, from.User}}, nil)
		}
		s.broadcast(fx, wire.ParticipantInvited{By: by, Participant: l.public()})
		// For who must not be reached a push to nobody is written, so that the
		// store takes as long.
		reached := c.user
		if c.silent {
			reached = nobody
		}
		fx.outbox = append(fx.outbox, ringPush(s.ID, s.Kind, reached, s.ringFor))
		fx.outbox = append(fx.outbox, s.weight(c)...)
	}
	fx.durable = true
	return nil
}

// weight is as many rows for nobody as are not written for a callee who is not rung
// (no push) or does not exist (no decision to read later either).
func (s *state) weight(c callee) (rows []store.NewOutbox) {
	if c.silent { // found again and deleted when it stops ringing, as a push is
		rows = append(rows, store.NewOutbox{Topic: TopicNone, Key: pushKey(s.ID, c.user), Payload: []byte("{}"), TTL: s.ringFor})
	}
	if c.reason == policy.ReasonUnknownUser {
		rows = append(rows, ballast)
	}
	return rows
}

// ringThem sends the ring to the devices of all new legs that may be reached.
func (s *state) ringThem(fx *effects, callees []callee, now time.Time) {
	for _, c := range callees {
		if in, ok := s.incoming(c.user, now); ok {
			fx.tell(c.user, "", in)
		}
	}
}

// silence makes a leg one that must not be reached, after a block or a setting
// that came while it rang. The caller's side goes on as it was.
func (s *state) silence(fx *effects, user wire.UserID) {
	l := s.legOfUser(user)
	if l == nil || !l.pending() {
		return
	}
	rang := !l.Silent
	s.hush(fx, user, false)
	if rang {
		fx.tell(user, "", wire.RingStopped{Call: s.ID, Reason: wire.StopCancelled})
	}
}

// deviceRings notes that a device of the account rings.
func (s *state) deviceRings(fx *effects, who Who, now time.Time) error {
	l := s.legOfUser(who.User)
	switch {
	case s.Phase == wire.PhaseEnded:
		return errCallEnded
	case l == nil || l.Silent:
		return errNoCall
	case l.Presence != wire.PresenceInvited:
		return nil // another device was first to say so, or it is answered
	}
	l.Presence, s.Rang = wire.PresenceRinging, true
	s.broadcast(fx, wire.ParticipantRinging{Participant: l.Participant})
	fx.count(RingingBegan{Topology: s.Topology, After: now.Sub(l.RingUntil.Add(-s.ringFor))})
	s.queueRings(fx, l)
	return nil
}

// accept answers on one device. A silent leg can be accepted only by its
// account calling the caller at the same time.
func (s *state) accept(fx *effects, who Who, media wire.Media, now time.Time, glare bool) error {
	l := s.legOfUser(who.User)
	switch {
	case s.Phase == wire.PhaseEnded:
		return errCallEnded
	case l == nil || l.Silent && !glare:
		return errNoCall
	case l.in() && l.Session == who.Session:
		return nil // the same device again
	case l.in():
		return errElsewhere(l.DeviceName)
	}
	if err := s.suits(who); err != nil {
		return err
	}
	if !l.Silent {
		fx.drop = append(fx.drop, pushKey(s.ID, l.User))
		fx.tell(l.User, who.Session, wire.RingStopped{Call: s.ID, Reason: wire.StopAnsweredElsewhere, Device: who.DeviceName})
	}
	if by := s.legOf(l.By); by != nil && !by.Guest {
		fx.answers = append(fx.answers, store.Answer{Caller: string(by.User), Callee: string(l.User)})
	}
	s.rang(fx, l, OutcomeConnected, now)
	queued := l.Queued
	l.Silent, l.Quiet, l.Queued = false, false, false
	s.enter(fx, l, who, media, now)
	if queued {
		s.queueAnswered(fx, now)
	}
	return nil
}

// enter puts a leg into the call on one device.
func (s *state) enter(fx *effects, l *leg, who Who, media wire.Media, now time.Time) {
	l.Presence, l.Session, l.Device, l.DeviceName, l.Class = wire.PresenceJoined, who.Session, who.Device, who.DeviceName, who.Class
	l.Can = who.Can
	l.noteCan(fx)
	l.Name, l.Automated, l.Media, l.Joined, l.RingUntil = who.Name, who.Automated, media, now, time.Time{}
	s.Peak = max(s.Peak, s.count((*leg).in))
	fx.durable = true
	fx.came = append(fx.came, who)
	s.broadcast(fx, wire.ParticipantJoined{Participant: l.public(), KeyEpoch: s.Keys.epoch()})
	if s.count((*leg).in) > 1 && s.Phase == wire.PhaseRinging {
		s.Phase, s.Connected = wire.PhaseConnecting, now
		s.broadcast(fx, wire.PhaseChanged{Phase: s.Phase, ConnectedMs: wire.UnixMs(now.UnixMilli())})
	}
	s.makeWay(fx, l)
	if !l.Guest {
		direction := store.Incoming
		if l.Participant == s.Host || l.By == "" {
			direction = store.Outgoing
		}
		fx.log = append(fx.log, s.logChange(l.User, direction, wire.OutcomeOngoing, 0))
	}
}

// rang counts how long a callee's devices rang, if they did.
func (s *state) rang(fx *effects, l *leg, outcome Outcome, now time.Time) {
	if l.Presence == wire.PresenceRinging {
		fx.count(RingingEnded{Outcome: outcome, After: max(0, now.Sub(l.RingUntil.Add(-s.ringFor)))})
	}
}

// decline refuses on all devices of the account; busy says that it is in
// another call.
func (s *state) decline(fx *effects, who Who, busy bool, now time.Time) error {
	l := s.legOfUser(who.User)
	switch {
	case s.Phase == wire.PhaseEnded:
		return errCallEnded
	case l == nil || l.Silent:
		return errNoCall
	case l.in():
		return errElsewhere(l.DeviceName)
	}
	fx.tell(l.User, who.Session, wire.RingStopped{Call: s.ID, Reason: wire.StopDeclinedElsewhere, Device: who.DeviceName})
	s.Busy = s.Busy || busy
	s.rang(fx, l, OutcomeDeclined, now)
	s.drop(fx, l, wire.OutcomeDeclined, wire.InviteUnanswered{Participant: l.Participant})
	s.settle(fx, wire.EndDeclined, now)
	return nil
}

// cancel takes back what by has invited: one, or all.
func (s *state) cancel(fx *effects, by, whom wire.ParticipantID, now time.Time) error {
	for _, l := range s.pendingLegs() {
		if l.By == by && (whom == "" || l.Participant == whom) {
			s.stopRinging(fx, l, wire.StopCancelled)
		}
	}
	s.settle(fx, wire.EndCancelled, now)
	return nil
}

func (s *state) pendingLegs() []leg {
	var list []leg
	for _, l := range s.Legs {
		if l.pending() {
			list = append(list, l)
		}
	}
	return list
}

// stopRinging ends an unanswered leg as a missed call.
func (s *state) stopRinging(fx *effects, l leg, reason wire.StopReason) {
	if !l.Silent {
		fx.tell(l.User, "", wire.RingStopped{Call: s.ID, Reason: reason})
	}
	s.rang(fx, &l, OutcomeMissed, fx.at)
	var told any = wire.InviteUnanswered{Participant: l.Participant}
	if reason == wire.StopCancelled { // he is not waited for any more: nobody is told that he did not come
		told = wire.InviteWithdrawn{Participant: l.Participant}
	}
	s.drop(fx, s.legOf(l.Participant), wire.OutcomeMissed, told)
}

// turnAway ends the leg of who is in another call and wants no ring meanwhile: he
// has missed a call, and the others hear at once that he is busy. Until then the leg
// is a quiet one: if the server ends here it does not ring later.
func (s *state) turnAway(fx *effects, user wire.UserID) {
	l := s.legOfUser(user)
	if l == nil || !l.pending() {
		return
	}
	l.Silent, l.Quiet, s.Busy = false, false, true
	s.drop(fx, l, wire.OutcomeMissed, wire.InviteUnanswered{Participant: l.Participant, Busy: true})
}

// drop removes an unanswered leg, tells the others so and writes the account's log.
func (s *state) drop(fx *effects, l *leg, outcome wire.Outcome, told any) {
	gone := *l
	fx.durable = true
	s.broadcast(fx, told)
	// For who must not be reached the same is written for nobody, so that the
	// store takes as long. A quiet leg is a missed call in the log, of which no
	// device is told.
	fx.drop = append(fx.drop, pushKey(s.ID, gone.User))
	logged, pushed := gone.User, gone.User
	if gone.Silent {
		logged, pushed = nobody, nobody
	}
	if gone.Quiet {
		logged = gone.User
		fx.untold = append(fx.untold, logged)
	}
	s.writeLog(fx, logged, store.Incoming, outcome, 0)
	if logged == nobody {
		fx.outbox = append(fx.outbox, ballast)
	}
	if outcome == wire.OutcomeMissed {
		fx.outbox = append(fx.outbox, s.missedPush(pushed))
		if pushed == nobody {
			fx.outbox = append(fx.outbox, ballast)
		}
	}
	s.Past = append(s.Past, past{User: gone.User, Name: gone.Name, As: []wire.ParticipantID{gone.Participant}})
	s.remove(gone.Participant)
	s.queueUnanswered(fx)
}

func (s *state) remove(p wire.ParticipantID) {
	for i := range s.Legs {
		if s.Legs[i].Participant == p {
			s.Legs = append(s.Legs[:i], s.Legs[i+1:]...)
			return
		}
	}
}

// blocked makes a new block take effect on a call that goes on.
func (s *state) blocked(fx *effects, owner, blocked wire.UserID, now time.Time) {
	if s.Phase == wire.PhaseEnded {
		return
	}
	if owner == s.Owner && s.Link != "" {
		s.forgetWaiter(fx, blocked, LobbyClosed, now)
		s.lobbyEmptied(fx, now)
	}
	own, other := s.legOfUser(owner), s.legOfUser(blocked)
	if own == nil || other == nil {
		return
	}
	s.unpair(fx, own, other)
	switch {
	case own.pending() && own.By == other.Participant:
		s.silence(fx, owner)
	case other.pending() && other.By == own.Participant:
		s.stopRinging(fx, *other, wire.StopCancelled)
		s.settle(fx, wire.EndCancelled, now)
	case s.Group != "":
		if s.Isolate {
			s.separate(fx, owner, blocked)
		}
	case s.Link == "" && len(s.Legs) == 2:
		s.end(fx, wire.EndHangup, now)
	}
}

// hush is silence before the first ring: no device has heard of it yet. A quiet
// leg is found in the log later.
func (s *state) hush(fx *effects, user wire.UserID, quiet bool) {
	if l := s.legOfUser(user); l != nil && l.pending() && (!l.Silent || l.Quiet != quiet) {
		l.Silent, l.Quiet = true, quiet
		fx.durable = true
		fx.drop = append(fx.drop, pushKey(s.ID, user))
	}
}

// unknown returns those who have no leg yet.
func (s *state) unknown(callees []callee) []callee {
	var fresh []callee
	for _, c := range callees {
		if s.legOfUser(c.user) == nil && !slices.Contains(s.Banned, c.user) {
			fresh = append(fresh, c)
		}
	}
	return fresh
}
