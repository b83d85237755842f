package call

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// link makes a link of ana's.
func (w *world) link(id string, terms store.LinkTerms) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.links[id] = store.Link{ID: id, OwnerID: "ana", Kind: store.Video, Created: time.Now(), LinkTerms: terms}
	w.store.hosts[identity.HashSecret("host-"+id)] = id
}

func (w *world) uses(id string) int64 {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	return w.store.links[id].Uses
}

// guest is somebody without an account, with a browser and a network.
func (w *world) guest(name, link, browser, network string) *visitorDevice {
	d := w.device("g_"+name, "page")
	d.who.Name, d.who.Link, d.who.Encryption = name, wire.LinkID(link), wire.EncryptionVersion
	if network != "" {
		d.who.Network = marker.Network(link, network)
	}
	return &visitorDevice{d, wire.LinkID(link), wire.BrowserID(browser)}
}

// visitorDevice is a device that comes by a link.
type visitorDevice struct {
	*device
	link    wire.LinkID
	browser wire.BrowserID
}

func (v *visitorDevice) join() (wire.CallState, error) {
	reply, err := v.try(&wire.JoinLink{Link: v.link, Browser: v.browser, Media: wire.Media{Microphone: true}})
	state, _ := reply.(wire.CallState)
	return state, err
}

func (v *visitorDevice) knock() error {
	_, err := v.try(&wire.Knock{Link: v.link, Browser: v.browser})
	return err
}

// lobby is the last that a device was told of who waits.
func (d *device) lobby() *wire.Lobby {
	synctest.Wait()
	var last *wire.Lobby
	for _, f := range d.frames() {
		if f.Type == "lobby" {
			l := body[wire.Lobby](d.w.t, f)
			last = &l
		}
	}
	return last
}

// answer is the last that somebody who waits was told.
func (d *device) answer() wire.KnockAnswer {
	synctest.Wait()
	var last wire.KnockAnswer
	for _, f := range d.frames() {
		if f.Type == "knockAnswered" {
			last = body[wire.KnockAnswered](d.w.t, f).Answer
		}
	}
	return last
}

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

func TestWhoIsDeniedTwiceCannotComeAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyGuests})
		ana := w.device("ana", "laptop")
		call := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState).Call
		deny := func(v *visitorDevice) {
			t.Helper()
			if err := v.knock(); err != nil {
				t.Fatal(err)
			}
			ana.must(&wire.AnswerKnock{Call: call, Waiter: ana.lobby().Waiting[0].Waiter})
			if got := v.answer(); got != wire.KnockDenied {
				t.Errorf("she is told %q", got)
			}
		}
		deny(w.guest("zoe", "l", "b1", ""))
		other := w.guest("zed", "l", "b1", "")
		deny(other) // another name in the same browser
		third := w.guest("zac", "l", "b1", "")
		unknown := w.guest("zac", "nowhere", "b1", "")
		if err := third.knock(); code(err) != wire.CodeNotFound || err.Error() != unknown.knock().Error() {
			t.Errorf("the third time: %v; at a link that is none: %v", err, unknown.knock())
		}
		if err := w.guest("nina", "l", "b2", "").knock(); err != nil {
			t.Errorf("somebody else: %v", err)
		}
	})
}

// Who is denied does not come back from a private window when he is banned; but the
// others of his network, of whom the link knows nothing bad, are not banned with him
// because another one was denied too.
func TestADenialIsNotTheWholeNetworks(t *testing.T) {
	const office = "192.0.2.7"
	for _, c := range []struct {
		name     string
		browsers []string // of those who are denied, one after the other, all in the office
		banned   bool     // whether somebody new of the office gets nowhere then
	}{
		{"one", []string{"b1"}, false},
		{"two of them", []string{"b1", "b2"}, false},
		{"five of them", []string{"b1", "b2", "b3", "b4", "b5"}, false},
		{"six of them", []string{"b1", "b2", "b3", "b4", "b5", "b6"}, true},
		{"one of them twice", []string{"b1", "b1"}, true},
		{"one twice, among others", []string{"b1", "b2", "b1"}, true},
		{"one who does not say which browser it is", []string{""}, false},
		{"the same twice", []string{"", ""}, true},
		{"one such, and two others", []string{"b1", "", "b2"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.link("l", store.LinkTerms{Lobby: store.LobbyGuests})
				ana := w.device("ana", "laptop")
				call := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState).Call
				for i, browser := range c.browsers {
					v := w.guest(fmt.Sprint("zoe", i), "l", browser, office)
					if err := v.knock(); err != nil {
						t.Fatalf("number %d knocks: %v", i, err)
					}
					ana.must(&wire.AnswerKnock{Call: call, Waiter: ana.lobby().Waiting[0].Waiter})
				}
				err := w.guest("nina", "l", "b9", office).knock()
				if c.banned && code(err) != wire.CodeNotFound || !c.banned && err != nil {
					t.Errorf("somebody new of the office knocks: %v", err)
				}
				if err := w.guest("gus", "l", "b8", "198.51.100.1").knock(); err != nil {
					t.Errorf("somebody of another network knocks: %v", err)
				}
				if !c.banned {
					return
				}
				time.Sleep(networkBan)
				if err := w.guest("nora", "l", "b7", office).knock(); err != nil {
					t.Errorf("somebody new of the office knocks later: %v", err)
				}
			})
		})
	}
}

