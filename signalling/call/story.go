package call

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// The types of the events that webhooks are told of a call.
const (
	StoryCreated = "call.created"
	StoryRinging = "call.ringing"
	StoryJoined  = "participant.joined"
	StoryStarted = "call.started"
	StoryLeft    = "participant.left"
	StoryWaits   = "lobby.waiting"  // somebody waits to be let in
	StoryKnocked = "lobby.answered" // reason is what became of it
	StoryMissed  = "call.missed"
	StoryEnded   = "call.ended"
)

// Stories lists them.
func Stories() []string {
	return []string{StoryCreated, StoryRinging, StoryJoined, StoryStarted, StoryLeft, StoryWaits, StoryKnocked, StoryMissed, StoryEnded}
}

// Story is the data of such an event.
type Story struct {
	// Call is the call, and Sequence the number of the event among the call's,
	// from 1 without gaps.
	Call     wire.CallID `json:"call"`
	Sequence int64       `json:"sequence"`
	// Seq is the number of the last event that the people in the call were
	// told of when this happened.
	Seq   uint32       `json:"seq"`
	Kind  wire.Kind    `json:"kind"`
	Link  wire.LinkID  `json:"link,omitzero"`
	Group wire.GroupID `json:"group,omitzero"`
	// From is who created the call, and To whom he rang, whether or not they
	// could be reached: that is nobody's business but theirs.
	From wire.UserID   `json:"from,omitzero"`
	To   []wire.UserID `json:"to,omitempty"`
	// Participant and User are who joined or left; User is empty for a guest.
	Participant wire.ParticipantID `json:"participant,omitzero"`
	User        wire.UserID        `json:"user,omitzero"`
	Guest       bool               `json:"guest,omitzero"`
	// Reason is why somebody left, what became of who waited, or why the call
	// ended.
	Reason string `json:"reason,omitzero"`
	// DurationMs is how long people talked, of a call that has ended, in
	// milliseconds.
	DurationMs int64 `json:"durationMs,omitzero"`
}

// leftAtEnd is the reason for which people leave a call that ends.
const leftAtEnd = "ended"

// story returns what webhooks are told of the change from before to s, and
// counts it. before is nil for a new call.
func (s *state) story(before *state, fx *effects, now time.Time) []store.NewEvent {
	t := teller{state: s}
	if before == nil {
		s.Told = 0 // a transaction that starts over tells the same
		t.tell(StoryCreated, s.opening())
		before = &state{}
	}
	if s.Rang && !before.Rang {
		t.tell(StoryRinging, Story{})
	}
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && !before.has(l.Participant) {
			t.tell(StoryJoined, l.told(""))
		}
	}
	if before.Connected.IsZero() && !s.Connected.IsZero() {
		t.tell(StoryStarted, Story{})
	}
	for i := range before.Legs {
		if l := &before.Legs[i]; l.in() && !s.has(l.Participant) {
			t.tell(StoryLeft, l.told(fx.why(l.Participant)))
		}
	}
	for _, w := range s.Waiting {
		if !before.waits(w.ID) {
			t.tell(StoryWaits, w.told(""))
		}
	}
	for _, w := range before.Waiting {
		if !s.waits(w.ID) {
			t.tell(StoryKnocked, w.told(string(fx.knocks[w.ID])))
		}
	}
	if s.Phase == wire.PhaseEnded && before.Phase != wire.PhaseEnded && (s.End == wire.EndNoAnswer || s.End == wire.EndBusy) {
		t.tell(StoryMissed, Story{})
	}
	if s.Phase == wire.PhaseEnded && before.Phase != wire.PhaseEnded {
		end := Story{Reason: string(s.End)}
		if !s.Connected.IsZero() {
			end.DurationMs = max(0, now.Sub(s.Connected)).Milliseconds()
		}
		t.tell(StoryEnded, end)
	}
	return t.events
}

// opening is what is told of a new call.
func (s *state) opening() Story {
	var one Story
	for i := range s.Legs {
		switch l := &s.Legs[i]; {
		case l.pending():
			one.To = append(one.To, l.User)
		case !l.Guest:
			one.From = l.User
		}
	}
	return one
}

func (s *state) has(p wire.ParticipantID) bool {
	return slices.ContainsFunc(s.Legs, func(l leg) bool { return l.in() && l.Participant == p })
}

func (l *leg) told(reason string) Story {
	one := Story{Participant: l.Participant, User: l.User, Guest: l.Guest, Reason: reason}
	if l.Guest {
		one.User = ""
	}
	return one
}

func (s *state) waits(id wire.ParticipantID) bool {
	return slices.ContainsFunc(s.Waiting, func(w waiter) bool { return w.ID == id })
}

func (w *waiter) told(reason string) Story {
	one := Story{Participant: w.ID, User: w.User, Guest: w.Guest, Reason: reason}
	if w.Guest {
		one.User = ""
	}
	return one
}

// why is for what reason a participant has left.
func (fx *effects) why(p wire.ParticipantID) string {
	if reason, ok := fx.reasons[p]; ok {
		return string(reason)
	}
	return leftAtEnd
}

// teller numbers what a call's webhooks are told.
type teller struct {
	state  *state
	events []store.NewEvent
}

func (t *teller) tell(what string, one Story) {
	s := t.state
	s.Told++
	one.Call, one.Sequence, one.Seq, one.Kind, one.Link, one.Group = s.ID, s.Told, s.Seq, s.Kind, cmp.Or(s.Link, s.Queue), s.Group
	data, _ := json.Marshal(one) // strings and numbers: cannot fail
	t.events = append(t.events, store.NewEvent{Type: what, CallID: string(s.ID), Sequence: s.Told, Data: string(data)})
}
