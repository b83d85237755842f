package call

import (
	"context"
	"time"

	"pronto/signalling/wire"
)

// Handle carries out a request about calls and sends its reply through
// who.Reply. An error means that nothing has changed and nothing was replied.
// It reports false for a message that is not about calls.
func (r *Registry) Handle(ctx context.Context, who Who, message any) (handled bool, err error) {
	switch m := message.(type) {
	case *wire.Ring:
		return true, r.ring(ctx, who, m)
	case *wire.JoinLink:
		return true, r.joinLink(ctx, who, m)
	case *wire.LookAtLink:
		return true, r.lookAtLink(ctx, who, m)
	case *wire.GetSlots:
		return true, r.getSlots(ctx, who, m)
	case *wire.BookSlot:
		return true, r.bookSlot(ctx, who, m)
	case *wire.Knock:
		return true, r.knock(ctx, who, m)
	case *wire.StopWaiting:
		return true, r.stopWaiting(ctx, who, m)
	case *wire.AnswerKnock:
		return true, r.simple(ctx, who, m.Call, func(s *state, fx *effects, now time.Time) error {
			return s.answerKnock(fx, who, m.Waiter, m.Admit, now)
		})
	case *wire.SetLobby:
		return true, r.simple(ctx, who, m.Call, func(s *state, fx *effects, now time.Time) error {
			return s.switchLobby(fx, who, m.Lobby, now)
		})
	case *wire.Invite:
		return true, r.invite(ctx, who, m)
	case *wire.Transfer:
		return true, r.transfer(ctx, who, m)
	case *wire.RingGroup:
		return true, r.ringGroup(ctx, who, m)
	case *wire.JoinGroupCall:
		return true, r.joinGroupCall(ctx, who, m)
	case *wire.Accept:
		return true, r.with(m.Call, func(c *Call) error {
			if c.group != "" {
				return c.joinGroup(ctx, who, m.Media, m.ConfirmBlocked, true)
			}
			return c.accept(ctx, who, m.Media, false)
		})
	case *wire.DeviceRings:
		return true, r.simple(ctx, who, m.Call, func(s *state, fx *effects, now time.Time) error {
			return s.deviceRings(fx, who, now)
		})
	case *wire.Decline:
		return true, r.simple(ctx, who, m.Call, func(s *state, fx *effects, now time.Time) error {
			return s.decline(fx, who, r.inAnother(who.User, m.Call), now)
		})
	case *wire.Cancel:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			return s.cancel(fx, l.Participant, m.Participant, now)
		})
	case *wire.Leave:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			s.leave(fx, l, now)
			return nil
		})
	case *wire.End:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			if !s.hosts(l) {
				return errNotHost
			}
			reason := wire.EndHangup
			if s.Connected.IsZero() {
				reason = wire.EndCancelled
			}
			s.end(fx, reason, now)
			return nil
		})
	case *wire.Sync:
		return true, r.with(m.Call, func(c *Call) error { return c.sync(ctx, who) })
	case *wire.Describe:
		return true, r.with(m.Call, func(c *Call) error { return c.describe(ctx, who, m) })
	case *wire.Trickle:
		return true, r.with(m.Call, func(c *Call) error { return c.trickle(ctx, who, m) })
	case *wire.Negotiate:
		return true, r.with(m.Call, func(c *Call) error { return c.negotiate(ctx, who, m) })
	case *wire.View:
		return true, r.with(m.Call, func(c *Call) error { return c.look(ctx, who, m) })
	case *wire.SetDataUse:
		return true, r.with(m.Call, func(c *Call) error { return c.setDataUse(ctx, who, m) })
	case *wire.SetMedia:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			s.setMedia(fx, l, m.Media, "")
			return nil
		})
	case *wire.MediaFlows:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			return s.mediaFlows(fx, l, m)
		})
	case *wire.MediaFailed:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			return s.mediaFailed(fx, l, m, now)
		})
	case *wire.RateCall:
		return true, r.rate(who, m)
	case *wire.ReportEnd:
		return true, r.reportEnd(who, m)
	case *wire.ReportConnection:
		return true, r.noted(who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			s.reportConnection(fx, l, m)
			return nil
		})
	case *wire.ReportQuality:
		return true, r.noted(who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			return s.reportQuality(fx, l, m, now)
		})
	}
	if handled, err := r.handleKeys(ctx, who, message); handled {
		return true, err
	}
	return r.handleInCall(ctx, who, message)
}

