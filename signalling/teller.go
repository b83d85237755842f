package signalling

import (
	"context"

	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// teller are the accounts that still have to be told who their contacts are
// now. One goroutine tells them, so that what is told last is what was read
// last; it runs while there are any.
type teller struct {
	// Guarded by Server.mu.
	untold  map[string]struct{}
	telling bool
}

// tellPeople tells accounts, on all their devices, who their contacts are now.
// It does not wait: how long it took would say to whoever registers a number how
// many have it.
func (s *Server) tellPeople(users []string) {
	if len(users) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if s.tell.untold == nil {
		s.tell.untold = map[string]struct{}{}
	}
	for _, user := range users {
		s.tell.untold[user] = struct{}{}
	}
	if !s.tell.telling {
		s.tell.telling = true
		s.wait.Go(s.tellAll)
	}
}

// tellAll runs until nobody is left to tell, or the server closes.
func (s *Server) tellAll() {
	for {
		s.mu.Lock()
		users := s.tell.untold
		s.tell.untold = nil
		s.tell.telling = len(users) > 0
		s.mu.Unlock()
		if len(users) == 0 {
			return
		}
		for user := range users {
			if err := s.tellOne(user); err != nil && s.ctx.Err() == nil {
				s.cfg.Logger.Warn("an account could not be told of its contacts; it sees them when it signs in", "err", err)
			}
		}
	}
}

func (s *Server) tellOne(user string) error {
	ctx, cancel := context.WithTimeout(s.ctx, handleWithin)
	defer cancel()
	people, err := s.peopleOf(ctx, user)
	if err != nil {
		return err
	}
	s.tellDevices(call.Who{User: wire.UserID(user)}, people)
	s.presence.relation(wire.UserID(user))
	return nil
}
