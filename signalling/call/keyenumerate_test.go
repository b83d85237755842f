// Of one goroutine: see RACE in the Makefile.

//go:build !race

package call

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/framing/framingtest"
	"pronto/signalling/wire"
)

// The test walks through every state that any sequence of messages about keys
// can reach, of a call that rings, is answered, moved, left and rung into.

// keyActors are who may say something: caller, two devices of the callee, somebody
// who is rung later.
var keyActors = []Who{
	{User: "ana", Name: "Ana", Device: "laptop", Session: "ana1", Encryption: 1},
	{User: "bia", Name: "Bia", Device: "phone", Session: "bia1", Encryption: 1},
	{User: "bia", Name: "Bia", Device: "tablet", Session: "bia2", Encryption: 1},
	{User: "carlo", Name: "Carlo", Device: "phone", Session: "carlo1", Encryption: 1},
}

func mlsOf(who Who) *framingtest.Device {
	return framingtest.NewDevice(string(who.User), string(who.Device))
}

// commitOf is a commit in the present epoch from this device, of all that is to
// be done.
func commitOf(s *state, who Who, l *leg) *wire.CommitKeys {
	k := s.Keys
	id := framingtest.GroupID(string(s.ID), k.Group)
	m := &wire.CommitKeys{Call: s.ID, Group: k.Group, Epoch: k.Epoch, GroupInfo: wire.ToBlob(framingtest.GroupInfo(id, uint64(k.Epoch)+1))}
	leaf, _ := k.leafOf(l.Participant)
	var add [][]byte
	for _, a := range k.waiting {
		if a.participant != l.Participant {
			data, _ := a.sent.Bytes()
			add = append(add, data)
		}
	}
	remove := slices.DeleteFunc(s.toRemove(), func(r uint32) bool { return int(r) == leaf })
	m.Commit = wire.ToBlob(mlsOf(who).Commit(id, uint64(k.Epoch), uint32(max(0, leaf)), add, remove...))
	if len(add) > 0 {
		m.Welcome = wire.ToBlob(framingtest.Welcome(add...))
	}
	return m
}

func externalOf(s *state, who Who, l *leg) *wire.CommitKeys {
	k := s.Keys
	id := framingtest.GroupID(string(s.ID), k.Group)
	var old []uint32
	if leaf, ok := k.leafOf(l.Participant); ok {
		old = []uint32{uint32(leaf)}
	}
	return &wire.CommitKeys{
		Call: s.ID, Group: k.Group, Epoch: k.Epoch, GroupInfo: wire.ToBlob(framingtest.GroupInfo(id, uint64(k.Epoch)+1)),
		Commit: wire.ToBlob(mlsOf(who).External(id, uint64(k.Epoch), old...)),
	}
}