// handleInCall is the part of Handle for what people do to each other in a
// call.
func (r *Registry) handleInCall(ctx context.Context, who Who, message any) (handled bool, err error) {
	switch m := message.(type) {
	case *wire.MoveHere:
		return true, r.with(m.Call, func(c *Call) error { return c.moveHere(ctx, who, m.Media) })
	case *wire.Hold:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			s.hold(fx, l, m.On)
			return nil
		})
	case *wire.ProposeKind:
		return true, r.with(m.Call, func(c *Call) error { return c.propose(ctx, who, m.Kind) })
	case *wire.AnswerKind:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			return s.answerKind(fx, l, m.Accept)
		})
	case *wire.RaiseHand:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			s.raiseHand(fx, l, m.On, "", now)
			return nil
		})
	case *wire.LowerHand:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			other, err := s.asHost(l, m.Participant)
			if err == nil {
				s.raiseHand(fx, other, false, l.Participant, now)
			}
			return err
		})
	case *wire.React:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			s.broadcast(fx, wire.Reacted{Participant: l.Participant, Reaction: m.Reaction})
			return nil
		})
	case *wire.SetTrouble:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			s.setTrouble(fx, l, m.Trouble, m.On)
			return nil
		})
	case *wire.CannotHear:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			return s.cannotHear(fx, l, m.Participant, m.On)
		})
	case *wire.MuteParticipant:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			return s.mute(fx, l, m.Participant)
		})
	case *wire.RemoveParticipant:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			return s.put(fx, l, m.Participant, now)
		})
	case *wire.Lock:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			return s.lock(fx, l, m.On)
		})
	case *wire.SetBattery:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			s.setBattery(fx, l, m.Low)
			return nil
		})
	}
	return false, nil
}

func (r *Registry) with(id wire.CallID, f func(*Call) error) error {
	c, err := r.call(id)
	if err != nil {
		return err
	}
	return f(c)
}

// simple carries out a change whose reply is done.
func (r *Registry) simple(ctx context.Context, who Who, id wire.CallID, f func(*state, *effects, time.Time) error) error {
	return r.with(id, func(c *Call) error {
		return c.do(ctx, func() error {
			if err := c.change(ctx, f); err != nil {
				return err
			}
			who.Reply(wire.Done{})
			return nil
		})
	})
}

// asMember is simple for who is in the call with this very session.
func (r *Registry) asMember(ctx context.Context, who Who, id wire.CallID, f func(*state, *effects, *leg, time.Time) error) error {
	return r.simple(ctx, who, id, func(s *state, fx *effects, now time.Time) error {
		l, err := s.member(who)
		if err != nil {
			return err
		}
		return f(s, fx, l, now)
	})
}

func (c *Call) sync(ctx context.Context, who Who) error {
	return c.do(ctx, func() error {
		l, err := c.state.member(who)
		if err != nil {
			return err
		}
		c.reply(who, l.Participant)
		return nil
	})
}

func (c *Call) accept(ctx context.Context, who Who, media wire.Media, glare bool) error {
	return c.do(ctx, func() error {
		hidden, shown := c.seen(ctx, true, who.User)
		err := c.change(ctx, func(s *state, fx *effects, now time.Time) error {
			s.cover(hidden, shown)
			return s.accept(fx, who, media, now, glare)
		})
		if err != nil {
			return err
		}
		c.reply(who, c.state.legOfUser(who.User).Participant)
		return nil
	})
}

func (c *Call) moveHere(ctx context.Context, who Who, media wire.Media) error {
	return c.do(ctx, func() error {
		err := c.change(ctx, func(s *state, fx *effects, _ time.Time) error { return s.moveHere(fx, who, media) })
		if err == nil {
			c.reply(who, c.state.legOfUser(who.User).Participant)
		}
		return err
	})
}
