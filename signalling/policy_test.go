package signalling_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
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

// tryOnce is what a caller sees of one ring, and when, until its log has it.
func tryOnce(p *page, user wire.UserID) attempt {
	a := tryRing(p, user)
	for i := len(a.at) - 1; i > 0; i-- {
		a.at[i] -= a.at[i-1] // between one message and the next
	}
	return a
}

// kolmogorovSmirnov is how probable it is that two samples as different as
// these are of one distribution (two-sided, asymptotic).
func kolmogorovSmirnov(a, b []time.Duration) float64 {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	below := func(s []time.Duration, x time.Duration) float64 {
		n, _ := slices.BinarySearch(s, x+1)
		return float64(n) / float64(len(s))
	}
	var most float64
	for _, x := range append(slices.Clone(a), b...) {
		most = max(most, math.Abs(below(a, x)-below(b, x)))
	}
	n := math.Sqrt(float64(len(a)) * float64(len(b)) / float64(len(a)+len(b)))
	lambda := (n + 0.12 + 0.11/n) * most
	if lambda < 0.2 {
		return 1
	}
	var p float64
	for k := 1; k <= 100; k++ {
		p += 2 * math.Pow(-1, float64(k-1)) * math.Exp(-2*float64(k*k)*lambda*lambda)
	}
	return min(1, max(0, p))
}

func TestTheTestOfTwoSamplesTellsThemApart(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sample := func(mean float64) (s []time.Duration) {
		for range 60 {
			s = append(s, time.Duration((mean+r.NormFloat64())*float64(time.Millisecond)))
		}
		return s
	}
	if p := kolmogorovSmirnov(sample(10), sample(10)); p < 0.01 {
		t.Errorf("samples of one kind: %g", p)
	}
	if p := kolmogorovSmirnov(sample(10), sample(11)); p > 0.01 {
		t.Errorf("samples of two kinds: %g", p)
	}
}

// kinds are the kinds of callees who do not answer: two that are offline, and
// those who must look the same.
var kinds = []string{"offl", "offm", "blck", "none", "dnds", "hush", "nobo"}

// How many calls are made to each kind, and how many callers make them.
const (
	sample  = 60
	callers = 20
)

func enrolKinds(t *testing.T, s *signallingtest.Server) {
	for _, kind := range kinds {
		if kind == "none" {
			continue
		}
		p := signIn(t, s, wire.UserID(kind), "phone")
		settings := wire.SetPrivacy{WhoMayCall: wire.MayCallEveryone}
		switch kind {
		case "offl", "offm":
			p.close()
			continue
		case "blck":
			for i := range callers {
				ask[wire.People](p, "block", wire.Block{User: wire.UserID(fmt.Sprint("caller", 10+i))})
			}
		case "dnds":
			settings.DoNotDisturb = always()
		case "hush":
			settings.SilenceUnknown = true
		case "nobo":
			settings.WhoMayCall = wire.MayCallNobody
		}
		ask[wire.Privacy](p, "setPrivacy", settings)
	}
}

// callAll has the callers call all kinds, shuffled, and returns what they saw.
func callAll(pages []*page) map[string][]attempt {
	var (
		mu   sync.Mutex
		seen = map[string][]attempt{}
		all  sync.WaitGroup
	)
	for _, p := range pages {
		var order []string
		for range sample / callers {
			order = append(order, kinds...)
		}
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		all.Go(func() {
			for _, kind := range order {
				a := tryOnce(p, wire.UserID(kind))
				mu.Lock()
				seen[kind] = append(seen[kind], a)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return seen
}

// alike fails if the messages differ, and returns which of them came at times
// that tell a kind from who is offline.
func alike(t *testing.T, seen map[string][]attempt) map[string]float64 {
	t.Helper()
	told, offline := map[string]float64{}, seen["offl"][0]
	for _, kind := range kinds[1:] {
		if len(seen[kind]) != sample {
			t.Fatalf("%s: %d calls of %d", kind, len(seen[kind]), sample)
		}
		for _, a := range seen[kind] {
			if !slices.Equal(a.types, offline.types) {
				t.Fatalf("%s: the caller sees %q, offline %q", kind, a.types, offline.types)
			}
			for i := range a.bytes {
				if d := a.bytes[i] - offline.bytes[i]; d < -4 || d > 4 { // serial numbers grow by digits
					t.Errorf("%s: message %d has %d bytes, offline %d:\n%s\n%s", kind, i, a.bytes[i], offline.bytes[i], a.body[i], offline.body[i])
				}
			}
		}
		for i, what := range offline.types {
			times := func(attempts []attempt) (at []time.Duration) {
				for _, a := range attempts {
					at = append(at, a.at[i])
				}
				return at
			}
			p, apart := kolmogorovSmirnov(times(seen["offl"]), times(seen[kind])), median(seen[kind], i)-median(seen["offl"], i)
			t.Logf("%s: the time of %s: p = %.3f, %s apart", kind, what, p, apart)
			if p <= 0.01 && apart.Abs() > noticeable {
				told[kind+" "+what] = p
			}
		}
	}
	return told
}

// noticeable is the least difference of medians that counts. What a store has
// to look up and to write differs by some tens of microseconds, and by
// milliseconds under the race detector on a busy machine: less than a network
// adds by chance.
const noticeable = 10 * time.Millisecond

// Sixty calls to each kind of callee, shuffled: the caller sees the same
// messages, of the same size, in the same order, and no difference of the
// times that he could notice tells one kind from who is offline. Of so many
// comparisons one may fail by chance; then they are made once more, and the
// same one must not fail again.
func TestNoCallerCanTellWhyNobodyAnswers(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{RingTimeout: time.Second})
	enrolKinds(t, s)
	var pages []*page
	for i := range callers {
		pages = append(pages, signIn(t, s, wire.UserID(fmt.Sprint("caller", 10+i)), "laptop"))
	}
	told := alike(t, callAll(pages))
	if len(told) == 0 {
		return
	}
	for what, p := range alike(t, callAll(pages)) {
		if before, again := told[what]; again {
			t.Errorf("%s tells it from offline (p = %.4f, again %.4f)", what, before, p)
		}
	}
}

func TestTwentyStrangersWhoDoNotAnswerAreEnough(t *testing.T) {
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
	if err := s.Store.Suspend(t.Context(), "bia", store.Forever, "spam"); err != nil { // as another program does
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
