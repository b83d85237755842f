package call

import (
	"context"
	"time"

	"pronto/signalling/wire"
)

// WatchPresence has f called whenever an account has come to be in a call, or
// is in none any more. f must not block. Only one f is called.
func (r *Registry) WatchPresence(f func(wire.UserID)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inCall = f
}

// InCall tells whether an account is in a call.
func (r *Registry) InCall(user wire.UserID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isIn(user)
}

// isIn is InCall. The caller holds mu.
func (r *Registry) isIn(user wire.UserID) bool {
	for _, in := range r.users[user] {
		if in {
			return true
		}
	}
	return false
}

// presenceOf tells for each account of a change whether it is in a call. The
// caller holds mu.
func (r *Registry) presenceOf(change indexChange) map[wire.UserID]bool {
	if r.inCall == nil {
		return nil
	}
	is := make(map[wire.UserID]bool, len(change.now)+len(change.removed))
	for user := range change.now {
		is[user] = r.isIn(user)
	}
	for _, user := range change.removed {
		is[user] = r.isIn(user)
	}
	return is
}

func tellPresence(before, after map[wire.UserID]bool, tell func(wire.UserID)) {
	for user, in := range after {
		if in != before[user] {
			tell(user)
		}
	}
}

// SessionEnded takes a session that was ended for good out of its calls, at
// once: nobody may wait for it to come back.
func (r *Registry) SessionEnded(ctx context.Context, user wire.UserID, session wire.SessionID) {
	for _, c := range r.callsOf(user) {
		_ = c.do(ctx, func() error { // a call that is over has nobody in it
			return c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				if l := s.legOfUser(user); l != nil && l.in() && l.Session == session {
					s.leave(fx, l, now)
				}
				return nil
			})
		})
	}
}
