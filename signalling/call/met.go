package call

import (
	"encoding/json"
	"slices"
	"time"

	"pronto/signalling/wire"
)

// Whom is whom somebody means in a call: a participant, or an account. The zero Whom is
// the call itself.
type Whom struct {
	Participant wire.ParticipantID
	User        wire.UserID
}

// Met is whom somebody has met in a call.
type Met struct {
	// User is the account, or for a guest his visit. Empty for the call itself.
	User  wire.UserID
	Guest bool
	Name  string
	// Link is the link that the call was entered by, if any.
	Link wire.LinkID
	// Browser is the mark by which the link knows a guest's browser again, if it does, and
	// OwnBrowser that of who asks.
	Browser, OwnBrowser string
}

// stint is how long somebody was in a call.
type stint struct {
	user       wire.UserID
	name       string
	guest      bool
	as         []wire.ParticipantID
	came, left time.Time // left is zero of who is there; both are of who was only rung
	marks      []string
}

// MetIn finds whom somebody has met in a call, by the snapshot of the call, whether it
// goes on or is over. It is false for who was not there at the same time, and for whom
// he could not see: a stranger to the call learns nothing of it.
//
// Who is only rung has met who rings him. Who was only rung, and did not answer, has met
// nobody: his call log says whether he knows of the call.
func MetIn(snapshot string, who wire.UserID, guest bool, whom Whom) (Met, bool) {
	s := &state{}
	if who == "" || json.Unmarshal([]byte(snapshot), s) != nil {
		return Met{}, false
	}
	met := Met{Link: s.cameBy()}
	if l := s.legOfUser(who); l != nil && l.Guest == guest && s.Phase != wire.PhaseEnded {
		met.OwnBrowser = browserOf(l.Marks)
		if l.pending() {
			return met.ringing(s, l, whom)
		}
		return met.among(s.visibleTo(l), stint{user: who, came: l.Joined}, whom)
	}
	i := slices.IndexFunc(s.Past, func(p past) bool { return p.User == who && p.Guest == guest && !p.Left.IsZero() })
	if i < 0 {
		return Met{}, false
	}
	own := s.Past[i].stint()
	met.OwnBrowser = browserOf(own.marks)
	return met.among(s.visibleTo(&leg{User: who}), own, whom)
}

// ringing is who rings somebody.
func (m Met) ringing(s *state, l *leg, whom Whom) (Met, bool) {
	by := s.legOf(l.By)
	switch {
	case l.Silent || l.Queued && by == nil:
		return Met{}, false
	case whom == Whom{}:
		return m, true
	case by == nil || by.Participant != whom.Participant && (whom.User == "" || by.User != whom.User || by.Guest):
		return Met{}, false
	}
	m.User, m.Name, m.Guest, m.Browser = by.User, by.Name, by.Guest, browserOf(by.Marks)
	return m, true
}

// among finds whom of those who were there while own lasted.
func (m Met) among(there []stint, own stint, whom Whom) (Met, bool) {
	if (whom == Whom{}) {
		return m, true
	}
	for _, one := range there {
		is := slices.Contains(one.as, whom.Participant) && whom.Participant != "" || one.user == whom.User && whom.User != "" && !one.guest
		if is && one.user != "" && one.user != own.user && one.overlaps(own) {
			m.User, m.Name, m.Guest, m.Browser = one.user, one.name, one.guest, browserOf(one.marks)
			return m, true
		}
	}
	return Met{}, false
}

// overlaps tells whether two were there at the same time. Who was only rung was there for
// all who saw it.
func (a stint) overlaps(b stint) bool {
	return (a.left.IsZero() || b.came.Before(a.left)) && (b.left.IsZero() || a.came.Before(b.left))
}

// visibleTo are the stays of all whom somebody of the call can have seen.
func (s *state) visibleTo(viewer *leg) (list []stint) {
	for _, p := range s.Past {
		if !s.areApart(viewer.User, p.User) {
			list = append(list, p.stint())
		}
	}
	if s.Phase == wire.PhaseEnded { // they are among those of the past
		return list
	}
	for i := range s.Legs {
		l := &s.Legs[i]
		if l.Queued || l.in() && s.areApart(viewer.User, l.User) {
			continue
		}
		list = append(list, stint{user: l.User, name: l.Name, guest: l.Guest, as: []wire.ParticipantID{l.Participant}, came: l.Joined, marks: l.Marks})
	}
	return list
}

func (p past) stint() stint {
	return stint{user: p.User, name: p.Name, guest: p.Guest, as: p.As, came: p.Came, left: p.Left, marks: p.Marks}
}

func browserOf(marks []string) string {
	if i := slices.IndexFunc(marks, isBrowser); i >= 0 {
		return marks[i]
	}
	return ""
}

// WithIn tells whether a row of a call log, whose peers are as calls write them, has an
// account among those whom its owner was with, and what he knows it by.
func WithIn(peerIDs string, user wire.UserID) (name string, ok bool) {
	var with []wire.Person
	if json.Unmarshal([]byte(peerIDs), &with) != nil {
		return "", false
	}
	i := slices.IndexFunc(with, func(p wire.Person) bool { return p.User == user && user != "" })
	if i < 0 {
		return "", false
	}
	return with[i].Name, true
}
