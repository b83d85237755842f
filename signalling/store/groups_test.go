package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// choir creates a group of ana's with these other active members.
func choir(t testing.TB, s *store.Store, others ...string) {
	t.Helper()
	people(t, s, append(others, "ana")...)
	value(s.CreateGroup(t.Context(), store.NewGroup{ID: "g", Name: "Choir", Creator: "ana"}))(t)
	for _, user := range others { // one after another, so that each is younger
		alter(t, s, user, func(g *store.GroupRow) error { return g.Add(user, "ana", true, false) })
	}
}

// alter changes the group about one user and returns it.
func alter(t testing.TB, s *store.Store, user string, change func(*store.GroupRow) error) store.GroupRow {
	t.Helper()
	_, after, err := s.ChangeGroup(t.Context(), "g", []string{user}, change)
	ok(t, err)
	return after
}

// standings are the members as words, in their order.
func standings(g store.GroupRow) string {
	var words []string
	for _, m := range g.Members {
		word := m.UserID + ":" + string(m.State)
		if m.State == store.MemberActive && m.Role == store.RoleAdmin {
			word = m.UserID + ":admin"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func later(t testing.TB, s *store.Store, user string, by time.Duration) {
	t.Helper()
	ok(t, s.Exec(t.Context(), `UPDATE group_members SET since_ms = since_ms - $1, until_ms = until_ms - $1
		WHERE group_id = 'g' AND user_id = $2`, by.Milliseconds(), user))
}

func TestAGroupIsCreatedChangedAndListed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		_, err := s.CreateGroup(ctx, store.NewGroup{ID: "g", Name: "Choir", Creator: "nobody"})
		fails(t, err, store.ErrNotFound)
		choir(t, s, "bia")
		_, err = s.CreateGroup(ctx, store.NewGroup{ID: "g", Name: "Choir", Creator: "ana"})
		fails(t, err, store.ErrConflict)
		before, after, err := s.ChangeGroup(ctx, "g", nil, func(g *store.GroupRow) error {
			g.Name, g.Isolate = "Small choir", true
			return g.SetRole("bia", store.RoleAdmin)
		})
		ok(t, err)
		equal(t, "the name before", before.Name, "Choir")
		equal(t, "the name after", after.Name, "Small choir")
		equal(t, "the version", after.Version, before.Version+1)
		equal(t, "the members", standings(after), "ana:admin bia:admin")
		equal(t, "bia's name", after.Member("bia").Name, "BIA")
		list := value(s.GroupsOf(ctx, "bia"))(t)
		if len(list) != 1 || list[0].Name != "Small choir" || !list[0].Isolate || list[0].Active != 2 || standings(list[0]) != "bia:admin" {
			t.Errorf("bia's groups are %+v", list)
		}
		_, _, err = s.ChangeGroup(ctx, "g", nil, func(g *store.GroupRow) error { g.Name = "Never"; return store.ErrInvalid })
		fails(t, err, store.ErrInvalid)
		equal(t, "the group after a refused change", value(s.Group(ctx, "g"))(t).Version, after.Version)
		_, _, err = s.ChangeGroup(ctx, "none", nil, func(*store.GroupRow) error { return nil })
		fails(t, err, store.ErrNotFound)
	})
}

func TestAnInvitationLastsSevenDays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		choir(t, s)
		people(t, s, "bia")
		g := alter(t, s, "bia", func(g *store.GroupRow) error { return g.Add("bia", "ana", false, false) })
		m := g.Member("bia")
		equal(t, "the time of an invitation", m.Until.Sub(m.Since), 7*24*time.Hour)
		equal(t, "the number of active members", g.Active, 1)
		later(t, s, "bia", 7*24*time.Hour-time.Minute)
		equal(t, "the groups while it lasts", len(value(s.GroupsOf(ctx, "bia"))(t)), 1)
		later(t, s, "bia", time.Minute)
		equal(t, "the groups after it", len(value(s.GroupsOf(ctx, "bia"))(t)), 0)
		_, _, err := s.ChangeGroup(ctx, "g", []string{"bia"}, func(g *store.GroupRow) error { return g.Accept("bia") })
		fails(t, err, store.ErrNotFound)
		gone := value(s.SweepGroups(ctx, 10))(t)
		if len(gone) != 1 || gone[0] != (store.Expired{Group: "g", User: "bia", Invited: true}) {
			t.Errorf("%+v were swept", gone)
		}
		equal(t, "what is swept the second time", len(value(s.SweepGroups(ctx, 10))(t)), 0)
		g = alter(t, s, "bia", func(g *store.GroupRow) error { return g.Add("bia", "ana", false, false) })
		if m := g.Member("bia"); m == nil || m.Until.Sub(m.Since) != store.InvitationFor || time.Until(m.Until) < store.InvitationFor-time.Minute {
			t.Errorf("invited anew, bia is %+v", m)
		}
		g = alter(t, s, "bia", func(g *store.GroupRow) error { return g.Accept("bia") })
		equal(t, "the members", standings(g), "ana:admin bia:active")
		if !g.Member("bia").Until.IsZero() {
			t.Error("an active member ends by itself")
		}
	})
}

