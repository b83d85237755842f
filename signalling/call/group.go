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

// ofGroup is what the state of a group's call has besides.
type ofGroup struct {
	Group   wire.GroupID  `json:"group,omitzero"`
	Starter wire.UserID   `json:"starter,omitzero"`
	Admins  []wire.UserID `json:"admins,omitzero"`  // active members who have the host's rights
	Isolate bool          `json:"isolate,omitzero"` // as it was when the call began
	Apart   []couple      `json:"apart,omitzero"`   // only grows
}

// maxRung is how many members a group may have for its call to ring them all:
// each of them takes a place in the call while it rings.
const maxRung = wire.MaxParticipants

var (
	errNoGroup        = wire.Problemf(wire.CodeNotFound, "there is no such group for this account")
	errNoGroupCall    = wire.Problemf(wire.CodeNotFound, "the group has no call")
	errGroupSuspended = wire.Problemf(wire.CodeForbidden, "the operator has stopped the calls of this group")
	errBlockedIn      = wire.Problemf(wire.CodeBlockedInCall, "somebody you have blocked is in the call; confirm to join all the same")
)

// ringGroup starts the call of a group, or joins it. Of two who start it at the
// same time one creates it and the other joins.
func (r *Registry) ringGroup(ctx context.Context, who Who, m *wire.RingGroup) error {
	err := r.tryGroup(ctx, who, m)
	r.attempted(who, m.Kind, ViaGroup, err)
	return err
}

func (r *Registry) tryGroup(ctx context.Context, who Who, m *wire.RingGroup) error {
	if who.Guest() {
		return wire.Problemf(wire.CodeForbidden, "a guest cannot ring accounts")
	}
	if r.groupCall(m.Group) == nil {
		if err := r.rates.take(r.cfg.Limits, who, nil, time.Now()); err != nil {
			return err
		}
	}
	if err := r.room(who.User); err != nil {
		return err
	}
	media := wire.Media{Microphone: true, Camera: m.Kind == wire.KindVideo}
	for range 50 {
		c, err := r.groupCall(m.Group), error(nil)
		if c == nil {
			c, err = r.createForGroup(ctx, who, m, media)
		}
		var glare *store.Glare
		switch {
		case err == nil && c == nil:
			return nil // created, and answered
		case err == nil:
			if err = c.joinGroup(ctx, who, media, m.ConfirmBlocked, false); !errors.Is(err, errCallEnded) {
				return err
			}
			// The last one has just left: the group gets its next call.
		case !errors.As(err, &glare):
			return failure(err)
		default: // it is another server's, and may end there
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return wire.Problemf(wire.CodeConflict, "the group's last call is just ending; try again")
}

// joinGroupCall joins the running call of a group.
func (r *Registry) joinGroupCall(ctx context.Context, who Who, m *wire.JoinGroupCall) error {
	if who.Guest() {
		return wire.Problemf(wire.CodeForbidden, "a guest is in no group")
	}
	c := r.groupCall(m.Group)
	if c == nil {
		if _, err := r.member(ctx, m.Group, who.User); err != nil {
			return err // to who is none all groups are alike
		}
		return errNoGroupCall
	}
	if err := r.room(who.User); err != nil {
		return err
	}
	err := c.joinGroup(ctx, who, m.Media, m.ConfirmBlocked, false)
	if errors.Is(err, errCallEnded) {
		return errNoGroupCall
	}
	return err
}

func (r *Registry) groupCall(group wire.GroupID) *Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.groups[group]
}

// member returns a group if the account is an active member of it.
func (r *Registry) member(ctx context.Context, group wire.GroupID, user wire.UserID) (store.GroupRow, error) {
	g, err := r.cfg.Store.Group(ctx, string(group))
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !g.Is(string(user), store.MemberActive):
		return g, errNoGroup
	case err != nil:
		return g, failure(err)
	case !g.Suspended.IsZero():
		return g, errGroupSuspended
	}
	return g, nil
}

// createForGroup starts the call of a group, answers and rings. If another one
// was first it returns that one's call. The call is registered before the group
// is read: whoever is removed later is taken out by [Registry.GroupChanged].
func (r *Registry) createForGroup(ctx context.Context, who Who, m *wire.RingGroup, media wire.Media) (*Call, error) {
	s := r.newState(m.Kind, wire.TopologySFU, who.Key)
	s.Peak, s.ofGroup = 1, ofGroup{Group: m.Group, Starter: who.User}
	var err error
	if s.Keys, err = r.cfg.Encryption.begin(who, m.Unencrypted); err != nil {
		return nil, err
	}
	if err := s.suits(who); err != nil {
		return nil, err
	}
	c := newCall(s.ID, r)
	c.group = m.Group
	if other, err := r.open(c); other != nil || err != nil {
		return other, err
	}
	callees, err := r.writeGroup(ctx, who, s, media, m.Silent)
	if err != nil {
		r.abandon(c)
		return nil, err
	}
	r.start(c, s)
	return nil, c.do(ctx, func() error {
		c.reply(who, c.state.legOfUser(who.User).Participant)
		r.ringAgain(ctx, c, policy.PathGroupRing, who, callees, ofMembers)
		c.gather(ctx)
		return nil
	})
}

