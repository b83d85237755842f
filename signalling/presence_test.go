package signalling_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// watches has a page watch one account, and returns what it sees.
func watches(p *page, user wire.UserID) wire.PersonPresence {
	p.t.Helper()
	people := ask[wire.WatchedPresence](p, "watchPresence", wire.WatchPresence{Users: []wire.UserID{user}}).People
	if len(people) != 1 || people[0].User != user {
		p.t.Fatalf("watching one shows %+v", people)
	}
	return people[0]
}

// sees waits for a presence event, from frame n on, that fits.
func sees(p *page, what string, n int, fits func(wire.PersonPresence) bool) wire.PersonPresence {
	p.t.Helper()
	var found wire.PersonPresence
	p.wait(what, n, func(f wire.Frame) bool {
		if f.Type != "presence" || f.ID != "" {
			return false
		}
		for _, one := range decode[wire.WatchedPresence](p.t, f).People {
			if fits(one) {
				found = one
				return true
			}
		}
		return false
	})
	return found
}

// Each viewer against each setting, as Ana is online, in a call, not in it any
// more, gone, and back.
func TestPresenceIsShownToItsAudienceAndNobodyElse(t *testing.T) {
	t.Parallel()
	const grace = time.Second
	s := signallingtest.Start(t, signallingtest.Options{Grace: grace})
	ana := signIn(t, s, "ana", "phone")
	viewers := []wire.UserID{"contact", "excepted", "stranger", "blocked", "blocker", "bothways"}
	pages := map[wire.UserID]*page{}
	for _, v := range viewers {
		pages[v] = signIn(t, s, v, "x")
	}
	for _, v := range []wire.UserID{"contact", "excepted", "blocked", "blocker", "bothways"} {
		ask[wire.People](ana, "addContact", wire.AddContact{User: v})
	}
	// Whom the viewers have in their own contacts does not matter.
	ask[wire.People](pages["stranger"], "addContact", wire.AddContact{User: "ana"})
	for _, v := range []wire.UserID{"blocked", "bothways"} {
		ask[wire.People](ana, "block", wire.Block{User: v})
	}
	for _, v := range []wire.UserID{"blocker", "bothways"} {
		ask[wire.People](pages[v], "block", wire.Block{User: "ana"})
	}
	link := ask[wire.Link](ana, "createLink", wire.CreateLink{Kind: wire.KindVoice}).Link
	audience := map[wire.PresenceAudience][]wire.UserID{
		wire.PresenceEveryone:       {"contact", "excepted", "stranger"},
		wire.PresenceContacts:       {"contact", "excepted"},
		wire.PresenceContactsExcept: {"contact"},
		wire.PresenceNobody:         {},
	}
	version := uint32(0)
	for _, setting := range []wire.PresenceAudience{wire.PresenceEveryone, wire.PresenceContacts, wire.PresenceContactsExcept, wire.PresenceNobody} {
		ask[wire.PresenceSetting](ana, "setPresenceSetting", wire.SetPresenceSetting{
			Audience: setting, Except: []wire.UserID{"excepted"}, IfVersion: version,
		})
		version++
		from := map[wire.UserID]int{}
		for _, v := range viewers {
			want := wire.PersonPresence{User: "ana", Online: slices.Contains(audience[setting], v)}
			if got := watches(pages[v], "ana"); got != want {
				t.Errorf("%s, %s at first: %+v", setting, v, got)
			}
			from[v] = pages[v].count()
		}
		check := func(what string, fits func(wire.PersonPresence) bool) {
			t.Helper()
			for _, v := range audience[setting] {
				sees(pages[v], fmt.Sprintf("%s, %s: %s", setting, v, what), from[v], fits)
			}
		}
		call := ask[wire.CallState](ana, "joinLink", wire.JoinLink{Link: link}).Call
		check("in a call", func(p wire.PersonPresence) bool { return p.Online && p.InCall })
		ask[wire.Done](ana, "leave", wire.Leave{Call: call})
		for _, v := range audience[setting] {
			from[v] = pages[v].count() - 1
		}
		check("in none any more", func(p wire.PersonPresence) bool { return p.Online && !p.InCall })
		ana.close()
		check("gone", func(p wire.PersonPresence) bool {
			if p.Online || p.LastSeenMs == 0 {
				return false
			}
			if ago := time.Since(time.UnixMilli(int64(p.LastSeenMs))); p.LastSeenMs%60_000 != 0 || ago > 2*time.Minute {
				t.Errorf("last seen %s ago, at %d", ago, p.LastSeenMs)
			}
			return true
		})
		for _, v := range viewers {
			if slices.Contains(audience[setting], v) {
				from[v] = pages[v].count()
			}
		}
		ana = signIn(t, s, "ana", "phone")
		if len(audience[setting]) > 0 {
			check("back", func(p wire.PersonPresence) bool { return p.Online })
		}
		for _, v := range viewers {
			if slices.Contains(audience[setting], v) {
				continue
			}
			if got := watches(pages[v], "ana"); got != (wire.PersonPresence{User: "ana"}) {
				t.Errorf("%s, %s at last: %+v", setting, v, got)
			}
			for _, h := range pages[v].heardAfter(from[v]) {
				if h.frame.Type == "presence" && h.frame.ID == "" {
					t.Errorf("%s, %s was told %s", setting, v, h.frame.Body)
				}
			}
		}
	}
}

func TestWhatCannotBeSeenLooksLikeWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, eve := signIn(t, s, "ana", "phone"), signIn(t, s, "eve", "x")
	ask[wire.People](ana, "block", wire.Block{User: "eve"})
	ask[wire.PresenceSetting](ana, "setPresenceSetting", wire.SetPresenceSetting{Audience: wire.PresenceEveryone})
	got := ask[wire.WatchedPresence](eve, "watchPresence", wire.WatchPresence{Users: []wire.UserID{"ana", "ghost", "eve", "ana"}})
	want := []wire.PersonPresence{{User: "ana"}, {User: "eve", Online: true}, {User: "ghost"}}
	if !slices.Equal(got.People, want) {
		t.Errorf("she sees %+v", got.People)
	}
}

func TestChangesOfRelationChangeWhatIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "x")
	if got := watches(bia, "ana"); got.Online {
		t.Errorf("a stranger sees %+v by default", got)
	}
	on := func(p wire.PersonPresence) bool { return p.Online }
	off := func(p wire.PersonPresence) bool { return p == wire.PersonPresence{User: "ana"} }
	for _, step := range []struct {
		who        *page
		kind, what string
		body       any
		fits       func(wire.PersonPresence) bool
	}{
		{ana, "addContact", "a contact", wire.AddContact{User: "bia"}, on},
		{ana, "block", "blocked", wire.Block{User: "bia"}, off},
		{ana, "unblock", "unblocked", wire.Unblock{User: "bia"}, on},
		{bia, "block", "who blocks", wire.Block{User: "ana"}, off},
		{bia, "unblock", "who blocks no more", wire.Unblock{User: "ana"}, on},
		{ana, "removeContact", "no contact", wire.RemoveContact{User: "bia"}, off},
		{ana, "setPresenceSetting", "everybody", wire.SetPresenceSetting{Audience: wire.PresenceEveryone}, on},
		{ana, "setPresenceSetting", "nobody", wire.SetPresenceSetting{Audience: wire.PresenceNobody, IfVersion: 1}, off},
	} {
		n := bia.count()
		if f := step.who.request(step.kind, step.body); f.Type == "problem" {
			t.Fatalf("%s: %s", step.kind, f.Body)
		}
		sees(bia, step.what, n, step.fits)
	}
}