func TestAFormerMemberIsListedForSixtyDays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		choir(t, s, "bia")
		g := alter(t, s, "bia", func(g *store.GroupRow) error { return g.Drop("bia", false, false) })
		equal(t, "the members", standings(g), "ana:admin bia:former")
		equal(t, "bia's groups", len(value(s.GroupsOf(ctx, "bia"))(t)), 0)
		later(t, s, "bia", 60*24*time.Hour-time.Minute)
		equal(t, "what is swept before its time", len(value(s.SweepGroups(ctx, 10))(t)), 0)
		g = value(s.Group(ctx, "g"))(t)
		if g.Member("bia") == nil {
			t.Error("a former member is gone after less than 60 days")
		}
		later(t, s, "bia", time.Minute)
		equal(t, "the members after 60 days", standings(value(s.Group(ctx, "g"))(t)), "ana:admin")
		gone := value(s.SweepGroups(ctx, 10))(t)
		if len(gone) != 1 || gone[0].Invited {
			t.Errorf("%+v were swept", gone)
		}
	})
}

func TestWhoLeftByChoiceReturnsOnlyByHisOwnAct(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		choir(t, s, "bia")
		add := func(g *store.GroupRow) error { return g.Add("bia", "ana", true, false) }
		alter(t, s, "bia", func(g *store.GroupRow) error { return g.Drop("bia", true, false) })
		equal(t, "added after leaving", standings(alter(t, s, "bia", add)), "ana:admin bia:invited")
		alter(t, s, "bia", func(g *store.GroupRow) error { return g.Drop("bia", true, false) }) // he declines
		later(t, s, "bia", 61*24*time.Hour)
		value(s.SweepGroups(t.Context(), 10))(t)
		equal(t, "added when he is no longer listed", standings(alter(t, s, "bia", add)), "ana:admin bia:invited")
		alter(t, s, "bia", func(g *store.GroupRow) error { return g.Accept("bia") })
		alter(t, s, "bia", func(g *store.GroupRow) error { return g.Drop("bia", false, false) })
		equal(t, "added after he returned and was removed", standings(alter(t, s, "bia", add)), "ana:admin bia:active")
	})
}

func TestABanOutlivesEverythingAndNamesNobody(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := storetest.Open(t, dsn)
		choir(t, s, "bia")
		alter(t, s, "bia", func(g *store.GroupRow) error { return g.Drop("bia", false, true) })
		later(t, s, "bia", 61*24*time.Hour)
		value(s.SweepGroups(t.Context(), 10))(t)
		ok(t, s.Close())
		s = storetest.Open(t, dsn)
		for _, atOnce := range []bool{true, false} {
			_, _, err := s.ChangeGroup(t.Context(), "g", []string{"bia"}, func(g *store.GroupRow) error { return g.Add("bia", "ana", atOnce, false) })
			fails(t, err, store.ErrBanned)
		}
		defer func() {
			lift := func() error {
				_, _, err := s.ChangeGroup(t.Context(), "g", []string{"bia"}, func(g *store.GroupRow) error { return g.Lift("bia") })
				return err
			}
			ok(t, lift())
			fails(t, lift(), store.ErrNotFound)
			alter(t, s, "bia", func(g *store.GroupRow) error { return g.Add("bia", "ana", true, false) })
		}()
		equal(t, "the members", standings(value(s.Group(t.Context(), "g"))(t)), "ana:admin")
		marks := value(s.Marks(t.Context(), "g"))(t)
		if len(marks) != 1 || len(marks[0]) != 32 || strings.Contains(string(marks[0]), "bia") {
			t.Errorf("the ban list is %q", marks)
		}
		// An invitation that was there when he was banned is worth nothing.
		people(t, s, "carlo")
		alter(t, s, "carlo", func(g *store.GroupRow) error { return g.Add("carlo", "ana", false, false) })
		alter(t, s, "carlo", func(g *store.GroupRow) error { return g.Drop("carlo", false, true) })
		_, _, err := s.ChangeGroup(t.Context(), "g", []string{"carlo"}, func(g *store.GroupRow) error { return g.Accept("carlo") })
		fails(t, err, store.ErrNotFound)
	})
}

func TestTheLongestStandingMemberBecomesAdmin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		choir(t, s, "carlo", "bia", "dora")
		for i, user := range []string{"ana", "carlo", "bia", "dora"} {
			later(t, s, user, time.Duration(10-i)*time.Hour)
		}
		_, _, err := s.ChangeGroup(ctx, "g", nil, func(g *store.GroupRow) error { return g.SetRole("ana", store.RoleMember) })
		fails(t, err, store.ErrConflict)
		g := alter(t, s, "ana", func(g *store.GroupRow) error { return g.Drop("ana", true, false) })
		equal(t, "after the creator left", g.Member("carlo").Role, store.RoleAdmin)
		equal(t, "the next one", g.Member("bia").Role, store.RoleMember)
		value(s.DeleteUser(ctx, "carlo"))(t)
		g = value(s.Group(ctx, "g"))(t)
		if g.Member("carlo") != nil || g.Member("bia").Role != store.RoleAdmin {
			t.Errorf("after the account of the admin is deleted the members are %s", standings(g))
		}
		alter(t, s, "bia", func(g *store.GroupRow) error { return g.Drop("bia", true, false) })
		people(t, s, "ezio")
		alter(t, s, "ezio", func(g *store.GroupRow) error { return g.Add("ezio", "dora", false, false) })
		_, after, err := s.ChangeGroup(ctx, "g", []string{"dora"}, func(g *store.GroupRow) error { return g.Drop("dora", true, false) })
		ok(t, err)
		equal(t, "the members of a deleted group", len(after.Members), 0)
		_, err = s.Group(ctx, "g")
		fails(t, err, store.ErrNotFound)
		equal(t, "the groups of the invited", len(value(s.GroupsOf(ctx, "ezio"))(t)), 0)
	})
}

