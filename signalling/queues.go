package signalling

import (
	"context"
	"errors"
	"slices"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// queues carries out what owners and operators ask of queues.
func (s *Server) queues(ctx context.Context, who call.Who, message any) (handled bool, err error) {
	switch m := message.(type) {
	case *wire.SetQueue:
		return true, s.setQueue(ctx, who, m)
	case *wire.GetQueue:
		q, err := s.queueFor(ctx, who, m.Link)
		if err == nil {
			who.Reply(shownQueue(q))
		}
		return true, err
	case *wire.GetCallbacks:
		return true, s.callbacks(ctx, who, m.Link)
	case *wire.FinishCallback:
		if _, err := s.queueFor(ctx, who, m.Link); err != nil {
			return true, err
		}
		if err := s.cfg.Store.FinishCallback(ctx, string(m.Link), m.Callback); err != nil {
			return true, err
		}
		who.Reply(wire.Done{})
		return true, nil
	}
	return false, nil
}

func (s *Server) setQueue(ctx context.Context, who call.Who, m *wire.SetQueue) error {
	q := store.Queue{LinkID: string(m.Link), OwnerID: string(who.User)}
	for _, user := range m.Operators {
		q.Operators = append(q.Operators, string(user))
	}
	slices.Sort(q.Operators)
	q.Operators = slices.Compact(q.Operators)
	if m.Hours != nil {
		hours := policy.Hours{Zone: m.Hours.Zone}
		for _, r := range m.Hours.Ranges {
			hours.Ranges = append(hours.Ranges, policy.Range{From: int(r.From), To: int(r.To)})
		}
		if err := hours.Validate(); err != nil {
			return wire.Problemf(wire.CodeInvalid, "setQueue hours: %s", err)
		}
		q.Hours = hours.Text()
	}
	if err := s.cfg.Store.SetQueue(ctx, string(who.User), q); err != nil {
		return err
	}
	who.Reply(shownQueue(q))
	return nil
}

// queueFor returns a queue to its owner and its operators; to others there is none.
func (s *Server) queueFor(ctx context.Context, who call.Who, link wire.LinkID) (store.Queue, error) {
	q, err := s.cfg.Store.Queue(ctx, string(link))
	if errors.Is(err, store.ErrNotFound) {
		l, err := s.cfg.Store.Link(ctx, string(link))
		if err == nil && l.OwnerID == string(who.User) {
			return store.Queue{LinkID: l.ID, OwnerID: l.OwnerID}, nil
		}
		return q, store.ErrNotFound
	}
	if err == nil && q.OwnerID != string(who.User) && !q.Operates(string(who.User)) {
		err = store.ErrNotFound
	}
	return q, err
}

func (s *Server) callbacks(ctx context.Context, who call.Who, link wire.LinkID) error {
	if _, err := s.queueFor(ctx, who, link); err != nil {
		return err
	}
	found, err := s.cfg.Store.Callbacks(ctx, string(link))
	if err != nil {
		return err
	}
	list := wire.Callbacks{Callbacks: make([]wire.Callback, 0, len(found))}
	for _, b := range found {
		list.Callbacks = append(list.Callbacks, wire.Callback{
			Callback: b.ID, Name: b.Name, Contact: b.Contact, Note: b.Note, AskedMs: wire.UnixMs(b.Asked.UnixMilli()),
		})
	}
	who.Reply(list)
	return nil
}

func shownQueue(q store.Queue) wire.Queue {
	shown := wire.Queue{Link: wire.LinkID(q.LinkID), Operators: make([]wire.UserID, 0, len(q.Operators))}
	for _, user := range q.Operators {
		shown.Operators = append(shown.Operators, wire.UserID(user))
	}
	hours, err := policy.ParseHours(q.Hours)
	if err != nil {
		return shown
	}
	_, shown.Open = hours.Opens(time.Now())
	if len(hours.Ranges) > 0 {
		shown.Hours = &wire.OpeningHours{Zone: hours.Zone}
		for _, r := range hours.Ranges {
			shown.Hours.Ranges = append(shown.Hours.Ranges, wire.DayRange{From: uint32(r.From), To: uint32(r.To)})
		}
	}
	return shown
}