// writeGroup stores the new call of a group.
func (r *Registry) writeGroup(ctx context.Context, who Who, s *state, media wire.Media, silent bool) ([]callee, error) {
	g, err := r.member(ctx, s.Group, who.User)
	if err != nil {
		return nil, err
	}
	s.learn(&g)
	s.Isolate = g.Isolate
	starter := s.addLeg(leg{
		User: who.User, Name: who.Name, Automated: who.Automated, Presence: wire.PresenceJoined, Session: who.Session, Device: who.Device,
		DeviceName: who.DeviceName, Class: who.Class, Can: who.Can, Joined: s.Created, Media: media,
	})
	if slices.Contains(s.Admins, who.User) {
		s.Host = starter.Participant
	}
	n := &store.NewCall{
		ID: string(s.ID), Kind: store.Kind(s.Kind), Topology: store.Group, State: string(s.Phase), OwnerNode: r.cfg.Node,
		Caller: string(who.User), GroupID: string(s.Group),
	}
	if !silent && g.Active <= maxRung {
		n.Callees, n.RingFor = others(&g, who.User), r.cfg.RingTimeout
	}
	var callees []callee
	row, err := r.cfg.Store.CreateCall(ctx, n, func(relations []store.Relation) (err error) {
		next, fx := s.clone(), &effects{}
		judged, err := r.decide(policy.PathGroupRing, s.ID, relations, ofMembers)
		if err != nil {
			return err
		}
		callees = legsFor(&g, string(who.User), judged)
		if err := next.invite(fx, next.Legs[0].Participant, callees, next.Created); err != nil {
			return err
		}
		next.Seq = 0 // the caller gets the state, not the events that led to it
		*s = *next
		n.Outbox = fx.outbox
		n.Log = []store.LogChange{s.logChange(who.User, store.Outgoing, wire.OutcomeOngoing, 0)}
		n.Decisions = decisions(who, s.ID, policy.PathGroupRing, judged) // members are no strangers to each other
		n.Events = s.story(nil, fx, s.Created)
		n.Snapshot, err = s.snapshot()
		return err
	})
	var refused *store.GroupRefused
	switch {
	case errors.As(err, &refused) && refused.Suspended:
		return nil, errGroupSuspended
	case errors.As(err, &refused):
		return nil, errNoGroup
	case err != nil:
		return nil, err
	}
	s.Epoch = uint32(row.Epoch)
	return callees, nil
}

// ofMembers adds to the facts that both are active members of the call's group.
func ofMembers(f *policy.Facts, _ store.Relation) {
	f.OfGroup, f.CallerInGroup, f.CalleeInGroup = true, true, true
}

func asMembers(rel store.Relation) policy.Facts {
	f := facts(rel)
	ofMembers(&f, rel)
	return f
}

// legsFor are those whom a ring reaches or seems to reach: whom the caller has
// blocked himself, and who takes no calls, is left out. Everybody is shown by
// the name that the caller may see in the group.
func legsFor(g *store.GroupRow, caller string, callees []callee) []callee {
	legs := slices.DeleteFunc(slices.Clone(callees), func(c callee) bool { return c.verdict == policy.Refuse })
	for i := range legs {
		if m := g.Member(string(legs[i].user)); m != nil {
			if name := g.NameFor(caller, *m); name != "" {
				legs[i].name = name
			}
		}
	}
	return legs
}

// others are the active members but one.
func others(g *store.GroupRow, but wire.UserID) []string {
	var list []string
	for _, m := range g.Members {
		if m.State == store.MemberActive && m.UserID != string(but) {
			list = append(list, m.UserID)
		}
	}
	return list
}

// learn takes over what a call needs to know of its group.
func (s *state) learn(g *store.GroupRow) {
	s.Title, s.Admins = g.Name, nil
	for _, m := range g.Members {
		if m.State == store.MemberActive && m.Role == store.RoleAdmin {
			s.Admins = append(s.Admins, wire.UserID(m.UserID))
		}
	}
}

