package call

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// group stores a group whose first member is its admin.
func (w *world) group(isolate bool, users ...string) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	g := store.GroupRow{ID: "g", Name: "Choir", Isolate: isolate, Active: len(users)}
	for i, user := range users {
		m := store.Member{UserID: user, Name: user, State: store.MemberActive, Role: store.RoleMember}
		if i == 0 {
			m.Role = store.RoleAdmin
		}
		g.Members = append(g.Members, m)
	}
	w.store.groups["g"] = g
}

// regroup changes the stored group and has that take effect.
func (w *world) regroup(change func(*store.GroupRow)) {
	w.store.mu.Lock()
	g := w.store.groups["g"]
	g.Members = slices.Clone(g.Members)
	change(&g)
	g.Active = 0
	for _, m := range g.Members {
		if m.State == store.MemberActive {
			g.Active++
		}
	}
	w.store.groups["g"] = g
	w.store.mu.Unlock()
	w.registry.GroupChanged(w.t.Context(), "g")
}

func (d *device) ringGroup(silent bool) wire.CallState {
	d.w.t.Helper()
	return d.must(&wire.RingGroup{Group: "g", Kind: wire.KindVideo, Silent: silent}).(wire.CallState)
}

func (d *device) joinGroup() (wire.CallState, error) {
	reply, err := d.try(&wire.JoinGroupCall{Group: "g", Media: wire.Media{Microphone: true}})
	if err != nil {
		return wire.CallState{}, err
	}
	return reply.(wire.CallState), nil
}

// told takes what a device was told of the group's call.
func (d *device) told() []wire.GroupCall {
	synctest.Wait()
	var calls []wire.GroupCall
	for _, f := range d.frames() {
		if f.Type == "groupCall" {
			calls = append(calls, body[wire.GroupCall](d.w.t, f))
		}
	}
	return calls
}

// users are those in a state of the call.
func users(c wire.CallState) []wire.UserID {
	var list []wire.UserID
	for _, p := range c.Participants {
		list = append(list, p.User)
	}
	return list
}

func TestAGroupsCallRingsItsMembers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo", "dora")
		w.regroup(func(g *store.GroupRow) { g.Member("dora").State = store.MemberFormer })
		ana, bia, carlo, mal := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c"), w.device("mal", "m")
		dora := w.device("dora", "d")
		if _, err := mal.try(&wire.RingGroup{Group: "g", Kind: wire.KindVoice}); code(err) != wire.CodeNotFound {
			t.Errorf("an outsider's ring ends with %v", err)
		}
		c := bia.ringGroup(false)
		if c.Group != "g" || c.Title != "Choir" || c.Topology != wire.TopologySFU || len(c.Participants) != 3 || c.Host != "" {
			t.Errorf("the call is %+v", c)
		}
		ana.expect("incoming")
		carlo.expect("incoming")
		if again := ana.ringGroup(false); again.Call != c.Call {
			t.Error("a group has two calls")
		}
		time.Sleep(46 * time.Second)
		heard := bia.heard()
		if !slices.Contains(heard, "participantJoined") || !slices.Contains(heard, "inviteUnanswered") {
			t.Errorf("bia heard %q", heard)
		}
		if got := w.lastLog("carlo"); got != wire.OutcomeMissed {
			t.Errorf("carlo's log says %q", got)
		}
		// Whoever did not answer is told that the call goes on, and joins it.
		if told := carlo.told(); len(told) != 1 || !told[0].Active || told[0].Participants != 2 || told[0].By != "bia" {
			t.Errorf("carlo was told %+v", told)
		}
		state, err := carlo.joinGroup()
		if err != nil || len(state.Participants) != 3 {
			t.Errorf("carlo joins with %v: %+v", err, state)
		}
		mal.expect()
		dora.expect() // who was a member is not one
	})
}

