package call

import (
	"context"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/wire"
)

// propose asks those in the call to switch between voice and video, as far as
// policy lets the one ask the other. To him it looks as if all were asked.
func (c *Call) propose(ctx context.Context, who Who, kind wire.Kind) error {
	return c.do(ctx, func() error {
		if _, err := c.state.member(who); err != nil {
			return err
		}
		unasked, err := c.unasked(ctx, who)
		if err != nil {
			return err
		}
		err = c.change(ctx, func(s *state, fx *effects, now time.Time) error {
			l, err := s.member(who)
			if err != nil {
				return err
			}
			return s.propose(fx, l, kind, unasked, now)
		})
		if err == nil {
			who.Reply(wire.Done{})
		}
		return err
	})
}

// unasked reads who in the call must not be asked anything by somebody. If that
// cannot be read nothing is asked. Only for run.
func (c *Call) unasked(ctx context.Context, who Who) ([]wire.UserID, error) {
	var others []string
	for i := range c.state.Legs {
		if l := &c.state.Legs[i]; l.in() && !l.Guest && l.User != who.User {
			others = append(others, string(l.User))
		}
	}
	if len(others) == 0 {
		return nil, nil
	}
	relations, err := c.cfg.Store.Relations(ctx, string(who.User), others)
	if err != nil {
		return nil, failure(err)
	}
	var unasked []wire.UserID
	for _, rel := range relations {
		switch verdict, reason := policy.Decide(policy.PathCallRequest, facts(rel)); {
		case reason == policy.ReasonCallerSuspended:
			return nil, refusal(reason, rel, 0)
		case verdict != policy.Allow:
			unasked = append(unasked, wire.UserID(rel.Callee))
		}
	}
	return unasked, nil
}
