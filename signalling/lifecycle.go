package signalling

import (
	"context"
	"errors"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/contact"
	"pronto/signalling/enrol"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// lifecycle carries out requests about an account as a whole. It reports false for
// a message that is not about it.
func (s *Server) lifecycle(ctx context.Context, who call.Who, message any) (handled bool, err error) {
	switch m := message.(type) {
	case *wire.ChangeNumber:
		return true, s.changeNumber(ctx, who, m)
	case *wire.FindNumber:
		return true, s.findNumber(ctx, who, m)
	case *wire.DisableAccount:
		if err := s.cfg.Store.Disable(ctx, string(who.User)); err != nil {
			return true, err
		}
		s.farewell(who)
		s.cfg.Calls.Suspended(ctx, who.User)
		return true, nil
	case *wire.DeleteAccount:
		if m.User != who.User {
			return true, wire.Problemf(wire.CodeInvalid, "deleteAccount user is not the account itself")
		}
		gone, err := s.cfg.Store.DeleteUser(ctx, string(who.User))
		if err != nil {
			return true, err
		}
		s.farewell(who)
		s.Deleted(ctx, who.User, gone)
		return true, nil
	}
	return false, nil
}

// changeNumber gives an account another phone number. Its code counts as that of
// who signs in: it was sent to the same address, and is good once.
func (s *Server) changeNumber(ctx context.Context, who call.Who, m *wire.ChangeNumber) error {
	n, err := contact.Parse(m.Number)
	if err != nil {
		return wire.Problemf(wire.CodeInvalid, "number is %s", err)
	}
	if !enrol.IsCode(m.Code) {
		return wire.Problemf(wire.CodeInvalid, "changeNumber code is not six digits")
	}
	hash := s.cfg.Numbers.Hash(n)
	address := enrol.PhonePrefix + hash
	told, err := s.cfg.Store.ChangeNumber(ctx, store.NumberMove{
		User: string(who.User), AddressHash: address, Prefix: enrol.PhonePrefix, CodeHash: s.cfg.Codes.Code(address, m.Code),
		Hash: hash, Ending: n.Ending(),
	})
	s.tellPeople(told)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return wire.Problemf(wire.CodeNotFound, "the code is wrong, or not good any more; ask for another one")
	case errors.Is(err, store.ErrBarred):
		return wire.Problemf(wire.CodeForbidden, "the number cannot be used")
	}
	return s.discovery(ctx, who, func() error { return err })
}

func (s *Server) findNumber(ctx context.Context, who call.Who, m *wire.FindNumber) error {
	n, err := contact.Parse(m.Number)
	if err != nil {
		return wire.Problemf(wire.CodeInvalid, "number is %s", err)
	}
	if wait := s.lookUps.take(who.User, lookUpsPerMinute, time.Now()); wait > 0 {
		return rateLimited(wait, "more than %d look-ups a minute", lookUpsPerMinute)
	}
	hash := s.cfg.Numbers.Hash(n)
	found, err := s.cfg.Store.FindNumber(ctx, string(who.User), hash, spend(map[string]byte{hash: s.cfg.Numbers.Place(n)}))
	if err != nil {
		return budgetProblem(err)
	}
	who.Reply(wire.Found{Person: persons([]store.Contact{found})[0]})
	return nil
}

// lastWords is how long a session lives on after the reply by which its account
// ended, so that the client gets it.
const lastWords = 500 * time.Millisecond

// farewell answers a request by which an account has ended, and ends its
// sessions: the others at once, and the one that has asked, which is not listened
// to any more, when it has the answer.
func (s *Server) farewell(who call.Who) {
	who.Reply(wire.Done{})
	if one := s.session(who.Session); one != nil {
		one.deafen()
	}
	s.dropSessions(who.User, func(other *session) bool { return other.id != who.Session })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.wait.Go(func() {
		select {
		case <-time.After(lastWords):
		case <-s.ctx.Done():
		}
		s.dropSessions(who.User, func(other *session) bool { return other.id == who.Session })
	})
}

