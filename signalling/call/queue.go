package call

import (
	"context"
	"errors"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// ofQueue is what the call of a queue's visitor has more than others.
type ofQueue struct {
	Queue wire.LinkID        `json:"queue,omitzero"`     // the link that he came by
	Rings bool               `json:"rings,omitzero"`     // a device of an operator has said that it rings
	Moves wire.ParticipantID `json:"transfers,omitzero"` // the operator who hands him on
}

// queueOf returns the queue that a link leads somebody to, or nil: for its owner
// and operators it is a link like others.
func (r *Registry) queueOf(ctx context.Context, who Who, link wire.LinkID) (*store.Queue, error) {
	q, err := r.cfg.Store.Queue(ctx, string(link))
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrInvalid):
		return nil, nil
	case err != nil:
		return nil, failure(err)
	case !who.Guest() && (q.OwnerID == string(who.User) || q.Operates(string(who.User))):
		return nil, nil
	}
	return &q, nil
}

// open refuses who comes at an hour at which nobody is there.
func openNow(q *store.Queue, now time.Time) error {
	hours, err := policy.ParseHours(q.Hours)
	if err != nil {
		return wire.Problemf(wire.CodeUnavailable, "the hours of the queue cannot be read")
	}
	opens, open := hours.Opens(now)
	if open {
		return nil
	}
	p := wire.Problemf(wire.CodeQueueClosed, "nobody is there at this hour")
	p.RetryAfterMs = uint32(max(1, opens.Sub(now).Milliseconds()))
	return p
}

// rejoinQueue answers who is in his call of a queue already.
func (r *Registry) rejoinQueue(ctx context.Context, who Who, link wire.LinkID) (again bool, err error) {
	for _, c := range r.callsOf(who.User) {
		_ = c.do(ctx, func() error { // a call that is over has nobody in it
			if l, err := c.state.member(who); err == nil && c.state.Queue == link {
				c.reply(who, l.Participant)
				again = true
			}
			return nil
		})
		if again {
			return true, nil
		}
	}
	return false, nil
}

// enterQueue makes a call for a visitor, who was let in by the link, and rings the
// operators. To him they are one: he learns who is there when one answers.
func (r *Registry) enterQueue(ctx context.Context, a *arrival, q *store.Queue, media wire.Media) error {
	who, link := a.who, a.link
	s := r.newState(wire.Kind(link.Kind), wire.TopologySFU, link.KeyID)
	s.Keys, s.Title, s.Peak, s.Queue = r.cfg.Encryption.ofLink(link), link.Title, 1, wire.LinkID(q.LinkID)
	if err := s.suits(who); err != nil {
		return err
	}
	visitor := s.addLeg(leg{
		User: who.User, Name: who.Name, Guest: who.Guest(), Automated: who.Automated, Presence: wire.PresenceJoined, Session: who.Session,
		Device: who.Device, DeviceName: who.DeviceName, Class: who.Class, Can: who.Can, Joined: s.Created, Media: media, Marks: a.marks,
	}).Participant
	more, err := r.asOperators(ctx, who, q, s.ID)
	if err != nil {
		return err
	}
	c := newCall(s.ID, r)
	if _, err := r.open(c); err != nil {
		return err
	}
	callees, err := r.writeQueue(ctx, a, s, q, visitor, more)
	if err != nil {
		r.abandon(c)
		return failure(err)
	}
	r.start(c, s)
	return c.do(ctx, func() error {
		c.reply(who, visitor)
		owner := Who{User: wire.UserID(q.OwnerID), Name: who.Name}
		r.ringAgain(ctx, c, policy.PathQueue, owner, callees, more)
		return nil
	})
}

