package store

import (
	"context"
	"errors"
	"slices"
	"time"
)

// FormerKept is how long a former member of a group is listed as one.
const FormerKept = 60 * 24 * time.Hour

// ErrBanned means that a user was put out of a group for good.
var ErrBanned = errors.New("store: banned")

// Membership is how a user stands to a group.
type Membership string

// The memberships.
const (
	MemberInvited Membership = "invited" // asked, and has not answered
	MemberActive  Membership = "active"
	MemberFormer  Membership = "former" // left or was removed, within [FormerKept]
)

// Role is what an active member may do.
type Role string

// The roles.
const (
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// Member is somebody in a group's list.
type Member struct {
	UserID string
	// Name is empty if the account does not (or no longer) exist.
	Name string
	// Automated is that of [User].
	Automated bool

	State Membership
	Role  Role
	// By is who invited or added him; empty for who created the group.
	By string
	// Silent hides an invitation from the invited: he does not want to be
	// reached by who invites. To the group it looks like any other.
	Silent bool
	// Since is when State began, and Until when it ends by itself; zero for
	// never.
	Since, Until time.Time
}

const memberColumns = `m.user_id, COALESCE(u.name, ''), COALESCE(u.automated, FALSE), m.state, m.role, m.invited_by, m.silent, m.since_ms, COALESCE(m.until_ms, 0)`

func (m *Member) fields() []any {
	return []any{&m.UserID, &m.Name, &m.Automated, &m.State, &m.Role, &m.By, &m.Silent, millis{&m.Since}, millis{&m.Until}}
}

func scanMember(s scanner) (m Member, err error) { return m, s.Scan(m.fields()...) }

// Member returns a user's entry, or nil.
func (g *GroupRow) Member(user string) *Member {
	if i := slices.IndexFunc(g.Members, func(m Member) bool { return m.UserID == user }); i >= 0 {
		return &g.Members[i]
	}
	return nil
}

// Is tells whether a user stands so to the group.
func (g *GroupRow) Is(user string, state Membership) bool {
	m := g.Member(user)
	return m != nil && m.State == state
}

// Add makes a user an active member, or invites him if atOnce is false, if he
// has left by choice before, or if he is in [MaxGroups] groups. Who is in the
// group, or invited and not to be added at once, stays as he is. The user must
// be one of the subjects of [Store.ChangeGroup]. It fails with [ErrBanned], and
// with [ErrLimit] beyond [MaxMembers].
func (g *GroupRow) Add(user, by string, atOnce, silent bool) error {
	known := g.subjects[user]
	if known == nil {
		return invalid("the user is not a subject of the change")
	}
	m := g.Member(user)
	atOnce = atOnce && !known.left && known.groups < MaxGroups
	switch {
	case known.banned:
		return ErrBanned
	case m != nil && m.State == MemberActive, m != nil && m.State == MemberInvited && !atOnce:
		return nil
	case m == nil || m.State == MemberFormer:
		live := 0
		for i := range g.Members {
			if g.Members[i].State != MemberFormer {
				live++
			}
		}
		if live >= MaxMembers {
			return ErrLimit
		}
	}
	next := Member{UserID: user, State: MemberActive, Role: RoleMember, By: by}
	if !atOnce {
		next.State, next.Silent = MemberInvited, silent || known.invitations >= MaxInvitations
	}
	g.put(next)
	return nil
}

// Drop takes a user out of the group: an active member becomes a former one, an
// invitation is withdrawn. byChoice is remembered for good, as is banned. Who
// is not in the list is an [ErrNotFound].
func (g *GroupRow) Drop(user string, byChoice, banned bool) error {
	m := g.Member(user)
	if m == nil {
		return ErrNotFound
	}
	known := g.subjects[user]
	if (byChoice || banned) && known == nil {
		return invalid("the user is not a subject of the change")
	}
	if byChoice && !known.left || banned && !known.banned {
		known.left, known.banned, known.changed = known.left || byChoice, known.banned || banned, true
	}
	switch m.State {
	case MemberActive:
		g.put(Member{UserID: user, State: MemberFormer, Role: RoleMember, By: m.By})
	case MemberInvited:
		g.Members = slices.DeleteFunc(g.Members, func(m Member) bool { return m.UserID == user })
	}
	return nil
}

// SetRole changes what an active member may do. It fails with [ErrNotFound] if
// he is none and with [ErrConflict] if no admin would be left.
func (g *GroupRow) SetRole(user string, role Role) error {
	m := g.Member(user)
	if m == nil || m.State != MemberActive {
		return ErrNotFound
	}
	was := m.Role
	if m.Role = role; !g.hasAdmin() {
		m.Role = was
		return ErrConflict
	}
	return nil
}

func (g *GroupRow) put(next Member) {
	if m := g.Member(next.UserID); m != nil {
		next.Name, next.Automated = m.Name, m.Automated
		*m = next
		return
	}
	g.Members = append(g.Members, next)
}

func (g *GroupRow) hasAdmin() bool {
	return slices.ContainsFunc(g.Members, func(m Member) bool { return m.State == MemberActive && m.Role == RoleAdmin })
}

func (g *GroupRow) count() {
	g.Active = 0
	for i := range g.Members {
		if g.Members[i].State == MemberActive {
			g.Active++
		}
	}
}

// settle keeps the rules that no single change knows of: there is an admin, the
// longest-standing member if need be, and the list of former members ends.
// Members who have just become active have no time yet, and are the youngest.
func (g *GroupRow) settle() {
	g.count()
	if g.Active > 0 && !g.hasAdmin() {
		var next *Member
		for i := range g.Members {
			m := &g.Members[i]
			if m.State == MemberActive && (next == nil || older(m, next)) {
				next = m
			}
		}
		next.Role = RoleAdmin
	}
	former := 0
	for i := len(g.Members) - 1; i >= 0; i-- { // the latest last
		if g.Members[i].State != MemberFormer {
			continue
		}
		if former++; former > MaxMembers {
			g.Members = slices.Delete(g.Members, i, i+1)
		}
	}
}

func older(a, b *Member) bool {
	switch {
	case a.Since.IsZero() || b.Since.IsZero():
		return !a.Since.IsZero() && b.Since.IsZero()
	case !a.Since.Equal(b.Since):
		return a.Since.Before(b.Since)
	}
	return a.UserID < b.UserID
}

// writeMembers writes what differs.
func writeMembers(ctx context.Context, c conn, before, after *GroupRow) error {
	was := make(map[string]Member, len(before.Members))
	for _, m := range before.Members {
		was[m.UserID] = m
	}
	for _, m := range after.Members {
		old, known := was[m.UserID]
		delete(was, m.UserID)
		if known && old == m {
			continue
		}
		if err := writeMember(ctx, c, after.ID, m); err != nil {
			return err
		}
	}
	for user := range was {
		if _, err := c.exec(ctx, `DELETE FROM group_members WHERE group_id = $1 AND user_id = $2`, after.ID, user); err != nil {
			return err
		}
	}
	return nil
}

// writeMember writes one entry. Its times are the database's, and stay as they
// are as long as its state does.
func writeMember(ctx context.Context, c conn, group string, m Member) error {
	var lasts time.Duration
	switch m.State {
	case MemberInvited:
		lasts = InvitationFor
	case MemberFormer:
		lasts = FormerKept
	}
	_, err := c.exec(ctx, `
		INSERT INTO group_members (group_id, user_id, state, role, invited_by, silent, since_ms, until_ms)
		VALUES ($1, $2, $3, $4, $5, $6, {now}, CASE WHEN CAST($7 AS BIGINT) > 0 THEN {now} + CAST($7 AS BIGINT) END)
		ON CONFLICT (group_id, user_id) DO UPDATE SET
			role = excluded.role, invited_by = excluded.invited_by, silent = excluded.silent,
			since_ms = CASE WHEN group_members.state = excluded.state THEN group_members.since_ms ELSE excluded.since_ms END,
			until_ms = CASE WHEN group_members.state = excluded.state THEN group_members.until_ms ELSE excluded.until_ms END,
			state = excluded.state`,
		group, m.UserID, string(m.State), string(m.Role), m.By, m.Silent, lasts.Milliseconds())
	return err
}
