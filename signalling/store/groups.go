package store

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"
)

// Limits of groups.
const (
	MaxMembers     = 1000 // active members and invitations of a group; former ones as many again
	MaxGroups      = 200  // groups that a user is an active member of
	MaxInvitations = 100  // invitations that wait for a user; those beyond it wait unseen
)

// GroupRow is a lasting group of users with a call of its own.
type GroupRow struct {
	ID, Name string
	// Isolate keeps members who block each other apart in the group's call.
	Isolate bool
	// Version grows with each change.
	Version   int64
	Created   time.Time
	Suspended time.Time // zero if it is not
	// Active is how many active members there are.
	Active int
	// Members are all of them, the longest-standing first; or only the user's
	// own, in what [Store.GroupsOf] returns.
	Members []Member

	subjects map[string]*subject
	shy      map[string]map[string]bool // members who do not show everybody their names, and to whom they do
}

// NewGroup is a group to be created. Its creator is its first admin.
type NewGroup struct {
	ID, Name, Creator string
	Isolate           bool
}

const groupColumns = `g.id, g.name, g.isolate, g.version, g.created_ms, COALESCE(g.suspended_ms, 0)`

func (g *GroupRow) fields() []any {
	return []any{&g.ID, &g.Name, &g.Isolate, &g.Version, millis{&g.Created}, millis{&g.Suspended}}
}

// CreateGroup creates a group. It fails with [ErrNotFound] if there is no such
// creator, with [ErrConflict] if the id is taken and with [ErrLimit] beyond
// [MaxGroups].
func (s *Store) CreateGroup(ctx context.Context, n NewGroup) (GroupRow, error) {
	if err := checkIDs("group or user id", n.ID, n.Creator); err != nil {
		return GroupRow{}, err
	}
	if err := checkText("name", n.Name, MaxName); err != nil {
		return GroupRow{}, err
	}
	var key [32]byte
	rand.Read(key[:]) // never fails
	var g GroupRow
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		var one, groups int
		if err := c.row(ctx, `SELECT 1 FROM users WHERE id = $1`, []any{n.Creator}, &one); err != nil {
			return err
		}
		if err := c.row(ctx, `SELECT COUNT(*) FROM group_members WHERE user_id = $1 AND state = 'active'`,
			[]any{n.Creator}, &groups); err != nil {
			return err
		}
		if groups >= MaxGroups {
			return ErrLimit
		}
		if _, err := c.exec(ctx, `INSERT INTO call_groups (id, name, isolate, mark_key, version, created_ms) VALUES ($1, $2, $3, $4, 1, {now})`,
			n.ID, n.Name, n.Isolate, s.sealer.seal(markKeyName(n.ID), key[:])); err != nil {
			return err
		}
		if err := writeMember(ctx, c, n.ID, Member{UserID: n.Creator, State: MemberActive, Role: RoleAdmin}); err != nil {
			return err
		}
		var err error
		g, err = readGroup(ctx, c, n.ID)
		return err
	})
	return g, err
}

// Group returns a group with its members, or [ErrNotFound].
func (s *Store) Group(ctx context.Context, id string) (GroupRow, error) {
	var g GroupRow
	err := s.read(ctx, func(ctx context.Context, c conn) (err error) {
		g, err = readGroup(ctx, c, id)
		return err
	})
	return g, err
}

// readGroup reads the group before its members, so that the version is never
// newer than what it stands for.
func readGroup(ctx context.Context, c conn, id string) (g GroupRow, err error) {
	if err := c.row(ctx, `SELECT `+groupColumns+` FROM call_groups g WHERE g.id = $1`, []any{id}, g.fields()...); err != nil {
		return g, err
	}
	g.Members, err = rows(ctx, c, scanMember, `SELECT `+memberColumns+`
		FROM group_members m LEFT JOIN users u ON u.id = m.user_id
		WHERE m.group_id = $1 AND (m.until_ms IS NULL OR m.until_ms > {now}) ORDER BY m.since_ms, m.user_id`, id)
	if err == nil {
		g.shy, err = readShy(ctx, c, id)
	}
	g.count()
	return g, err
}