func TestMembersWhoAreNotRungAreToldOfTheCallUntilItsEnd(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo", "dora")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		dora := w.device("dora", "d")
		w.store.block("dora", "ana")
		c := ana.ringGroup(true)
		told := bia.told()
		if len(told) != 1 || told[0] != (wire.GroupCall{Group: "g", Call: c.Call, Kind: wire.KindVideo, By: "ana", Participants: 1, Active: true}) {
			t.Errorf("bia was told %+v", told)
		}
		if _, err := bia.joinGroup(); err != nil {
			t.Fatal(err)
		}
		carlo.told()
		time.Sleep(time.Second)
		if told := carlo.told(); len(told) != 1 || told[0].Participants != 2 {
			t.Errorf("a second later carlo was told %+v", told)
		}
		ana.must(&wire.Leave{Call: c.Call})
		bia.must(&wire.Leave{Call: c.Call})
		if told := carlo.told(); len(told) != 1 || told[0].Active {
			t.Errorf("at the end carlo was told %+v", told)
		}
		dora.expect() // who blocks the starter hears nothing at all
		if _, err := carlo.joinGroup(); code(err) != wire.CodeNotFound {
			t.Errorf("joining a call that is over ends with %v", err)
		}
		if shapes := w.shapes(); len(shapes) != 0 {
			t.Errorf("%d calls are left", len(shapes))
		}
	})
}

func TestWhoBlocksTheStarterIsNotReachedByTheRing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo", "dora")
		ana, bia, carlo, dora := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c"), w.device("dora", "d")
		w.store.block("bia", "ana")
		w.ownBlock("ana", "dora")
		c := ana.ringGroup(false)
		// bia looks like somebody whose devices are off; dora is left out by
		// the starter's own doing.
		if got := users(c); !slices.Equal(got, []wire.UserID{"ana", "bia", "carlo"}) {
			t.Errorf("in the call or rung are %v", got)
		}
		carlo.expect("incoming")
		time.Sleep(46 * time.Second)
		ana.expect("inviteUnanswered", "inviteUnanswered")
		bia.expect()
		dora.expect()
		if n := w.pushes("bia") + w.pushes("dora"); n != 0 || w.lastLog("bia") != "" {
			t.Errorf("%d pushes wait, and the log says %q", n, w.lastLog("bia"))
		}
		// By her own act dora may join, and is not warned: it was ana who
		// blocked her.
		if _, err := dora.joinGroup(); err != nil {
			t.Errorf("dora joins with %v", err)
		}
	})
}

func TestAdminsAreHostsOfTheGroupsCallAndNobodyElseIs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		c := bia.ringGroup(true)
		for _, d := range []*device{ana, carlo} {
			if _, err := d.joinGroup(); err != nil {
				t.Fatal(err)
			}
		}
		asHost := []any{
			&wire.Lock{Call: c.Call, On: true}, &wire.MuteParticipant{Call: c.Call, Participant: "p3"},
			&wire.LowerHand{Call: c.Call, Participant: "p3"}, &wire.RemoveParticipant{Call: c.Call, Participant: "p3"},
		}
		for _, m := range append(asHost, &wire.End{Call: c.Call}) {
			if _, err := bia.try(m); code(err) != wire.CodeForbidden {
				t.Errorf("%T by the starter, who is no admin, ends with %v", m, err)
			}
		}
		for _, m := range asHost {
			if _, err := ana.try(m); err != nil {
				t.Errorf("%T by the admin ends with %v", m, err)
			}
		}
		if _, err := carlo.joinGroup(); code(err) != wire.CodeForbidden {
			t.Errorf("who was put out joins with %v", err)
		}
		w.regroup(func(g *store.GroupRow) {
			g.Member("ana").Role, g.Member("bia").Role = store.RoleMember, store.RoleAdmin
		})
		if _, err := ana.try(&wire.Lock{Call: c.Call}); code(err) != wire.CodeForbidden {
			t.Errorf("who is no admin any more unlocks with %v", err)
		}
		bia.must(&wire.End{Call: c.Call})
	})
}

func TestOnlyMembersAreCalledIntoAGroupsCall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia")
		ana, bia, mal := w.device("ana", "a"), w.device("bia", "b"), w.device("mal", "m")
		c := ana.ringGroup(true)
		if _, err := ana.try(&wire.Invite{Call: c.Call, Users: []wire.UserID{"mal"}}); code(err) != wire.CodeForbidden {
			t.Errorf("inviting an outsider ends with %v", err)
		}
		mal.expect()
		bia.told()
		ana.must(&wire.Invite{Call: c.Call, Users: []wire.UserID{"bia"}})
		bia.expect("incoming")
		if _, err := bia.try(&wire.Accept{Call: c.Call}); err != nil {
			t.Errorf("a member who is called in accepts with %v", err)
		}
	})
}

