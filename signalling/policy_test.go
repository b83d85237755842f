package signalling_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// always are hours that are always quiet.
func always() *wire.DoNotDisturb {
	return &wire.DoNotDisturb{Zone: "Europe/Rome", Ranges: []wire.DayRange{{From: 0, To: 0}}}
}

// closed are the ways in which somebody may not want to be reached; each makes
// the account behind the page so, for ana.
var closed = map[string]func(t *testing.T, s *signallingtest.Server, p *page){
	"block": func(_ *testing.T, _ *signallingtest.Server, p *page) {
		ask[wire.People](p, "block", wire.Block{User: "ana"})
	},
	"contacts": func(_ *testing.T, _ *signallingtest.Server, p *page) {
		ask[wire.Privacy](p, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallContacts})
	},
	"nobody": func(_ *testing.T, _ *signallingtest.Server, p *page) {
		ask[wire.Privacy](p, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallNobody})
	},
	"quiet": func(_ *testing.T, _ *signallingtest.Server, p *page) {
		ask[wire.Privacy](p, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, DoNotDisturb: always()})
	},
	"hush": func(_ *testing.T, _ *signallingtest.Server, p *page) {
		ask[wire.Privacy](p, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, SilenceUnknown: true})
	},
	"nocall": func(t *testing.T, s *signallingtest.Server, _ *page) {
		if err := s.Store.SetNoCalls(t.Context(), "nocall", true, "Write."); err != nil {
			t.Fatal(err)
		}
	},
}

// Whoever is not to be reached gets no byte and no push, on every path; what
// became of the attempt he finds when he asks.
func TestWhoIsNotToBeReachedGetsNoByteAndNoPushOnAnyPath(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{RingTimeout: time.Second})
	ana, friend := signIn(t, s, "ana", "laptop"), signIn(t, s, "friend", "phone")
	paths := map[wire.DecisionPath]func(user wire.UserID) wire.CallID{
		wire.DecisionRing: func(user wire.UserID) wire.CallID {
			f := ana.request("ring", wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice})
			return decode[wire.CallState](t, f).Call
		},
		wire.DecisionGroupRing: func(user wire.UserID) wire.CallID {
			return ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{user, "friend"}, Kind: wire.KindVoice}).Call
		},
		wire.DecisionInvite: func(user wire.UserID) wire.CallID {
			call := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"friend"}, Kind: wire.KindVoice}).Call
			ask[wire.CallState](friend, "accept", wire.Accept{Call: call})
			ana.request("invite", wire.Invite{Call: call, Users: []wire.UserID{user}})
			return call
		},
	}
	for name, turn := range closed {
		p := signIn(t, s, wire.UserID(name), "phone")
		turn(t, s, p)
		before := p.count()
		for path, reach := range paths {
			from := ana.count()
			if call := reach(wire.UserID(name)); call != "" {
				unanswered := path == wire.DecisionRing || path == wire.DecisionInvite
				if unanswered && name != "nocall" { // the whole life of the ring
					ana.wait("inviteUnanswered", from, func(f wire.Frame) bool { return f.Type == "inviteUnanswered" && f.Call == call })
				}
				ana.request("end", wire.End{Call: call})
			}
			decisions := ask[wire.Decisions](p, "getDecisions", wire.GetDecisions{Limit: 1})
			if d := decisions.Entries; len(d) != 1 || d[0].Path != path || d[0].Verdict == wire.VerdictAllowed || d[0].From != "ana" || d[0].Name != "Ana" {
				t.Errorf("%s by %s: the decision is %+v", name, path, d)
			}
			before++ // that reply
		}
		if got := p.heardAfter(before); len(got) != 0 {
			t.Errorf("%s heard %d frames, one of them %s", name, len(got), got[0].frame.Type)
		}
		if n, err := s.Store.CountOutbox(t.Context(), name); err != nil || n != 0 {
			t.Errorf("%s has %d rows in the outbox (%v)", name, n, err)
		}
		missed := 0
		if name == "quiet" || name == "hush" {
			missed = len(paths)
		}
		if log := ask[wire.CallLog](p, "getCallLog", wire.GetCallLog{}); len(log.Entries) != missed {
			t.Errorf("%s has %d calls in the log, want %d", name, len(log.Entries), missed)
		}
		if ask[wire.Decisions](ana, "getDecisions", wire.GetDecisions{}).Entries != nil && name == "block" {
			for _, d := range ask[wire.Decisions](ana, "getDecisions", wire.GetDecisions{}).Entries {
				t.Errorf("the caller reads %+v", d)
			}
		}
	}
	// By a link the owner hears nothing either.
	owner := signIn(t, s, "owner", "phone")
	link := ask[wire.Link](owner, "createLink", wire.CreateLink{Kind: wire.KindVoice}).Link
	ask[wire.People](owner, "block", wire.Block{User: "ana"})
	before := owner.count()
	if p := refused(ana, "joinLink", wire.JoinLink{Link: link}); p.Code != wire.CodeNotFound {
		t.Errorf("a link of who blocks: %+v", p)
	}
	if got := owner.heardAfter(before); len(got) != 0 {
		t.Errorf("the owner heard %s", got[0].frame.Type)
	}
	if d := ask[wire.Decisions](owner, "getDecisions", wire.GetDecisions{}).Entries; len(d) != 1 || d[0].Path != wire.DecisionLink || d[0].Reason != wire.ReasonBlocked {
		t.Errorf("the owner reads %+v", d)
	}
}

