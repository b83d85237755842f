package call

import (
	"context"
	"errors"
	"strings"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// joinLink lets somebody into the call of a link, or starts it. A use is counted
// in the transaction that lets him in. To an outsider all links that do not open
// are alike.
func (r *Registry) joinLink(ctx context.Context, who Who, m *wire.JoinLink) error {
	if c := r.linkCall(m.Link); c != nil && (!who.Guest() || who.Link == m.Link) {
		if again, err := c.rejoin(ctx, who); again {
			return err
		}
	}
	if again, err := r.rejoinQueue(ctx, who, m.Link); again {
		return err
	}
	if err := r.room(who.User); err != nil {
		return err
	}
	queue, err := r.queueOf(ctx, who, m.Link)
	if err != nil {
		return err
	}
	a, way, err := r.arrive(ctx, who.comes(m.Link, m.Browser))
	if err != nil {
		return err
	}
	if queue != nil && way >= policy.Wait { // what leads nowhere is not closed either
		if err = openNow(queue, time.Now()); err == nil {
			err = r.enterQueue(ctx, a, queue, m.Media)
		}
	} else {
		err = r.enterLink(ctx, a, way, m.Media)
	}
	r.cfg.Events(LinkJoined{Result: resultOfError(err)})
	if err == nil && !a.entry.Host {
		r.tellUse(ctx, a.link.ID)
	}
	var refused *store.LinkRefused
	if errors.As(err, &refused) { // between the look at the link and the use of it
		return errNoLink
	}
	return err
}

// enterLink lets somebody into the call of a link, or creates it if he need not
// wait for anybody.
func (r *Registry) enterLink(ctx context.Context, a *arrival, way policy.Way, media wire.Media) (err error) {
	for err = errCallEnded; errors.Is(err, errCallEnded); { // when the last one has just left, the link starts a new call
		c := r.linkCall(a.id())
		if c == nil {
			if way != policy.In {
				return a.turnedAway(way)
			}
			if c, err = r.createForLink(ctx, a); err != nil {
				return failure(err)
			}
		}
		err = c.do(ctx, func() error {
			if again := c.answerMember(a.who); again {
				return nil
			}
			hidden, shown := c.seen(ctx, true, a.who.User)
			err := c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				s.cover(hidden, shown)
				return s.join(fx, a, media, now)
			})
			if err == nil {
				l := c.state.legOfUser(a.who.User)
				c.reply(a.who, l.Participant)
				c.tellWhoWaits(l)
			}
			return err
		})
	}
	return err
}

func (r *Registry) linkCall(link wire.LinkID) *Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.links[link]
}

// rejoin answers who is in the call already, without counting a use.
func (c *Call) rejoin(ctx context.Context, who Who) (again bool, err error) {
	err = c.do(ctx, func() error {
		again = c.answerMember(who)
		return nil
	})
	return again && err == nil, err
}

// answerMember answers who is in the call with this very session. Only for run.
func (c *Call) answerMember(who Who) bool {
	l, err := c.state.member(who)
	if err != nil {
		return false
	}
	c.reply(who, l.Participant)
	return true
}

// createForLink starts the call of a link. Of two who come first at the same
// time one creates it and the other finds it.
func (r *Registry) createForLink(ctx context.Context, a *arrival) (*Call, error) {
	link := a.link
	s := r.newState(wire.Kind(link.Kind), wire.TopologySFU, link.KeyID)
	s.Keys, s.Link, s.Owner = r.cfg.Encryption.ofLink(link), a.id(), wire.UserID(link.OwnerID)
	s.abide(link.LinkTerms)
	if err := s.suits(a.who); err != nil {
		return nil, err
	}
	c := newCall(s.ID, r)
	c.link = s.Link
	if other, err := r.open(c); other != nil || err != nil {
		return other, err
	}
	events := s.story(nil, &effects{}, s.Created)
	snapshot, err := s.snapshot()
	if err == nil {
		_, err = r.cfg.Store.CreateCall(ctx, &store.NewCall{
			ID: string(s.ID), Kind: link.Kind, Topology: store.Group, State: string(s.Phase), Snapshot: snapshot, Events: events,
			OwnerNode: r.cfg.Node, LinkID: link.ID,
		}, nil)
	}
	if err != nil {
		r.abandon(c)
		return nil, err
	}
	r.start(c, s)
	return c, nil
}