// One browser waits under two names: the second denial is one, though both came first.
func TestWhoWaitsTwiceIsDeniedTwice(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyGuests})
		ana := w.device("ana", "laptop")
		call := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState).Call
		for _, name := range []string{"zoe", "zed"} {
			if err := w.guest(name, "l", "b1", "192.0.2.7").knock(); err != nil {
				t.Fatal(err)
			}
		}
		for _, waiter := range ana.lobby().Waiting {
			ana.must(&wire.AnswerKnock{Call: call, Waiter: waiter.Waiter})
		}
		for name, v := range map[string]*visitorDevice{
			"in the browser": w.guest("zac", "l", "b1", "198.51.100.1"), "from a private window": w.guest("zia", "l", "b2", "192.0.2.7"),
		} {
			if err := v.knock(); code(err) != wire.CodeNotFound {
				t.Errorf("once more, %s: %v", name, err)
			}
		}
	})
}

// Of a million guesses from a thousand places in an hour few are looked up, and
// nobody else has to wait for that.
func TestAMillionGuessesAreFewLookUps(t *testing.T) {
	g, now := newGuesses(guessBurst), time.Unix(1_800_000_000, 0)
	lookedUp := 0
	for i := range 1_000_000 {
		at := now.Add(time.Duration(i) * time.Hour / 1_000_000)
		source := fmt.Sprint("network 2001:db8:", i%1000, "::/64")
		if g.wait(source, at) == 0 {
			lookedUp++
			g.miss(source, at)
		}
	}
	if most := 1000 * (guessBurst + int(time.Hour/guessRefill)); lookedUp > most {
		t.Errorf("%d are looked up, at most %d", lookedUp, most)
	}
	hindered := 0
	for i := range 1000 {
		if g.wait(fmt.Sprint("account ", i), now.Add(time.Hour)) > 0 {
			hindered++
		}
	}
	if hindered > 50 { // who shares a slot with one of them by chance
		t.Errorf("%d of 1000 others have to wait", hindered)
	}
	if g.wait("", now) != 0 {
		t.Error("who cannot guess has to wait")
	}
}

// Whoever was put out does not come back: not from another device, nor as a guest of
// the same browser, nor under a new name, nor from a private window.
func TestWhoIsPutOutDoesNotComeBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{})
		ana := w.device("ana", "laptop")
		call := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState).Call
		bia := &visitorDevice{w.device("bia", "phone"), "l", "b1"}
		zoe := w.guest("zoe", "l", "b2", "192.0.2.7")
		nina := w.guest("nina", "l", "b3", "192.0.2.7") // of the same network
		remove := func(v *visitorDevice) {
			t.Helper()
			state, err := v.join()
			if err != nil {
				t.Fatal(err)
			}
			ana.must(&wire.RemoveParticipant{Call: call, Participant: state.Self})
		}
		if _, err := nina.join(); err != nil {
			t.Fatal(err)
		}
		remove(bia)
		remove(zoe)
		for name, again := range map[string]*visitorDevice{
			"the same session":               bia,
			"another device":                 {w.device("bia", "tablet"), "l", "b9"},
			"a guest in the same browser":    w.guest("bea", "l", "b1", "198.51.100.1"),
			"another account in the browser": {w.device("eve", "phone"), "l", "b2"},
			"the guest's session":            zoe,
			"another name":                   w.guest("zara", "l", "b2", "198.51.100.2"),
			"a private window":               w.guest("zed", "l", "b4", "192.0.2.7"),
			"no word of the browser":         w.guest("zac", "l", "", "192.0.2.7"),
		} {
			_, err := again.join()
			unknown := w.guest("x"+name[:3], "nowhere", "", "")
			_, nowhere := unknown.join()
			if code(err) != wire.CodeNotFound || err.Error() != nowhere.Error() {
				t.Errorf("%s: %v; at a link that is none: %v", name, err, nowhere)
			}
			if err := again.knock(); code(err) != wire.CodeNotFound {
				t.Errorf("%s knocks: %v", name, err)
			}
		}
		// Others are not meant: who was in already, accounts, other networks.
		nina.must(&wire.Leave{Call: call})
		if _, err := nina.join(); err != nil {
			t.Errorf("a guest of the network who was in: %v", err)
		}
		if _, err := (&visitorDevice{w.device("carlo", "phone"), "l", "b5"}).join(); err != nil {
			t.Errorf("an account: %v", err)
		}
		if _, err := w.guest("gus", "l", "b6", "192.0.2.8").join(); err != nil {
			t.Errorf("a guest of another network: %v", err)
		}
		// The network is shut for a while, and then has to knock.
		time.Sleep(networkBan)
		private := w.guest("zed", "l", "b7", "192.0.2.7")
		if _, err := private.join(); code(err) != wire.CodeWaitInLobby {
			t.Errorf("the network later: %v", err)
		}
		if _, err := w.guest("zoe", "l", "b2", "").join(); code(err) != wire.CodeNotFound {
			t.Errorf("the browser later: %v", err)
		}
		// The bans outlive the call, and a crash.
		w.restart()
		if _, err := bia.join(); code(err) != wire.CodeNotFound {
			t.Errorf("after a restart: %v", err)
		}
	})
}