// Of several who are rung at once each has a verdict of his own: who may be rung hears
// it, the others nothing. The caller sees all alike: invited, then not come, whether
// one is offline, declines, takes no calls or was never told.
func TestEachOfSeveralWhoAreRungHasAVerdictOfHisOwn(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{RingTimeout: 2 * time.Second})
	ana := signIn(t, s, "ana", "laptop")
	friend, decliner := signIn(t, s, "friend", "phone"), signIn(t, s, "decliner", "phone")
	signIn(t, s, "offline", "phone").close()
	users := []wire.UserID{"friend", "decliner", "offline"}
	unreached := map[wire.UserID]*page{}
	for name, turn := range closed {
		p := signIn(t, s, wire.UserID(name), "phone")
		turn(t, s, p)
		unreached[wire.UserID(name)] = p
		users = append(users, wire.UserID(name))
	}
	before := map[wire.UserID]int{}
	for user, p := range unreached {
		before[user] = p.count()
	}
	state := ask[wire.CallState](ana, "ring", wire.Ring{Users: users, Kind: wire.KindVoice})
	for _, p := range []*page{friend, decliner} {
		if in := event[wire.Incoming](p, "incoming"); in.Call != state.Call {
			t.Errorf("rung is %+v", in)
		}
	}
	ask[wire.Done](decliner, "decline", wire.Decline{Call: state.Call})
	ana.wait("the end", 0, func(f wire.Frame) bool { return f.Type == "callEnded" })
	seen := map[wire.ParticipantID][]string{}
	for _, h := range ana.heardAfter(0) {
		var about struct{ Participant wire.ParticipantID }
		if _ = json.Unmarshal(h.frame.Body, &about); about.Participant != "" && h.frame.Call == state.Call {
			seen[about.Participant] = append(seen[about.Participant], h.frame.Type+strings.ReplaceAll(string(h.frame.Body), string(about.Participant), "x"))
		}
	}
	shown := map[wire.UserID]bool{}
	for _, p := range state.Participants {
		if p.Participant == state.Self {
			continue
		}
		shown[p.User] = true
		if p.Presence != wire.PresenceInvited || p.Media != (wire.Media{}) {
			t.Errorf("at first %s is shown as %+v", p.User, p)
		}
		if got := seen[p.Participant]; len(got) != 1 || got[0] != `inviteUnanswered{"participant":"x"}` {
			t.Errorf("of %s the caller is told %q", p.User, got)
		}
	}
	for _, user := range users {
		if !shown[user] {
			t.Errorf("%s is not shown", user)
		}
	}
	for user, p := range unreached {
		ask[wire.Done](p, "ping", wire.Ping{})
		if got := p.heardAfter(before[user]); len(got) != 1 {
			t.Errorf("%s heard %s", user, got[0].frame.Type)
		}
	}
}

