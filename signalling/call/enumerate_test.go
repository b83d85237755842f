// Of one goroutine: see RACE in the Makefile.

//go:build !race

package call

import (
	"fmt"
	"maps"
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
	flag(s.Connected.IsZero(), s.Flows, s.Fault != CauseNone, s.Settled, s.Rang, s.Locked, s.Proposal != nil)
	text(s.Title)
	for _, user := range s.Banned {
		text(string(user))
	}
	text(string(s.Lobby))
	for _, w := range s.Waiting {
		text(string(w.Session))
		flag(w.Lost.IsZero())
	}
	for _, a := range s.Approved {
		text(string(a.session))
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
	return fmt.Sprint(text, s.Legs, s.Past, s.Banned, s.Proposal, s.Waiting, s.Approved, s.LastWaiter, s.rung)
}

type node struct {
	state *state
	path  []string
	acted map[wire.SessionID]bool // devices that were brought in by such a message
	let   map[wire.SessionID]bool // who waited and was let in by a host
}

// start is where a walk begins.
type start struct {
	name   string
	rung   []wire.UserID // by ana; nobody for a link
	silent bool          // whoever is rung must not be reached
	depth  int
	actors []int // of all
	lobby  wire.LobbyMode
	group  bool // ana is its admin, bia and carlo are members
}

func TestEverySequenceOfMessagesKeepsConsentAndEnds(t *testing.T) {
	t.Parallel()
	everybody := []int{0, 1, 2, 3, 4, 5}
	for _, start := range []start{
		{name: "a ring", rung: []wire.UserID{"bia"}, depth: 6, actors: everybody},
		{name: "a ring that must not reach", rung: []wire.UserID{"bia"}, silent: true, depth: 6, actors: everybody},
		{name: "a ring of two", rung: []wire.UserID{"bia", "carlo"}, depth: 6, actors: []int{0, 1, 2, 3, 4}},
		// Ana is the host; Zoe is a guest; for Eve there is no such link.
		{name: "a link", depth: 6, actors: []int{0, 1, 2, 4, 5}, lobby: wire.LobbyOff},
		{name: "a link with a lobby for guests", depth: 6, actors: []int{0, 1, 4, 5}, lobby: wire.LobbyGuests},
		// For Eve there is no such group. The second is one that was started without ringing.
		{name: "a group that is rung", rung: []wire.UserID{"bia", "carlo"}, depth: 6, actors: []int{0, 1, 3, 4}, group: true},
		{name: "a group that is not rung", depth: 6, actors: []int{0, 1, 3}, group: true},
		{name: "a link with a lobby", depth: 6, actors: []int{0, 1, 2, 4, 5}, lobby: wire.LobbyEveryone},
	} {
		t.Run(start.name, func(t *testing.T) {
			t.Parallel()
			e := &enumeration{t: t, start: start, now: time.Unix(1_000_000, 0), seen: map[string]bool{}}
			for _, i := range start.actors {
				e.actors = append(e.actors, actors[i])
			}
			e.walk(e.first(), start.depth)
			t.Logf("%d states, %d messages tried, at most %d in a row", len(e.seen), e.tried, start.depth)
			if len(e.seen) < 50 {
				t.Error("hardly anything was reached")
			}
		})
	}
}

type enumeration struct {
	start
	t      *testing.T
	actors []Who
	now    time.Time
	seen   map[string]bool
	spare  *state // a copy of the state that is looked at; messages are refused on it until one is not
	tried  int
}

// first is the call as it begins.
func (e *enumeration) first() node {
	e.t.Helper()
	s := &state{
		ID: "cal", Epoch: 1, Kind: wire.KindVoice, Phase: wire.PhaseRinging, Topology: wire.TopologyDirect, Generation: 1,
		Created: e.now, ringFor: 45 * time.Second, grace: 30 * time.Second,
	}
	if len(e.rung) != 1 {
		s.Topology = wire.TopologySFU
	}
	if e.group {
		g := theGroup("ana", "bia", "carlo")
		s.Group, s.Starter = "grp", "ana"
		s.learn(&g)
	}
	if len(e.rung) == 0 && !e.group {
		s.Link, s.Owner, s.Lobby, s.RingHost = "link", "ana", e.lobby, true
		return node{state: s}
	}
	s.Legs = append(s.Legs, leg{
		Participant: "p1", User: "ana", Name: "Ana", Presence: wire.PresenceJoined, Session: "ana1", Device: "laptop", Joined: e.now,
	})
	s.LastID, s.Host = 1, "p1"
	var callees []callee
	for _, user := range e.rung {
		callees = append(callees, callee{user: user, name: string(user), silent: e.silent})
	}
	if err := s.invite(&effects{}, "p1", callees, e.now); err != nil && len(callees) > 0 {
		e.t.Fatal(err)
	}
	return node{state: s, acted: map[wire.SessionID]bool{"ana1": true}}
}

func (e *enumeration) walk(first node, depth int) {
	level := []node{first}
	e.fresh(first)
	for deep := range depth {
		var next []node
		keep := func(after node, fresh bool) {
			if fresh && deep+1 < depth { // from the last ones nobody goes on
				next = append(next, after)
			}
		}
		for _, n := range level {
			before := whole(n.state)
			e.spare = nil
			for _, who := range e.actors {
				for _, m := range messages {
					keep(e.try(n, who, m))
				}
				for _, m := range late {
					var fx effects
					if m.do(n.state, &fx, who, e.now) == nil || len(fx.frames) > 0 {
						e.fail(n, who, m, "it is not refused")
					}
				}
			}
			for _, wait := range []time.Duration{4 * time.Second, time.Minute} {
				keep(e.wait(n, wait))
			}
			for _, s := range []*state{n.state, e.spare} {
				if s != nil && whole(s) != before {
					e.t.Errorf("%s: a message that was refused left a trace:\n%s\n%s", strings.Join(n.path, ", "), before, whole(s))
				}
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
	s, fx := e.spare, &effects{}
	if s == nil {
		s = n.state.clone()
	}
	if e.spare = s; m.do(s, fx, who, e.now) != nil {
		return node{}, false
	}
	e.spare = nil
	s.tendHost(fx)
	acted := n.acted
	if slices.Contains(acts, m.name) && !acted[who.Session] {
		acted = map[wire.SessionID]bool{who.Session: true}
		maps.Copy(acted, n.acted)
	}
	after := node{state: s, path: append(slices.Clone(n.path), string(who.Session)+" "+m.name), acted: acted, let: n.let}
	if m.name == admitFirst {
		after.let = map[wire.SessionID]bool{n.state.Waiting[0].Session: true}
		maps.Copy(after.let, n.let)
	}
	if m.name == "negotiate" && !acted[who.Session] {
		e.fail(n, who, m, "the SFU takes media of a device that was not brought in")
	}
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
	s.rung = time.Time{}
	for i := range s.Waiting {
		w := &s.Waiting[i]
		w.Since = w.Since.Add(-d)
		if !w.Lost.IsZero() {
			w.Lost = w.Lost.Add(-d)
		}
	}
	for i := range s.Approved {
		s.Approved[i].until = s.Approved[i].until.Add(-d)
	}
	s.tick(fx, e.now)
	s.tendHost(fx)
	after := node{state: s, path: append(slices.Clone(n.path), "wait "+d.String()), acted: n.acted, let: n.let}
	e.check(n, after, fx)
	return after, e.fresh(after)
}

func (e *enumeration) fresh(n node) bool {
	var key strings.Builder
	key.WriteString(fingerprint(n.state))
	for _, who := range e.actors {
		if n.acted[who.Session] {
			key.WriteString(string(who.Session))
		}
		if n.let[who.Session] {
			key.WriteString("+" + string(who.Session))
		}
	}
	if e.seen[key.String()] {
		return false
	}
	e.seen[key.String()] = true
	e.ends(n)
	return true
}

// has tells whether any device of an account was brought in.
func (n node) has(user wire.UserID) bool {
	return slices.ContainsFunc(actors, func(w Who) bool { return w.User == user && n.acted[w.Session] })
}

// check looks at one step.
func (e *enumeration) check(before, after node, fx *effects) {
	if before.state.Phase == wire.PhaseEnded && (len(fx.frames) > 0 || fx.durable) {
		e.t.Errorf("%s: something happens after the end", strings.Join(after.path, ", "))
	}
	for i := range after.state.Legs {
		if l := &after.state.Legs[i]; l.in() && !after.acted[l.Session] {
			e.t.Errorf("%s: %s is in the call without having said so", strings.Join(after.path, ", "), l.Session)
		}
	}
	e.checkLobby(before, after)
	// Events of the call, descriptions, candidates and whatever else is for who is in it.
	for _, out := range fx.frames {
		for _, session := range out.sessions {
			if _, knock := out.body.(wire.KnockAnswered); knock && before.state.waitsIn(session) {
				continue
			}
			if !after.acted[session] {
				e.t.Errorf("%s: %T reaches %s, who has not accepted", strings.Join(after.path, ", "), out.body, session)
			}
		}
		if out.user != "" && out.call != "" {
			e.t.Errorf("%s: %T reaches all devices of %s", strings.Join(after.path, ", "), out.body, out.user)
		}
		if e.silent && out.user == "bia" && !after.has("bia") {
			e.t.Errorf("%s: %T reaches an account that must not be reached", strings.Join(after.path, ", "), out.body)
		}
	}
	if e.silent {
		for _, l := range fx.log {
			if l.UserID == "bia" && !after.has("bia") {
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

// checkLobby sees that nobody has come in past the lobby.
func (e *enumeration) checkLobby(before, after node) {
	if before.state.Link == "" || before.state.Lobby == wire.LobbyOff {
		return
	}
	for i := range after.state.Legs {
		l := &after.state.Legs[i]
		was := before.state.legOfUser(l.User)
		waits := before.state.Lobby == wire.LobbyEveryone || l.Guest
		if l.in() && l.User != "ana" && l.By == "" && (was == nil || !was.in()) && waits && !before.let[l.Session] {
			e.t.Errorf("%s: %s is in without having been let in", strings.Join(after.path, ", "), l.Session)
		}
		if l.Hosts != (l.User == "ana") {
			e.t.Errorf("%s: %s is a host: %t", strings.Join(after.path, ", "), l.User, l.Hosts)
		}
	}
}

func (s *state) waitsIn(session wire.SessionID) bool {
	return slices.ContainsFunc(s.Waiting, func(w waiter) bool { return w.Session == session })
}

// again says the same once more: that must be refused or change nothing.
func (e *enumeration) again(n node, who Who, m says) {
	s := n.state.clone()
	if err := m.do(s, &effects{}, who, e.now); err != nil {
		return
	}
	s.tendHost(&effects{})
	if was, is := fingerprint(n.state), fingerprint(s); was != is && m.name != "mediaFailed" && m.name != "remove the second" && m.name != admitFirst && m.name != denyFirst { // these act on what is then
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