// writeQueue stores the call of a visitor with all operators in it, those too who
// must not be reached: how long it rings tells him nothing about them.
func (r *Registry) writeQueue(ctx context.Context, a *arrival, s *state, q *store.Queue, visitor wire.ParticipantID,
	more func(*policy.Facts, store.Relation)) (callees []callee, err error) {
	who := a.who
	n := &store.NewCall{
		ID: string(s.ID), Kind: store.Kind(s.Kind), Topology: store.Group, State: string(s.Phase), OwnerNode: r.cfg.Node, UseLink: a.link.ID,
		Caller: q.OwnerID, Callees: q.Operators, RingFor: r.cfg.RingTimeout,
	}
	row, err := r.cfg.Store.CreateCall(ctx, n, func(relations []store.Relation) (err error) {
		callees = operators(relations, more)
		next, fx := s.clone(), &effects{}
		if err := next.invite(fx, visitor, callees, next.Created); err != nil {
			return err
		}
		next.Seq, next.legOf(visitor).Hidden = 0, 0 // he gets the state, not the events that led to it
		*s = *next
		n.Outbox = fx.outbox
		if !who.Guest() {
			n.Log = []store.LogChange{s.logChange(who.User, store.Outgoing, wire.OutcomeOngoing, 0)}
		}
		n.Decisions = decisions(who, s.ID, policy.PathQueue, callees)
		n.Events = s.story(nil, fx, s.Created)
		n.Snapshot, err = s.snapshot()
		return err
	})
	if err == nil {
		s.Epoch = uint32(row.Epoch)
	}
	return callees, err
}

// asOperators makes facts about the owner and an operator those about a visitor
// who comes in the owner's name: whom an operator blocks he does not ring, and the
// owner rings at himself.
func (r *Registry) asOperators(ctx context.Context, who Who, q *store.Queue, call wire.CallID) (func(*policy.Facts, store.Relation), error) {
	blocked := map[string]bool{}
	if !who.Guest() {
		relations, err := r.cfg.Store.Relations(ctx, string(who.User), q.Operators)
		if err != nil {
			return nil, failure(err)
		}
		for _, rel := range relations {
			blocked[rel.Callee] = rel.CalleeBlockedCaller || rel.CallerBlockedCallee
		}
	}
	return func(f *policy.Facts, rel store.Relation) {
		if rel.Callee == q.OwnerID {
			f.Self, f.CallerIsContact, f.CallerSuspended = false, true, false
		}
		f.CalleeBusy = r.factsNow(rel, call).CalleeBusy
		f.CalleeBlocksCaller = f.CalleeBlocksCaller || blocked[rel.Callee]
	}, nil
}

// operators judges the operators of a queue. Who may not be rung stays silent,
// whatever the reason.
func operators(relations []store.Relation, more func(*policy.Facts, store.Relation)) []callee {
	callees := make([]callee, 0, len(relations))
	for _, rel := range relations {
		f := facts(rel)
		more(&f, rel)
		verdict, reason := policy.Decide(policy.PathQueue, f)
		if verdict == policy.Refuse {
			verdict = policy.Silent
		}
		one := judged(rel, verdict, reason)
		one.queued = true
		callees = append(callees, one)
	}
	return callees
}

// transfer rings other operators for a visitor; the first who answers takes the
// place of who asks.
func (r *Registry) transfer(ctx context.Context, who Who, m *wire.Transfer) error {
	c, err := r.call(m.Call)
	if err != nil {
		return err
	}
	var link wire.LinkID
	err = c.do(ctx, func() error {
		_, err := c.state.member(who)
		link = c.state.Queue
		return err
	})
	if err != nil {
		return err
	}
	q, err := r.cfg.Store.Queue(ctx, string(link))
	switch {
	case link == "" || errors.Is(err, store.ErrNotFound), err == nil && !q.Operates(string(who.User)):
		return wire.Problemf(wire.CodeForbidden, "only an operator hands a visitor of his queue on")
	case err != nil:
		return failure(err)
	case m.Operator != "" && (m.Operator == who.User || !q.Operates(string(m.Operator))):
		return wire.Problemf(wire.CodeInvalid, "transfer.operator is no other operator of the queue")
	}
	if m.Operator != "" {
		q.Operators = []string{string(m.Operator)}
	}
	if err := r.rates.take(r.cfg.Limits, who, nil, time.Now()); err != nil {
		return err
	}
	return r.ringOthers(ctx, c, who, &q)
}

