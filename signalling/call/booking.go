package call

import (
	"context"
	"errors"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// getSlots answers which times a link offers.
func (r *Registry) getSlots(ctx context.Context, who Who, m *wire.GetSlots) error {
	a, _, err := r.arrive(ctx, who.comes(m.Link, ""))
	if err != nil {
		return err
	}
	slots, err := r.cfg.Store.Slots(ctx, a.link.ID)
	if err != nil {
		return failure(err)
	}
	who.Reply(SlotsOf(slots, a.entry.Host))
	return nil
}

// bookSlot books a time of a link, and tells its owner's devices. He is reminded of
// it, and so is who books, if he has an account.
func (r *Registry) bookSlot(ctx context.Context, who Who, m *wire.BookSlot) error {
	a, _, err := r.arrive(ctx, who.comes(m.Link, ""))
	if err != nil {
		return err
	}
	made, err := r.cfg.Store.BookSlot(ctx, a.link.ID, time.UnixMilli(int64(m.FromMs)), store.NewLink{ID: identity.NewSecret()},
		store.Remind{Before: r.cfg.RemindBefore, Booker: account(who)})
	var refused *store.LinkRefused
	switch {
	case errors.As(err, &refused):
		return errNoLink
	case errors.Is(err, store.ErrConflict):
		return wire.Problemf(wire.CodeConflict, "the time is taken or was never offered; ask for the times again")
	case err != nil:
		return failure(err)
	}
	r.TellOwner(made)
	who.Reply(wire.BookedSlot{
		Link: wire.LinkID(made.ID), FromMs: m.FromMs, ToMs: wire.UnixMs(made.Expires.UnixMilli()),
	})
	return nil
}

// account is the account of who asks; empty for a guest.
func account(who Who) string {
	if who.Guest() {
		return ""
	}
	return string(who.User)
}

// Remind tells the open pages of somebody that a talk begins soon.
func (r *Registry) Remind(m store.Reminder) {
	told := wire.Reminder{
		Link: wire.LinkID(m.Link.ID), Kind: wire.Kind(m.Link.Kind), Title: m.Link.Title, Sealed: m.Link.Sealed,
		FromMs: wire.UnixMs(m.From.UnixMilli()), ToMs: wire.UnixMs(m.To.UnixMilli()), Host: m.Host(),
	}
	if told.Host {
		told.BookedFrom = wire.LinkID(m.Link.BookedFrom)
	}
	if frame, err := wire.EncodeEvent("", 0, 0, told); err == nil {
		r.cfg.Post.ToUser(wire.UserID(m.UserID), frame, "")
	}
}