func TestASessionWatchesWhomItSaidLast(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana := signIn(t, s, "ana", "phone")
	ask[wire.PresenceSetting](ana, "setPresenceSetting", wire.SetPresenceSetting{Audience: wire.PresenceEveryone})
	bia := signIn(t, s, "bia", "x")
	watches(bia, "ana")
	watches(bia, "caio")
	n := bia.count()
	ask[wire.PresenceSetting](ana, "setPresenceSetting", wire.SetPresenceSetting{Audience: wire.PresenceNobody, IfVersion: 1})
	caio := signIn(t, s, "caio", "x")
	ask[wire.PresenceSetting](caio, "setPresenceSetting", wire.SetPresenceSetting{Audience: wire.PresenceEveryone})
	sees(bia, "caio", n, func(p wire.PersonPresence) bool { return p.User == "caio" && p.Online })
	for _, h := range bia.heardAfter(n) {
		if h.frame.Type == "presence" && slices.ContainsFunc(decode[wire.WatchedPresence](t, h.frame).People,
			func(p wire.PersonPresence) bool { return p.User == "ana" }) {
			t.Errorf("she was told %s", h.frame.Body)
		}
	}
	if p := refused(bia, "watchPresence", wire.WatchPresence{Users: make([]wire.UserID, 201)}); p.Code != wire.CodeInvalid {
		t.Errorf("201 at once: %+v", p)
	}
	if p := refused(bia, "setPresenceSetting", wire.SetPresenceSetting{Audience: wire.PresenceNobody, IfVersion: 9}); p.Code != wire.CodeConflict {
		t.Errorf("a change of something older: %+v", p)
	}
	limited := slices.ContainsFunc(make([]struct{}, 40), func(struct{}) bool {
		f := bia.request("watchPresence", wire.WatchPresence{Users: []wire.UserID{}})
		return f.Type == "problem" && decode[wire.Problem](t, f).Code == wire.CodeRateLimited
	})
	if !limited {
		t.Error("40 changes in a row of whom it watches were carried out")
	}
}

func TestWhenSomebodyWasLastSeenOutlivesTheServer(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana := signIn(t, s, "ana", "phone")
	ask[wire.PresenceSetting](ana, "setPresenceSetting", wire.SetPresenceSetting{Audience: wire.PresenceEveryone})
	s.Stop() // its database stays open until the test ends
	sights, err := s.Store.SightsOf(t.Context(), "ana", []string{"bia"})
	if err != nil || len(sights) != 1 {
		t.Fatalf("%+v (%v)", sights, err)
	}
	if ago := time.Since(sights[0].Seen); ago > 2*time.Minute || sights[0].Seen.UnixMilli()%60_000 != 0 {
		t.Errorf("she was last seen %s ago", ago)
	}
}

// Whoever hides and shows himself again is seen again, by who watched all the time, by who
// began to watch or came back meanwhile, and also if he came back himself while hidden.
func TestWhoShowsHimselfAgainIsSeenAgain(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{Grace: time.Second})
	ana, bia, carlo := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "x"), signIn(t, s, "carlo", "x")
	for _, user := range []wire.UserID{"bia", "carlo"} {
		ask[wire.People](ana, "addContact", wire.AddContact{User: user})
	}
	show := func(audience wire.PresenceAudience) {
		t.Helper()
		now := ask[wire.Preferences](ana, "getPreferences", wire.GetPreferences{})
		ask[wire.Preferences](ana, "setPreferences", wire.SetPreferences{
			IfVersion: now.Version, Presence: &wire.SetPresenceSetting{Audience: audience, Except: []wire.UserID{}, IfVersion: now.Presence.Version},
		})
	}
	if !watches(bia, "ana").Online {
		t.Fatal("she is not seen at first")
	}
	on := func(p wire.PersonPresence) bool { return p.User == "ana" && p.Online }
	off := func(p wire.PersonPresence) bool { return p == wire.PersonPresence{User: "ana"} }
	for i, meanwhile := range []func(){
		func() {},
		func() { // she comes back
			ana.close()
			time.Sleep(1500 * time.Millisecond)
			ana = signIn(t, s, "ana", "phone")
		},
		func() { // she calls
			call := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"dora"}, Kind: wire.KindVoice}).Call
			ask[wire.Done](ana, "leave", wire.Leave{Call: call})
		},
	} {
		for _, back := range []wire.PresenceAudience{wire.PresenceContacts, wire.PresenceEveryone} {
			from := bia.count()
			show(wire.PresenceNobody)
			sees(bia, fmt.Sprint("hidden ", i), from, off)
			if watches(carlo, "ana").Online {
				t.Errorf("%d: who begins to watch sees her", i)
			}
			meanwhile()
			from, other := bia.count(), carlo.count()
			show(back)
			sees(bia, fmt.Sprint("shown again ", i), from, on)
			sees(carlo, fmt.Sprint("shown to who began to watch ", i), other, on)
		}
	}
}
