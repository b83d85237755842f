package signalling

import (
	"context"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// watchEvery is how often suspensions are looked for. An account is out of its
// calls within two of these.
const watchEvery = time.Second

// Suspended makes a suspension that is stored take effect at once: the account
// leaves its calls, and its sessions end.
func (s *Server) Suspended(ctx context.Context, user wire.UserID) {
	s.dropSessions(user, nil)
	s.cfg.Calls.Suspended(ctx, user)
}

// Watch finds out whom operators have suspended, by whatever program, until ctx
// ends.
func (s *Server) Watch(ctx context.Context) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var since time.Time
	for {
		users, next, err := s.cfg.Store.SuspendedSince(ctx, since)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.cfg.Logger.Warn("suspensions could not be read; it is tried again", "err", err)
		}
		for _, user := range users {
			s.Suspended(ctx, wire.UserID(user))
		}
		since = next
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// admitted refuses the session of an account that is suspended.
func (s *Server) admitted(ctx context.Context, who call.Who) error {
	if who.Guest() {
		return nil
	}
	standing, err := s.cfg.Store.Standing(ctx, string(who.User))
	if err != nil {
		return err
	}
	if standing.Suspended() {
		return wire.Problemf(wire.CodeSuspended, "the account is suspended; ask who runs this server")
	}
	return nil
}

// dropSessions ends the sessions of an account for good, those that fit if fits
// is not nil: their sockets are closed, and they cannot be taken up again.
func (s *Server) dropSessions(user wire.UserID, fits func(*session) bool) (list []*session) {
	s.mu.Lock()
	for one := range s.users[user] {
		if fits == nil || fits(one) {
			list = append(list, one)
		}
	}
	s.mu.Unlock()
	for _, one := range list {
		one.expel()
		s.remove(one)
	}
	return list
}

// remove forgets a session that is dropped; to do so twice does nothing.
func (s *Server) remove(one *session) {
	last := false
	s.mu.Lock()
	if s.sessions[one.id] == one {
		delete(s.sessions, one.id)
		delete(s.users[one.who.User], one)
		if last = len(s.users[one.who.User]) == 0; last {
			delete(s.users, one.who.User)
		}
	}
	unsubscribe := one.unsubscribe // nil if the session is being made
	s.mu.Unlock()
	if unsubscribe != nil {
		unsubscribe()
	}
	s.presence.forget(one)
	if last && !one.who.Guest() {
		s.presence.left(one.who.User, one.awaySince())
	}
}