func TestNobodyPutsTheOwnerOut(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{Lobby: store.LobbyEveryone})
		helper := w.guest("helper", "host-l", "b1", "")
		state, err := helper.join()
		if err != nil || state.Host != state.Self {
			t.Fatalf("by the host link: %+v (%v)", state, err)
		}
		ana := w.device("ana", "laptop")
		own := ana.must(&wire.JoinLink{Link: "l"}).(wire.CallState)
		if own.Call != state.Call {
			t.Fatal("they are in two calls")
		}
		if _, err := helper.try(&wire.RemoveParticipant{Call: own.Call, Participant: own.Self}); code(err) != wire.CodeForbidden {
			t.Errorf("a host puts the owner out: %v", err)
		}
		zoe := w.guest("zoe", "l", "b2", "")
		if err := zoe.knock(); err != nil {
			t.Fatal(err)
		}
		lobby := helper.lobby()
		if lobby == nil || lobby.Link != "" {
			t.Fatalf("the other host is told %+v", lobby)
		}
		helper.must(&wire.AnswerKnock{Call: own.Call, Waiter: "w1", Admit: true})
		in, err := zoe.join()
		if err != nil || in.Participants[2].Host {
			t.Fatalf("she is %+v (%v)", in, err)
		}
		// When the first host leaves the other one leads.
		helper.must(&wire.Leave{Call: own.Call})
		if now := zoe.must(&wire.Sync{Call: own.Call}).(wire.CallState); now.Host != own.Self {
			t.Errorf("the host is %q", now.Host)
		}
		// Who was a host is not one for good.
		ana.must(&wire.RemoveParticipant{Call: own.Call, Participant: in.Self})
		back := w.guest("helper", "host-l", "b1", "")
		if state, err := back.join(); err != nil || !state.Participants[1].Host {
			t.Errorf("the host comes back: %+v (%v)", state, err)
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

// Guesses are answered alike, few of them are looked up, and all are counted.
func TestGuessesAreFewAndNoticed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{})
		eve := w.device("eve", "phone")
		began := time.Now()
		tries := 1_000_000
		if raceEnabled {
			tries = 20_000
		}
		results := map[wire.Code]int{}
		for i := range tries {
			_, err := eve.try(&wire.JoinLink{Link: wire.LinkID(fmt.Sprint("guess", i))})
			results[code(err)]++
			if i%1000 == 0 {
				time.Sleep(time.Second)
			}
		}
		most := guessBurst + int(time.Since(began)/guessRefill) + 1
		if n := results[wire.CodeNotFound]; n > most || n+results[wire.CodeRateLimited] != tries {
			t.Errorf("in %s: %v, at most %d are to be looked up", time.Since(began), results, most)
		}
		counted := map[LinkTry]int{}
		for _, e := range w.events {
			if e, ok := e.(LinkJoined); ok {
				counted[e.Result]++
			}
		}
		if counted[TryUnknown]+counted[TryLimited] != tries {
			t.Errorf("counted are %v", counted)
		}
		// While she has to wait, the right one does not open either: else the answer would tell.
		if _, err := eve.try(&wire.JoinLink{Link: "l"}); code(err) != wire.CodeRateLimited {
			t.Errorf("the right link meanwhile: %v", err)
		}
		time.Sleep(guessRefill)
		if _, err := eve.try(&wire.JoinLink{Link: "l"}); err != nil {
			t.Errorf("the right link later: %v", err)
		}
		if _, err := w.device("bia", "phone").try(&wire.JoinLink{Link: "l"}); err != nil {
			t.Errorf("somebody else: %v", err)
		}
	})
}