func TestAGroupAndItsMembersHaveLimits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		choir(t, s)
		var users []string
		for i := range store.MaxMembers {
			users = append(users, fmt.Sprint("u", i))
		}
		_, after, err := s.ChangeGroup(t.Context(), "g", users[:store.MaxMembers-1], func(g *store.GroupRow) error {
			for _, user := range users[:store.MaxMembers-1] {
				if err := g.Add(user, "ana", true, false); err != nil {
					return err
				}
			}
			return nil
		})
		ok(t, err)
		equal(t, "the number of members", after.Active, store.MaxMembers)
		_, _, err = s.ChangeGroup(t.Context(), "g", users[store.MaxMembers-1:], func(g *store.GroupRow) error {
			return g.Add(users[store.MaxMembers-1], "ana", true, false)
		})
		fails(t, err, store.ErrLimit)
	})
}

func TestManyChangesAtOnceLoseNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		choir(t, s)
		var users []string
		for i := range 16 {
			users = append(users, fmt.Sprint("u", i))
		}
		people(t, s, users...)
		errs := make([]error, len(users))
		together(len(users), func(i int) {
			_, _, errs[i] = s.ChangeGroup(t.Context(), "g", users[i:i+1], func(g *store.GroupRow) error { return g.Add(users[i], "ana", true, false) })
		})
		ok(t, errors.Join(errs...))
		g := value(s.Group(t.Context(), "g"))(t)
		equal(t, "the number of members", g.Active, len(users)+1)
		equal(t, "the version", g.Version, int64(len(users)+1))
		// All leave at the same moment: there is always an admin, and in the
		// end no group.
		users = append(users, "ana")
		together(len(users), func(i int) {
			_, after, err := s.ChangeGroup(t.Context(), "g", users[i:i+1], func(g *store.GroupRow) error { return g.Drop(users[i], true, false) })
			if err != nil {
				t.Error(err)
			}
			if after.Active > 0 && !slices.ContainsFunc(after.Members, func(m store.Member) bool {
				return m.State == store.MemberActive && m.Role == store.RoleAdmin
			}) {
				t.Errorf("no admin among %s", standings(after))
			}
		})
		_, err := s.Group(t.Context(), "g")
		fails(t, err, store.ErrNotFound)
	})
}

func TestAGroupHasOneCallAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		choir(t, s, "bia")
		people(t, s, "mal")
		n := func(id, caller string) *store.NewCall {
			return &store.NewCall{ID: id, Kind: store.Voice, Topology: store.Group, State: "ringing", Snapshot: "{}",
				OwnerNode: "n", Caller: caller, GroupID: "g"}
		}
		for round := range 10 {
			calls := []string{fmt.Sprint("a", round), fmt.Sprint("b", round)}
			errs := make([]error, 2)
			together(2, func(i int) { _, errs[i] = s.CreateCall(ctx, n(calls[i], []string{"ana", "bia"}[i]), nil) })
			winner := 0
			if errs[0] != nil {
				winner = 1
			}
			var glare *store.Glare
			if errs[winner] != nil || !errors.As(errs[1-winner], &glare) || glare.CallID != calls[winner] {
				t.Fatalf("two calls at once end with %v and %v", errs[0], errs[1])
			}
			ok(t, s.Transition(ctx, calls[winner], 1, &store.Change{State: "ended", Snapshot: "{}", EndReason: "hangup"}))
		}
		_, err := s.CreateCall(ctx, n("m", "mal"), nil)
		var refused *store.GroupRefused
		if !errors.As(err, &refused) || refused.Suspended {
			t.Errorf("an outsider's call ends with %v", err)
		}
		ok(t, s.SuspendGroup(ctx, "g", true))
		if _, err = s.CreateCall(ctx, n("s", "ana"), nil); !errors.As(err, &refused) || !refused.Suspended {
			t.Errorf("the call of a suspended group ends with %v", err)
		}
		list := value(s.SuspendedGroups(ctx, []string{"g", "none"}))(t)
		equal(t, "the suspended groups", fmt.Sprint(list), "[g none]")
		ok(t, s.SuspendGroup(ctx, "g", false))
		value(s.CreateCall(ctx, n("again", "ana"), nil))(t)
		fails(t, s.SuspendGroup(ctx, "none", true), store.ErrNotFound)
	})
}
