package call

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

func TestWhoComesBeforeTheHostIsInNoCall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyEveryone, MaxUses: 1})
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		zoe := w.guest("zoe", "l", "b1", "192.0.2.1")
		for _, early := range []*visitorDevice{zoe, {bia, "l", ""}} {
			if _, err := early.join(); code(err) != wire.CodeWaitInLobby {
				t.Errorf("%s joins: %v", early.who.Session, err)
			}
		}
		if n := len(w.shapes()); n != 0 {
			t.Fatalf("%d calls came of that", n)
		}
		if err := zoe.knock(); err != nil {
			t.Fatal(err)
		}
		if w.uses("l") != 0 {
			t.Error("waiting used the link up")
		}
		// The owner's devices learn of it wherever they are.
		there := ana.lobby()
		if there == nil || there.Link != "l" || len(there.Waiting) != 1 || there.Waiting[0].Name != "zoe" || !there.Waiting[0].Guest || there.Rings {
			t.Fatalf("the owner is told %+v", there)
		}
		state := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState)
		if state.Host != state.Self || !state.Participants[0].Host || len(state.Participants) != 1 || w.uses("l") != 0 {
			t.Errorf("the host's state is %+v", state)
		}
		if again := ana.lobby(); again == nil || len(again.Waiting) != 1 {
			t.Errorf("the host who has just come is told %+v", again)
		}
		// She hears nothing of the call, and cannot ask about it either.
		zoe.expect()
		if _, err := zoe.try(&wire.Sync{Call: state.Call}); code(err) != wire.CodeNotFound {
			t.Errorf("who waits asks for the state: %v", err)
		}
		if _, err := bia.try(&wire.AnswerKnock{Call: state.Call, Waiter: "w1", Admit: true}); code(err) != wire.CodeForbidden {
			t.Errorf("somebody else lets her in: %v", err)
		}
		ana.must(&wire.AnswerKnock{Call: state.Call, Waiter: there.Waiting[0].Waiter, Admit: true})
		if got := zoe.answer(); got != wire.KnockAdmitted {
			t.Fatalf("she is told %q", got)
		}
		if left := ana.lobby(); left == nil || len(left.Waiting) != 0 {
			t.Errorf("the host is told %+v", left)
		}
		if in, err := zoe.join(); err != nil || in.Call != state.Call || w.uses("l") != 1 {
			t.Errorf("she joins %+v (%v), %d uses", in, err, w.uses("l"))
		}
		late := w.guest("late", "l", "b2", "")
		if _, err := late.join(); code(err) != wire.CodeNotFound {
			t.Errorf("the use after the last: %v", err)
		}
	})
}

func TestAnApprovalIsForOneSessionAndOneMinute(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyGuests})
		ana := w.device("ana", "laptop")
		call := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState).Call
		zoe := w.guest("zoe", "l", "b1", "")
		tab := &visitorDevice{&device{w, zoe.who}, "l", "b1"}
		tab.who.Session = "g_zoe_tab"
		if err := zoe.knock(); err != nil {
			t.Fatal(err)
		}
		ana.must(&wire.AnswerKnock{Call: call, Waiter: "w1", Admit: true})
		if _, err := tab.join(); code(err) != wire.CodeWaitInLobby {
			t.Errorf("a second tab comes in with her: %v", err)
		}
		time.Sleep(approvedFor)
		if _, err := zoe.join(); code(err) != wire.CodeWaitInLobby {
			t.Errorf("a minute later: %v", err)
		}
		if err := zoe.knock(); err != nil {
			t.Fatal(err)
		}
		// A page that was loaded again waits on, under its new session.
		if err := tab.knock(); err != nil {
			t.Fatal(err)
		}
		lobby := ana.lobby()
		if len(lobby.Waiting) != 1 {
			t.Fatalf("waiting are %+v", lobby.Waiting)
		}
		ana.must(&wire.AnswerKnock{Call: call, Waiter: lobby.Waiting[0].Waiter, Admit: true})
		if _, err := zoe.join(); code(err) != wire.CodeWaitInLobby {
			t.Errorf("the page before comes in: %v", err)
		}
		if _, err := tab.join(); err != nil {
			t.Error(err)
		}
	})
}

// The owner's devices see that a link was used as often as it was: not for who
// joins again, and not for himself.
func TestTheOwnerSeesThatHisLinkWasUsed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{})
		ana, zoe := w.device("ana", "laptop"), w.guest("zoe", "l", "", "")
		told := func() (uses []uint32) {
			synctest.Wait()
			for _, f := range ana.frames() {
				if f.Type == "link" {
					uses = append(uses, body[wire.Link](t, f).Uses)
				}
			}
			return uses
		}
		ana.must(&wire.JoinLink{Link: "l"})
		for range 2 {
			if _, err := zoe.join(); err != nil {
				t.Fatal(err)
			}
		}
		if got := told(); !slices.Equal(got, []uint32{1}) {
			t.Errorf("the owner was told of %d uses", got)
		}
	})
}