func TestWhoLeavesTheGroupIsOutOfItsCall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		c := ana.ringGroup(false)
		bia.expect("incoming")
		carlo.expect("incoming")
		bia.must(&wire.Accept{Call: c.Call})
		bia.heard()
		w.regroup(func(g *store.GroupRow) {
			g.Member("bia").State, g.Member("carlo").State = store.MemberFormer, store.MemberFormer
		})
		if heard := bia.heard(); !slices.Contains(heard, "participantLeft") {
			t.Errorf("who was removed heard %q", heard)
		}
		if heard := carlo.heard(); !slices.Contains(heard, "ringStopped") {
			t.Errorf("who was rung and removed heard %q", heard)
		}
		for _, d := range []*device{bia, carlo} {
			if _, err := d.try(&wire.Accept{Call: c.Call}); code(err) != wire.CodeNotFound {
				t.Errorf("%s accepts with %v", d.who.User, err)
			}
			if _, err := d.joinGroup(); code(err) != wire.CodeNotFound {
				t.Errorf("%s joins with %v", d.who.User, err)
			}
		}
		ana.heard()
		w.regroup(func(g *store.GroupRow) { g.Suspended = time.Now() })
		if heard := ana.heard(); !slices.Contains(heard, "callEnded") {
			t.Errorf("when the group was suspended ana heard %q", heard)
		}
		if _, err := ana.try(&wire.RingGroup{Group: "g", Kind: wire.KindVoice}); code(err) != wire.CodeForbidden {
			t.Errorf("the call of a suspended group begins with %v", err)
		}
	})
}

func TestWhoHasBlockedSomebodyInTheCallIsWarnedAndNobodyElse(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		w.ownBlock("bia", "carlo")
		ana.ringGroup(true)
		if _, err := carlo.joinGroup(); err != nil {
			t.Fatal(err)
		}
		if _, err := bia.joinGroup(); code(err) != wire.CodeBlockedInCall {
			t.Errorf("who has blocked somebody joins with %v", err)
		}
		bia.must(&wire.JoinGroupCall{Group: "g", ConfirmBlocked: true})
		state := bia.ringGroup(false)
		carlo.must(&wire.Leave{Call: state.Call})
		if _, err := carlo.joinGroup(); err != nil {
			t.Errorf("the blocked one joins with %v", err)
		}
	})
}

// ownBlock makes owner block other, for both directions of the relation.
func (w *world) ownBlock(owner, other string) {
	w.store.block(owner, other)
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	r := w.store.relate(owner, []string{other})[0]
	r.CallerBlockedCallee = true
	w.store.relations[[2]string{owner, other}] = r
}

func TestThoseKeptApartNoticeNothingOfEachOther(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(true, "ana", "bia", "carlo")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		w.ownBlock("bia", "carlo")
		c := ana.ringGroup(true)
		call, err := carlo.joinGroup()
		if err != nil {
			t.Fatal(err)
		}
		seq := call.Seq
		carlo.frames()
		state, err := bia.joinGroup()
		if err != nil {
			t.Fatalf("who is kept apart joins with %v", err)
		}
		if got := users(state); !slices.Equal(got, []wire.UserID{"ana", "bia"}) {
			t.Errorf("bia sees %v", got)
		}
		own := state.Self
		bia.must(&wire.RaiseHand{Call: c.Call, On: true})
		bia.must(&wire.React{Call: c.Call, Reaction: wire.ReactionHeart})
		bia.must(&wire.SetMedia{Call: c.Call, Media: wire.Media{Camera: true}})
		bia.must(&wire.Hold{Call: c.Call, On: true})
		carlo.expect()
		// What carlo may know has no gap in its numbers.
		ana.must(&wire.RaiseHand{Call: c.Call, On: true})
		synctest.Wait()
		frames := carlo.frames()
		if len(frames) != 1 || frames[0].Type != "handChanged" || frames[0].Seq != seq+1 {
			t.Errorf("carlo heard %+v after number %d", frames, seq)
		}
		if now := carlo.must(&wire.Sync{Call: c.Call}).(wire.CallState); now.Seq != seq+1 || !slices.Equal(users(now), []wire.UserID{"ana", "carlo"}) {
			t.Errorf("carlo sees %+v", now)
		}
		if whole := ana.must(&wire.Sync{Call: c.Call}).(wire.CallState); len(whole.Participants) != 3 {
			t.Errorf("ana sees %v", users(whole))
		}
		if _, err := carlo.try(&wire.CannotHear{Call: c.Call, Participant: own, On: true}); code(err) != wire.CodeNotFound {
			t.Errorf("about somebody unseen carlo complains with %v", err)
		}
		bia.must(&wire.Leave{Call: c.Call})
		carlo.expect()
	})
}

