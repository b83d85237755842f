package call

import (
	"context"
	"errors"
	"slices"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/wire"
)

// knock has somebody wait to be let into the call of a link. If nobody is there the
// call begins with him: its lobby is there from its birth, and who comes too early
// is in no call.
func (r *Registry) knock(ctx context.Context, who Who, m *wire.Knock) error {
	a, way, err := r.arrive(ctx, who.comes(m.Link, m.Browser))
	if err != nil {
		return err
	}
	for err = errCallEnded; errors.Is(err, errCallEnded); {
		c := r.linkCall(a.id())
		if c == nil {
			switch way {
			case policy.In:
				who.Reply(wire.Waiting{Admitted: true})
				return nil
			case policy.Wait:
			default:
				return a.turnedAway(way)
			}
			if c, err = r.createForLink(ctx, a); err != nil {
				return failure(err)
			}
		}
		err = c.do(ctx, func() error {
			admitted := false
			err := c.change(ctx, func(s *state, fx *effects, now time.Time) (err error) {
				admitted, err = s.knock(fx, a, now)
				return err
			})
			switch {
			case err != nil:
			case admitted:
				who.Reply(wire.Waiting{Admitted: true})
			default:
				who.Reply(wire.Waiting{ForMs: uint32(waitFor.Milliseconds())})
			}
			return err
		})
	}
	return err
}

// stopWaiting takes a knock back.
func (r *Registry) stopWaiting(ctx context.Context, who Who, m *wire.StopWaiting) error {
	for _, c := range r.callsOf(who.User) {
		err := c.do(ctx, func() error {
			return c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				if i := s.waiterOf(who.User); i < 0 || s.Waiting[i].As != m.Link {
					return errNoCall
				}
				return s.stopWaiting(fx, who, now)
			})
		})
		if err == nil {
			who.Reply(wire.Done{})
			return nil
		}
	}
	return wire.Problemf(wire.CodeNotFound, "this session waits for nothing there")
}

// reattach notes that the session of somebody who waits has its socket back.
func (s *state) reattach(who Who) bool {
	i := slices.IndexFunc(s.Waiting, func(w waiter) bool { return w.User == who.User && w.Session == who.Session })
	if i < 0 {
		return false
	}
	s.Waiting[i].Lost = time.Time{}
	return true
}

// Lobbies returns who waits at an account's links, for a session that has just
// come.
func (r *Registry) Lobbies(ctx context.Context, user wire.UserID) []wire.Lobby {
	var list []wire.Lobby
	for _, c := range r.callsOf(user) {
		_ = c.do(ctx, func() error { // a call that is over has no lobby
			if s := c.state; s.Owner == user && len(s.Waiting) > 0 {
				rings := s.RingHost && s.successor() == "" && time.Since(s.rung) < ringOwnerFor
				list = append(list, s.lobbyFor(true, rings))
			}
			return nil
		})
	}
	return list
}
