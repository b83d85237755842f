package signalling

import (
	"time"

	"pronto/signalling/call"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// view is a group as one account may see it. A reply has all members; an event
// leaves long lists to be asked for.
func (s *Server) view(g *store.GroupRow, user string, whole bool) wire.Group {
	own := g.Member(user)
	v := wire.Group{
		Group: wire.GroupID(g.ID), Version: uint32(g.Version), Name: g.Name, Membership: wire.Membership(own.State),
		Members: []wire.GroupEntry{},
	}
	if own.State == store.MemberInvited {
		v.By, v.ExpiresMs = wire.UserID(own.By), unixMs(own.Until)
		return v
	}
	v.Role, v.Isolate, v.Suspended = wire.GroupRole(own.Role), g.Isolate, !g.Suspended.IsZero()
	v.CreatedMs, v.MemberCount = unixMs(g.Created), uint32(g.Active)
	if current, ok := s.cfg.Calls.GroupCall(v.Group); ok {
		v.Call = &current
	}
	if !whole && len(g.Members) > wire.MaxToldMembers {
		return v
	}
	for _, m := range g.Members {
		if m.State == store.MemberInvited && own.Role != store.RoleAdmin && m.By != user {
			continue
		}
		m.Name = g.NameFor(user, m)
		m.Automated = m.Automated && m.Name != ""
		v.Members = append(v.Members, groupEntry(m))
	}
	return v
}

func groupEntry(m store.Member) wire.GroupEntry {
	e := wire.GroupEntry{
		User: wire.UserID(m.UserID), Name: m.Name, Automated: m.Automated, Membership: wire.Membership(m.State), SinceMs: unixMs(m.Since),
	}
	switch m.State {
	case store.MemberActive:
		e.Role = wire.GroupRole(m.Role)
	case store.MemberInvited:
		e.ExpiresMs = unixMs(m.Until)
		e.Name, e.Automated = "", false // else an invitation would tell which accounts exist
	}
	if e.Name == "" {
		e.Name = m.UserID
	}
	return e
}

func unixMs(t time.Time) wire.UnixMs {
	if t.IsZero() {
		return 0
	}
	return wire.UnixMs(t.UnixMilli())
}

// tellGroup tells everybody whom a change concerns how the group is now. by,
// whose reply has told his own session, may be nobody.
func (s *Server) tellGroup(before, after *store.GroupRow, by call.Who) {
	for i := range after.Members {
		m := &after.Members[i]
		if standing(after, m.UserID) == policy.Outsider {
			continue
		}
		user := wire.UserID(m.UserID)
		var except wire.SessionID
		if user == by.User {
			except = by.Session
		}
		s.tellUser(user, except, s.view(after, m.UserID, false))
	}
	for _, m := range before.Members {
		was := standing(before, m.UserID)
		if was == policy.Outsider || standing(after, m.UserID) != policy.Outsider || wire.UserID(m.UserID) == by.User {
			continue
		}
		reason := wire.GroupRemoved
		if was == policy.Invitee {
			reason = wire.GroupWithdrawn
		}
		s.tellUser(wire.UserID(m.UserID), "", wire.GroupGone{Group: wire.GroupID(before.ID), Reason: reason})
	}
}

// tellUser sends an event to the sessions of an account but one.
func (s *Server) tellUser(user wire.UserID, except wire.SessionID, body any) {
	s.tellDevices(call.Who{User: user, Session: except}, body)
}