func TestTheTermsOfALinkHold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{MaxPeople: 2, JoinMuted: true, Opens: time.Now().Add(time.Hour), Expires: time.Now().Add(2 * time.Hour), Sealed: "c2VhbGVk"})
		zoe := w.guest("zoe", "l", "", "")
		_, err := zoe.join()
		var p *wire.Problem
		if !errors.As(err, &p) || p.Code != wire.CodeNotYet || p.RetryAfterMs != 3_600_000 {
			t.Errorf("before it opens: %v", err)
		}
		door := zoe.must(&wire.LookAtLink{Link: "l"}).(wire.LinkDoor)
		if door.OpensInMs != 3_600_000 || door.Sealed != "c2VhbGVk" || !door.JoinMuted || door.Host || door.Waits {
			t.Errorf("the door is %+v", door)
		}
		ana := w.device("ana", "laptop")
		own := ana.must(&wire.JoinLink{Link: "l", Media: wire.Media{Microphone: true}}).(wire.CallState) // hosts may
		if !own.Participants[0].Media.Microphone || own.Sealed != "c2VhbGVk" {
			t.Errorf("the host is %+v", own)
		}
		time.Sleep(time.Hour)
		state, err := zoe.join()
		if err != nil || state.Participants[1].Media.Microphone {
			t.Errorf("she comes in as %+v (%v)", state.Participants, err)
		}
		third := &visitorDevice{w.device("bia", "phone"), "l", ""}
		if _, err := third.join(); code(err) != wire.CodeCallFull {
			t.Errorf("the third of two: %v", err)
		}
		if w.uses("l") != 1 {
			t.Errorf("who found no room used the link up: %d uses", w.uses("l"))
		}
		time.Sleep(time.Hour)
		zoe.must(&wire.Leave{Call: own.Call})
		if _, err := zoe.join(); code(err) != wire.CodeNotFound {
			t.Errorf("after it has expired: %v", err)
		}
	})
}

func TestTheOwnerIsRungWhenSomebodyWaits(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyGuests, RingHost: true})
		ana := w.device("ana", "laptop")
		zoe, nina := w.guest("zoe", "l", "", ""), w.guest("nina", "l", "", "")
		if err := zoe.knock(); err != nil {
			t.Fatal(err)
		}
		if l := ana.lobby(); l == nil || !l.Rings || w.pushes("ana") != 1 {
			t.Errorf("the owner is told %+v, %d pushes", l, w.pushes("ana"))
		}
		if err := nina.knock(); err != nil {
			t.Fatal(err)
		}
		if l := ana.lobby(); l == nil || l.Rings || len(l.Waiting) != 2 {
			t.Errorf("of the next one she is told %+v", l)
		}
		// A device that comes meanwhile hears of it.
		if l := w.registry.Lobbies(t.Context(), "ana"); len(l) != 1 || len(l[0].Waiting) != 2 || !l[0].Rings {
			t.Errorf("another device is told %+v", l)
		}
		// From where she is she lets one in; he may be alone for a while.
		call := w.registry.Lobbies(t.Context(), "ana")[0].Call
		ana.must(&wire.AnswerKnock{Call: call, Waiter: "w2", Admit: true})
		if _, err := nina.join(); err != nil {
			t.Error(err)
		}
		zoe.must(&wire.StopWaiting{Link: "l"})
		if w.pushes("ana") != 0 {
			t.Error("nobody waits, and still she is pushed")
		}
	})
}

func TestAnOwnerWhoWantsToBeLeftAloneIsNotRung(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyEveryone, RingHost: true})
		hours := policy.Hours{Zone: "UTC", Ranges: []policy.Range{{From: 0, To: 0}}}
		w.store.relations[[2]string{"g_zoe", "ana"}] = store.Relation{CalleeExists: true, CalleePrivacy: store.Privacy{DoNotDisturb: hours.Text()}}
		ana, zoe := w.device("ana", "laptop"), w.guest("zoe", "l", "", "")
		if err := zoe.knock(); err != nil {
			t.Fatal(err)
		}
		if l := ana.lobby(); l == nil || l.Rings || len(l.Waiting) != 1 || w.pushes("ana") != 0 {
			t.Errorf("the owner is told %+v, %d pushes", l, w.pushes("ana"))
		}
	})
}