func TestItDoesNotMatterWhoOfThoseKeptApartComesFirst(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(true, "ana", "bia", "carlo")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		w.ownBlock("bia", "carlo")
		ana.ringGroup(true)
		if _, err := bia.joinGroup(); err != nil {
			t.Fatal(err)
		}
		bia.frames()
		if state, err := carlo.joinGroup(); err != nil || !slices.Equal(users(state), []wire.UserID{"ana", "carlo"}) {
			t.Errorf("who is blocked joins with %v and sees %v", err, users(state))
		}
		bia.expect()
	})
}

func TestABlockDuringAnIsolatedCallSeparatesAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(true, "ana", "bia", "carlo")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		c := ana.ringGroup(true)
		for _, d := range []*device{bia, carlo} {
			if _, err := d.joinGroup(); err != nil {
				t.Fatal(err)
			}
			d.must(&wire.Negotiate{Call: c.Call, Generation: 1, SDP: "offer"})
		}
		ana.heard()
		bia.heard()
		carlo.heard()
		w.ownBlock("bia", "carlo")
		w.registry.Blocked(t.Context(), "bia", "carlo")
		bia.expect("participantLeft")
		carlo.expect("participantLeft")
		ana.expect()
		w.media.mu.Lock()
		peers := w.media.peers[c.Call]
		if !slices.Equal(peers["p2"].apart, []string{"p3"}) || !slices.Equal(peers["p3"].apart, []string{"p2"}) {
			t.Errorf("the SFU keeps %v and %v apart", peers["p2"].apart, peers["p3"].apart)
		}
		w.media.mu.Unlock()
		bia.must(&wire.React{Call: c.Call, Reaction: wire.ReactionHeart})
		carlo.expect()
		ana.expect("reacted")
		w.restart() // a crash brings nobody together
		for _, d := range []*device{ana, bia, carlo} {
			w.registry.Attach(t.Context(), d.who)
			d.frames()
		}
		if state := carlo.must(&wire.Sync{Call: c.Call}).(wire.CallState); !slices.Equal(users(state), []wire.UserID{"ana", "carlo"}) {
			t.Errorf("after a crash carlo sees %v", users(state))
		}
		for _, d := range []*device{bia, carlo} {
			d.must(&wire.Negotiate{Call: c.Call, Generation: 2, SDP: "offer"})
		}
		w.media.mu.Lock()
		if peers := w.media.peers[c.Call]; !slices.Equal(peers["p2"].apart, []string{"p3"}) || !slices.Equal(peers["p3"].apart, []string{"p2"}) {
			t.Errorf("after a crash the SFU keeps %v and %v apart", peers["p2"].apart, peers["p3"].apart)
		}
		w.media.mu.Unlock()
	})
}

func TestTheCallOfAGroupOutlivesARestart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.group(false, "ana", "bia", "carlo")
		ana, bia, carlo := w.device("ana", "a"), w.device("bia", "b"), w.device("carlo", "c")
		c := ana.ringGroup(true)
		bia.told()
		if _, err := bia.joinGroup(); err != nil {
			t.Fatal(err)
		}
		carlo.told()
		w.restart()
		if told := carlo.told(); len(told) != 1 || !told[0].Active || told[0].Call != c.Call {
			t.Errorf("after the restart carlo was told %+v", told)
		}
		if state, err := carlo.joinGroup(); err != nil || state.Call != c.Call {
			t.Errorf("carlo joins with %v", err)
		}
		if again := w.registry.Attach(t.Context(), ana.who); len(again) != 1 || again[0].Call != c.Call {
			t.Errorf("ana finds %+v", again)
		}
		if _, err := ana.try(&wire.End{Call: c.Call}); err != nil {
			t.Errorf("after the restart the admin ends the call with %v", err)
		}
	})
}

func TestAWholeGroupOfOverAHundredIsToldAndNotRung(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		members := []string{"ana"}
		for i := range 100 {
			members = append(members, "u"+string(rune('0'+i/10))+string(rune('0'+i%10)))
		}
		w.group(false, members...)
		ana, last := w.device("ana", "a"), w.device("u99", "d")
		if c := ana.ringGroup(false); len(c.Participants) != 1 {
			t.Errorf("%d are in the call or rung", len(c.Participants))
		}
		last.expect("groupCall")
	})
}