func TestTwentyStrangersWhoDoNotAnswerAreEnough(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{Limits: call.Limits{Rings: 1000, PairRings: 1000}})
	ana := signIn(t, s, "ana", "laptop")
	friend := signIn(t, s, "friend", "phone")
	ask[wire.People](friend, "addContact", wire.AddContact{User: "ana"})
	ring := func(user wire.UserID) *wire.Problem {
		f := ana.request("ring", wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice})
		if f.Type == "problem" {
			p := decode[wire.Problem](t, f)
			return &p
		}
		ask[wire.Done](ana, "leave", wire.Leave{Call: decode[wire.CallState](t, f).Call})
		return nil
	}
	annoy := func(n int) {
		t.Helper()
		for i := range n {
			if p := ring(wire.UserID(fmt.Sprint("stranger", i))); p != nil {
				t.Fatalf("stranger %d: %+v", i, p)
			}
		}
	}
	annoy(20)
	for _, user := range []wire.UserID{"stranger0", "another", "friend"} {
		if p := ring(user); p == nil || p.Code != wire.CodeRateLimited || p.RetryAfterMs < 3_500_000 || p.RetryAfterMs > 3_600_000 {
			t.Errorf("%s: %+v", user, p)
		}
	}
	// Whoever was called may forgive it by adding the caller.
	bia := signIn(t, s, "bia", "phone")
	ask[wire.People](bia, "addContact", wire.AddContact{User: "ana"})
	if p := ring("friend"); p == nil {
		t.Error("forgiven by somebody who was not called")
	}
	stranger := signIn(t, s, "stranger7", "phone")
	ask[wire.People](stranger, "addContact", wire.AddContact{User: "ana"})
	annoy(10)
	// And an answer forgives it.
	answering := signIn(t, s, "answering", "phone")
	id := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"answering"}, Kind: wire.KindVoice}).Call
	ask[wire.CallState](answering, "accept", wire.Accept{Call: id})
	ask[wire.Done](ana, "leave", wire.Leave{Call: id})
	annoy(21) // one of them knows the caller by now
	if p := ring("another"); p == nil {
		t.Error("twenty strangers are not enough")
	}
}

