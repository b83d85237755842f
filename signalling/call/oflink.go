package call

import (
	"cmp"
	"slices"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// ofLink is what the state of a link's call has besides.
type ofLink struct {
	Owner     wire.UserID    `json:"owner,omitzero"`
	Sealed    string         `json:"sealed,omitzero"`
	Lobby     wire.LobbyMode `json:"lobby,omitzero"`
	MaxPeople int            `json:"maxPeople,omitzero"`
	JoinMuted bool           `json:"joinMuted,omitzero"`
	RingHost  bool           `json:"ringHost,omitzero"`
	// Familiar are the browsers of those who were let in, the newest last.
	Familiar []string `json:"familiar,omitzero"`

	Waiting    []waiter   `json:"-"` // who waits knocks again after a restart
	Approved   []approval `json:"-"`
	LastWaiter int        `json:"-"`
	rung       time.Time  // when the owner was
}

// maxFamiliar is how many browsers a call remembers.
const maxFamiliar = 256

// abide takes the terms of the link over.
func (s *state) abide(t store.LinkTerms) {
	s.Title, s.Sealed, s.MaxPeople, s.JoinMuted, s.RingHost = t.Title, t.Sealed, int(t.MaxPeople), t.JoinMuted, t.RingHost
	s.Lobby = cmp.Or(wire.LobbyMode(t.Lobby), wire.LobbyOff)
}

// reform has a call that goes on abide by other terms.
func (s *state) reform(fx *effects, t store.LinkTerms, now time.Time) {
	before := s.ofLink
	title := s.Title
	s.abide(t)
	fx.durable = true
	if s.Title != title || s.Sealed != before.Sealed {
		s.broadcast(fx, wire.TitleChanged{Title: s.Title, Sealed: s.Sealed})
	}
	if s.Lobby != before.Lobby {
		s.broadcast(fx, wire.LobbyChanged{Lobby: s.Lobby})
		s.letThrough(fx, now)
	}
}

// entry is how somebody stands who comes to the call now.
func (s *state) entry(a *arrival, now time.Time) policy.Entry {
	e := a.known(s.isFamiliar(a.marks))
	e.Lobby = lobby(s.Lobby)
	e.Banned = e.Banned || slices.Contains(s.Banned, a.who.User)
	e.Locked = s.Locked
	others := s.count(func(l *leg) bool { return l.User != a.who.User })
	e.Full = others >= wire.MaxParticipants || s.MaxPeople > 0 && others >= s.MaxPeople
	l := s.legOfUser(a.who.User)
	e.Admitted = l != nil && l.in() || s.isApproved(a.who, now)
	return e
}

// join lets somebody in by a link. An account that is in the call on another
// device moves here, which uses nothing up.
func (s *state) join(fx *effects, a *arrival, media wire.Media, now time.Time) error {
	if s.Phase == wire.PhaseEnded {
		return errCallEnded
	}
	who := a.who
	if _, err := s.member(who); err == nil {
		return nil
	}
	if way, reason := policy.Enter(s.entry(a, now)); way != policy.In {
		return a.refusal(way, reason)
	}
	if err := s.suits(who); err != nil {
		return err
	}
	fx.useLink = !a.entry.Host
	if l := s.legOfUser(who.User); l != nil && l.in() {
		s.part(fx, *l, wire.LeaveMoved, now)
		fx.useLink = false
	}
	s.forgetWaiter(fx, who.User, LobbyAdmitted, now)
	s.Approved = slices.DeleteFunc(s.Approved, func(one approval) bool { return one.user == who.User })
	s.befriend(a.marks)
	l := s.addLeg(leg{User: who.User, Name: who.Name, Guest: who.Guest(), Hosts: a.entry.Host, Marks: a.marks})
	if s.Host == "" && l.Hosts {
		s.Host = l.Participant
	}
	if s.JoinMuted && !l.Hosts {
		media.Microphone = false
	}
	fx.decisions = a.decisions
	s.enter(fx, l, who, media, now)
	if l.Hosts {
		s.stopKnocking(fx)
	}
	return nil
}

func (s *state) isFamiliar(marks []string) bool {
	return slices.ContainsFunc(marks, func(m string) bool { return slices.Contains(s.Familiar, m) })
}

// befriend remembers browsers that were let in.
func (s *state) befriend(marks []string) {
	for _, m := range marks {
		if isBrowser(m) && !slices.Contains(s.Familiar, m) {
			s.Familiar = append(slices.Clone(s.Familiar), m)
		}
	}
	if n := len(s.Familiar) - maxFamiliar; n > 0 {
		s.Familiar = s.Familiar[n:]
	}
}

// cameBy is the link that strangers come to the call by; empty for other calls.
func (s *state) cameBy() wire.LinkID { return cmp.Or(s.Link, s.Queue) }

// successor is the host after the host has left a link's call, if there is another.
func (s *state) successor() wire.ParticipantID {
	for i := range s.Legs {
		if l := &s.Legs[i]; l.Hosts && l.in() {
			return l.Participant
		}
	}
	return ""
}