// lookAtLink answers what is behind a link, to who has not joined.
func (r *Registry) lookAtLink(ctx context.Context, who Who, m *wire.LookAtLink) error {
	a, way, err := r.arrive(ctx, who.comes(m.Link, ""))
	if err == nil {
		who.Reply(r.door(a, way))
	}
	return err
}

// Visit looks at a link for somebody without an account, who comes from a network
// as [link.Network] names it. mark is what to put into his pass. All links that
// lead nowhere are the same problem.
func (r *Registry) Visit(ctx context.Context, id wire.LinkID, network string) (door wire.LinkDoor, mark string, err error) {
	guest := Who{User: nobody, Link: id}
	a, way, err := r.arrive(ctx, comer{Who: guest, link: id, source: "network " + network})
	if err != nil {
		return wire.LinkDoor{}, "", err
	}
	if network != "" {
		mark = r.cfg.Marker.Network(a.link.ID, network)
	}
	return r.door(a, way), mark, nil
}

// Origins are those whose pages may show the page of a link in a frame, if it has
// some of its own. Who asks for links that lead nowhere is counted as by
// [Registry.Visit]; all of them have none.
func (r *Registry) Origins(ctx context.Context, id wire.LinkID, network string) []string {
	guest := Who{User: nobody, Link: id}
	a, _, err := r.arrive(ctx, comer{Who: guest, link: id, source: "network " + network})
	if err != nil {
		return nil
	}
	return strings.Fields(a.link.Origins)
}

func (r *Registry) door(a *arrival, way policy.Way) wire.LinkDoor {
	d := wire.LinkDoor{
		Kind: wire.Kind(a.link.Kind), Title: a.link.Title, Sealed: a.link.Sealed, Host: a.entry.Host, Waits: way == policy.Wait,
		OpensInMs: wire.UnixMs(a.early.Milliseconds()), JoinMuted: a.link.JoinMuted && !a.entry.Host,
		Encrypted: r.cfg.Encryption.ofLink(a.link) != nil, Books: a.books,
	}
	if a.entry.Host {
		d.OpensInMs = 0
	}
	if ends := a.link.Ends(); !ends.IsZero() {
		d.EndsMs = wire.UnixMs(ends.UnixMilli())
	}
	return d
}

// LinkRevoked ends the call of a link that is revoked, or lets it go on for those
// who are in it. Who waits is sent away.
func (r *Registry) LinkRevoked(ctx context.Context, link wire.LinkID, keepCall bool) {
	r.onLink(ctx, link, func(s *state, fx *effects, now time.Time) {
		if !keepCall {
			s.end(fx, wire.EndRevoked, now)
			return
		}
		s.dismiss(fx, wire.KnockClosed, now)
		s.settle(fx, wire.EndRevoked, now)
	})
}

// TellOwner shows a link to the owner's devices, of which none has made or changed it.
func (r *Registry) TellOwner(link store.Link) {
	if frame, err := wire.EncodeEvent("", 0, 0, LinkOf(link)); err == nil {
		r.cfg.Post.ToUser(wire.UserID(link.OwnerID), frame, "")
	}
}

// tellUse shows a link's owner that it was used. Who has come by it waits for
// nothing here.
func (r *Registry) tellUse(ctx context.Context, id string) {
	l, err := r.cfg.Store.Link(ctx, id)
	if err != nil {
		r.cfg.Logger.Error("the owner of a link cannot be told of its use", "err", err)
		return
	}
	r.TellOwner(l)
}

// LinkChanged has the call of a link go by its new terms.
func (r *Registry) LinkChanged(ctx context.Context, link store.Link) {
	r.onLink(ctx, wire.LinkID(link.ID), func(s *state, fx *effects, now time.Time) { s.reform(fx, link.LinkTerms, now) })
}

// BansForgotten lets those come again to the call of a link who were put out of it.
func (r *Registry) BansForgotten(ctx context.Context, link wire.LinkID) {
	r.onLink(ctx, link, func(s *state, fx *effects, _ time.Time) { s.Banned, fx.durable = nil, true })
}

// onLink changes the call of a link, if it has one.
func (r *Registry) onLink(ctx context.Context, link wire.LinkID, f func(*state, *effects, time.Time)) {
	c := r.linkCall(link)
	if c == nil {
		return
	}
	err := c.do(ctx, func() error {
		return c.change(ctx, func(s *state, fx *effects, now time.Time) error {
			f(s, fx, now)
			return nil
		})
	})
	if err != nil && !errors.Is(err, errCallEnded) { // a call that is over is over
		r.cfg.Logger.Error("a change of a link could not reach its call", "err", err)
	}
}
