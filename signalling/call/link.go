package call

import (
	"context"
	"errors"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// joinLink lets somebody into the call of a link, or starts it. To an outsider
// all links that do not open are alike.
func (r *Registry) joinLink(ctx context.Context, who Who, m *wire.JoinLink) error {
	result, err := r.tryLink(ctx, who, m)
	r.cfg.Events(LinkJoined{Result: result})
	return err
}

func (r *Registry) tryLink(ctx context.Context, who Who, m *wire.JoinLink) (result string, err error) {
	if who.Guest() && who.Link != m.Link {
		return "refused", errNoLink
	}
	if c := r.linkCall(m.Link); c != nil {
		if again, err := c.rejoin(ctx, who); again {
			return "ok", err
		}
	}
	if again, err := r.rejoinQueue(ctx, who, m.Link); again {
		return "ok", err
	}
	if err := r.room(who.User); err != nil {
		return "refused", err
	}
	queue, err := r.queueOf(ctx, who, m.Link)
	if err == nil && queue != nil && r.leads(ctx, m.Link) { // what leads nowhere is not closed either
		err = openNow(queue, time.Now())
	}
	if err != nil {
		return "refused", err
	}
	link, err := r.admit(ctx, who, m.Link)
	if err != nil {
		var refused *store.LinkRefused
		var problem *wire.Problem
		switch {
		case errors.As(err, &problem):
			return "refused", err
		case errors.As(err, &refused):
			return linkResult(refused.Reason), errNoLink
		case errors.Is(err, store.ErrNotFound):
			return "refused", errNoLink
		}
		return "refused", failure(err)
	}
	if queue != nil {
		if err := r.enterQueue(ctx, who, link, link.Title, queue, m.Media); err != nil {
			return "refused", err
		}
		return "ok", nil
	}
	for range 4 {
		c := r.linkCall(m.Link)
		if c == nil {
			if c, err = r.createForLink(ctx, link); err != nil {
				return "refused", failure(err)
			}
		}
		err = c.do(ctx, func() error {
			hidden, shown := c.seen(ctx, true, who.User)
			err := c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				s.cover(hidden, shown)
				return s.join(fx, who, m.Media, now)
			})
			if err == nil {
				c.reply(who, c.state.legOfUser(who.User).Participant)
			}
			return err
		})
		if !errors.Is(err, errCallEnded) {
			break
		}
		// The last one has just left: the link starts a new call.
	}
	if err != nil {
		return "refused", err
	}
	return "ok", nil
}

// leads tells whether a link would let somebody in.
func (r *Registry) leads(ctx context.Context, id wire.LinkID) bool {
	l, err := r.cfg.Store.Link(ctx, string(id))
	return err == nil && l.Revoked.IsZero() && (l.Expires.IsZero() || time.Now().Before(l.Expires)) && (l.MaxUses == 0 || l.Uses < l.MaxUses)
}

func linkResult(reason store.LinkReason) string {
	switch reason {
	case store.LinkRevoked:
		return "revoked"
	case store.LinkExpired:
		return "expired"
	case store.LinkExhausted:
		return "exhausted"
	}
	return "refused"
}

func (r *Registry) linkCall(link wire.LinkID) *Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.links[link]
}

// rejoin answers who is in the call already, without counting a use.
func (c *Call) rejoin(ctx context.Context, who Who) (again bool, err error) {
	err = c.do(ctx, func() error {
		l, err := c.state.member(who)
		if err == nil {
			c.reply(who, l.Participant)
		}
		return err
	})
	return err == nil, err
}

// admit asks policy and counts a use. The owner may read later who came, but
// nobody can fill his list by trying over and over.
func (r *Registry) admit(ctx context.Context, who Who, id wire.LinkID) (store.Link, error) {
	link, err := r.cfg.Store.Link(ctx, string(id))
	if err != nil {
		return store.Link{}, err
	}
	relations, err := r.cfg.Store.Relations(ctx, string(who.User), []string{link.OwnerID})
	if err != nil {
		return store.Link{}, err
	}
	verdict, reason := policy.Decide(policy.PathLink, facts(relations[0]))
	var list []store.Decision
	if owner := wire.UserID(link.OwnerID); owner != who.User && r.comes.take(r.cfg.Limits, visitor(who), []wire.UserID{owner}, time.Now()) == nil {
		list = decisions(who, "", policy.PathLink, []callee{judged(relations[0], verdict, reason)})
	}
	if verdict == policy.Allow {
		if r.cfg.Encryption.ofLink(link) != nil && who.Encryption < wire.EncryptionVersion {
			return store.Link{}, errNeedsKeys // before a use is counted
		}
		return r.cfg.Store.AdmitByLink(ctx, string(id), list...)
	}
	r.cfg.Events(Refused{Reason: string(reason)})
	r.keep(ctx, list)
	if verdict == policy.Refuse {
		return store.Link{}, refusal(reason, relations[0], 0)
	}
	return store.Link{}, errNoLink
}

// visitor is by what somebody who comes by a link is counted: all guests of a
// link are one.
func visitor(who Who) wire.UserID {
	if who.Guest() {
		return wire.UserID("." + who.Link)
	}
	return who.User
}

// createForLink starts the call of a link. Of two who come first at the same
// time one creates it and the other finds it.
func (r *Registry) createForLink(ctx context.Context, link store.Link) (*Call, error) {
	now := time.Now()
	s := &state{
		ID: wire.CallID(identity.NewID("cal")), Trace: newTrace(), Epoch: 1, Kind: wire.Kind(link.Kind), Phase: wire.PhaseRinging,
		Topology: wire.TopologySFU, Generation: 1, Keys: r.cfg.Encryption.ofLink(link), Link: wire.LinkID(link.ID), Title: link.Title, Created: now,
		ringFor: r.cfg.RingTimeout, grace: r.cfg.Grace, quiet: r.cfg.NoReports,
	}
	c := newCall(s.ID, r)
	if other, err := r.open(c, s.Link); other != nil || err != nil {
		return other, err
	}
	events := s.story(nil, &effects{}, now)
	snapshot, err := s.snapshot()
	if err == nil {
		_, err = r.cfg.Store.CreateCall(ctx, &store.NewCall{
			ID: string(s.ID), Kind: link.Kind, Topology: store.Group, State: string(s.Phase), Snapshot: snapshot, Events: events,
			OwnerNode: r.cfg.Node, LinkID: link.ID,
		}, nil)
	}
	if err != nil {
		r.abandon(c, s.Link)
		return nil, err
	}
	r.start(c, s)
	return c, nil
}