func TestATimeIsBookedByItsLink(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{})
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		w.store.slots["l"] = []store.Slot{{From: at, To: at.Add(time.Hour)}, {From: at.Add(time.Hour), To: at.Add(2 * time.Hour), Booked: true}}
		ana, zoe := w.device("ana", "laptop"), w.guest("zoe", "l", "", "")
		if _, err := zoe.join(); code(err) != wire.CodeForbidden {
			t.Errorf("a guest joins by a booking link: %v", err)
		}
		if door := zoe.must(&wire.LookAtLink{Link: "l"}).(wire.LinkDoor); !door.Books {
			t.Errorf("the door is %+v", door)
		}
		free := zoe.must(&wire.GetSlots{Link: "l"}).(wire.LinkSlots).Slots
		if len(free) != 1 || free[0].FromMs != wire.UnixMs(at.UnixMilli()) {
			t.Errorf("offered are %+v", free)
		}
		if own := ana.must(&wire.GetSlots{Link: "l"}).(wire.LinkSlots).Slots; len(own) != 2 || !own[1].Booked {
			t.Errorf("the owner sees %+v", own)
		}
		booked := zoe.must(&wire.BookSlot{Link: "l", FromMs: free[0].FromMs}).(wire.BookedSlot)
		if made := body[wire.Link](t, last(ana)); made.Link != booked.Link || made.BookedFrom != "l" {
			t.Errorf("the owner is told of %+v", made)
		}
		if _, err := zoe.try(&wire.BookSlot{Link: "l", FromMs: free[0].FromMs}); code(err) != wire.CodeConflict {
			t.Errorf("the time twice: %v", err)
		}
		there := w.guest("zoe", string(booked.Link), "", "")
		if _, err := there.join(); code(err) != wire.CodeNotYet {
			t.Errorf("too early: %v", err)
		}
		time.Sleep(time.Until(at.Add(-store.SlotEarly)))
		if _, err := there.join(); err != nil {
			t.Errorf("in time: %v", err)
		}
		ana.must(&wire.JoinLink{Link: booked.Link})
		if _, err := w.guest("gus", string(booked.Link), "", "").join(); code(err) != wire.CodeCallFull {
			t.Errorf("a third: %v", err)
		}
	})
}

func TestWhoBooksATalkAndWhoseItIsAreRemindedOfIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.link("l", store.LinkTerms{})
		at := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		w.store.slots["l"] = []store.Slot{{From: at, To: at.Add(time.Hour)}, {From: at.Add(time.Hour), To: at.Add(2 * time.Hour)}}
		ana, laptop, bia := w.device("ana", "phone"), w.device("ana", "laptop"), w.device("bia", "phone")
		first := bia.must(&wire.BookSlot{Link: "l", FromMs: wire.UnixMs(at.UnixMilli())}).(wire.BookedSlot)
		w.guest("zoe", "l", "", "").must(&wire.BookSlot{Link: "l", FromMs: wire.UnixMs(at.Add(time.Hour).UnixMilli())})
		// Who has an account is reminded; a guest cannot be reached.
		if want := []store.Remind{{Before: 10 * time.Minute, Booker: "bia"}, {Before: 10 * time.Minute}}; !slices.Equal(w.store.reminds, want) {
			t.Errorf("to be reminded are %+v", w.store.reminds)
		}
		for _, d := range []*device{ana, laptop, bia} {
			d.heard()
		}
		talk := w.store.links[string(first.Link)]
		for _, user := range []string{"ana", "bia"} {
			w.registry.Remind(store.Reminder{UserID: user, Link: talk, From: at, To: at.Add(time.Hour)})
		}
		want := wire.Reminder{Link: first.Link, Kind: wire.KindVideo, FromMs: first.FromMs, ToMs: first.ToMs}
		if got := body[wire.Reminder](t, last(bia)); got != want {
			t.Errorf("who booked is told %+v", got)
		}
		want.Host, want.BookedFrom = true, "l" // by which his browser finds the part after #
		for _, d := range []*device{ana, laptop} {
			if got := body[wire.Reminder](t, last(d)); got != want {
				t.Errorf("whose link it is is told %+v", got)
			}
		}
	})
}
