package signalling_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// attempt is what a caller sees of one ring until it is over.
type attempt struct {
	types []string
	at    []time.Duration
	bytes []int
	body  []string
	state wire.CallState
}

func tryRing(p *page, user wire.UserID) attempt {
	from, start := p.count(), time.Now()
	var a attempt
	a.state = ask[wire.CallState](p, "ring", wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice})
	p.wait("logged", from, func(f wire.Frame) bool { return f.Type == "logged" })
	for _, h := range p.heardAfter(from) {
		a.types, a.at, a.bytes = append(a.types, h.frame.Type), append(a.at, h.at.Sub(start)), append(a.bytes, h.bytes)
		a.body = append(a.body, string(h.frame.Body))
	}
	return a
}

// Who is refused sees what he would see if every device of the callee were
// offline: the same messages, of the same size, in the same order; when they come is
// compared in TestNoCallerCanTellWhyNobodyAnswers. The callee's open sockets get no byte,
// his outbox no row.
func TestARefusedCallerSeesWhatHeSeesOfSomebodyOffline(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{RingTimeout: time.Second})
	for _, user := range []wire.UserID{"offl1", "offl2", "block", "conta", "nobod"} {
		signIn(t, s, user, "first").close() // accounts come to be by signing in
	}
	online := map[wire.UserID]*page{}
	for _, user := range []wire.UserID{"block", "conta", "nobod"} {
		online[user] = signIn(t, s, user, "phone")
	}
	caller := signIn(t, s, "ana", "laptop")
	ask[wire.People](online["block"], "block", wire.Block{User: "ana"})
	ask[wire.Privacy](online["conta"], "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallContacts})
	ask[wire.Privacy](online["nobod"], "setPrivacy", wire.SetPrivacy{WhoMayCall: wire.MayCallNobody})

	before := map[wire.UserID]int{}
	for user, p := range online {
		before[user] = p.count()
	}
	// In turns, so that a busy machine is busy for all of them.
	const rounds = 3
	seen := map[wire.UserID][]attempt{}
	for range rounds {
		for _, user := range []wire.UserID{"offl1", "block", "conta", "nobod", "offl2"} {
			seen[user] = append(seen[user], tryRing(caller, user))
		}
	}
	offline := seen["offl1"][0]
	if want := []string{"callState", "inviteUnanswered", "callEnded", "logged"}; !slices.Equal(offline.types, want) {
		t.Fatalf("offline, the caller sees %q", offline.types)
	}
	for user, attempts := range seen {
		for _, got := range attempts {
			if !slices.Equal(got.types, offline.types) {
				t.Fatalf("%s: the caller sees %q, offline %q", user, got.types, offline.types)
			}
			for i := range got.types {
				// The ids have one length; serial numbers grow by a digit.
				if d := got.bytes[i] - offline.bytes[i]; d < -2 || d > 2 {
					t.Errorf("%s: message %d has %d bytes, offline %d:\n%s\n%s", user, i, got.bytes[i], offline.bytes[i], got.body[i], offline.body[i])
				}
			}
			if got.state.ICE.RelayOnly != offline.state.ICE.RelayOnly || got.state.Phase != offline.state.Phase {
				t.Errorf("%s: the first answer differs", user)
			}
		}
	}
	for user, p := range online {
		if got := p.heardAfter(before[user]); len(got) != 0 {
			t.Errorf("%s heard %d frames, the first %s", user, len(got), got[0].frame.Type)
		}
		n, err := s.Store.CountOutbox(t.Context(), string(user))
		if err != nil || n != 0 {
			t.Errorf("%s has %d rows in the outbox (%v)", user, n, err)
		}
		if log := ask[wire.CallLog](p, "getCallLog", wire.GetCallLog{}); len(log.Entries) != 0 {
			t.Errorf("%s has %d calls in the log", user, len(log.Entries))
		}
	}
	// The same outbox is not empty where it must not be.
	if n, err := s.Store.CountOutbox(t.Context(), "offl1"); err != nil || n == 0 {
		t.Errorf("who was offline has %d rows in the outbox (%v)", n, err)
	}
}

