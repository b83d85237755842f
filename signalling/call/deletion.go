package call

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Deleted makes an account whose deletion is stored leave its calls, and every
// call forget it: none that it was ever in names it any more.
func (r *Registry) Deleted(ctx context.Context, user wire.UserID) {
	r.mu.Lock()
	calls := make([]*Call, 0, len(r.calls))
	for _, c := range r.calls {
		calls = append(calls, c)
	}
	r.mu.Unlock()
	for _, c := range calls {
		_ = c.do(ctx, func() error { // a call that is over needs nothing
			if !c.state.names(user) {
				return nil
			}
			return c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				s.deleted(fx, user, now)
				return nil
			})
		})
	}
}

// Met are the accounts that are in a call with an account now.
func (r *Registry) Met(user wire.UserID) map[wire.UserID]struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	met := map[wire.UserID]struct{}{}
	for c, in := range r.users[user] {
		if !in {
			continue
		}
		for other, calls := range r.users {
			if calls[c] {
				met[other] = struct{}{}
			}
		}
	}
	return met
}

// names tells whether anything in the call is about an account.
func (s *state) names(user wire.UserID) bool {
	is := func(u wire.UserID) bool { return u == user }
	if s.Keys != nil && slices.ContainsFunc(s.Keys.Leaves, func(h holder) bool { return h.Account == string(user) }) {
		return true
	}
	return s.Starter == user || s.Owner == user || s.waiterOf(user) >= 0 || s.legOfUser(user) != nil || slices.ContainsFunc(s.Banned, is) || slices.ContainsFunc(s.Admins, is) ||
		slices.ContainsFunc(s.Past, func(p past) bool { return p.User == user }) ||
		slices.ContainsFunc(s.Apart, func(c couple) bool { return c.A == user || c.B == user }) ||
		slices.ContainsFunc(s.Veils, func(v veil) bool { return v.Viewer == user || v.Subject == user })
}

// deleted takes an account out of the call, and out of what the call remembers.
func (s *state) deleted(fx *effects, user wire.UserID, now time.Time) {
	for l := s.legOfUser(user); l != nil && s.Phase != wire.PhaseEnded; l = s.legOfUser(user) {
		if !l.pending() {
			s.leave(fx, l, now)
			continue
		}
		s.stopRinging(fx, *l, wire.StopTimeout)
		s.settle(fx, wire.EndNoAnswer, now)
	}
	fx.durable = true
	s.forgetWaiter(fx, user, LobbyClosed, now)
	if s.Owner == user { // his links are revoked
		s.Owner = ""
	}
	s.Past = slices.Clone(s.Past)
	for i := range s.Past {
		if s.Past[i].User == user {
			s.Past[i].User, s.Past[i].Name, s.Past[i].Marks = "", "", nil
		}
	}
	is := func(u wire.UserID) bool { return u == user }
	s.Banned = slices.DeleteFunc(slices.Clone(s.Banned), is)
	s.Admins = slices.DeleteFunc(slices.Clone(s.Admins), is)
	s.Apart = slices.DeleteFunc(slices.Clone(s.Apart), func(c couple) bool { return c.A == user || c.B == user })
	if s.Keys != nil { // the leaf stays his participant's until it is removed by a commit
		for i := range s.Keys.Leaves {
			if h := &s.Keys.Leaves[i]; h.Account == string(user) {
				h.Account = ""
			}
		}
	}
	s.Veils = slices.DeleteFunc(slices.Clone(s.Veils), func(v veil) bool { return v.Viewer == user || v.Subject == user })
	if s.Starter == user {
		s.Starter = ""
		for i := range s.Legs { // by whose settings members are told of the call
			if l := &s.Legs[i]; l.in() {
				s.Starter = l.User
				break
			}
		}
	}
	// What was written on the way out still has the name.
	for i := range fx.log {
		fx.log[i].PeerName, fx.log[i].PeerIDs = Forget(user)(fx.log[i].PeerName, fx.log[i].PeerIDs)
	}
	fx.log = slices.DeleteFunc(fx.log, func(l store.LogChange) bool { return l.UserID == string(user) })
}

// Forget returns what takes an account out of the peers of a log row, as calls
// write them: somebody was there who has no name any more.
func Forget(user wire.UserID) func(peerName, peerIDs string) (string, string) {
	return func(peerName, peerIDs string) (string, string) {
		var with []wire.Person
		if json.Unmarshal([]byte(peerIDs), &with) != nil {
			return peerName, peerIDs
		}
		known := false
		var names []string
		for i := range with {
			if with[i].User == user {
				known, with[i] = true, wire.Person{}
			}
			if with[i].Name != "" {
				names = append(names, with[i].Name)
			}
		}
		if !known {
			return peerName, peerIDs
		}
		ids, _ := json.Marshal(with) // strings: cannot fail
		return clip(strings.Join(names, ", "), store.MaxName), string(ids)
	}
}