// readShy reads who in a group does not show his profile to everybody, and to
// whom in the group he does.
func readShy(ctx context.Context, c conn, id string) (map[string]map[string]bool, error) {
	audience := profileAudience("f", "s")
	ids, err := rows(ctx, c, scanID, `SELECT m.user_id FROM group_members m
		LEFT JOIN profiles f ON f.user_id = m.user_id LEFT JOIN standing s ON s.user_id = m.user_id
		WHERE m.group_id = $1 AND `+audience+` <> 'everyone'`, id)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	shy := make(map[string]map[string]bool, len(ids))
	for _, user := range ids {
		shy[user] = map[string]bool{user: true}
	}
	pairs, err := rows(ctx, c, func(s scanner) (p pair, err error) { return p, s.Scan(&p.owner, &p.contact) }, `
		SELECT k.owner_id, k.contact_id FROM group_members m
		JOIN contacts k ON k.owner_id = m.user_id JOIN group_members o ON o.group_id = m.group_id AND o.user_id = k.contact_id
		LEFT JOIN profiles f ON f.user_id = m.user_id LEFT JOIN standing s ON s.user_id = m.user_id
		WHERE m.group_id = $1 AND `+audience+` = 'contacts'`, id)
	for _, p := range pairs {
		shy[p.owner][p.contact] = true
	}
	return shy, err
}

// NameFor is a member's name as another one may see it; else empty.
func (g *GroupRow) NameFor(viewer string, m Member) string {
	if to, ok := g.shy[m.UserID]; ok && !to[viewer] {
		return ""
	}
	return m.Name
}

// GroupsOf returns the groups that user is an active member of or invited to,
// the newest first.
func (s *Store) GroupsOf(ctx context.Context, user string) ([]GroupRow, error) {
	return list(ctx, s, func(s scanner) (g GroupRow, err error) {
		var m Member
		err = s.Scan(append(append(g.fields(), m.fields()...), &g.Active)...)
		g.Members = []Member{m}
		return g, err
	}, `SELECT `+groupColumns+`, `+memberColumns+`,
			(SELECT COUNT(*) FROM group_members k WHERE k.group_id = g.id AND k.state = 'active')
		FROM group_members m JOIN call_groups g ON g.id = m.group_id LEFT JOIN users u ON u.id = m.user_id
		WHERE m.user_id = $1 AND m.state IN ('active', 'invited') AND NOT m.silent
			AND (m.until_ms IS NULL OR m.until_ms > {now})
		ORDER BY g.created_ms DESC, g.id DESC LIMIT $2`, user, MaxGroups+MaxInvitations)
}

// ChangeGroup carries out one change of a group. Nobody else changes the group
// meanwhile: change gets it as it is, alters it by its methods and fields, and
// the difference is written with the next version. subjects are the users
// whom the change may add. What change returns is returned as it is, and nothing has been written. It
// must not call the store, and may be asked again.
//
// A group without an admin gets its longest-standing member as one, and a group
// without active members is deleted. ChangeGroup returns the group as it was and
// as it is; of a deleted group the latter has no members.
func (s *Store) ChangeGroup(ctx context.Context, id string, subjects []string, change func(*GroupRow) error) (before, after GroupRow, err error) {
	if err := checkIDs("user id", subjects...); err != nil {
		return GroupRow{}, GroupRow{}, err
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		before, after, err = s.changeGroup(ctx, c, id, subjects, change)
		return err
	})
	if err != nil {
		return GroupRow{}, GroupRow{}, err
	}
	return before, after, nil
}

func (s *Store) changeGroup(ctx context.Context, c conn, id string, subjects []string, change func(*GroupRow) error) (before, after GroupRow, err error) {
	// This locks the group; what is read after it is what the last one wrote.
	if err := c.must(ctx, ErrNotFound, `UPDATE call_groups SET version = version + 1 WHERE id = $1`, id); err != nil {
		return before, after, err
	}
	if _, err := c.exec(ctx, `DELETE FROM group_members WHERE group_id = $1 AND until_ms <= {now}`, id); err != nil {
		return before, after, err
	}
	if before, err = readGroup(ctx, c, id); err != nil {
		return before, after, err
	}
	after = before
	before.Version--
	after.Members = slices.Clone(before.Members)
	if after.subjects, err = s.readSubjects(ctx, c, id, subjects); err != nil {
		return before, after, err
	}
	if err := change(&after); err != nil {
		return before, after, err
	}
	after.settle()
	if after.Active == 0 {
		_, err := c.exec(ctx, `DELETE FROM call_groups WHERE id = $1`, id)
		after.Members = nil
		return before, after, err
	}
	if err := checkText("name", after.Name, MaxName); err != nil {
		return before, after, err
	}
	if _, err := c.exec(ctx, `UPDATE call_groups SET name = $2, isolate = $3 WHERE id = $1`, id, after.Name, after.Isolate); err != nil {
		return before, after, err
	}
	if err := writeMembers(ctx, c, &before, &after); err != nil {
		return before, after, err
	}
	if err := writeSubjects(ctx, c, id, after.subjects); err != nil {
		return before, after, err
	}
	after, err = readGroup(ctx, c, id)
	return before, after, err
}