// saysOfKeys are what may be said.
var saysOfKeys = []struct {
	name string
	do   func(s *state, fx *effects, who Who, now time.Time) error
}{
	{"accept", func(s *state, fx *effects, who Who, now time.Time) error {
		return s.accept(fx, who, wire.Media{}, now, false)
	}},
	{"moveHere", func(s *state, fx *effects, who Who, _ time.Time) error { return s.moveHere(fx, who, wire.Media{}) }},
	{"lose", func(s *state, _ *effects, who Who, now time.Time) error { s.lost(who.Session, now); return nil }},
	{"invite", inKeys(func(s *state, fx *effects, _ Who, l *leg, now time.Time) error {
		return s.invite(fx, l.Participant, []callee{{user: "carlo", name: "carlo"}}, now)
	})},
	{"leave", inKeys(func(s *state, fx *effects, _ Who, l *leg, now time.Time) error { s.leave(fx, l, now); return nil })},
	{"enter", inKeys(func(s *state, _ *effects, who Who, l *leg, now time.Time) error {
		return s.enterKeys(who, l, wire.ToBlob(mlsOf(who).KeyPackage()), now)
	})},
	{"found", inKeys(func(s *state, fx *effects, who Who, l *leg, now time.Time) error {
		id := framingtest.GroupID(string(s.ID), s.Keys.Group+1)
		return s.foundKeys(fx, who, l, &wire.FoundKeys{Group: s.Keys.Group + 1, GroupInfo: wire.ToBlob(framingtest.GroupInfo(id, 0))}, now)
	})},
	{"commit", inKeys(func(s *state, fx *effects, who Who, l *leg, now time.Time) error {
		return s.commitKeys(fx, who, l, commitOf(s, who, l), now)
	})},
	{"come from outside", inKeys(func(s *state, fx *effects, who Who, l *leg, now time.Time) error {
		return s.commitKeys(fx, who, l, externalOf(s, who, l), now)
	})},
	{"ready", inKeys(func(s *state, fx *effects, _ Who, l *leg, _ time.Time) error {
		return s.keysReady(fx, l, &wire.KeysReady{Group: s.Keys.Group, Epoch: s.Keys.Epoch})
	})},
	{"message", inKeys(func(s *state, fx *effects, _ Who, l *leg, now time.Time) error {
		for i := range s.Legs {
			if p := s.Legs[i].Participant; p != l.Participant {
				return s.keyMessage(fx, l, &wire.SendKeyMessage{To: p, Body: "AA"}, now)
			}
		}
		return errNoCall
	})},
	{"say", inKeys(func(s *state, fx *effects, _ Who, l *leg, now time.Time) error {
		return s.say(fx, l, "AA", now)
	})},
}

func inKeys(f func(s *state, fx *effects, who Who, l *leg, now time.Time) error) func(*state, *effects, Who, time.Time) error {
	return func(s *state, fx *effects, who Who, now time.Time) error {
		l, err := s.member(who)
		if err != nil {
			return err
		}
		return f(s, fx, who, l, now)
	}
}

// secret is a state, how it came about, and who has accepted by his own act.
type secret struct {
	state *state
	path  []string
	said  []wire.UserID
	now   time.Time
}

func (n secret) mark() string {
	s, k := n.state, n.state.Keys
	var b strings.Builder
	fmt.Fprint(&b, s.Phase, s.Topology, len(k.log) > 0, k.Group, min(k.Epoch, 3), k.switched, k.asked, k.passed, int(k.commits.left), "|")
	for i := range s.Legs {
		l := &s.Legs[i]
		fmt.Fprint(&b, l.User, l.Presence, l.Session, l.opens, l.Lost.IsZero(), int(l.commits.left), int(l.entries.left), ";")
	}
	for _, h := range k.Leaves {
		fmt.Fprint(&b, h.Participant, h.Device, h.ready, ";")
	}
	for _, a := range k.waiting {
		fmt.Fprint(&b, a.participant, a.device, ";")
	}
	fmt.Fprint(&b, n.said)
	return b.String()
}

func TestEverySequenceOfKeyMessagesKeepsOrderAndConsent(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	s := &state{
		ID: "cal", Epoch: 1, Kind: wire.KindVoice, Phase: wire.PhaseRinging, Topology: wire.TopologyDirect, Generation: 1, Keys: newKeys(),
		Created: now, ringFor: 45 * time.Second, grace: 30 * time.Second, LastID: 1, Host: "p1",
		Legs: []leg{{Participant: "p1", User: "ana", Name: "Ana", Presence: wire.PresenceJoined, Session: "ana1", Device: "laptop", Joined: now}},
	}
	if err := s.invite(&effects{}, "p1", []callee{{user: "bia", name: "bia"}}, now); err != nil {
		t.Fatal(err)
	}
	const depth = 6
	level := []secret{{state: s, said: []wire.UserID{"ana"}, now: now}}
	seen := map[string]bool{}
	tried := 0
	for range depth {
		var next []secret
		for _, n := range level {
			for _, who := range keyActors {
				for _, m := range saysOfKeys {
					tried++
					after, fx := secret{state: n.state.clone(), said: n.said, now: n.now}, &effects{}
					if err := m.do(after.state, fx, who, n.now); err != nil {
						continue
					}
					after.state.tendKeys(fx, n.now)
					after.path = append(slices.Clone(n.path), string(who.Session)+" "+m.name)
					if m.name == "accept" && !slices.Contains(n.said, who.User) {
						after.said = append(slices.Clone(n.said), who.User)
						slices.Sort(after.said)
					}
					next = judge(t, n, after, fx, seen, next)
				}
			}
			after, fx := secret{state: n.state.clone(), said: n.said, now: n.now.Add(1200 * time.Millisecond)}, &effects{}
			after.state.tick(fx, after.now)
			after.state.tendKeys(fx, after.now)
			after.path = append(slices.Clone(n.path), "wait")
			next = judge(t, n, after, fx, seen, next)
			if t.Failed() {
				return
			}
		}
		level = next
	}
	t.Logf("%d states, %d messages tried", len(seen), tried)
	if len(seen) < 1000 {
		t.Error("hardly anything was reached")
	}
}

