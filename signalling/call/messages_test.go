package call

import (
	"strings"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

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
		if s.Group != "" {
			return ofGroupOnly(true)(s, fx, who, now)
		}
		return s.accept(fx, who, wire.Media{Microphone: true}, now, false)
	}},
	{"decline", func(s *state, fx *effects, who Who, now time.Time) error { return s.decline(fx, who, false, now) }},
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
		if s.Group != "" && !strings.Contains(s.Title, "carlo ") {
			return errNoGroup
		}
		return s.invite(fx, l.Participant, []callee{{user: "carlo", name: "carlo"}}, now)
	})},
	{"cancel", member(func(s *state, fx *effects, l *leg, now time.Time) error { return s.cancel(fx, l.Participant, "", now) })},
	{"leave", member(func(s *state, fx *effects, l *leg, now time.Time) error { s.leave(fx, l, now); return nil })},
	{"end for all", member(func(s *state, fx *effects, l *leg, now time.Time) error {
		if !s.hosts(l) {
			return errNotHost
		}
		s.end(fx, wire.EndHangup, now)
		return nil
	})},
	{"lock", member(func(s *state, fx *effects, l *leg, _ time.Time) error { return s.lock(fx, l, true) })},
	{"mute the second", member(func(s *state, fx *effects, l *leg, _ time.Time) error {
		if len(s.Legs) < 2 {
			return errNoCall
		}
		return s.mute(fx, l, s.Legs[1].Participant)
	})},
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
	{"decline video", member(func(s *state, fx *effects, l *leg, _ time.Time) error { return s.answerKind(fx, l, false) })},
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
		return s.mediaFailed(fx, l, &wire.MediaFailed{Generation: s.Generation}, now)
	})},
	{"join by link", func(s *state, fx *effects, who Who, now time.Time) error {
		if s.Link == "" {
			return errNoLink
		}
		return s.join(fx, comes(who), wire.Media{}, now)
	}},
	{"knock", func(s *state, fx *effects, who Who, now time.Time) error {
		if s.Link == "" {
			return errNoLink
		}
		_, err := s.knock(fx, comes(who), now)
		return err
	}},
	{"stop waiting", func(s *state, fx *effects, who Who, now time.Time) error { return s.stopWaiting(fx, who, now) }},
	{admitFirst, answerFirst(true)},
	{denyFirst, answerFirst(false)},
	{"lobby off", func(s *state, fx *effects, who Who, now time.Time) error {
		return s.switchLobby(fx, who, wire.LobbyOff, now)
	}},
	{"join the group", ofGroupOnly(false)},
	{"put carlo out of the group", member(func(s *state, fx *effects, l *leg, now time.Time) error {
		if s.Group == "" || !s.hosts(l) {
			return errNotHost
		}
		g := theGroup("ana", "bia")
		s.groupChanged(fx, &g, now)
		return nil
	})},
	{"socket lost", func(s *state, _ *effects, who Who, now time.Time) error { s.lost(who.Session, now); return nil }},
}

// These act on whoever waits the longest then.
const admitFirst, denyFirst = "admit the first", "deny the first"

func answerFirst(admit bool) func(*state, *effects, Who, time.Time) error {
	return func(s *state, fx *effects, who Who, now time.Time) error {
		if len(s.Waiting) == 0 {
			return errNoCall
		}
		return s.answerKnock(fx, who, s.Waiting[0].ID, admit, now)
	}
}

// theGroup is a group of these, whose first is its admin. Its name tells who is in it:
// what the call knows of the group must not outlive a change of it.
func theGroup(members ...wire.UserID) store.GroupRow {
	g := store.GroupRow{ID: "grp", Active: len(members)}
	for i, user := range members {
		m := store.Member{UserID: string(user), State: store.MemberActive, Role: store.RoleMember}
		if i == 0 {
			m.Role = store.RoleAdmin
		}
		g.Members = append(g.Members, m)
		g.Name += string(user) + " "
	}
	return g
}

// ofGroupOnly lets members come into the group's call, as the store would say who is one.
func ofGroupOnly(answering bool) func(*state, *effects, Who, time.Time) error {
	return func(s *state, fx *effects, who Who, now time.Time) error {
		if s.Group == "" || !strings.Contains(s.Title, string(who.User)+" ") {
			return errNoGroup
		}
		return s.joinGroup(fx, who, wire.Media{Microphone: true}, nil, answering, now)
	}
}

// comes is somebody who comes by the link, whose owner is ana.
func comes(who Who) *arrival {
	a := &arrival{who: who, as: "link", marks: []string{"b" + string(who.User)}}
	a.entry = policy.Entry{
		Facts: policy.Facts{CalleeExists: true, Self: who.User == "ana"}, Live: who.User != "eve", Host: who.User == "ana", Guest: who.Guest(),
	}
	return a
}

// late are messages of a way that media has left: they must be refused always.
var late = []says{
	{"late offer", func(s *state, fx *effects, who Who, _ time.Time) error {
		return s.toOther(fx, who, s.Generation-1, wire.Described{Generation: s.Generation - 1, Type: wire.SDPOffer})
	}},
	{"late candidate", func(s *state, fx *effects, who Who, _ time.Time) error {
		return s.toOther(fx, who, s.Generation-1, wire.Trickled{Generation: s.Generation - 1})
	}},
	{"late negotiate", func(s *state, _ *effects, who Who, _ time.Time) error {
		_, err := s.onWay(who, s.Generation-1, wire.TopologySFU)
		return err
	}},
	{"late mediaFlows", member(func(s *state, fx *effects, l *leg, _ time.Time) error {
		return s.mediaFlows(fx, l, &wire.MediaFlows{Generation: s.Generation - 1, Path: wire.PathHost})
	})},
	{"late mediaFailed", member(func(s *state, fx *effects, l *leg, now time.Time) error {
		return s.mediaFailed(fx, l, &wire.MediaFailed{Generation: s.Generation - 1}, now)
	})},
}

// acts are the messages by which a person brings his own device into a call.
var acts = []string{"accept", "join by link", "moveHere", "join the group"}
