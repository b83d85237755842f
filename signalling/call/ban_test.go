package call

import (
	"fmt"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

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