// judge checks one step and notes where it led, if that is new.
func judge(t *testing.T, before, after secret, fx *effects, seen map[string]bool, next []secret) []secret {
	t.Helper()
	path := strings.Join(after.path, ", ")
	s, k, was := after.state, after.state.Keys, before.state.Keys
	for _, out := range fx.frames {
		for _, session := range out.sessions {
			i := slices.IndexFunc(keyActors, func(w Who) bool { return w.Session == session })
			if user := keyActors[i].User; !slices.Contains(after.said, user) {
				t.Errorf("%s: %T reaches %s, who has not accepted", path, out.body, user)
			}
		}
	}
	held := map[wire.ParticipantID]bool{}
	for _, h := range k.Leaves {
		if h.Participant == "" {
			continue
		}
		if held[h.Participant] {
			t.Errorf("%s: %s is on two leaves", path, h.Participant)
		}
		held[h.Participant] = true
	}
	for i := range s.Legs {
		if l := &s.Legs[i]; held[l.Participant] && !slices.Contains(after.said, l.User) {
			t.Errorf("%s: %s has a leaf and has not accepted", path, l.User)
		} else if l.opens && !held[l.Participant] && s.Phase != wire.PhaseEnded {
			t.Errorf("%s: %s gets media and has no leaf", path, l.User)
		}
	}
	if s.Phase != wire.PhaseEnded {
		changed := k.Group != was.Group || k.Epoch != was.Epoch
		if a, b := was.First+was.Epoch, k.First+k.Epoch; changed && was.Group > 0 && b != a+1 {
			t.Errorf("%s: the epoch of frames went from %d to %d", path, a, b)
		}
		if changed && !fx.durable {
			t.Errorf("%s: a new epoch is not stored", path)
		}
	}
	if mark := after.mark(); !seen[mark] {
		seen[mark] = true
		settles(t, after)
		next = append(next, after)
	}
	return next
}

// settles lets time pass: nothing may be due over and over at the same time, and
// without sockets the call ends.
func settles(t *testing.T, n secret) {
	t.Helper()
	s, now := n.state.clone(), n.now
	for _, who := range keyActors {
		s.lost(who.Session, now)
	}
	s.tendKeys(&effects{}, now)
	same := 0
	for range 200 {
		at, ok := s.next()
		if s.Phase == wire.PhaseEnded || !ok {
			break
		}
		if same++; at.After(now) {
			now, same = at, 0
		}
		if same > 3 {
			t.Errorf("%s: something is due again and again", strings.Join(n.path, ", "))
			return
		}
		s.tick(&effects{}, now)
		s.tendKeys(&effects{}, now)
	}
	if s.Phase != wire.PhaseEnded {
		t.Errorf("%s: the call is stuck", strings.Join(n.path, ", "))
	}
	s, now, same = n.state.clone(), n.now, 0 // and with everybody there
	for range 50 {
		at, ok := s.next()
		if !ok || s.Phase == wire.PhaseEnded {
			return
		}
		if same++; at.After(now) {
			now, same = at, 0
		}
		if same > 3 {
			t.Errorf("%s: something is due again and again while all are there", strings.Join(n.path, ", "))
			return
		}
		s.tick(&effects{}, now)
		s.tendKeys(&effects{}, now)
	}
}
