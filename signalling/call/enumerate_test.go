package call

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pronto/signalling/wire"
)

// The test walks through every state that any sequence of at most depth
// messages can reach, whoever sends them: a state that was seen before is not
// walked through again, because what follows depends on the state alone.

// From a link everybody may come at any time, which is some hundred times as
// many states; there it is one message less.

// actors are all who may say something: the caller, two devices of the callee,
// somebody who is rung into the call later, a stranger and a guest.
var actors = []Who{
	{User: "ana", Name: "Ana", Device: "laptop", Session: "ana1"},
	{User: "bia", Name: "Bia", Device: "phone", DeviceName: "phone", Session: "bia1"},
	{User: "bia", Name: "Bia", Device: "tablet", DeviceName: "tablet", Session: "bia2"},
	{User: "carlo", Name: "Carlo", Device: "phone", Session: "carlo1"},
	{User: "eve", Name: "Eve", Device: "phone", Session: "eve1"},
	{User: "g_zoe", Name: "Zoe", Device: "page", Session: "zoe1", Link: "link"},
}

type says struct {
	name string
	do   func(s *state, fx *effects, who Who, now time.Time) error
}

// member wraps what only somebody in the call may do.
func member(f func(s *state, fx *effects, l *leg, now time.Time) error) func(*state, *effects, Who, time.Time) error {
	return func(s *state, fx *effects, who Who, now time.Time) error {
		l, err := s.member(who)
		if err != nil {
			return err
		}
		return f(s, fx, l, now)
	}
}

var messages = []says{
	{"deviceRings", func(s *state, fx *effects, who Who, now time.Time) error { return s.deviceRings(fx, who, now) }},
	{"accept", func(s *state, fx *effects, who Who, now time.Time) error {
		return s.accept(fx, who, wire.Media{Microphone: true}, now, false)
	}},
	{"decline", func(s *state, fx *effects, who Who, now time.Time) error { return s.decline(fx, who, now) }},
	{"moveHere", func(s *state, fx *effects, who Who, _ time.Time) error { return s.moveHere(fx, who, wire.Media{}) }},
	{"attach", func(s *state, fx *effects, who Who, _ time.Time) error {
		_, err := s.attach(fx, who)
		return err
	}},
	{"offer", func(s *state, fx *effects, who Who, _ time.Time) error {
		return s.toOther(fx, who, s.Generation, wire.Described{Generation: s.Generation, Type: wire.SDPOffer})
	}},
	{"candidate", func(s *state, fx *effects, who Who, _ time.Time) error {
		return s.toOther(fx, who, s.Generation, wire.Trickled{Generation: s.Generation})
	}},
	{"negotiate", func(s *state, _ *effects, who Who, _ time.Time) error {
		_, err := s.onWay(who, s.Generation, wire.TopologySFU)
		return err
	}},
	{"invite carlo", member(func(s *state, fx *effects, l *leg, now time.Time) error {
		return s.invite(fx, l.Participant, []callee{{user: "carlo", name: "carlo"}}, now)
	})},
	{"cancel", member(func(s *state, fx *effects, l *leg, now time.Time) error { return s.cancel(fx, l.Participant, "", now) })},
	{"leave", member(func(s *state, fx *effects, l *leg, now time.Time) error { s.leave(fx, l, now); return nil })},
	{"mute", member(func(s *state, fx *effects, l *leg, _ time.Time) error {
		s.setMedia(fx, l, wire.Media{}, "")
		return nil
	})},
	{"hold", member(func(s *state, fx *effects, l *leg, _ time.Time) error { s.hold(fx, l, true); return nil })},
	{"resume", member(func(s *state, fx *effects, l *leg, _ time.Time) error { s.hold(fx, l, false); return nil })},
	{"propose video", member(func(s *state, fx *effects, l *leg, now time.Time) error {
		return s.propose(fx, l, wire.KindVideo, nil, now)
	})},
	{"accept video", member(func(s *state, fx *effects, l *leg, _ time.Time) error { return s.answerKind(fx, l, true) })},
	{"remove the second", member(func(s *state, fx *effects, l *leg, now time.Time) error {
		if len(s.Legs) < 2 {
			return errNoCall
		}
		return s.put(fx, l, s.Legs[1].Participant, now)
	})},
	{"mediaFlows", member(func(s *state, fx *effects, l *leg, _ time.Time) error {
		return s.mediaFlows(fx, l, &wire.MediaFlows{Generation: s.Generation, Path: wire.PathHost})
	})},
	{"mediaFailed", member(func(s *state, fx *effects, l *leg, now time.Time) error {
		return s.mediaFailed(fx, l, s.Generation, now)
	})},
	{"join by link", func(s *state, fx *effects, who Who, now time.Time) error {
		if s.Link == "" {
			return errNoLink
		}
		return s.join(fx, who, wire.Media{}, now)
	}},
	{"socket lost", func(s *state, _ *effects, who Who, now time.Time) error { s.lost(who.Session, now); return nil }},
}