func TestTwoDevicesAnswerAtOnce200Times(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	for i := range 5 { // not all from the same sockets, which have a rate
		caller := signIn(t, s, wire.UserID(fmt.Sprint("ana", i)), "laptop")
		devices := []*page{signIn(t, s, "bia", fmt.Sprint("phone", i)), signIn(t, s, "bia", fmt.Sprint("tablet", i))}
		for range 40 {
			bothAnswer(t, caller, devices, []string{fmt.Sprint("phone", i), fmt.Sprint("tablet", i)})
		}
		for _, p := range append(devices, caller) {
			p.close()
		}
	}
	if shapes := s.Calls.Shapes(); len(shapes) != 0 {
		t.Errorf("%d calls are left", len(shapes))
	}
}

// bothAnswer has two devices answer one call at the same time.
func bothAnswer(t *testing.T, caller *page, devices []*page, names []string) {
	t.Helper()
	call := ask[wire.CallState](caller, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
	for _, d := range devices {
		d.wait("incoming", 0, func(f wire.Frame) bool { return f.Type == "incoming" && decode[wire.Incoming](t, f).Call == call })
	}
	replies := make([]wire.Frame, 2)
	var both sync.WaitGroup
	for i, d := range devices {
		both.Go(func() { replies[i] = d.request("accept", wire.Accept{Call: call}) })
	}
	both.Wait()
	winner := 0
	if replies[0].Type == "problem" {
		winner = 1
	}
	if replies[winner].Type != "callState" || replies[1-winner].Type != "problem" {
		t.Fatalf("the answers are %s %s and %s %s", replies[0].Type, replies[0].Body, replies[1].Type, replies[1].Body)
	}
	p := decode[wire.Problem](t, replies[1-winner])
	if p.Code != wire.CodeAnsweredElsewhere || p.Device != names[winner] {
		t.Fatalf("the loser is told %+v", p)
	}
	devices[1-winner].wait("ringStopped", 0, func(f wire.Frame) bool {
		return f.Type == "ringStopped" && decode[wire.RingStopped](t, f).Call == call
	})
	caller.wait("participantJoined", 0, func(f wire.Frame) bool { return f.Call == call && f.Type == "participantJoined" })
	ask[wire.Done](caller, "leave", wire.Leave{Call: call})
	devices[winner].wait("callEnded", 0, func(f wire.Frame) bool { return f.Call == call && f.Type == "callEnded" })
}

func TestTwoPeopleRingEachOtherAtOnce(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b := signIn(t, s, "ana", "laptop"), signIn(t, s, "bia", "phone")
	for range 60 { // each socket has a rate
		var states [2]wire.CallState
		var both sync.WaitGroup
		both.Go(func() {
			states[0] = ask[wire.CallState](a, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
		})
		both.Go(func() {
			states[1] = ask[wire.CallState](b, "ring", wire.Ring{Users: []wire.UserID{"ana"}, Kind: wire.KindVoice})
		})
		both.Wait()
		if states[0].Call != states[1].Call {
			t.Fatalf("two calls, %s and %s", states[0].Phase, states[1].Phase)
		}
		call := states[0].Call
		answered := func(f wire.Frame) bool {
			return f.Call == call && f.Type == "participantJoined" || f.Type == "callState" && decode[wire.CallState](t, f).Call == call &&
				decode[wire.CallState](t, f).Phase == wire.PhaseConnecting
		}
		a.wait("the answer", 0, answered)
		b.wait("the answer", 0, answered)
		ask[wire.Done](a, "leave", wire.Leave{Call: call})
		b.wait("callEnded", 0, func(f wire.Frame) bool { return f.Call == call && f.Type == "callEnded" })
	}
}

func TestABlockThatIsAnsweredKeepsEveryLaterRingAway(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	a, b := signIn(t, s, "ana", "laptop"), signIn(t, s, "bia", "phone")
	for range 60 {
		var answered time.Time
		var both sync.WaitGroup
		both.Go(func() {
			ask[wire.People](b, "block", wire.Block{User: "ana"})
			answered = time.Now()
		})
		both.Go(func() {
			state := ask[wire.CallState](a, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
			ask[wire.Done](a, "leave", wire.Leave{Call: state.Call})
		})
		from := b.count()
		both.Wait()
		ask[wire.Done](b, "ping", wire.Ping{}) // whatever was on its way has come
		for _, h := range b.heardAfter(from) {
			if h.frame.Type == "incoming" && h.at.After(answered.Add(5*time.Millisecond)) {
				t.Fatalf("rung %s after the block was answered", h.at.Sub(answered))
			}
		}
		ask[wire.People](b, "unblock", wire.Unblock{User: "ana"})
	}
}
