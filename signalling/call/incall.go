package call

import (
	"slices"
	"time"

	"pronto/signalling/wire"
)

// proposalFor is how long a proposal to switch the kind of call stands.
const proposalFor = 30 * time.Second

// proposal asks the others to switch to video or to voice.
type proposal struct {
	By    wire.ParticipantID
	Kind  wire.Kind
	Until time.Time
	// Unasked are those in the call who must not be asked, and learn nothing of it.
	Unasked []wire.UserID
}

// hold interrupts a participant's part in the call, or takes it up again.
func (s *state) hold(fx *effects, l *leg, on bool) {
	if l.OnHold == on {
		return
	}
	l.OnHold = on
	fx.durable = true // who is on hold must not be heard after a crash either
	fx.allow = append(fx.allow, l.Participant)
	s.broadcast(fx, wire.HoldChanged{Participant: l.Participant, On: on})
}

// moveHere gives the account's leg to another of its devices.
func (s *state) moveHere(fx *effects, who Who, media wire.Media) error {
	l := s.legOfUser(who.User)
	switch {
	case s.Phase == wire.PhaseEnded:
		return errCallEnded
	case l == nil || l.pending():
		return errNoCall
	case l.Session == who.Session:
		return nil
	}
	if err := s.suits(who); err != nil {
		return err
	}
	if l.Session != "" {
		fx.frames = append(fx.frames, outgoing{
			sessions: []wire.SessionID{l.Session}, body: wire.CallMoved{Call: s.ID, Device: who.DeviceName},
		})
	}
	fx.durable = true
	fx.moved = append(fx.moved, l.Participant)
	l.opens = false
	l.Session, l.Device, l.DeviceName, l.Lost, l.MediaLost = who.Session, who.Device, who.DeviceName, time.Time{}, time.Time{}
	s.setMedia(fx, l, media, "")
	l.Can = who.Can
	l.noteCan(fx)
	if l.Class != who.Class {
		l.Class = who.Class
		s.broadcast(fx, wire.MediaChanged{Participant: l.Participant, Media: l.Media, Device: l.public().Device})
	}
	s.heard(fx, l)
	if s.Topology == wire.TopologyDirect {
		s.moveToSFU(fx) // the other side cannot know the new device's connection
	}
	return nil
}

// propose asks to switch the kind of call, all but unasked. Nobody's camera is
// touched.
func (s *state) propose(fx *effects, l *leg, kind wire.Kind, unasked []wire.UserID, now time.Time) error {
	if s.Proposal != nil {
		return wire.Problemf(wire.CodeConflict, "a proposal stands already; answer it or wait")
	}
	if kind == wire.KindVideo && !s.seeEachOther() {
		return errNoPicture
	}
	s.Proposal = &proposal{By: l.Participant, Kind: kind, Until: now.Add(proposalFor), Unasked: unasked}
	s.broadcast(fx, wire.KindProposed{By: l.Participant, Kind: kind, ForMs: uint32(proposalFor.Milliseconds())})
	return nil
}

// answerKind answers a proposal. Who made it may only take it back. Among two
// the first answer is the answer; among more each speaks for himself, and the
// proposal stands until its time is over.
func (s *state) answerKind(fx *effects, l *leg, accept bool) error {
	p := s.Proposal
	if p == nil || slices.Contains(p.Unasked, l.User) {
		return wire.Problemf(wire.CodeNotFound, "there is no proposal to answer")
	}
	if l.Participant == p.By && accept {
		return wire.Problemf(wire.CodeForbidden, "the others answer a proposal; its maker may take it back")
	}
	answer := wire.KindDeclined
	if accept {
		answer = wire.KindAccepted
	}
	s.broadcast(fx, wire.KindAnswered{Participant: l.Participant, Kind: p.Kind, Answer: answer})
	fx.count(KindAnswered{To: p.Kind, Answer: answer})
	if l.Participant == p.By || s.count((*leg).in) <= 2 {
		s.Proposal = nil
	}
	return nil
}

// expireProposal ends a proposal that nobody may answer any more.
func (s *state) expireProposal(fx *effects) {
	s.broadcast(fx, wire.KindAnswered{Kind: s.Proposal.Kind, Answer: wire.KindExpired})
	fx.count(KindAnswered{To: s.Proposal.Kind, Answer: wire.KindExpired})
	s.Proposal = nil
}

