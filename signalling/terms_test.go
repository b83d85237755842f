package signalling_test

import (
	"encoding/json"
	"testing"
	"time"

	"pronto/signalling"
	"pronto/signalling/identity"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// accept accepts a version of the terms, as a page does.
func acceptTerms(p *page, version string) wire.Preferences {
	p.t.Helper()
	now := ask[wire.Preferences](p, "getPreferences", nil)
	return ask[wire.Preferences](p, "setPreferences", wire.SetPreferences{IfVersion: now.Version, AcceptTerms: version})
}

// noticed is how often metrics were told of each step.
func noticed(s *signallingtest.Server) map[signalling.NoticeStep]int {
	count := map[signalling.NoticeStep]int{}
	for _, e := range s.Events() {
		if n, ok := e.(signalling.Noticed); ok {
			count[n.Step]++
		}
	}
	return count
}

func TestTermsAreToldUntilADeviceOfTheAccountHasAcceptedThem(t *testing.T) {
	t.Parallel()
	want := wire.Terms{Version: "2026-02", URL: "/terms"}
	s := signallingtest.Start(t, signallingtest.Options{Terms: signalling.Terms{Version: want.Version, URL: want.URL}})
	asks := func(p *page) bool {
		t.Helper()
		if p.welcome.Terms != nil && *p.welcome.Terms != want {
			t.Errorf("the terms are %+v", *p.welcome.Terms)
		}
		return p.welcome.Terms != nil
	}
	phone, laptop := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "laptop")
	if !asks(phone) || !asks(laptop) {
		t.Error("a device is not told")
	}
	call := ask[wire.CallState](phone, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call // they are not required
	ask[wire.Done](phone, "end", wire.End{Call: call})
	acceptTerms(phone, "2026-01") // of some time ago
	if !asks(signIn(t, s, "ana", "tablet")) {
		t.Error("who has accepted other terms is not told")
	}
	before, got := time.Now().Add(-time.Minute), acceptTerms(phone, want.Version)
	if at := time.UnixMilli(int64(got.TermsMs)); at.Before(before) || at.After(time.Now().Add(time.Minute)) {
		t.Errorf("they were accepted at %s, says the server", at)
	}
	laptop.wait("that the terms are accepted", 0, func(f wire.Frame) bool {
		var told wire.Preferences
		return f.Type == "preferences" && f.ID == "" && json.Unmarshal(f.Body, &told) == nil && told.Terms == want.Version && told.TermsMs == got.TermsMs
	})
	if asks(signIn(t, s, "ana", "watch")) {
		t.Error("who has accepted them is told")
	}
	acceptTerms(laptop, want.Version)

	receipts, err := s.Store.Receipts(t.Context(), "ana")
	if err != nil || len(receipts) != 1 {
		t.Fatalf("the receipts are %+v, %v", receipts, err)
	}
	if r := receipts[0]; r.Version != want.Version || r.Delivered.IsZero() || r.Accepted.Before(r.Delivered) {
		t.Errorf("the receipt is %+v", r)
	}
	if n := noticed(s); n[signalling.NoticeDelivered] != 1 || n[signalling.NoticeAccepted] != 1 {
		t.Errorf("metrics are told of %v", n)
	}
}

// required are terms without which there are no calls.
var required = signalling.Terms{Version: "2026-02", URL: "https://calls.example/terms", Required: true}

func TestWithoutTheTermsThatAreRequiredAnAccountNeitherRingsNorEntersCalls(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{Terms: required})
	ana, bia := signIn(t, s, "ana", "phone"), signIn(t, s, "bia", "phone")
	if w := ana.welcome.Terms; w == nil || !w.Required {
		t.Errorf("the welcome has %+v", w)
	}
	acceptTerms(bia, required.Version)
	group := newGroup(bia, "Choir", false, "ana")
	link := ask[wire.Link](bia, "createLink", wire.CreateLink{Kind: wire.KindVoice}).Link
	call := ask[wire.CallState](bia, "ring", wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice}).Call
	event[wire.Incoming](ana, "incoming")
	ask[wire.Done](ana, "deviceRings", wire.DeviceRings{Call: call})
	event[wire.ParticipantRinging](bia, "participantRinging")
	media := wire.Media{Microphone: true}
	for kind, body := range map[string]any{
		"ring": wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}, "ringGroup": wire.RingGroup{Group: group.Group, Kind: wire.KindVoice},
		"invite": wire.Invite{Call: call, Users: []wire.UserID{"carlo"}}, "transfer": wire.Transfer{Call: call},
		"accept": wire.Accept{Call: call, Media: media}, "joinGroupCall": wire.JoinGroupCall{Group: group.Group, Media: media},
		"joinLink": wire.JoinLink{Link: link, Media: media}, "knock": wire.Knock{Link: link},
	} {
		if p := refused(ana, kind, body); p.Code != wire.CodeTermsNotAccepted {
			t.Errorf("%s: %+v", kind, p)
		}
	}
	acceptTerms(ana, required.Version)
	ask[wire.CallState](ana, "accept", wire.Accept{Call: call, Media: media})
	ask[wire.Done](ana, "leave", wire.Leave{Call: call})

	token, err := identity.Sign(signallingtest.Key, s.Secret,
		identity.Identity{User: "g_1", Name: "Zoe", Grants: identity.Grants{Link: link}}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	guest := connect(t, s)
	if w := ask[wire.Welcome](guest, "hello", wire.Hello{Token: token, Device: "d"}); w.Terms != nil {
		t.Errorf("a guest is told of %+v", w.Terms)
	}
	ask[wire.CallState](guest, "joinLink", wire.JoinLink{Link: link, Media: media})
}

func TestACallThatGoesOnIsNotCutByNewTerms(t *testing.T) {
	t.Parallel()
	dsn, secret := storetest.SQLiteDSN(t), make([]byte, 32)
	s := signallingtest.Start(t, signallingtest.Options{DSN: dsn, Secret: secret})
	_, _, call := couple(t, s)
	s.Stop()
	s = signallingtest.Start(t, signallingtest.Options{DSN: dsn, Secret: secret, Terms: required})
	a, b := signIn(t, s, "ana", "laptop"), signIn(t, s, "bia", "phone")
	if len(a.welcome.Calls) != 1 || len(b.welcome.Calls) != 1 || a.welcome.Terms == nil {
		t.Fatalf("after the restart there are %+v", a.welcome)
	}
	unharmed(t, a, b, call)
	if p := refused(a, "invite", wire.Invite{Call: call, Users: []wire.UserID{"carlo"}}); p.Code != wire.CodeTermsNotAccepted {
		t.Errorf("a third one is rung: %+v", p)
	}
	tablet := signIn(t, s, "bia", "tablet")
	ask[wire.CallState](tablet, "moveHere", wire.MoveHere{Call: call, Media: wire.Media{Microphone: true}})
	ask[wire.Done](tablet, "leave", wire.Leave{Call: call})
}