func TestASuspensionTakesHoldWithinTwoSeconds(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b, id := couple(t, s)
	carlo := signIn(t, s, "carlo", "phone")
	start := time.Now()
	if err := s.Store.Suspend(t.Context(), "bia", store.Forever, "spam", ""); err != nil { // as another program does
		t.Fatal(err)
	}
	ended := a.wait("callEnded", 0, func(f wire.Frame) bool { return f.Type == "callEnded" && f.Call == id })
	if took := ended.at.Sub(start); took > 2*time.Second {
		t.Errorf("the call was left after %s", took)
	}
	if code := b.closed(); code != wire.CloseUnauthenticated {
		t.Errorf("the socket was closed with %d", code)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("the session was dropped after %s", took)
	}
	for _, hello := range []wire.Hello{
		{Token: s.Token(t, "bia"), Device: "phone"},
		{Token: s.Token(t, "bia"), Device: "phone", Resume: &wire.Resume{Session: b.welcome.Session, Secret: b.welcome.Secret, Serial: 1}},
	} {
		if p := refused(connect(t, s), "hello", hello); p.Code != wire.CodeSuspended {
			t.Errorf("hello is answered with %+v", p)
		}
	}
	state := ask[wire.CallState](carlo, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
	if state.Phase != wire.PhaseRinging { // to others he is just not there
		t.Errorf("who calls sees %+v", state)
	}
	if err := s.Store.Resume(t.Context(), "bia"); err != nil {
		t.Fatal(err)
	}
	signIn(t, s, "bia", "phone")
}

func TestSettingsAreCheckedAndReachTheOtherDevices(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, tablet := signIn(t, s, "ana", "phone"), signIn(t, s, "ana", "tablet")
	night := &wire.DoNotDisturb{Zone: "America/New_York", Ranges: []wire.DayRange{{From: 1320, To: 420}, {From: 780, To: 840}}}
	ask[wire.Privacy](phone, "setPrivacy", wire.SetPrivacy{
		WhoMayCall: wire.MayCallEveryone, WhoMayAdd: wire.MayCallContacts, SilenceUnknown: true, DoNotDisturb: night,
	})
	for _, got := range []wire.Privacy{event[wire.Privacy](tablet, "privacy"), ask[wire.Privacy](tablet, "getPrivacy", wire.GetPrivacy{})} {
		if got.WhoMayAdd != wire.MayCallContacts || !got.SilenceUnknown || got.DoNotDisturb == nil ||
			got.DoNotDisturb.Zone != night.Zone || !slices.Equal(got.DoNotDisturb.Ranges, night.Ranges) || got.Version != 1 {
			t.Errorf("the tablet has %+v", got)
		}
	}
	for name, hours := range map[string]*wire.DoNotDisturb{
		"a place that is none": {Zone: "Nowhere/Land", Ranges: []wire.DayRange{{}}},
		"the server's place":   {Zone: "Local", Ranges: []wire.DayRange{{}}},
		"no range":             {Zone: "UTC"},
		"a late minute":        {Zone: "UTC", Ranges: []wire.DayRange{{To: 1440}}},
		"five ranges":          {Zone: "UTC", Ranges: make([]wire.DayRange, 5)},
	} {
		if p := refused(phone, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, DoNotDisturb: hours, IfVersion: 1}); p.Code != wire.CodeInvalid {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := refused(phone, "getDecisions", wire.GetDecisions{Before: "%"}); p.Code != wire.CodeInvalid {
		t.Errorf("a place that is none: %+v", p)
	}
}

func TestDecisionsComeInPages(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "laptop"), signIn(t, s, "bia", "phone")
	for range 5 {
		id := ask[wire.CallState](ana, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
		ask[wire.Done](ana, "leave", wire.Leave{Call: id})
	}
	seen, before := map[wire.CallID]bool{}, ""
	for {
		page := ask[wire.Decisions](bia, "getDecisions", wire.GetDecisions{Before: before, Limit: 2})
		for _, d := range page.Entries {
			if d.Verdict != wire.VerdictAllowed || d.Reason != wire.ReasonNothingAgainst {
				t.Errorf("the decision is %+v", d)
			}
			seen[d.Call] = true
		}
		if before = page.Next; before == "" {
			break
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d decisions were read", len(seen))
	}
}

// Two who have each other in their contacts may learn where the other is, unless
// either hides it; nobody else may. Both sides are told the same.
func TestAddressesStayHiddenAsTheirOwnersWant(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	ana, bia := signIn(t, s, "ana", "laptop"), signIn(t, s, "bia", "phone")
	version := map[*page]uint32{}
	hides := func(p *page, hide bool) {
		version[p] = ask[wire.Privacy](p, "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone, HideAddress: hide, IfVersion: version[p]}).Version
	}
	relayed := func(what string, want bool) {
		t.Helper()
		for _, sides := range [][2]*page{{ana, bia}, {bia, ana}} {
			made := ask[wire.CallState](sides[0], "ring", wire.Ring{Users: []wire.UserID{sides[1].welcome.User}, Kind: wire.KindVoice})
			answered := ask[wire.CallState](sides[1], "accept", wire.Accept{Call: made.Call})
			if made.ICE.RelayOnly != want || answered.ICE.RelayOnly != want {
				t.Errorf("%s: through the relay only for the caller %t, for the callee %t", what, made.ICE.RelayOnly, answered.ICE.RelayOnly)
			}
			ask[wire.Done](sides[0], "leave", wire.Leave{Call: made.Call})
		}
	}
	relayed("strangers", true)
	ask[wire.People](ana, "addContact", wire.AddContact{User: "bia"})
	relayed("one has the other", true)
	ask[wire.People](bia, "addContact", wire.AddContact{User: "ana"})
	relayed("contacts of each other", false)
	hides(ana, true)
	relayed("one hides his", true)
	hides(ana, false)
	relayed("nobody hides his any more", false)
	ask[wire.People](bia, "removeContact", wire.RemoveContact{User: "ana"})
	relayed("strangers again", true)
}
