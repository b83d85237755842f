package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// ring calls accounts. When two people ring each other at once, the second one
// answers the first one's call.
func (r *Registry) ring(ctx context.Context, who Who, m *wire.Ring) error {
	err := r.tryRing(ctx, who, m)
	r.attempted(who, m.Kind, viaOf(len(m.Users)), err)
	return err
}

func (r *Registry) tryRing(ctx context.Context, who Who, m *wire.Ring) error {
	if who.Guest() {
		return wire.Problemf(wire.CodeForbidden, "a guest cannot ring accounts")
	}
	if err := r.room(who.User); err != nil {
		return err
	}
	users := slices.Compact(slices.Sorted(slices.Values(m.Users)))
	if err := r.rates.take(r.cfg.Limits, who, users, time.Now()); err != nil {
		return err
	}
	media := wire.Media{Microphone: true, Camera: m.Kind == wire.KindVideo}
	for range 4 {
		err := r.create(ctx, who, m, media, users)
		var glare *store.Glare
		if !errors.As(err, &glare) {
			return err
		}
		other, err := r.call(wire.CallID(glare.CallID))
		if err == nil {
			err = other.accept(ctx, who, media, true)
		}
		problem := wire.AsProblem(err)
		switch {
		case err == nil:
			return nil
		case problem.Code == wire.CodeAnsweredElsewhere:
			return wire.Problemf(wire.CodeConflict, "a call with this account goes on already, on another device")
		case problem.Code != wire.CodeNotFound && problem.Code != wire.CodeCallEnded:
			return err
		}
		// The other call is just ending or is not written yet: try once more.
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return wire.Problemf(wire.CodeConflict, "a call with this account goes on already")
}

// create makes a call that rings users.
func (r *Registry) create(ctx context.Context, who Who, m *wire.Ring, media wire.Media, users []wire.UserID) error {
	keys, err := r.cfg.Encryption.begin(who, m.Unencrypted)
	if err != nil {
		return err
	}
	s := r.newState(m.Kind, wire.TopologyDirect, who.Key)
	s.Keys, s.Peak = keys, 1
	if len(users) > 1 || m.Routed || s.routed() {
		s.Topology = wire.TopologySFU
	}
	if err := s.suits(who); err != nil {
		return err
	}
	host := s.addLeg(leg{
		User: who.User, Name: who.Name, Automated: who.Automated, Presence: wire.PresenceJoined, Session: who.Session, Device: who.Device,
		DeviceName: who.DeviceName, Class: who.Class, Can: who.Can, Joined: s.Created, Media: media,
	})
	s.Host = host.Participant
	c := newCall(s.ID, r)
	if _, err := r.open(c); err != nil {
		return err
	}
	path := policy.PathRing
	if len(users) > 1 {
		path = policy.PathGroupRing
	}
	callees, err := r.write(ctx, path, who, s, users)
	if err != nil {
		r.abandon(c)
		return err
	}
	r.cfg.Events(r.masks.entered(who, s.ID, s.Created))
	return r.begin(ctx, c, s, path, who, callees)
}

// write stores a new call, if policy has nothing against it.
func (r *Registry) write(ctx context.Context, path policy.Path, who Who, s *state, users []wire.UserID) ([]callee, error) {
	var callees []callee
	topology := topologyOf(s)
	if len(users) == 1 {
		topology = store.Pair // so that two who ring each other at once meet, whatever way media takes
	}
	n := &store.NewCall{
		ID: string(s.ID), Kind: store.Kind(s.Kind), Topology: topology, State: string(s.Phase), OwnerNode: r.cfg.Node,
		Caller: string(who.User), Callees: toStrings(users), RingFor: r.cfg.RingTimeout,
	}
	row, err := r.cfg.Store.CreateCall(ctx, n, func(relations []store.Relation) (err error) {
		if callees, err = r.decide(path, s.ID, relations); err != nil {
			return err
		}
		next, fx := s.clone(), &effects{}
		if err := next.invite(fx, next.Host, callees, next.Created); err != nil {
			return err
		}
		next.Seq = 0 // the caller gets the state, not the events that led to it
		if len(relations) == 1 {
			next.RelayOnly = policy.RelayOnly(facts(relations[0]))
			n.Unpaired = callees[0].silent && !callees[0].quiet && !callees[0].busy
		}
		*s = *next
		n.Outbox = fx.outbox
		n.Log = []store.LogChange{s.logChange(who.User, store.Outgoing, wire.OutcomeOngoing, 0)}
		n.Decisions, n.Strangers = decisions(who, s.ID, path, callees), strangers(callees)
		n.Events = s.story(nil, fx, s.Created)
		n.Snapshot, err = s.snapshot()
		return err
	})
	if err != nil {
		if wire.AsProblem(err).Code == wire.CodeCallsNotAccepted {
			r.keep(ctx, decisions(who, "", path, callees))
		}
		return nil, failure(err)
	}
	s.Epoch = uint32(row.Epoch)
	return callees, nil
}

// begin runs a stored call: it asks policy once more, because a block may have
// been stored while the call was, answers the caller, and rings.
func (r *Registry) begin(ctx context.Context, c *Call, s *state, path policy.Path, who Who, callees []callee) error {
	r.start(c, s)
	return c.do(ctx, func() error {
		c.reply(who, c.state.Host)
		r.ringAgain(ctx, c, path, who, callees)
		return nil
	})
}

// ringAgain re-reads the relations after a commit, rings those who may
// still be reached, and turns the ring away from those who are busy. If they cannot be read nobody is rung. They are read of who must not
// be reached too, for nothing: the caller's next request waits for the end of this one, and the time
// would tell. Only for run.
func (r *Registry) ringAgain(ctx context.Context, c *Call, path policy.Path, who Who, callees []callee,
	more ...func(*policy.Facts, store.Relation)) {
	if len(callees) == 0 {
		return
	}
	users := make([]string, len(callees))
	for i, one := range callees {
		users[i] = string(one.user)
	}
	relations, err := r.cfg.Store.Relations(ctx, string(who.User), users)
	if err != nil {
		r.cfg.Logger.Error("relations could not be read again; nobody is rung", "err", err)
	}
	err = c.change(ctx, func(s *state, fx *effects, now time.Time) error {
		var ring, changed []callee
		for _, was := range callees {
			if was.busy {
				s.turnAway(fx, was.user)
			}
			if was.silent && !was.quiet {
				continue
			}
			is := was
			is.verdict, is.reason = policy.Silent, policy.ReasonPrivacy
			if i := slices.IndexFunc(relations, func(rel store.Relation) bool { return rel.Callee == string(was.user) }); i >= 0 {
				f := r.factsNow(relations[i], s.ID)
				for _, add := range more {
					add(&f, relations[i])
				}
				way := path
				if was.again {
					way = policy.PathRingAgain
				}
				is.verdict, is.reason = policy.Decide(way, f)
			}
			switch {
			case is.verdict == policy.Allow && !was.silent:
				ring = append(ring, was)
			case is.verdict == was.verdict, is.verdict == policy.Allow: // what was quiet stays so
			case is.verdict == policy.Busy && was.silent: // quiet, so he is not told more
			case is.verdict == policy.Busy:
				s.turnAway(fx, was.user)
				changed = append(changed, is)
			default:
				s.hush(fx, was.user, is.verdict == policy.Quiet)
				changed = append(changed, is)
			}
		}
		fx.decisions = decisions(who, s.ID, path, changed)
		s.ringThem(fx, ring, now)
		if s.Busy {
			s.settle(fx, wire.EndBusy, now)
		}
		return nil
	})
	if err != nil {
		r.cfg.Logger.Error("a ring could not be checked again; nobody is rung", "err", err)
	}
}

// invite rings more accounts into a call.
func (r *Registry) invite(ctx context.Context, who Who, m *wire.Invite) error {
	if who.Guest() {
		return wire.Problemf(wire.CodeForbidden, "a guest cannot ring accounts")
	}
	users := slices.Compact(slices.Sorted(slices.Values(m.Users)))
	if err := r.onlyMembers(ctx, m.Call, users); err != nil {
		return err
	}
	if err := r.rates.take(r.cfg.Limits, who, users, time.Now()); err != nil {
		return err
	}
	relations, err := r.cfg.Store.Relations(ctx, string(who.User), toStrings(users))
	if err != nil {
		return failure(err)
	}
	callees, err := r.decide(policy.PathInvite, m.Call, relations)
	if err != nil {
		if wire.AsProblem(err).Code == wire.CodeCallsNotAccepted {
			r.keep(ctx, decisions(who, m.Call, policy.PathInvite, callees))
		}
		return err
	}
	return r.with(m.Call, func(c *Call) error {
		return c.do(ctx, func() error {
			var fresh []callee
			hidden, shown := c.seen(ctx, false, users...)
			err := c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				l, err := s.member(who)
				if err != nil {
					return err
				}
				fresh = s.unknown(callees)
				for i := range fresh {
					fresh[i].again = slices.ContainsFunc(s.Past, func(p past) bool { return p.User == fresh[i].user })
				}
				s.cover(hidden, shown)
				fx.decisions = decisions(who, s.ID, policy.PathInvite, fresh)
				fx.inviter, fx.strangers = who.User, strangers(fresh)
				return s.invite(fx, l.Participant, fresh, now)
			})
			if err != nil {
				return err
			}
			who.Reply(wire.Done{})
			r.ringAgain(ctx, c, policy.PathInvite, who, fresh)
			return nil
		})
	})
}

func toStrings(users []wire.UserID) []string {
	list := make([]string, len(users))
	for i, user := range users {
		list[i] = string(user)
	}
	return list
}
