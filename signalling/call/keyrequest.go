package call

import (
	"context"
	"errors"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// handleKeys is the part of Handle for the keys of encrypted calls.
func (r *Registry) handleKeys(ctx context.Context, who Who, message any) (handled bool, err error) {
	switch m := message.(type) {
	case *wire.EnterKeys:
		return true, r.enterKeys(ctx, who, m)
	case *wire.FoundKeys:
		return true, r.keyed(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) (any, error) {
			if err := s.foundKeys(fx, who, l, m, now); err != nil {
				return nil, err
			}
			return s.accepted(l), nil
		})
	case *wire.CommitKeys:
		return true, r.keyed(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) (any, error) {
			if err := s.commitKeys(fx, who, l, m, now); err != nil {
				return nil, err
			}
			return s.accepted(l), nil
		})
	case *wire.KeysReady:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			return s.keysReady(fx, l, m)
		})
	case *wire.SyncKeys:
		return true, r.keyed(ctx, who, m.Call, func(s *state, _ *effects, l *leg, _ time.Time) (any, error) {
			return s.keysLog(l, m)
		})
	case *wire.SendKeyMessage:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			return s.keyMessage(fx, l, m, now)
		})
	case *wire.Say:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			return s.say(fx, l, m.Body, now)
		})
	case *wire.FirstOpened:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, _ time.Time) error {
			return s.firstOpened(fx, l, time.Duration(m.AfterMs)*time.Millisecond)
		})
	case *wire.ReportKeys:
		return true, r.asMember(ctx, who, m.Call, func(s *state, fx *effects, l *leg, now time.Time) error {
			return s.keysFailed(fx, l, m.Failure, now)
		})
	}
	return false, nil
}

// keyed is asMember for a request whose reply is more than done.
func (r *Registry) keyed(ctx context.Context, who Who, id wire.CallID, f func(*state, *effects, *leg, time.Time) (any, error)) error {
	return r.with(id, func(c *Call) error {
		return c.do(ctx, func() error {
			var body any
			err := c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				l, err := s.member(who)
				if err == nil {
					body, err = f(s, fx, l, now)
				}
				if err == nil {
					fx.reply = func() { who.Reply(body) }
				}
				return err
			})
			return err
		})
	})
}

// enterKeys takes a key package of the device's from the store if it brings
// none.
func (r *Registry) enterKeys(ctx context.Context, who Who, m *wire.EnterKeys) error {
	pkg := m.KeyPackage
	if pkg == "" {
		if who.Guest() {
			return wire.Problemf(wire.CodeInvalid, "keyPackage is missing; a guest makes one for each call")
		}
		// Only for who may enter: a package that is taken is spent.
		if err := r.with(m.Call, func(c *Call) error {
			return c.do(ctx, func() error {
				if _, err := c.state.member(who); err != nil {
					return err
				}
				_, err := c.state.holding()
				return err
			})
		}); err != nil {
			return err
		}
		kept, err := r.cfg.Store.TakeKeyPackage(ctx, string(who.User), string(who.Device))
		switch {
		case errors.Is(err, store.ErrNotFound):
			return wire.Problemf(wire.CodeInvalid, "keyPackage is missing, and the device has left none with the server")
		case err != nil:
			return failure(err)
		}
		pkg = wire.Blob(kept.Package)
		if kept.Left < wire.FewKeyPackages {
			r.askForPackages(who, kept)
		}
	}
	return r.keyed(ctx, who, m.Call, func(s *state, _ *effects, l *leg, now time.Time) (any, error) {
		if err := s.enterKeys(who, l, pkg, now); err != nil {
			return nil, err
		}
		return s.keysOf(l), nil
	})
}

// askForPackages tells a device that few of its key packages are left.
func (r *Registry) askForPackages(who Who, kept store.KeptKeyPackage) {
	frame, err := wire.EncodeEvent("", 0, 0, wire.KeyPackages{Left: uint32(kept.Left), LastResort: kept.LastResort})
	if err != nil {
		r.cfg.Logger.Error("an event could not be encoded", "err", err)
		return
	}
	r.cfg.Post.ToSession(who.Session, frame)
}

// firstOpened counts how long the first sealed frame took, once for each stay.
func (s *state) firstOpened(fx *effects, l *leg, after time.Duration) error {
	if _, err := s.holding(); err != nil {
		return err
	}
	if !l.opened {
		l.opened = true
		fx.count(KeysOpened{Topology: s.Topology, After: after})
	}
	return nil
}

// keysFailed counts what went wrong with keys at a client.
func (s *state) keysFailed(fx *effects, l *leg, failure wire.KeyFailure, now time.Time) error {
	if _, err := s.holding(); err != nil {
		return err
	}
	if !l.reports.take(2, 10, now) {
		return tooOften(time.Second, "too many reports; wait")
	}
	s.blame(CauseKeyExchange)
	fx.count(KeysFailed{Failure: failure})
	return nil
}
