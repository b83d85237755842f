package signalling

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// account carries out requests about an account. Each is answered when it is
// stored, and the account's other devices are told.
func (s *Server) account(ctx context.Context, who call.Who, message any) error {
	user := string(who.User)
	switch m := message.(type) {
	case *wire.GetPeople:
		return s.people(ctx, who, nil)
	case *wire.AddContact:
		if m.User == who.User {
			return wire.Problemf(wire.CodeInvalid, "user is the account itself")
		}
		if wait := s.lookUps.take(who.User, lookUpsPerMinute, time.Now()); wait > 0 {
			return rateLimited(wait, "more than %d look-ups a minute", lookUpsPerMinute)
		}
		return s.people(ctx, who, func() error { return s.cfg.Store.AddContact(ctx, user, string(m.User)) })
	case *wire.RemoveContact:
		return s.people(ctx, who, func() error { return s.cfg.Store.RemoveContact(ctx, user, string(m.User)) })
	case *wire.SetFavourite:
		return s.people(ctx, who, func() error { return s.cfg.Store.SetFavourite(ctx, user, string(m.User), m.Favourite) })
	case *wire.Block:
		if m.User == who.User {
			return wire.Problemf(wire.CodeInvalid, "user is the account itself")
		}
		return s.people(ctx, who, func() error {
			err := s.cfg.Store.Block(ctx, user, string(m.User))
			if err == nil {
				s.cfg.Calls.Blocked(ctx, who.User, m.User)
			}
			return err
		})
	case *wire.Unblock:
		return s.people(ctx, who, func() error { return s.cfg.Store.Unblock(ctx, user, string(m.User)) })
	case *wire.GetPrivacy:
		p, err := s.cfg.Store.Privacy(ctx, user)
		if err == nil {
			who.Reply(privacy(p))
		}
		return err
	case *wire.SetPrivacy:
		return s.setPrivacy(ctx, who, m)
	case *wire.GetDecisions:
		return s.decisions(ctx, who, m)
	case *wire.GetCallLog:
		return s.callLog(ctx, who, m)
	case *wire.ForgetCalls:
		return s.forgetCalls(ctx, who, m)
	case *wire.LinkDevice, *wire.GetDevices, *wire.ConfirmDevice, *wire.RevokeDevice, *wire.SetDeviceKey, *wire.SignDevice:
		return s.devices(ctx, who, m)
	case *wire.PutKeyPackages:
		return s.putKeyPackages(ctx, who, m)
	case *wire.GetPresenceSetting, *wire.SetPresenceSetting, *wire.WatchPresence:
		return s.sight(ctx, who, m)
	}
	for _, part := range []func(context.Context, call.Who, any) (bool, error){s.links, s.contactBook, s.lifecycle, s.notes, s.profile, s.queues, s.push} {
		if handled, err := part(ctx, who, message); handled {
			return err
		}
	}
	return wire.Problemf(wire.CodeUnknownType, "there is no such request here")
}

// people makes a change, if any, and answers with contacts and blocks.
func (s *Server) people(ctx context.Context, who call.Who, change func() error) error {
	if change != nil {
		if err := change(); err != nil {
			return err
		}
	}
	people, err := s.peopleOf(ctx, string(who.User))
	if err != nil {
		return err
	}
	who.Reply(people)
	if change != nil {
		s.tellDevices(who, people)
		s.presence.relation(who.User)
	}
	return nil
}

// peopleOf are an account's contacts, blocks and favourites.
func (s *Server) peopleOf(ctx context.Context, user string) (wire.People, error) {
	contacts, err := s.cfg.Store.Contacts(ctx, user)
	if err != nil {
		return wire.People{}, err
	}
	blocked, err := s.cfg.Store.Blocks(ctx, user)
	if err != nil {
		return wire.People{}, err
	}
	favourites, err := s.cfg.Store.Favourites(ctx, user)
	if err != nil {
		return wire.People{}, err
	}
	people := wire.People{Contacts: persons(contacts), Blocked: persons(blocked), Favourites: make([]wire.UserID, 0, len(favourites))}
	for _, id := range favourites {
		people.Favourites = append(people.Favourites, wire.UserID(id))
	}
	return people, nil
}

func persons(contacts []store.Contact) []wire.Person {
	list := make([]wire.Person, 0, len(contacts))
	for _, c := range contacts {
		name := c.Name
		if name == "" {
			name = c.ID
		}
		list = append(list, wire.Person{User: wire.UserID(c.ID), Name: name})
	}
	return list
}

// tellDevices sends an event to the account's other sessions.
func (s *Server) tellDevices(who call.Who, body any) {
	frame, err := wire.EncodeEvent("", 0, 0, body)
	if err != nil {
		s.cfg.Logger.Error("an event could not be encoded", "err", err)
		return
	}
	s.cfg.Post.ToUser(who.User, frame, who.Session)
}

func (s *Server) callLog(ctx context.Context, who call.Who, m *wire.GetCallLog) error {
	before, err := parseCursor(m.Before)
	if err != nil {
		return err
	}
	limit := int(m.Limit)
	if limit == 0 {
		limit = 50
	}
	rows, next, err := s.cfg.Store.CallLog(ctx, string(who.User), before, limit)
	if err != nil {
		return err
	}
	page := wire.CallLog{Entries: make([]wire.CallLogEntry, 0, len(rows)), Next: cursor(next)}
	for _, row := range rows {
		page.Entries = append(page.Entries, s.logEntry(row))
	}
	who.Reply(page)
	return nil
}

// logEntry is a log row as clients know it.
func (s *Server) logEntry(row store.LogRow) wire.CallLogEntry {
	e := wire.CallLogEntry{
		Call: wire.CallID(row.CallID), Kind: wire.Kind(row.Kind), Direction: wire.Direction(row.Direction),
		Outcome: wire.Outcome(row.Outcome), StartedMs: wire.UnixMs(row.Started.UnixMilli()),
		DurationMs: uint32(row.Duration.Milliseconds()), With: []wire.Person{}, Note: row.Note,
	}
	if err := json.Unmarshal([]byte(row.PeerIDs), &e.With); err != nil {
		s.cfg.Logger.Error("a log row cannot be read", "err", err)
	}
	return e
}

// forgetCalls deletes from the account's own log.
func (s *Server) forgetCalls(ctx context.Context, who call.Who, m *wire.ForgetCalls) error {
	calls := make([]string, 0, len(m.Calls))
	for _, id := range m.Calls {
		calls = append(calls, string(id))
	}
	notes, err := s.cfg.Store.ForgetCalls(ctx, string(who.User), calls...)
	if err != nil {
		return err
	}
	for range notes {
		s.cfg.Events(NoteCame{NoteDropped})
	}
	who.Reply(wire.Done{})
	s.tellDevices(who, wire.CallsForgotten{Calls: m.Calls})
	return nil
}

// cursor is the place after a page: the time and call of its last row.
func cursor(c store.Cursor) string {
	if c == (store.Cursor{}) {
		return ""
	}
	return strconv.FormatInt(c.Started.UnixMilli(), 10) + "." + c.CallID
}

func parseCursor(text string) (store.Cursor, error) {
	if text == "" {
		return store.Cursor{}, nil
	}
	ms, id, ok := strings.Cut(text, ".")
	at, err := strconv.ParseInt(ms, 10, 64)
	if !ok || err != nil || wire.CallID(id).Check() != nil {
		return store.Cursor{}, wire.Problemf(wire.CodeInvalid, "getCallLog before is not a place in a list")
	}
	return store.Cursor{Started: time.UnixMilli(at), CallID: id}, nil
}