// raiseHand puts a hand up or down; by is who took it down for him.
func (s *state) raiseHand(fx *effects, l *leg, on bool, by wire.ParticipantID, now time.Time) {
	if l.Hand.IsZero() == !on {
		return
	}
	l.Hand = time.Time{}
	changed := wire.HandChanged{Participant: l.Participant, By: by}
	if on {
		l.Hand = now
		changed.RaisedMs = wire.UnixMs(now.UnixMilli())
	}
	s.broadcast(fx, changed)
}

// setTrouble notes a trouble that the participant's own device has found, or
// that all others or the SFU have.
func (s *state) setTrouble(fx *effects, l *leg, t wire.Trouble, on bool) {
	had := &l.PoorNetwork
	if t == wire.TroubleNotHeard {
		had = &l.NotHeard
	}
	if *had == on {
		return
	}
	*had = on
	s.broadcast(fx, wire.TroubleChanged{Participant: l.Participant, Trouble: t, On: on})
	if on {
		fx.count(Alerted{Alert: alertOf(t)})
	}
}

func alertOf(t wire.Trouble) string {
	if t == wire.TroubleNotHeard {
		return "not_heard"
	}
	return "poor_network"
}

// cannotHear notes that one participant does not hear another. What all the
// others say is taken for true.
func (s *state) cannotHear(fx *effects, l *leg, whom wire.ParticipantID, on bool) error {
	other := s.legOf(whom)
	if other == nil || other.pending() || whom == l.Participant || s.hides(l, whom) {
		return wire.Problemf(wire.CodeNotFound, "there is no such other participant in the call")
	}
	other.Unheard = slices.DeleteFunc(slices.Clone(other.Unheard), func(p wire.ParticipantID) bool {
		by := s.legOf(p)
		return p == l.Participant || by == nil || by.pending()
	})
	if on && other.Media.Microphone {
		other.Unheard = append(other.Unheard, l.Participant)
	}
	s.judgeHearing(fx, other)
	return nil
}

// setUnheard notes that no sound of a participant reaches the SFU, or that it does
// again.
func (s *state) setUnheard(fx *effects, l *leg, on bool) {
	l.NoSound = on && l.Media.Microphone
	s.judgeHearing(fx, l)
}

// judgeHearing raises or clears "not heard" by what the SFU and the others say.
func (s *state) judgeHearing(fx *effects, l *leg) {
	others := s.count(func(o *leg) bool { return o.in() && !s.areApart(o.User, l.User) }) - 1
	s.setTrouble(fx, l, wire.TroubleNotHeard, l.NoSound || others > 0 && len(l.Unheard) >= others)
}

// asHost finds the participant whom the host means.
func (s *state) asHost(l *leg, whom wire.ParticipantID) (*leg, error) {
	if !s.hosts(l) {
		return nil, errNotHost
	}
	other := s.legOf(whom)
	if other == nil || whom == l.Participant || other.in() && s.hides(l, whom) {
		return nil, wire.Problemf(wire.CodeNotFound, "there is no such other participant in the call")
	}
	return other, nil
}

// mute turns somebody's microphone off, and says by whom.
func (s *state) mute(fx *effects, host *leg, whom wire.ParticipantID) error {
	other, err := s.asHost(host, whom)
	if err != nil {
		return err
	}
	media := other.Media
	media.Microphone = false
	s.setMedia(fx, other, media, host.Participant)
	return nil
}

// put puts somebody out for good.
func (s *state) put(fx *effects, host *leg, whom wire.ParticipantID, now time.Time) error {
	other, err := s.asHost(host, whom)
	if err != nil {
		return err
	}
	if s.Link != "" && other.User == s.Owner {
		return errNotHost
	}
	if s.cameBy() != "" {
		fx.ban(ban{user: other.User, marks: other.Marks})
	}
	s.Banned = append(slices.Clone(s.Banned), other.User)
	if other.pending() {
		s.stopRinging(fx, *other, wire.StopCancelled)
	} else {
		s.part(fx, *other, wire.LeaveRemoved, now)
	}
	s.settle(fx, wire.EndHangup, now)
	return nil
}

// lock keeps newcomers out, or lets them in again.
func (s *state) lock(fx *effects, l *leg, on bool) error {
	if !s.hosts(l) {
		return errNotHost
	}
	if s.Locked == on {
		return nil
	}
	s.Locked = on
	fx.durable = true
	s.broadcast(fx, wire.LockChanged{On: on})
	return nil
}