func (r *Registry) ringOthers(ctx context.Context, c *Call, who Who, q *store.Queue) error {
	relations, err := r.cfg.Store.Relations(ctx, q.OwnerID, q.Operators)
	if err != nil {
		return failure(err)
	}
	more, err := r.asOperators(ctx, who, q, c.id)
	if err != nil {
		return err
	}
	callees := operators(relations, more)
	return c.do(ctx, func() error {
		var fresh []callee
		err := c.change(ctx, func(s *state, fx *effects, now time.Time) error {
			l, err := s.member(who)
			if err != nil {
				return err
			}
			if fresh = s.unknown(callees); len(fresh) == 0 {
				return wire.Problemf(wire.CodeConflict, "there is no other operator to ring")
			}
			s.Moves, s.Rings = l.Participant, false
			fx.decisions = decisions(who, s.ID, policy.PathQueue, fresh)
			return s.invite(fx, l.Participant, fresh, now)
		})
		if err != nil {
			return err
		}
		who.Reply(wire.Done{})
		r.ringAgain(ctx, c, policy.PathQueue, Who{User: wire.UserID(q.OwnerID), Name: who.Name}, fresh, more)
		return nil
	})
}

// queueRings tells the visitor, once, that a device of somebody rings.
func (s *state) queueRings(fx *effects, l *leg) {
	if !l.Queued || s.Rings {
		return
	}
	s.Rings = true
	s.broadcast(fx, wire.QueueChanged{State: wire.QueueRinging})
}

// queueAnswered stops the ringing at the other operators, for whom it is no missed
// call, and lets him go who has handed the visitor on.
func (s *state) queueAnswered(fx *effects, now time.Time) {
	for _, l := range s.pendingLegs() {
		if !l.Queued {
			continue
		}
		if !l.Silent {
			fx.tell(l.User, "", wire.RingStopped{Call: s.ID, Reason: wire.StopAnsweredElsewhere})
		}
		s.rang(fx, &l, OutcomeCancelled, now)
		fx.drop = append(fx.drop, pushKey(s.ID, l.User))
		s.remove(l.Participant)
	}
	from := s.legOf(s.Moves)
	s.Moves = ""
	if from != nil && from.in() {
		s.leave(fx, from, now)
	}
}

// queueUnanswered says that nobody takes the visitor over, when the last operator
// has stopped ringing and somebody still talks to him.
func (s *state) queueUnanswered(fx *effects) {
	if s.Queue == "" || s.Moves == "" || s.count(func(l *leg) bool { return l.Queued }) > 0 {
		return
	}
	s.Moves = ""
	s.broadcast(fx, wire.QueueChanged{State: wire.QueueUnanswered})
}

// rung is whom an event about who is only rung is about.
func rung(body any) wire.ParticipantID {
	switch e := body.(type) {
	case wire.ParticipantInvited:
		return e.Participant.Participant
	case wire.ParticipantRinging:
		return e.Participant
	case wire.InviteUnanswered:
		return e.Participant
	case wire.InviteWithdrawn:
		return e.Participant
	}
	return ""
}

// queued tells whether somebody is an operator who is only rung: nobody in the
// call is to notice him.
func (s *state) queued(p wire.ParticipantID) bool {
	l := s.legOf(p)
	return l != nil && l.Queued
}

// queueState is where the ringing stands, for who gets the whole state.
func (s *state) queueState() wire.QueueState {
	switch {
	case s.Queue == "" || s.count(func(l *leg) bool { return l.Queued }) == 0:
		return ""
	case s.Rings:
		return wire.QueueRinging
	}
	return wire.QueueCalling
}