// SuspendGroup is the operator's: a suspended group has no calls. It fails with
// [ErrNotFound].
func (s *Store) SuspendGroup(ctx context.Context, id string, on bool) error {
	return s.change(ctx, ErrNotFound, `
		UPDATE call_groups SET version = version + 1, suspended_ms = CASE WHEN $2 THEN COALESCE(suspended_ms, {now}) END
		WHERE id = $1`, id, on)
}

// SuspendedGroups returns which of ids are suspended or gone.
func (s *Store) SuspendedGroups(ctx context.Context, ids []string) ([]string, error) {
	live := map[string]bool{}
	err := inLists(ids, 1, "$%d", func(marks string, args []any) error {
		found, err := list(ctx, s, func(s scanner) (id string, err error) { return id, s.Scan(&id) },
			`SELECT id FROM call_groups WHERE suspended_ms IS NULL AND id IN (`+marks+`)`, args...)
		for _, id := range found {
			live[id] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return live[id] }), nil
}

// GroupRefused is the error of a group that a call may not be started for. It
// is an [ErrNotFound].
type GroupRefused struct {
	// Suspended tells a suspended group from one that is not there or has no
	// such active member.
	Suspended bool
}

// Error implements error.
func (*GroupRefused) Error() string { return "store: the group admits no call" }

// Is makes a GroupRefused an [ErrNotFound].
func (*GroupRefused) Is(target error) bool { return target == ErrNotFound }

// bindGroup makes callID the call of a group, unless the group has one that has
// not ended, and returns the one it has now. The caller must be an active
// member. See bindLink.
func bindGroup(ctx context.Context, c conn, groupID, caller, callID string) (string, error) {
	var bound string
	var suspended bool
	err := c.row(ctx, `
		UPDATE call_groups SET call_id = call_id WHERE id = $1
			AND EXISTS (SELECT 1 FROM group_members WHERE group_id = $1 AND user_id = $2 AND state = 'active')
		RETURNING COALESCE(call_id, ''), suspended_ms IS NOT NULL`, []any{groupID, caller}, &bound, &suspended)
	switch {
	case errors.Is(err, ErrNotFound):
		return "", &GroupRefused{}
	case err != nil:
		return "", err
	case suspended:
		return "", &GroupRefused{Suspended: true}
	case bound == callID:
		return bound, nil
	}
	n, err := c.exec(ctx, `
		UPDATE call_groups SET call_id = $2, bound_ms = {now}
		WHERE id = $1 AND (call_id IS NULL
			OR EXISTS (SELECT 1 FROM calls WHERE id = call_groups.call_id AND ended_ms IS NOT NULL)
			OR (bound_ms <= {now} - $3 AND NOT EXISTS (SELECT 1 FROM calls WHERE id = call_groups.call_id)))`,
		groupID, callID, BindGrace.Milliseconds())
	if err != nil || n == 0 {
		return bound, err
	}
	return callID, nil
}

// leaveGroups takes a user who is being deleted out of all groups.
func (s *Store) leaveGroups(ctx context.Context, c conn, user string) (changes []GroupChange, err error) {
	ids, err := rows(ctx, c, func(s scanner) (id string, err error) { return id, s.Scan(&id) },
		`SELECT group_id FROM group_members WHERE user_id = $1 ORDER BY group_id`, user)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		before, after, err := s.changeGroup(ctx, c, id, nil, func(g *GroupRow) error {
			g.Members = slices.DeleteFunc(g.Members, func(m Member) bool { return m.UserID == user })
			return nil
		})
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return nil, err
		default:
			changes = append(changes, GroupChange{before, after})
		}
	}
	return changes, nil
}
