package signalling

import (
	"context"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// links carries out requests about the account's own links. Its other devices are
// told of every change.
func (s *Server) links(ctx context.Context, who call.Who, message any) (handled bool, err error) {
	user := string(who.User)
	switch m := message.(type) {
	case *wire.CreateLink:
		return true, s.createLink(ctx, who, m)
	case *wire.GetLinks:
		links, err := s.cfg.Store.LinksOf(ctx, user)
		if err != nil {
			return true, err
		}
		list := wire.Links{Links: make([]wire.Link, 0, len(links))}
		for _, l := range links {
			list.Links = append(list.Links, call.LinkOf(l))
		}
		who.Reply(list)
		return true, nil
	case *wire.ChangeLink:
		return true, s.changeLink(ctx, who, m)
	case *wire.NewHostLink:
		host := identity.NewSecret()
		if err := s.cfg.Store.NewHostLink(ctx, user, string(m.Link), identity.HashSecret(host)); err != nil {
			return true, err
		}
		return true, s.answerLink(ctx, who, m.Link, wire.LinkID(host))
	case *wire.RevokeLink:
		if err := s.cfg.Store.RevokeLink(ctx, user, string(m.Link)); err != nil {
			return true, err
		}
		s.cfg.Calls.LinkRevoked(ctx, m.Link, m.KeepCall)
		return true, s.answerLink(ctx, who, m.Link, "")
	case *wire.ForgetBans:
		if err := s.cfg.Store.ForgetLinkMarks(ctx, user, string(m.Link)); err != nil {
			return true, err
		}
		s.cfg.Calls.BansForgotten(ctx, m.Link)
		who.Reply(wire.Done{})
		return true, nil
	case *wire.SetSlots:
		return true, s.setSlots(ctx, who, m)
	}
	return false, nil
}

func (s *Server) createLink(ctx context.Context, who call.Who, m *wire.CreateLink) error {
	chosen, err := call.TermsOf(m.Terms)
	if err != nil {
		return err
	}
	if err := checkOwnName(who, "createLink title", chosen.Title, ""); err != nil {
		return err
	}
	if m.Unencrypted && !s.cfg.Calls.AllowsUnencrypted() {
		return wire.Problemf(wire.CodeForbidden, "all calls of this server are end-to-end encrypted; ask without unencrypted")
	}
	n := store.NewLink{
		ID: identity.NewSecret(), OwnerID: string(who.User), Kind: store.Kind(m.Kind), Unencrypted: m.Unencrypted, KeyID: who.Key, LinkTerms: chosen,
	}
	if m.ExpiresInSeconds > 0 && n.Expires.IsZero() {
		n.Expires = time.Now().Add(time.Duration(m.ExpiresInSeconds) * time.Second)
	}
	var host string
	if m.HostLink {
		host = identity.NewSecret()
		n.HostHash = identity.HashSecret(host)
	}
	l, err := s.cfg.Store.CreateLink(ctx, n)
	if err != nil {
		return err
	}
	s.cfg.Events(LinkCreated{Kind: m.Kind})
	s.tellLink(who, l, wire.LinkID(host))
	return nil
}

func (s *Server) changeLink(ctx context.Context, who call.Who, m *wire.ChangeLink) error {
	chosen, err := call.TermsOf(m.Terms)
	if err != nil {
		return err
	}
	l, err := s.cfg.Store.ChangeLink(ctx, string(who.User), string(m.Link), int64(m.IfSequence), func(t *store.LinkTerms) error {
		if err := checkOwnName(who, "changeLink title", chosen.Title, t.Title); err != nil {
			return err
		}
		chosen.Origins = t.Origins // integrators' business
		*t = chosen
		return nil
	})
	if err != nil {
		return err
	}
	s.cfg.Calls.LinkChanged(ctx, l)
	s.tellLink(who, l, "")
	return nil
}

// answerLink answers with a link as it is now.
func (s *Server) answerLink(ctx context.Context, who call.Who, id, host wire.LinkID) error {
	l, err := s.cfg.Store.Link(ctx, string(id))
	if err == nil {
		s.tellLink(who, l, host)
	}
	return err
}

// tellLink answers with a link and tells the account's other devices. The host link
// is told to who asked for it only.
func (s *Server) tellLink(who call.Who, l store.Link, host wire.LinkID) {
	link := call.LinkOf(l)
	s.tellDevices(who, link)
	link.HostLink = host
	who.Reply(link)
}

func (s *Server) setSlots(ctx context.Context, who call.Who, m *wire.SetSlots) error {
	slots := make([]store.Slot, 0, len(m.Slots))
	for _, slot := range m.Slots {
		slots = append(slots, store.Slot{From: time.UnixMilli(int64(slot.FromMs)), To: time.UnixMilli(int64(slot.ToMs))})
	}
	if err := s.cfg.Store.SetSlots(ctx, string(who.User), string(m.Link), slots); err != nil {
		return err
	}
	kept, err := s.cfg.Store.Slots(ctx, string(m.Link))
	if err == nil {
		who.Reply(call.SlotsOf(kept, true))
	}
	return err
}
