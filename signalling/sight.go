package signalling

import (
	"context"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// view is what a viewer sees.
func (p *presence) view(o store.Sight) wire.PersonPresence {
	user := wire.UserID(o.Target)
	v := wire.PersonPresence{User: user}
	audience, excepts := policy.Nobody, false
	switch o.Audience {
	case store.PresenceEveryone:
		audience = policy.Everyone
	case store.PresenceContacts:
		audience = policy.Contacts
	case store.PresenceContactsExcept:
		audience, excepts = policy.Contacts, true
	}
	if !policy.SeesPresence(policy.Sight{
		Exists: o.TargetExists, Self: o.Viewer == o.Target, Audience: audience, Contact: o.Contact,
		Excepted: excepts && o.Excepted, Blocks: o.TargetBlocks, Blocked: o.ViewerBlocks,
	}) {
		return v
	}
	switch {
	case p.server.online(user):
		v.Online, v.InCall = true, p.server.cfg.Calls.InCall(user)
	case !o.Seen.IsZero():
		v.LastSeenMs = wire.UnixMs(o.Seen.Truncate(time.Minute).UnixMilli())
	}
	return v
}

// online tells whether an account has a session: its socket may be lost for as
// long as the grace period, so that a page that is loaded again does not look
// like somebody who went away.
func (s *Server) online(user wire.UserID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.users[user]) > 0
}

func texts(ids []wire.UserID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}

// sight carries out requests about presence.
func (s *Server) sight(ctx context.Context, who call.Who, message any) error {
	switch m := message.(type) {
	case *wire.SetPresenceSetting:
		set := store.PresenceSetting{Audience: store.PresenceAudience(m.Audience), Except: texts(m.Except)}
		if _, err := s.cfg.Store.SetPresenceSetting(ctx, string(who.User), set, int64(m.IfVersion)); err != nil {
			return err
		}
		s.presence.relation(who.User)
	case *wire.WatchPresence:
		one := s.session(who.Session)
		if one == nil {
			return store.ErrRevoked // ended meanwhile
		}
		if !one.watches.Allow() {
			p := wire.Problemf(wire.CodeRateLimited, "more than one change a second of whom a session watches")
			p.RetryAfterMs = 1000
			return p
		}
		return s.presence.ask(ctx, one, m.Users, who.Reply)
	}
	p, err := s.cfg.Store.PresenceSetting(ctx, string(who.User))
	if err != nil {
		return err
	}
	setting := presenceSetting(p)
	if _, set := message.(*wire.SetPresenceSetting); set {
		s.tellDevices(who, setting)
	}
	who.Reply(setting)
	return nil
}
