package signalling_test

import (
	"testing"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// Whoever changes his name rings by the new one at once, on the device that changed it and
// on the others, which were signed in before.
func TestANewNameRingsAtOnce(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, tablet, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "tablet"), signIn(t, s, "bia", "phone")
	ask[wire.People](bia, "addContact", wire.AddContact{User: "ana"})
	shows := func(from *page, name string) {
		t.Helper()
		before := bia.count()
		call := ask[wire.CallState](from, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
		if got := call.Participants[0].Name; got != name {
			t.Errorf("the caller is %q, want %q", got, name)
		}
		rung := bia.wait("incoming", before, func(f wire.Frame) bool { return f.Type == "incoming" })
		if got := decode[wire.Incoming](t, rung.frame).Name; got != name {
			t.Errorf("the ring shows %q, want %q", got, name)
		}
		ask[wire.Done](from, "leave", wire.Leave{Call: call.Call})
	}
	shows(phone, "Ana")
	ask[wire.Profile](phone, "setProfile", wire.SetProfile{Name: "Anna Maria"})
	shows(phone, "Anna Maria")
	shows(tablet, "Anna Maria")
	if err := s.Store.SetProfile(t.Context(), "ana", "Annina", ""); err != nil { // as an integrator's server does
		t.Fatal(err)
	}
	s.Sockets.ProfileChanged(t.Context(), "ana")
	shows(tablet, "Annina")
	shows(phone, "Annina")
}

// That an account is a program is told of it wherever its name is, at once for what begins,
// on all servers; calls that go on keep what was so.
func TestWhoIsAProgramIsLabelledInWhatBegins(t *testing.T) {
	t.Parallel()
	here := signallingtest.Start(t, signallingtest.Options{})
	there := signallingtest.Start(t, signallingtest.Options{Beside: here})
	bot, tablet, bia := signIn(t, here, "ana", "phone"), signIn(t, there, "ana", "tablet"), signIn(t, here, "bia", "phone")
	ask[wire.People](bia, "addContact", wire.AddContact{User: "ana"})
	ask[wire.People](bot, "addContact", wire.AddContact{User: "bia"})
	group := newGroup(bot, "Choir", false, "bia").Group
	say := func(on bool) {
		t.Helper()
		if err := here.Store.SetAutomated(t.Context(), "ana", on); err != nil { // as the REST API does
			t.Fatal(err)
		}
		before := bot.count()
		here.Sockets.ProfileChanged(t.Context(), "ana")
		told := bot.wait("profile", before, func(f wire.Frame) bool { return f.Type == "profile" })
		if got := decode[wire.Profile](t, told.frame); got.Automated != on {
			t.Errorf("the account's own device is told %+v", got)
		}
		for is := !on; is != on; { // the other server hears of it a moment later
			call := ask[wire.CallState](tablet, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
			is = call.Participants[0].Automated
			ask[wire.Done](tablet, "leave", wire.Leave{Call: call.Call})
		}
	}
	shows := func(from *page, on bool) {
		t.Helper()
		before := bia.count()
		call := ask[wire.CallState](from, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
		rung := bia.wait("incoming", before, func(f wire.Frame) bool { return f.Type == "incoming" })
		if got := decode[wire.Incoming](t, rung.frame); got.Automated != on {
			t.Errorf("the ring is %+v", got)
		}
		if got := call.Participants; got[0].Automated != on || got[1].Automated {
			t.Errorf("the call has %+v", got)
		}
		ask[wire.Done](from, "leave", wire.Leave{Call: call.Call})
		call = ask[wire.CallState](bia, "ring", wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice})
		if got := call.Participants; got[0].Automated || got[1].Automated != on {
			t.Errorf("who rings it has %+v", got)
		}
		ask[wire.Done](bia, "leave", wire.Leave{Call: call.Call})
		members := ask[wire.Group](bia, "getGroup", wire.GetGroup{Group: group}).Members
		for _, m := range members {
			if m.Automated != (on && m.User == "ana") {
				t.Errorf("the group has %+v", members)
			}
		}
		if got := profileOf(bia, "ana"); got.Automated != on {
			t.Errorf("the profile is %+v", got)
		}
	}
	shows(bot, false)
	say(true)
	shows(bot, true)
	shows(tablet, true)
	shows(signIn(t, there, "ana", "laptop"), true)

	ask[wire.Profile](bot, "setProfile", map[string]any{"name": "Anna", "about": "", "automated": false})
	shows(bot, true) // it is not the account's to say
	call := ask[wire.CallState](bot, "ringGroup", wire.RingGroup{Group: group, Kind: wire.KindVoice})
	say(false)
	state := ask[wire.CallState](bia, "joinGroupCall", wire.JoinGroupCall{Group: group})
	if got := state.Participants; got[0].User != "ana" || !got[0].Automated {
		t.Errorf("the call that went on has %+v", got)
	}
	ask[wire.Done](bot, "leave", wire.Leave{Call: call.Call})
	call = ask[wire.CallState](bot, "joinGroupCall", wire.JoinGroupCall{Group: group})
	for _, p := range call.Participants {
		if p.Automated {
			t.Errorf("who came in again is %+v", p)
		}
	}
	ask[wire.Done](bia, "leave", wire.Leave{Call: call.Call})
	ask[wire.Done](bot, "leave", wire.Leave{Call: call.Call})
	shows(tablet, false)
}

// A guest is a program if the token says so that an integrator has signed.
func TestAGuestThatIsAProgramIsLabelledAlreadyInTheLobby(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana := signIn(t, s, "ana", "phone")
	link := ask[wire.Link](ana, "createLink", wire.CreateLink{Kind: wire.KindVoice, Terms: wire.LinkTerms{Lobby: wire.LobbyGuests}}).Link
	call := ask[wire.CallState](ana, "joinLink", wire.JoinLink{Link: link}).Call
	guest := connect(t, s)
	id := identity.Identity{User: "g_1", Name: "Notes", Automated: true, Grants: identity.Grants{Link: link}}
	token, err := identity.Sign(signallingtest.Key, s.Secret, id, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	ask[wire.Welcome](guest, "hello", wire.Hello{Token: token, Device: "d1"})
	from := ana.count()
	ask[wire.Waiting](guest, "knock", wire.Knock{Link: link})
	waiting := decode[wire.Lobby](t, ana.wait("who waits", from, func(f wire.Frame) bool { return f.Type == "lobby" }).frame).Waiting
	if len(waiting) != 1 || !waiting[0].Automated {
		t.Fatalf("who waits are %+v", waiting)
	}
	ask[wire.Done](ana, "answerKnock", wire.AnswerKnock{Call: call, Waiter: waiting[0].Waiter, Admit: true})
	event[wire.KnockAnswered](guest, "knockAnswered")
	from = ana.count()
	ask[wire.CallState](guest, "joinLink", wire.JoinLink{Link: link})
	came := ana.wait("who has come", from, func(f wire.Frame) bool { return f.Type == "participantJoined" }).frame
	if got := decode[wire.ParticipantJoined](t, came).Participant; !got.Automated || !got.Guest {
		t.Errorf("who has come is %+v", got)
	}
}