func TestWhoWaitsIsForgottenInTime(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyGuests})
		ana := w.device("ana", "laptop")
		zoe, nina, gus := w.guest("zoe", "l", "", ""), w.guest("nina", "l", "", ""), w.guest("gus", "l", "", "")
		for _, v := range []*visitorDevice{zoe, nina, gus} {
			if err := v.knock(); err != nil {
				t.Fatal(err)
			}
		}
		w.registry.SessionLost(t.Context(), nina.who.User, nina.who.Session)
		w.registry.SessionLost(t.Context(), gus.who.User, gus.who.Session)
		time.Sleep(10 * time.Second)
		if calls := w.registry.Attach(t.Context(), gus.who); len(calls) != 0 {
			t.Errorf("who waits is in %+v", calls)
		}
		time.Sleep(21 * time.Second)
		if l := ana.lobby(); len(l.Waiting) != 2 {
			t.Errorf("waiting are %+v", l.Waiting)
		}
		if w.shapes()[0].Waiting != 2 {
			t.Errorf("the gauge shows %+v", w.shapes())
		}
		time.Sleep(waitFor)
		if zoe.answer() != wire.KnockExpired || gus.answer() != wire.KnockExpired {
			t.Error("they are not told that nobody answers")
		}
		if n := len(w.shapes()); n != 0 {
			t.Errorf("%d calls are left", n)
		}
		var left []LobbyResult
		for _, e := range w.events {
			if e, ok := e.(LobbyLeft); ok {
				left = append(left, e.Result)
			}
			if e, ok := e.(SetUpEnded); ok && e.Outcome == OutcomeConnected {
				t.Error("a call that nobody came to counts as connected")
			}
		}
		slices.Sort(left)
		if !slices.Equal(left, []LobbyResult{LobbyExpired, LobbyExpired, LobbyGaveUp}) {
			t.Errorf("counted are %q", left)
		}
	})
}

func TestTheLobbyFollowsTheLink(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyEveryone})
		ana, bia := w.device("ana", "laptop"), &visitorDevice{w.device("bia", "phone"), "l", ""}
		zoe := w.guest("zoe", "l", "", "")
		call := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState).Call
		for _, v := range []*visitorDevice{bia, zoe} {
			if err := v.knock(); err != nil {
				t.Fatal(err)
			}
		}
		ana.frames()
		w.registry.LinkChanged(t.Context(), store.Link{ID: "l", LinkTerms: store.LinkTerms{Title: "Tea", Lobby: store.LobbyGuests}})
		if bia.answer() != wire.KnockAdmitted || zoe.answer() != "" {
			t.Error("who need not wait any more is not let in, or who must is")
		}
		if heard := ana.heard(); !slices.Contains(heard, "titleChanged") || !slices.Contains(heard, "lobbyChanged") {
			t.Errorf("the host hears %q", heard)
		}
		if _, err := bia.join(); err != nil {
			t.Error(err)
		}
		if _, err := bia.try(&wire.SetLobby{Call: call, Lobby: wire.LobbyOff}); code(err) != wire.CodeForbidden {
			t.Errorf("somebody else switches the lobby: %v", err)
		}
		// Revoked for newcomers only: who is in stays, who waits is sent away.
		w.registry.LinkRevoked(t.Context(), "l", true)
		if zoe.answer() != wire.KnockClosed {
			t.Error("who waits is not sent away")
		}
		if now := bia.must(&wire.Sync{Call: call}).(wire.CallState); len(now.Participants) != 2 {
			t.Errorf("left are %+v", now.Participants)
		}
		w.registry.LinkRevoked(t.Context(), "l", false)
		if n := len(w.shapes()); n != 0 {
			t.Errorf("%d calls are left", n)
		}
	})
}

func TestALobbyHasBounds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyGuests})
		w.device("ana", "laptop").must(&wire.JoinLink{Link: "l"})
		refused := 0
		for i := range maxWaitingOfOne + 3 {
			if err := w.guest(fmt.Sprint("a", i), "l", fmt.Sprint("a", i), "192.0.2.1").knock(); code(err) == wire.CodeRateLimited {
				refused++
			}
		}
		if refused != 3 {
			t.Errorf("%d of one network were refused", refused)
		}
		for i := range maxWaiting {
			_ = w.guest(fmt.Sprint("b", i), "l", fmt.Sprint("b", i), fmt.Sprint("192.0.3.", i)).knock()
		}
		if n := w.shapes()[0].Waiting; n != maxWaiting {
			t.Errorf("%d wait", n)
		}
	})
}
