package signalling_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// newGroup makes a group by its first admin's own request. Its name is new.
func newGroup(p *page, name string, isolate bool, users ...wire.UserID) wire.Group {
	p.t.Helper()
	if users == nil {
		users = []wire.UserID{}
	}
	return ask[wire.Group](p, "createGroup", wire.CreateGroup{Name: name, Users: users, Isolate: isolate})
}

// entryOf is how a group lists somebody: "" if it does not.
func entryOf(g wire.Group, user wire.UserID) string {
	for _, m := range g.Members {
		if m.User == user {
			if m.Role == wire.GroupAdmin {
				return "admin"
			}
			return string(m.Membership)
		}
	}
	return ""
}

// groupEvent waits for a state of a group that fits.
func groupEvent(p *page, what string, id wire.GroupID, fits func(wire.Group) bool) wire.Group {
	p.t.Helper()
	return decode[wire.Group](p.t, p.wait(what, 0, func(f wire.Frame) bool {
		if f.Type != "group" || f.ID != "" {
			return false
		}
		g := decode[wire.Group](p.t, f)
		return g.Group == id && fits(g)
	}).frame)
}

func gone(p *page, id wire.GroupID, reason wire.GroupGoneReason) {
	p.t.Helper()
	p.wait("the end of the group because of "+string(reason), 0, func(f wire.Frame) bool {
		return f.Type == "groupGone" && decode[wire.GroupGone](p.t, f) == wire.GroupGone{Group: id, Reason: reason}
	})
}

// enrol makes accounts by signing them in.
func enrol(t testing.TB, s *signallingtest.Server, users ...wire.UserID) {
	t.Helper()
	for _, user := range users {
		if err := s.Store.UpsertUser(t.Context(), string(user), string(user)); err != nil {
			t.Fatal(err)
		}
	}
}

// The ways to stand to a group.
var stands = map[string]func(g *store.GroupRow, user string) error{
	"outsider": func(*store.GroupRow, string) error { return nil },
	"invited":  func(g *store.GroupRow, user string) error { return g.Add(user, "zed", false, false) },
	"silent":   func(g *store.GroupRow, user string) error { return g.Add(user, "zed", false, true) },
	"member":   func(g *store.GroupRow, user string) error { return g.Add(user, "zed", true, false) },
	"admin": func(g *store.GroupRow, user string) error {
		if err := g.Add(user, "zed", true, false); err != nil {
			return err
		}
		return g.SetRole(user, store.RoleAdmin)
	},
	"left":    func(g *store.GroupRow, user string) error { return addAndDrop(g, user, true, false) },
	"removed": func(g *store.GroupRow, user string) error { return addAndDrop(g, user, false, false) },
	"banned":  func(g *store.GroupRow, user string) error { return addAndDrop(g, user, false, true) },
}

func addAndDrop(g *store.GroupRow, user string, byChoice, banned bool) error {
	if err := g.Add(user, "zed", true, false); err != nil {
		return err
	}
	return g.Drop(user, byChoice, banned)
}

func stand(t testing.TB, s *signallingtest.Server, group wire.GroupID, user wire.UserID, as string) {
	t.Helper()
	_, _, err := s.Store.ChangeGroup(t.Context(), string(group), []string{string(user)}, func(g *store.GroupRow) error {
		return stands[as](g, string(user))
	})
	if err != nil {
		t.Fatalf("make %s %s: %v", user, as, err)
	}
}