// fingerprint is all of a state but how long ago things were.
func fingerprint(s *state) string {
	b := make([]byte, 0, 256)
	text := func(list ...string) {
		for _, t := range list {
			b = append(append(b, t...), ';')
		}
	}
	flag := func(list ...bool) {
		for _, f := range list {
			if f {
				b = append(b, '1')
			} else {
				b = append(b, '0')
			}
		}
	}
	place := func(p wire.ParticipantID) string { // ids are given in order of coming, which does not matter
		return strconv.Itoa(slices.IndexFunc(s.Legs, func(l leg) bool { return l.Participant == p }))
	}
	text(string(s.Phase), string(s.Topology), place(s.Host), string(s.End))
	b = append(b, byte('0'+min(s.Generation, 3)))
	flag(s.Connected.IsZero(), s.Flows, s.Broken, s.Settled, s.Rang, s.Locked, s.Proposal != nil)
	for _, user := range s.Banned {
		text(string(user))
	}
	if s.Proposal != nil {
		text(place(s.Proposal.By))
	}
	for i := range s.Legs {
		l := &s.Legs[i]
		text(string(l.User), string(l.Presence), place(l.By), string(l.Session))
		flag(l.Silent, l.Media.Microphone, l.OnHold, l.Lost.IsZero(), l.RingUntil.IsZero())
	}
	return string(b)
}

// whole is the state as the store and its memory have it, to see that a
// refusal leaves no trace.
func whole(s *state) string {
	text, err := s.snapshot()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(text, s.Legs, s.Past, s.Banned, s.Proposal)
}

type node struct {
	state *state
	path  []string
	said  map[wire.UserID]bool // who has accepted or joined by his own act
}

func TestEverySequenceOfMessagesKeepsConsentAndEnds(t *testing.T) {
	for _, start := range []struct {
		name   string
		silent bool
		link   bool
		depth  int
	}{{"a ring", false, false, 6}, {"a ring that must not reach", true, false, 6}, {"a link", false, true, 4}} {
		t.Run(start.name, func(t *testing.T) {
			e := &enumeration{t: t, now: time.Unix(1_000_000, 0), seen: map[string]bool{}}
			s := &state{
				ID: "cal", Epoch: 1, Kind: wire.KindVoice, Phase: wire.PhaseRinging, Topology: wire.TopologyDirect, Generation: 1,
				Created: e.now, ringFor: 45 * time.Second, grace: 30 * time.Second,
			}
			said := map[wire.UserID]bool{"ana": true}
			if start.link {
				s.Link, s.Topology = "link", wire.TopologySFU
			} else {
				s.Legs = append(s.Legs, leg{
					Participant: "p1", User: "ana", Name: "Ana", Presence: wire.PresenceJoined, Session: "ana1", Device: "laptop", Joined: e.now,
				})
				s.LastID, s.Host = 1, "p1"
				if err := s.invite(&effects{}, "p1", []callee{{user: "bia", name: "bia", silent: start.silent}}, e.now); err != nil {
					t.Fatal(err)
				}
			}
			e.silent = start.silent
			e.walk(node{state: s, said: said}, start.depth)
			t.Logf("%d states, %d messages tried, at most %d in a row", len(e.seen), e.tried, start.depth)
			if len(e.seen) < 50 {
				t.Error("hardly anything was reached")
			}
		})
	}
}

type enumeration struct {
	t      *testing.T
	now    time.Time
	silent bool
	seen   map[string]bool
	tried  int
}

func (e *enumeration) walk(first node, depth int) {
	level := []node{first}
	e.seen[fingerprint(first.state)+"ana"] = true
	for range depth {
		var next []node
		for _, n := range level {
			before := whole(n.state)
			for _, who := range actors {
				for _, m := range messages {
					if after, ok := e.try(n, who, m); ok {
						next = append(next, after)
					}
				}
			}
			for _, wait := range []time.Duration{4 * time.Second, time.Minute} {
				if after, ok := e.wait(n, wait); ok {
					next = append(next, after)
				}
			}
			if got := whole(n.state); got != before {
				e.t.Errorf("%s: a message changed the state that it was tried on:\n%s\n%s", strings.Join(n.path, ", "), before, got)
			}
			if e.t.Failed() {
				return
			}
		}
		level = next
	}
}

