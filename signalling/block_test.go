package signalling_test

import (
	"slices"
	"testing"
	"time"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// scene is ana, who wants to reach somebody, and a friend of hers.
type scene struct {
	s                 *signallingtest.Server
	ana, friend, whom *page
	user              wire.UserID // who whom is
	call              wire.CallID
	group             wire.GroupID
	link              wire.LinkID
}

// talk has ana and others in a call.
func (s *scene) talk(others ...*page) {
	var users []wire.UserID
	for _, p := range others {
		users = append(users, p.welcome.User)
	}
	s.call = ask[wire.CallState](s.ana, "ring", wire.Ring{Users: users, Kind: wire.KindVoice}).Call
	for _, p := range others {
		p.wait("the ring", 0, func(f wire.Frame) bool { return f.Type == "incoming" })
		ask[wire.CallState](p, "accept", wire.Accept{Call: s.call})
	}
}

// settle waits until ana has heard all that there is to hear of her call.
func (s *scene) settle() {
	if s.call == "" {
		return
	}
	now := ask[wire.CallState](s.ana, "sync", wire.Sync{Call: s.call}).Seq
	s.ana.wait("the newest event", 0, func(f wire.Frame) bool { return f.Call == s.call && f.Seq == now })
}

// heard waits until ana has heard of something, from frame number from on.
func (s *scene) heard(kind string, from int) {
	s.ana.wait(kind, from, func(f wire.Frame) bool { return f.Type == kind })
}

// over waits until ana has heard that her call is over, and seen it in her log: which comes first is not
// said, for the one is of the call and the other of her account.
func (s *scene) over(from int) {
	s.heard("callEnded", from)
	s.heard("logged", from)
}

// way is a way to somebody.
type way struct {
	name    string
	path    wire.DecisionPath        // that he reads of afterwards; empty for what is no attempt to call
	prepare func(s *scene)           // before he blocks her, or goes
	reach   func(s *scene, from int) // takes the number of the next frame that she hears
	own     bool                     // it leads to something of his, or to where he is: who is offline says nothing about it
}

// ways are all of them.
var ways = []way{
	{"a ring", wire.DecisionRing, func(*scene) {}, func(s *scene, from int) {
		ask[wire.CallState](s.ana, "ring", wire.Ring{Users: []wire.UserID{s.user}, Kind: wire.KindVoice})
		s.over(from)
	}, false},
	{"a ring of several", wire.DecisionGroupRing, func(*scene) {}, func(s *scene, from int) {
		ask[wire.CallState](s.ana, "ring", wire.Ring{Users: []wire.UserID{s.user, s.friend.welcome.User}, Kind: wire.KindVoice})
		s.over(from)
	}, false},
	{"a call into a running call", wire.DecisionInvite, func(s *scene) { s.talk(s.friend) }, func(s *scene, from int) {
		ask[wire.Done](s.ana, "invite", wire.Invite{Call: s.call, Users: []wire.UserID{s.user}})
		s.heard("inviteUnanswered", from)
	}, false},
	{"a call back into a call", wire.DecisionRingAgain, func(s *scene) {
		s.talk(s.friend, s.whom)
		ask[wire.Done](s.whom, "leave", wire.Leave{Call: s.call})
	}, func(s *scene, from int) {
		ask[wire.Done](s.ana, "invite", wire.Invite{Call: s.call, Users: []wire.UserID{s.user}})
		s.heard("inviteUnanswered", from)
	}, false},
	{"a ring of a group", wire.DecisionGroupRing, func(s *scene) {
		s.group = newGroup(s.ana, "Choir", false, s.user, s.friend.welcome.User).Group
		s.whom.wait("the group", 0, func(f wire.Frame) bool { return f.Type == "group" })
	}, func(s *scene, from int) {
		s.call = ask[wire.CallState](s.ana, "ringGroup", wire.RingGroup{Group: s.group, Kind: wire.KindVoice}).Call
		unanswered := map[wire.ParticipantID]bool{} // of two who are rung
		s.ana.wait("that neither answers", from, func(f wire.Frame) bool {
			if f.Type == "inviteUnanswered" {
				unanswered[decode[wire.InviteUnanswered](s.ana.t, f).Participant] = true
			}
			return len(unanswered) == 2
		})
	}, false},
	{"a new group", "", func(*scene) {}, func(s *scene, _ int) { newGroup(s.ana, "Choir", false, s.user) }, false},
	{"a group that there is", "", func(s *scene) { s.group = newGroup(s.ana, "Choir", false).Group }, func(s *scene, _ int) {
		ask[wire.Group](s.ana, "addToGroup", wire.AddToGroup{Group: s.group, Users: []wire.UserID{s.user}})
	}, false},
	{"a proposal to switch to video", wire.DecisionCallRequest, func(s *scene) { s.talk(s.friend, s.whom) }, func(s *scene, _ int) {
		ask[wire.Done](s.ana, "proposeKind", wire.ProposeKind{Call: s.call, Kind: wire.KindVideo})
		s.friend.wait("the proposal", 0, func(f wire.Frame) bool { return f.Type == "kindProposed" })
	}, true},
	{"his link", wire.DecisionLink, func(s *scene) {
		s.link = ask[wire.Link](s.whom, "createLink", wire.CreateLink{Kind: wire.KindVoice}).Link
	}, func(s *scene, _ int) {
		if p := refused(s.ana, "joinLink", wire.JoinLink{Link: s.link}); p.Code != wire.CodeNotFound {
			s.ana.t.Errorf("his link: %+v", p)
		}
	}, true},
	{"his lobby", wire.DecisionLink, func(s *scene) {
		s.link = ask[wire.Link](s.whom, "createLink", wire.CreateLink{Kind: wire.KindVoice, Terms: wire.LinkTerms{Lobby: wire.LobbyEveryone}}).Link
	}, func(s *scene, _ int) {
		if p := refused(s.ana, "knock", wire.Knock{Link: s.link}); p.Code != wire.CodeNotFound {
			s.ana.t.Errorf("his lobby: %+v", p)
		}
	}, true},
	{"a queue that he answers", wire.DecisionQueue, func(s *scene) {
		s.link = ask[wire.Link](s.friend, "createLink", wire.CreateLink{Kind: wire.KindVoice}).Link
		ask[wire.Queue](s.friend, "setQueue", wire.SetQueue{Link: s.link, Operators: []wire.UserID{s.user}})
	}, func(s *scene, from int) {
		ask[wire.CallState](s.ana, "joinLink", wire.JoinLink{Link: s.link})
		s.over(from)
	}, false},
}

// walk walks a way to somebody who has blocked her, or who is offline, and returns
// what she saw of it.
func walk(t *testing.T, s *signallingtest.Server, n int, blocked bool) (types []string) {
	kind := map[bool]string{true: "b", false: "o"}[blocked]
	name := func(who string) wire.UserID { return wire.UserID(who + kind + string(rune('a'+n))) }
	way := ways[n]
	c := &scene{s: s, ana: signIn(t, s, name("ana"), "x"), friend: signIn(t, s, name("friend"), "x"), whom: signIn(t, s, name("whom"), "x"), user: name("whom")}
	way.prepare(c)
	c.settle()
	if blocked {
		ask[wire.People](c.whom, "block", wire.Block{User: c.ana.welcome.User})
	} else {
		c.whom.close()
	}
	waits := func() int {
		rows, err := s.Store.CountOutbox(t.Context(), string(c.user))
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	heard, rows, from := c.whom.count(), waits(), c.ana.count()
	way.reach(c, from)
	ask[wire.Done](c.ana, "ping", wire.Ping{})
	for _, h := range c.ana.heardAfter(from) {
		types = append(types, h.frame.Type)
	}
	if !blocked {
		return types
	}
	ask[wire.Done](c.whom, "ping", wire.Ping{})
	if got := c.whom.heardAfter(heard); len(got) != 1 {
		t.Errorf("he heard %s", got[0].frame.Type)
	}
	if now := waits(); now > rows {
		t.Errorf("%d pushes wait for him", now-rows)
	}
	decisions := ask[wire.Decisions](c.whom, "getDecisions", wire.GetDecisions{Limit: 1}).Entries
	switch way.path {
	case "":
		if len(decisions) != 0 {
			t.Errorf("he reads of %+v", decisions)
		}
		return types
	case wire.DecisionCallRequest: // they talk already: nothing is kept of what is asked then
		return types
	}
	if len(decisions) != 1 || decisions[0].Path != way.path || decisions[0].Reason != wire.ReasonBlocked {
		t.Errorf("he reads of %+v", decisions)
	}
	return types
}

// A block holds on all ways: who has blocked somebody hears nothing of her, and she sees
// what she would see if he were offline.
func TestABlockHoldsOnEveryWay(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{RingTimeout: 2 * time.Second})
	for n, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			blocked := walk(t, s, n, true)
			if way.own {
				return
			}
			if offline := walk(t, s, n, false); !slices.Equal(slices.Sorted(slices.Values(blocked)), slices.Sorted(slices.Values(offline))) {
				t.Errorf("she sees %q, and of who is offline %q", blocked, offline)
			}
		})
	}
	for _, path := range wire.DecisionPath("").Values() {
		if !slices.ContainsFunc(ways, func(w way) bool { return string(w.path) == path }) {
			t.Errorf("no way goes by %s", path)
		}
	}
}