// joinGroup lets a member into the group's call; answering means that only who
// is rung may come in. Membership and blocks are read in the call's own turn, so
// that a change of either comes wholly before or wholly after.
func (c *Call) joinGroup(ctx context.Context, who Who, media wire.Media, confirmed, answering bool) error {
	return c.do(ctx, func() error {
		if c.state.Phase == wire.PhaseEnded {
			return errCallEnded
		}
		g, err := c.cfg.Store.Group(ctx, string(c.group))
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && !g.Is(string(who.User), store.MemberActive):
			return errNoGroup
		case err != nil:
			return failure(err)
		}
		if l, err := c.state.member(who); err == nil {
			c.reply(who, l.Participant)
			return nil
		}
		own, apart, err := c.blocks(ctx, who.User)
		switch {
		case err != nil:
			return failure(err)
		case !c.state.Isolate && own && !confirmed:
			return errBlockedIn
		}
		hidden, shown := c.seen(ctx, true, who.User)
		err = c.change(ctx, func(s *state, fx *effects, now time.Time) error {
			s.cover(hidden, shown)
			return s.joinGroup(fx, who, media, apart, answering, now)
		})
		if err == nil {
			c.reply(who, c.state.legOfUser(who.User).Participant)
		}
		return err
	})
}

// joinGroup lets a member in: he answers, comes by himself, or moves here from
// another device.
func (s *state) joinGroup(fx *effects, who Who, media wire.Media, apart []wire.UserID, answering bool, now time.Time) error {
	l := s.legOfUser(who.User)
	rung := l != nil && l.pending() && !l.Silent
	switch {
	case s.Phase == wire.PhaseEnded:
		return errCallEnded
	case answering && l != nil && l.in():
		return errElsewhere(l.DeviceName)
	case answering && !rung:
		return errNoCall
	case slices.Contains(s.Banned, who.User):
		return wire.Problemf(wire.CodeForbidden, "you were put out of this call")
	case s.Locked && !rung && (l == nil || l.pending()) && !slices.Contains(s.Admins, who.User):
		return errLocked
	case l == nil && len(s.Legs) >= wire.MaxParticipants:
		return wire.Problemf(wire.CodeCallFull, "a call has at most %d participants", wire.MaxParticipants)
	}
	if err := s.suits(who); err != nil {
		return err
	}
	if s.Isolate {
		for _, user := range apart {
			s.separate(fx, who.User, user)
		}
	}
	if l != nil && l.pending() {
		s.withdraw(fx, l)
		return s.accept(fx, who, media, now, true)
	}
	if l != nil {
		s.part(fx, *l, wire.LeaveMoved, now)
	}
	l = s.addLeg(leg{User: who.User, Name: who.Name})
	s.enter(fx, l, who, media, now)
	return nil
}

// GroupChanged makes a stored change of a group take effect on its call: who is
// no active member any more is out of it, and the call of a group that is
// suspended or gone ends.
func (r *Registry) GroupChanged(ctx context.Context, group wire.GroupID) {
	c := r.groupCall(group)
	if c == nil {
		return
	}
	_ = c.do(ctx, func() error { // a call that is over needs nothing
		g, err := c.cfg.Store.Group(ctx, string(group))
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			c.cfg.Logger.Error("a group could not be read again; its call goes on as it was", "err", err)
			return nil
		}
		err = c.change(ctx, func(s *state, fx *effects, now time.Time) error {
			s.groupChanged(fx, &g, now)
			return nil
		})
		if err == nil {
			c.gather(ctx)
		}
		return err
	})
}

func (s *state) groupChanged(fx *effects, g *store.GroupRow, now time.Time) {
	fx.durable = true
	name := s.Title
	s.learn(g)
	if s.Title != name && g.Active > 0 {
		s.broadcast(fx, wire.TitleChanged{Title: s.Title})
	}
	if !g.Suspended.IsZero() || g.Active == 0 {
		s.end(fx, wire.EndRevoked, now)
		return
	}
	for _, l := range slices.Clone(s.Legs) {
		switch {
		case g.Is(string(l.User), store.MemberActive):
		case l.pending():
			s.stopRinging(fx, l, wire.StopCancelled)
		default:
			s.part(fx, l, wire.LeaveRemoved, now)
		}
	}
	s.settle(fx, wire.EndHangup, now)
}

// RunningGroups returns the groups that have a call on this node.
func (r *Registry) RunningGroups() []wire.GroupID {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]wire.GroupID, 0, len(r.groups))
	for group := range r.groups {
		list = append(list, group)
	}
	return list
}