func TestEveryRequestAboutAGroupHeedsHowOneStandsToIt(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	zed := signIn(t, s, "zed", "z")
	enrol(t, s, "tom", "new")
	const ok, no, none = "", string(wire.CodeForbidden), string(wire.CodeNotFound)
	inside := map[string]string{"member": ok, "admin": ok}
	govern := map[string]string{"member": no, "admin": ok}
	for request, row := range map[string]struct {
		body   func(wire.GroupID) any
		expect map[string]string // who is not named gets notFound
	}{
		"getGroup":          {func(g wire.GroupID) any { return wire.GetGroup{Group: g} }, map[string]string{"invited": ok, "member": ok, "admin": ok}},
		"addToGroup":        {func(g wire.GroupID) any { return wire.AddToGroup{Group: g, Users: []wire.UserID{"new"}} }, inside},
		"acceptInvitation":  {func(g wire.GroupID) any { return wire.AcceptInvitation{Group: g} }, map[string]string{"invited": ok, "member": no, "admin": no}},
		"declineInvitation": {func(g wire.GroupID) any { return wire.DeclineInvitation{Group: g} }, map[string]string{"invited": ok, "member": no, "admin": no}},
		"leaveGroup":        {func(g wire.GroupID) any { return wire.LeaveGroup{Group: g} }, inside},
		"removeFromGroup":   {func(g wire.GroupID) any { return wire.RemoveFromGroup{Group: g, User: "tom"} }, govern},
		"setRole":           {func(g wire.GroupID) any { return wire.SetRole{Group: g, User: "tom", Role: wire.GroupAdmin} }, govern},
		"renameGroup":       {func(g wire.GroupID) any { return wire.RenameGroup{Group: g, Name: "Other"} }, govern},
		"isolateInGroup":    {func(g wire.GroupID) any { return wire.IsolateInGroup{Group: g, On: true} }, govern},
		"ringGroup":         {func(g wire.GroupID) any { return wire.RingGroup{Group: g, Kind: wire.KindVoice} }, inside},
		"joinGroupCall":     {func(g wire.GroupID) any { return wire.JoinGroupCall{Group: g} }, inside},
	} {
		g := newGroup(zed, "Choir", false, "tom")
		for as := range stands {
			user := wire.UserID(request + "_" + as)
			p := signIn(t, s, user, "d")
			stand(t, s, g.Group, user, as)
			want, listed := row.expect[as]
			if !listed {
				want = none
			}
			if request == "joinGroupCall" {
				ask[wire.CallState](zed, "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVoice, Silent: true})
			}
			f := p.request(request, row.body(g.Group))
			got := ""
			if f.Type == "problem" {
				got = string(decode[wire.Problem](t, f).Code)
			}
			if got != want {
				t.Errorf("%s by who is %s: %q, want %q (%s)", request, as, got, want, f.Body)
			}
			p.close()
		}
	}
}

func TestWhatAnAdminMayDoToWhom(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	zed := signIn(t, s, "zed", "z")
	const gone, none = "", "notFound"
	remove := map[string]string{"outsider": none, "invited": gone, "silent": gone, "member": "former", "admin": "former", "left": "former", "removed": "former", "banned": "former"}
	promote := map[string]string{"outsider": none, "invited": none, "silent": none, "member": "admin", "admin": "admin", "left": none, "removed": none, "banned": none}
	add := map[string]string{"outsider": "active", "invited": "active", "silent": "active", "member": "active", "admin": "admin", "left": "invited", "removed": "active", "banned": "forbidden"}
	for _, row := range []struct {
		request string
		body    func(wire.GroupID, wire.UserID) any
		expect  map[string]string
	}{
		{"removeFromGroup", func(g wire.GroupID, u wire.UserID) any { return wire.RemoveFromGroup{Group: g, User: u} }, remove},
		{"removeFromGroup", func(g wire.GroupID, u wire.UserID) any { return wire.RemoveFromGroup{Group: g, User: u, Ban: true} }, remove},
		{"setRole", func(g wire.GroupID, u wire.UserID) any {
			return wire.SetRole{Group: g, User: u, Role: wire.GroupAdmin}
		}, promote},
		{"addToGroup", func(g wire.GroupID, u wire.UserID) any { return wire.AddToGroup{Group: g, Users: []wire.UserID{u}} }, add},
	} {
		g := newGroup(zed, "Choir", false)
		for as, want := range row.expect {
			user := wire.UserID("u_" + as)
			enrol(t, s, user)
			stand(t, s, g.Group, user, as)
			f := zed.request(row.request, row.body(g.Group, user))
			got := ""
			if f.Type == "problem" {
				got = string(decode[wire.Problem](t, f).Code)
			} else {
				got = entryOf(decode[wire.Group](t, f), user)
			}
			if got != want {
				t.Errorf("%s of who is %s: %q, want %q", row.request, as, got, want)
			}
		}
	}
	g := newGroup(zed, "Choir", false)
	if p := refused(zed, "removeFromGroup", wire.RemoveFromGroup{Group: g.Group, User: "zed"}); p.Code != wire.CodeInvalid {
		t.Errorf("an admin removes himself: %s", p.Code)
	}
	if p := refused(zed, "setRole", wire.SetRole{Group: g.Group, User: "zed", Role: wire.GroupMember}); p.Code != wire.CodeConflict {
		t.Errorf("the last admin steps down: %s", p.Code)
	}
	for _, name := range []string{" Choir", "Cho\u202eir", "Cho\nir", strings.Repeat("x", 81)} {
		if p := refused(zed, "renameGroup", wire.RenameGroup{Group: g.Group, Name: name}); p.Code != wire.CodeInvalid {
			t.Errorf("the name %q: %s", name, p.Code)
		}
	}
}

func TestSettingsDecideWhetherOneIsAddedOrInvited(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b")
	zoe, mal := signIn(t, s, "zoe", "z"), signIn(t, s, "mal", "m")
	for user, audience := range map[*page]wire.WhoMayCall{bia: wire.MayCallContacts, zoe: wire.MayCallNobody} {
		ask[wire.Privacy](user, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, WhoMayAdd: audience})
	}
	ask[wire.People](mal, "block", wire.Block{User: "ana"})
	g := newGroup(ana, "Choir", false, "bia", "zoe", "mal", "dora", "nobody")
	for user, want := range map[wire.UserID]string{"bia": "invited", "zoe": "invited", "mal": "invited", "nobody": "invited", "ana": "admin"} {
		if got := entryOf(g, user); got != want {
			t.Errorf("%s is %q, want %q", user, got, want)
		}
	}
	invitation := groupEvent(bia, "the invitation", g.Group, func(g wire.Group) bool { return g.Membership == wire.MembershipInvited })
	if invitation.By != "ana" || invitation.Name != "Choir" || invitation.ExpiresMs == 0 || len(invitation.Members) != 0 || invitation.MemberCount != 0 {
		t.Errorf("the invited sees %+v", invitation)
	}
	// Who has blocked the inviter sees nothing, now or when he asks.
	if list := ask[wire.Groups](mal, "getGroups", wire.GetGroups{}); len(list.Groups) != 0 {
		t.Errorf("who blocks the inviter sees %+v", list)
	}
	if p := refused(mal, "acceptInvitation", wire.AcceptInvitation{Group: g.Group}); p.Code != wire.CodeNotFound {
		t.Errorf("a silent invitation is accepted: %s", p.Code)
	}
	for _, h := range mal.heardAfter(0) {
		if h.frame.Type == "group" {
			t.Errorf("who blocks the inviter heard %s", h.frame.Body)
		}
	}
	if g := ask[wire.Group](bia, "acceptInvitation", wire.AcceptInvitation{Group: g.Group}); entryOf(g, "bia") != "active" || g.Role != wire.GroupMember {
		t.Errorf("accepted, bia sees %+v", g)
	}
	groupEvent(ana, "bia's joining", g.Group, func(g wire.Group) bool { return entryOf(g, "bia") == "active" })
	// An invitation is seen by who has made it and by admins, not by others.
	carlo := signIn(t, s, "carlo", "c")
	if g := ask[wire.Group](bia, "addToGroup", wire.AddToGroup{Group: g.Group, Users: []wire.UserID{"carlo", "later"}}); entryOf(g, "later") != "invited" ||
		entryOf(g, "zoe") != "" || entryOf(g, "carlo") != "active" {
		t.Errorf("bia sees %+v", g.Members)
	}
	if g := ask[wire.Group](carlo, "getGroup", wire.GetGroup{Group: g.Group}); entryOf(g, "later") != "" {
		t.Errorf("carlo sees %+v", g.Members)
	}
	if g := ask[wire.Group](ana, "getGroup", wire.GetGroup{Group: g.Group}); entryOf(g, "later") != "invited" || entryOf(g, "zoe") != "invited" {
		t.Errorf("ana sees %+v", g.Members)
	}
	if p := refused(bia, "removeFromGroup", wire.RemoveFromGroup{Group: g.Group, User: "zoe"}); p.Code != wire.CodeForbidden {
		t.Errorf("somebody else's invitation is withdrawn: %s", p.Code)
	}
	if p := refused(bia, "removeFromGroup", wire.RemoveFromGroup{Group: g.Group, User: "later", Ban: true}); p.Code != wire.CodeForbidden {
		t.Errorf("a member bans: %s", p.Code)
	}
	ask[wire.Group](bia, "removeFromGroup", wire.RemoveFromGroup{Group: g.Group, User: "later"})
	ask[wire.Group](ana, "removeFromGroup", wire.RemoveFromGroup{Group: g.Group, User: "zoe"})
	gone(zoe, g.Group, wire.GroupWithdrawn)
	ask[wire.People](ana, "block", wire.Block{User: "dora"})
	if p := refused(ana, "addToGroup", wire.AddToGroup{Group: g.Group, Users: []wire.UserID{"dora"}}); p.Code != wire.CodeForbidden {
		t.Errorf("somebody whom one has blocked is added: %s", p.Code)
	}
}