// try has who say m, and checks what must hold.
func (e *enumeration) try(n node, who Who, m says) (node, bool) {
	e.tried++
	s, fx := n.state.clone(), &effects{}
	if err := m.do(s, fx, who, e.now); err != nil {
		return node{}, false
	}
	said := n.said
	if (m.name == "accept" || m.name == "join by link") && !said[who.User] {
		said = map[wire.UserID]bool{who.User: true}
		for u := range n.said {
			said[u] = true
		}
	}
	after := node{state: s, path: append(slices.Clone(n.path), string(who.Session)+" "+m.name), said: said}
	e.check(n, after, fx)
	fresh := e.fresh(after)
	if fresh {
		e.again(after, who, m)
	}
	return after, fresh
}

// wait lets time pass.
func (e *enumeration) wait(n node, d time.Duration) (node, bool) {
	s, fx := n.state.clone(), &effects{}
	for i := range s.Legs { // as if everything had happened d earlier
		l := &s.Legs[i]
		for _, at := range []*time.Time{&l.RingUntil, &l.Lost, &l.MediaLost} {
			if !at.IsZero() {
				*at = at.Add(-d)
			}
		}
	}
	if s.Proposal != nil {
		p := *s.Proposal
		p.Until = p.Until.Add(-d)
		s.Proposal = &p
	}
	s.Created = s.Created.Add(-d)
	s.tick(fx, e.now)
	after := node{state: s, path: append(slices.Clone(n.path), "wait "+d.String()), said: n.said}
	e.check(n, after, fx)
	return after, e.fresh(after)
}

func (e *enumeration) fresh(n node) bool {
	users := make([]string, 0, len(n.said))
	for u := range n.said {
		users = append(users, string(u))
	}
	slices.Sort(users)
	key := fingerprint(n.state) + strings.Join(users, ",")
	if e.seen[key] {
		return false
	}
	e.seen[key] = true
	e.ends(n)
	return true
}

// check looks at one step.
func (e *enumeration) check(before, after node, fx *effects) {
	if before.state.Phase == wire.PhaseEnded && (len(fx.frames) > 0 || fx.durable) {
		e.t.Errorf("%s: something happens after the end", strings.Join(after.path, ", "))
	}
	for i := range after.state.Legs {
		if l := &after.state.Legs[i]; l.in() && !after.said[l.User] {
			e.t.Errorf("%s: %s is in the call without having said so", strings.Join(after.path, ", "), l.User)
		}
	}
	for _, out := range fx.frames {
		for _, session := range out.sessions {
			if i := slices.IndexFunc(actors, func(w Who) bool { return w.Session == session }); i >= 0 && !after.said[actors[i].User] {
				e.t.Errorf("%s: %T reaches %s, who has not accepted", strings.Join(after.path, ", "), out.body, session)
			}
		}
		if e.silent && out.user == "bia" && !after.said["bia"] {
			e.t.Errorf("%s: %T reaches an account that must not be reached", strings.Join(after.path, ", "), out.body)
		}
	}
	if e.silent {
		for _, l := range fx.log {
			if l.UserID == "bia" && !after.said["bia"] {
				e.t.Errorf("%s: the log of an account that must not be reached is written", strings.Join(after.path, ", "))
			}
		}
		for _, o := range fx.outbox {
			if o.UserID == "bia" {
				e.t.Errorf("%s: an account that must not be reached is pushed", strings.Join(after.path, ", "))
			}
		}
	}
}

// again says the same once more: that must be refused or change nothing.
func (e *enumeration) again(n node, who Who, m says) {
	s := n.state.clone()
	if err := m.do(s, &effects{}, who, e.now); err != nil {
		return
	}
	if was, is := fingerprint(n.state), fingerprint(s); was != is && m.name != "mediaFailed" && m.name != "remove the second" { // these act on what is then
		e.fail(n, who, m, "said twice it does something else:\n%s\n%s", was, is)
	}
}

// ends loses all sockets: within minutes the call must be over, with one
// outcome.
func (e *enumeration) ends(n node) {
	s, now := n.state.clone(), e.now
	for _, who := range actors {
		s.lost(who.Session, now)
	}
	for range 100 {
		if s.Phase == wire.PhaseEnded {
			return
		}
		at, ok := s.next()
		if !ok {
			break
		}
		if at.After(now) {
			now = at
		}
		s.tick(&effects{}, now)
	}
	if s.Phase != wire.PhaseEnded || now.Sub(e.now) > 3*time.Minute {
		e.t.Errorf("%s: the call is stuck as %s", strings.Join(n.path, ", "), fingerprint(s))
	}
}

func (e *enumeration) fail(n node, who Who, m says, format string, args ...any) {
	e.t.Errorf("%s, then %s %s: %s", strings.Join(n.path, ", "), who.Session, m.name, fmt.Sprintf(format, args...))
}
