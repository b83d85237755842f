package signalling

import (
	"context"
	"errors"

	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// Terms are the terms of whoever runs the server, which accounts are asked to
// accept. The zero value is none.
type Terms struct {
	// Version names their text; an account that has accepted another one is asked
	// again. At most 64 bytes, and a title as identity.CheckTitle has it.
	Version string
	// URL is where they are to be read: an address with https, or a path of this
	// server.
	URL string
	// Required keeps accounts that have not accepted them from placing and entering
	// calls.
	Required bool
}

func (t Terms) validate() error {
	if (t.Version == "") != (t.URL == "") || t.Version == "" && t.Required {
		return errors.New("signalling: Config.Terms has not both a version and an address, or neither")
	}
	return nil
}

// notice is what a welcome says of the terms: nothing to guests, and to an account
// that has accepted them. told is whether a device of the account knows already.
func (s *Server) notice(ctx context.Context, who call.Who) (terms *wire.Terms, told bool, err error) {
	t := s.cfg.Terms
	if t.Version == "" || who.Guest() {
		return nil, true, nil
	}
	accepted, told, err := s.cfg.Store.Terms(ctx, string(who.User), t.Version)
	if err != nil || accepted {
		return nil, true, err
	}
	return &wire.Terms{Version: t.Version, URL: t.URL, Required: t.Required}, told, nil
}

// delivered keeps that a welcome had the terms in it.
func (s *Server) delivered(ctx context.Context, who call.Who) {
	first, err := s.cfg.Store.TermsDelivered(ctx, string(who.User), s.cfg.Terms.Version)
	if err != nil {
		s.cfg.Logger.Warn("that the terms were delivered could not be stored; it is with the next welcome", "err", err)
	}
	if first {
		s.cfg.Events(Noticed{NoticeDelivered})
	}
}

// termsAllow refuses, while terms are required, the requests of an account that has
// not accepted them by which it would ring somebody or enter a call. Those about
// calls that it is in or that ring it are carried out.
func (s *Server) termsAllow(ctx context.Context, who call.Who, message any) error {
	if !s.cfg.Terms.Required || who.Guest() {
		return nil
	}
	switch message.(type) {
	case *wire.Ring, *wire.RingGroup, *wire.Invite, *wire.Transfer, *wire.Accept, *wire.JoinGroupCall, *wire.JoinLink, *wire.Knock:
	default:
		return nil
	}
	accepted, _, err := s.cfg.Store.Terms(ctx, string(who.User), s.cfg.Terms.Version)
	if err != nil || accepted {
		return err
	}
	return wire.Problemf(wire.CodeTermsNotAccepted,
		"the account has to accept the terms first: terms in welcome says where they are, setPreferences with acceptTerms accepts them")
}