func TestAnExpiredInvitationIsToldToBothSides(t *testing.T) {
	t.Parallel()
	dsn := storetest.SQLiteDSN(t)
	s := signallingtest.Start(t, signallingtest.Options{DSN: dsn})
	ana, bia := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b")
	ask[wire.Privacy](bia, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, WhoMayAdd: wire.MayCallNobody})
	g := newGroup(ana, "Choir", false, "bia")
	storetest.Exec(t, dsn, `UPDATE group_members SET until_ms = until_ms - $1 WHERE user_id = 'bia'`, store.InvitationFor.Milliseconds())
	if err := s.Sockets.SweepGroups(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone(bia, g.Group, wire.GroupExpired)
	groupEvent(ana, "the end of the invitation", g.Group, func(g wire.Group) bool { return entryOf(g, "bia") == "" })
}

func TestABannedAccountStaysOutOnAllItsDevices(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b")
	carlo := signIn(t, s, "carlo", "c")
	g := newGroup(ana, "Choir", false, "bia", "carlo")
	call := ask[wire.CallState](ana, "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVoice})
	ask[wire.CallState](bia, "accept", wire.Accept{Call: call.Call})
	ask[wire.Group](ana, "removeFromGroup", wire.RemoveFromGroup{Group: g.Group, User: "bia", Ban: true})
	gone(bia, g.Group, wire.GroupRemoved)
	event[wire.ParticipantLeft](ana, "participantLeft")
	for _, p := range []*page{ana, carlo} {
		if p := refused(p, "addToGroup", wire.AddToGroup{Group: g.Group, Users: []wire.UserID{"bia"}}); p.Code != wire.CodeForbidden {
			t.Errorf("a banned account is added: %s", p.Code)
		}
	}
	other := signIn(t, s, "bia", "another")
	for request, body := range map[string]any{
		"getGroup": wire.GetGroup{Group: g.Group}, "acceptInvitation": wire.AcceptInvitation{Group: g.Group},
		"joinGroupCall": wire.JoinGroupCall{Group: g.Group}, "ringGroup": wire.RingGroup{Group: g.Group, Kind: wire.KindVoice},
		"accept": wire.Accept{Call: call.Call}, "sync": wire.Sync{Call: call.Call},
	} {
		if p := refused(other, request, body); p.Code != wire.CodeNotFound {
			t.Errorf("%s on another device: %s", request, p.Code)
		}
	}
}

func TestLeavingIsRememberedAndTheGroupGoesOn(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b")
	second := signIn(t, s, "ana", "second")
	g := newGroup(ana, "Choir", false, "bia")
	groupEvent(second, "the new group", g.Group, func(g wire.Group) bool { return g.Role == wire.GroupAdmin })
	ask[wire.Done](ana, "leaveGroup", wire.LeaveGroup{Group: g.Group})
	gone(second, g.Group, wire.GroupLeft)
	now := groupEvent(bia, "the hand-over", g.Group, func(g wire.Group) bool { return g.Role == wire.GroupAdmin })
	if entryOf(now, "ana") != "former" {
		t.Errorf("the members are %+v", now.Members)
	}
	from := ana.count()
	call := ask[wire.CallState](bia, "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVoice})
	if len(call.Participants) != 1 {
		t.Errorf("rung are %+v", call.Participants)
	}
	if g := ask[wire.Group](bia, "addToGroup", wire.AddToGroup{Group: g.Group, Users: []wire.UserID{"ana"}}); entryOf(g, "ana") != "invited" {
		t.Errorf("who left by choice is %q after being added", entryOf(g, "ana"))
	}
	groupEvent(ana, "the invitation", g.Group, func(g wire.Group) bool { return g.Membership == wire.MembershipInvited })
	for _, h := range ana.heardAfter(from) {
		if h.frame.Type == "incoming" || h.frame.Type == "groupCall" {
			t.Errorf("who left by choice heard %s", h.frame.Type)
		}
	}
	ask[wire.Group](ana, "acceptInvitation", wire.AcceptInvitation{Group: g.Group})
	ask[wire.CallState](ana, "joinGroupCall", wire.JoinGroupCall{Group: g.Group})
	ask[wire.Done](bia, "leaveGroup", wire.LeaveGroup{Group: g.Group})
	event[wire.ParticipantLeft](ana, "participantLeft")
	ask[wire.Done](ana, "leaveGroup", wire.LeaveGroup{Group: g.Group})
	if _, err := s.Store.Group(t.Context(), string(g.Group)); err == nil {
		t.Error("a group without members is still there")
	}
	if running := s.Calls.RunningGroups(); len(running) != 0 {
		t.Errorf("a group that is gone has a call")
	}
}

func TestASuspendedGroupHasNoCalls(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b")
	g := newGroup(ana, "Choir", false, "bia")
	ask[wire.CallState](ana, "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVoice, Silent: true})
	event[wire.GroupCall](bia, "groupCall")
	// Another process stores the suspension; this one finds it.
	if err := s.Store.SuspendGroup(t.Context(), string(g.Group), true); err != nil {
		t.Fatal(err)
	}
	if err := s.Sockets.SweepGroups(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ended := event[wire.CallEnded](ana, "callEnded"); ended.Reason != wire.EndRevoked {
		t.Errorf("the call ended because of %s", ended.Reason)
	}
	groupEvent(bia, "the suspension", g.Group, func(g wire.Group) bool { return g.Suspended && g.Call == nil })
	for request, body := range map[string]any{
		"ringGroup": wire.RingGroup{Group: g.Group, Kind: wire.KindVoice}, "joinGroupCall": wire.JoinGroupCall{Group: g.Group},
	} {
		if p := refused(bia, request, body); p.Code != wire.CodeForbidden {
			t.Errorf("%s in a suspended group: %s", request, p.Code)
		}
	}
	if err := s.Sockets.SuspendGroup(t.Context(), g.Group, false); err != nil {
		t.Fatal(err)
	}
	groupEvent(bia, "the end of the suspension", g.Group, func(g wire.Group) bool { return !g.Suspended })
	ask[wire.CallState](bia, "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVoice})
}

func TestTwoWhoStartAGroupsCallAtOnceMeetInOneCall(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := signallingtest.Start(t, signallingtest.Options{DSN: dsn})
		ana, bia, carlo := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b"), signIn(t, s, "carlo", "c")
		for range 5 {
			g := newGroup(ana, "Choir", false, "bia", "carlo")
			calls := make([]wire.CallState, 3)
			var all sync.WaitGroup
			for i, p := range []*page{ana, bia, carlo} {
				all.Go(func() {
					calls[i] = ask[wire.CallState](p, "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVoice})
				})
			}
			all.Wait()
			if calls[0].Call != calls[1].Call || calls[1].Call != calls[2].Call {
				t.Fatalf("three calls: %s %s %s", calls[0].Call, calls[1].Call, calls[2].Call)
			}
			ask[wire.Done](ana, "end", wire.End{Call: calls[0].Call})
			again := ask[wire.CallState](ana, "ringGroup", wire.RingGroup{Group: g.Group, Kind: wire.KindVoice, Silent: true})
			if again.Call == calls[0].Call {
				t.Error("a call that was ended goes on")
			}
			ask[wire.Done](ana, "leave", wire.Leave{Call: again.Call})
		}
	})
}

func TestALargeGroupIsToldWithoutItsList(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "a"), signIn(t, s, "bia", "b")
	var users []wire.UserID
	for i := range 100 {
		users = append(users, wire.UserID(fmt.Sprint("u", i)))
	}
	enrol(t, s, users...)
	g := newGroup(ana, "Choir", false, users...)
	if len(g.Members) != 101 || g.MemberCount != 101 {
		t.Errorf("the reply has %d of %d members", len(g.Members), g.MemberCount)
	}
	ask[wire.Group](ana, "addToGroup", wire.AddToGroup{Group: g.Group, Users: []wire.UserID{"bia"}})
	told := groupEvent(bia, "the group", g.Group, func(wire.Group) bool { return true })
	if len(told.Members) != 0 || told.MemberCount != 102 {
		t.Errorf("the event has %d of %d members", len(told.Members), told.MemberCount)
	}
}