// Deleted makes a deletion that is stored take effect at once: the account leaves
// its calls, the calls of its links end, and its groups, those who had it in
// their contacts and those for whom it had left notes are told.
func (s *Server) Deleted(ctx context.Context, user wire.UserID, gone store.Deleted) {
	s.cfg.Calls.Deleted(ctx, user)
	for _, link := range gone.Links {
		s.cfg.Calls.LinkRevoked(ctx, wire.LinkID(link), false)
	}
	for _, g := range gone.Groups {
		s.cfg.Calls.GroupChanged(ctx, wire.GroupID(g.After.ID))
		s.tellGroup(&g.Before, &g.After, call.Who{User: user})
	}
	s.tellPeople(gone.Told)
	for _, note := range gone.Notes {
		s.tellNote(note.To, note.Call)
	}
}

const (
	// lifecycleEvery is how often deletions are looked for.
	lifecycleEvery = time.Second
	// purgeAfter is how long an account must have been deleted before what others
	// keep of it is: by then every server has taken it out of its calls.
	purgeAfter = 3 * lifecycleEvery
	// sweepTries is how often a server asks whether the sweep is due.
	sweepTries = time.Hour
)

// WatchAccounts makes deletions take effect here that were stored by whatever
// program, has nothing left that names the accounts, and deletes accounts that
// nobody uses, until ctx ends.
func (s *Server) WatchAccounts(ctx context.Context) {
	tick := time.NewTicker(lifecycleEvery)
	defer tick.Stop()
	known := map[string]struct{}{}
	var tried time.Time
	for {
		if err := s.finishDeletions(ctx, known); err != nil && ctx.Err() == nil {
			s.cfg.Logger.Warn("deleted accounts could not be looked after; it is tried again", "err", err)
		}
		if s.cfg.Unused > 0 && time.Since(tried) >= sweepTries {
			tried = time.Now()
			if err := s.SweepUnused(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Logger.Warn("unused accounts could not be looked for; it is tried again", "err", err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// finishDeletions takes deleted accounts out of this server's calls and sessions,
// and purges those that all servers know of. known are those it has taken out.
func (s *Server) finishDeletions(ctx context.Context, known map[string]struct{}) error {
	waiting, err := s.cfg.Store.Deletions(ctx)
	if err != nil {
		return err
	}
	still := map[string]struct{}{}
	for _, d := range waiting {
		user := wire.UserID(d.User)
		still[d.User] = struct{}{}
		if _, ok := known[d.User]; !ok {
			known[d.User] = struct{}{}
			s.dropSessions(user, func(one *session) bool { return !one.isDeaf() }) // that one waits for its last words
			s.cfg.Calls.Deleted(ctx, user)
		}
		if d.Ago < purgeAfter {
			continue
		}
		err := s.cfg.Store.Purge(ctx, d.User, call.Forget(user))
		if errors.Is(err, store.ErrNamed) { // somebody has rung it since
			s.cfg.Calls.Deleted(ctx, user)
			continue
		}
		if err != nil {
			return err
		}
	}
	for user := range known {
		if _, ok := still[user]; !ok {
			delete(known, user)
		}
	}
	return nil
}

// SweepUnused deletes the accounts that nobody has used for Config.Unused, if it
// was not done within Config.UnusedCheck by this or another server, and no other
// one is at it.
func (s *Server) SweepUnused(ctx context.Context) error {
	duty, taken, err := s.cfg.Store.TakeDuty(ctx, "unused accounts", s.cfg.Node, s.cfg.UnusedCheck)
	if err != nil || !taken {
		return err
	}
	const page = 100
	after := ""
	for {
		users, err := s.cfg.Store.Inactive(ctx, s.cfg.Unused, after, page)
		if err != nil {
			return err
		}
		for _, id := range users {
			after = id
			user := wire.UserID(id)
			if s.online(user) { // for so long that nobody has signed in since
				if err := s.cfg.Store.LastSeen(ctx, []store.Absence{{User: id}}); err != nil {
					return err
				}
				continue
			}
			gone, deleted, err := s.cfg.Store.DeleteInactive(ctx, duty, id, s.cfg.Unused)
			if err != nil {
				return err
			}
			if deleted {
				s.Deleted(ctx, user, gone)
			}
		}
		if len(users) < page {
			return s.cfg.Store.EndDuty(ctx, duty)
		}
	}
}
