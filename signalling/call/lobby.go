package call

import (
	"slices"
	"strconv"
	"time"

	"pronto/signalling/link"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Limits of a lobby.
const (
	// maxWaiting is how many wait at a time, and maxWaitingOfOne how many guests of
	// one network.
	maxWaiting, maxWaitingOfOne = 50, 8
	// waitFor is how long somebody waits at most.
	waitFor = 15 * time.Minute
	// approvedFor is how long somebody has to come in who was let in.
	approvedFor = time.Minute
	// ringOwnerEvery is the least time between two rings of a link's owner, and
	// ringOwnerFor how long a device that has no socket is worth waking.
	ringOwnerEvery, ringOwnerFor = 30 * time.Second, 45 * time.Second
)

// waiter is somebody who waits to be let in. He hears nothing of the call.
type waiter struct {
	ID        wire.ParticipantID
	User      wire.UserID
	Name      string
	Guest     bool
	Automated bool
	Suspect   bool
	As        wire.LinkID // the id he came by
	Session   wire.SessionID
	Since     time.Time
	Lost      time.Time // when his socket went
	Marks     []string
	Denied    bool // before, he or his browser
}

// approval lets a session in that has waited.
type approval struct {
	user    wire.UserID
	session wire.SessionID
	until   time.Time
}

func isBrowser(mark string) bool { return mark != "" && !link.IsNetwork(mark) }

func (s *state) isApproved(who Who, now time.Time) bool {
	return slices.ContainsFunc(s.Approved, func(a approval) bool {
		return a.user == who.User && a.session == who.Session && now.Before(a.until)
	})
}

// knock has somebody wait, unless he may come in at once.
func (s *state) knock(fx *effects, a *arrival, now time.Time) (admitted bool, err error) {
	if s.Phase == wire.PhaseEnded {
		return false, errCallEnded
	}
	e := s.entry(a, now)
	switch way, reason := policy.Enter(e); way {
	case policy.In:
		return true, nil
	case policy.Wait:
	default:
		return false, a.refusal(way, reason)
	}
	if err := s.suits(a.who); err != nil {
		return false, err
	}
	if i := s.waiterOf(a.who.User); i >= 0 { // again, perhaps after the page was loaded again
		s.Waiting[i].Session, s.Waiting[i].Lost, s.Waiting[i].As = a.who.Session, time.Time{}, a.as
		return false, nil
	}
	if len(s.Waiting) >= maxWaiting || s.countWaiting(a.who.Network) >= maxWaitingOfOne {
		return false, tooOften(time.Minute, "too many wait already; try again later")
	}
	s.LastWaiter++
	w := waiter{
		ID: wire.ParticipantID("w" + strconv.Itoa(s.LastWaiter)), User: a.who.User, Name: a.who.Name, Guest: a.who.Guest(), Automated: a.who.Automated,
		Suspect: e.Suspect, As: a.as, Session: a.who.Session, Since: now, Marks: a.marks, Denied: a.denied,
	}
	if a.veiled {
		w.Name = string(a.who.User)
	}
	s.Waiting = append(s.Waiting, w)
	s.tellLobby(fx, s.ringOwner(fx, e.Facts, now))
	return false, nil
}

func (s *state) waiterOf(user wire.UserID) int {
	return slices.IndexFunc(s.Waiting, func(w waiter) bool { return w.User == user })
}

func (s *state) countWaiting(network string) int {
	n := 0
	for _, w := range s.Waiting {
		if network != "" && slices.Contains(w.Marks, network) {
			n++
		}
	}
	return n
}

// ringOwner rings the owner's devices, if he wants it: those that have a socket by
// what tellLobby says, the others by a push. Whether he does must not be measured
// by who knocks: something is written in any case.
func (s *state) ringOwner(fx *effects, f policy.Facts, now time.Time) bool {
	if !s.RingHost || now.Sub(s.rung) < ringOwnerEvery {
		return false
	}
	s.rung = now
	fx.durable = true
	if !policy.Rings(f, s.RingHost, s.successor() != "") {
		fx.outbox = append(fx.outbox, ballast)
		return false
	}
	fx.outbox = append(fx.outbox, ringPush(s.ID, s.Kind, s.Owner, ringOwnerFor))
	return true
}

// stopKnocking takes back what would wake the owner's devices.
func (s *state) stopKnocking(fx *effects) {
	if s.RingHost {
		fx.drop = append(fx.drop, pushKey(s.ID, s.Owner))
		fx.durable = true
	}
}

// tellLobby tells the hosts and the owner's devices who waits.
func (s *state) tellLobby(fx *effects, rings bool) {
	var own wire.SessionID
	for i := range s.Legs {
		l := &s.Legs[i]
		switch {
		case !l.in() || !l.Hosts || l.Session == "":
		case l.User == s.Owner:
			own = l.Session
			fx.frames = append(fx.frames, outgoing{sessions: []wire.SessionID{l.Session}, body: s.lobbyFor(true, false)})
		default:
			fx.frames = append(fx.frames, outgoing{sessions: []wire.SessionID{l.Session}, body: s.lobbyFor(false, false)})
		}
	}
	fx.tell(s.Owner, own, s.lobbyFor(true, rings))
}

// lobbyFor is who waits, as the owner or another host sees it.
func (s *state) lobbyFor(owner, rings bool) wire.Lobby {
	lobby := wire.Lobby{Call: s.ID, Kind: s.Kind, Title: s.Title, Sealed: s.Sealed, Waiting: make([]wire.Waiter, 0, len(s.Waiting)), Rings: rings}
	if owner {
		lobby.Link = s.Link
	}
	for _, w := range s.Waiting {
		shown := wire.Waiter{Waiter: w.ID, Name: w.Name, Guest: w.Guest, Automated: w.Automated, SinceMs: wire.UnixMs(w.Since.UnixMilli())}
		if !w.Guest {
			shown.User = w.User
		}
		lobby.Waiting = append(lobby.Waiting, shown)
	}
	return lobby
}

// admits tells whether somebody may let others in: a host in the call, or the
// link's owner from wherever he is.
func (s *state) admits(who Who) bool {
	if l, err := s.member(who); err == nil && s.hosts(l) {
		return true
	}
	return s.Link != "" && who.User == s.Owner && !who.Guest()
}

// answerKnock lets somebody in who waits, or not.
func (s *state) answerKnock(fx *effects, who Who, id wire.ParticipantID, admit bool, now time.Time) error {
	i := slices.IndexFunc(s.Waiting, func(w waiter) bool { return w.ID == id })
	switch {
	case s.Phase == wire.PhaseEnded:
		return errCallEnded
	case !s.admits(who):
		return errNotHost
	case i < 0:
		return wire.Problemf(wire.CodeNotFound, "nobody waits under this id any more")
	}
	w := s.Waiting[i]
	if admit {
		s.approve(fx, w, now)
	} else {
		fx.ban(ban{user: w.User, marks: w.Marks, denied: true, again: w.Denied})
		s.dropWaiter(fx, w, wire.KnockDenied, now)
		s.noteDenied(w)
	}
	s.lobbyEmptied(fx, now)
	return nil
}

// noteDenied notes of others who wait that their browser was denied.
func (s *state) noteDenied(w waiter) {
	for i := range s.Waiting {
		s.Waiting[i].Denied = s.Waiting[i].Denied || slices.ContainsFunc(w.Marks, func(m string) bool {
			return isBrowser(m) && slices.Contains(s.Waiting[i].Marks, m)
		})
	}
}

// approve has a waiter come in.
func (s *state) approve(fx *effects, w waiter, now time.Time) {
	s.Approved = append(s.Approved, approval{w.User, w.Session, now.Add(approvedFor)})
	s.dropWaiter(fx, w, wire.KnockAdmitted, now)
}

// dropWaiter tells somebody what became of his knock.
func (s *state) dropWaiter(fx *effects, w waiter, answer wire.KnockAnswer, now time.Time) {
	fx.frames = append(fx.frames, outgoing{
		sessions: []wire.SessionID{w.Session}, body: wire.KnockAnswered{Link: w.As, Answer: answer},
	})
	s.forgetWaiter(fx, w.User, LobbyResult(answer), now)
}

// forgetWaiter takes somebody out of the lobby, if he is in it.
func (s *state) forgetWaiter(fx *effects, user wire.UserID, result LobbyResult, now time.Time) {
	i := s.waiterOf(user)
	if i < 0 {
		return
	}
	fx.count(LobbyLeft{Result: result, After: now.Sub(s.Waiting[i].Since)})
	if fx.knocks == nil {
		fx.knocks = map[wire.ParticipantID]LobbyResult{}
	}
	fx.knocks[s.Waiting[i].ID] = result
	s.Waiting = slices.Delete(s.Waiting, i, i+1)
	if len(s.Waiting) == 0 {
		s.stopKnocking(fx)
	}
	s.tellLobby(fx, false)
}

// dismiss sends everybody away who waits.
func (s *state) dismiss(fx *effects, answer wire.KnockAnswer, now time.Time) {
	for len(s.Waiting) > 0 {
		s.dropWaiter(fx, s.Waiting[0], answer, now)
	}
	s.Approved = nil
}

// letThrough lets those in who need not wait any more.
func (s *state) letThrough(fx *effects, now time.Time) {
	for _, w := range slices.Clone(s.Waiting) {
		e := policy.Entry{Facts: policy.Facts{CalleeExists: true}, Live: true, Guest: w.Guest, Suspect: w.Suspect, Lobby: lobby(s.Lobby)}
		if way, _ := policy.Enter(e); way == policy.In {
			s.approve(fx, w, now)
		}
	}
}

// switchLobby is a host's switching the lobby.
func (s *state) switchLobby(fx *effects, who Who, mode wire.LobbyMode, now time.Time) error {
	switch {
	case s.Phase == wire.PhaseEnded:
		return errCallEnded
	case s.Link == "" || !s.admits(who):
		return errNotHost
	}
	s.setLobby(fx, mode, false, now)
	return nil
}

// setLobby switches the lobby of the call and its link.
func (s *state) setLobby(fx *effects, mode wire.LobbyMode, crowded bool, now time.Time) {
	if s.Lobby == mode {
		return
	}
	s.Lobby, fx.lobby, fx.durable = mode, store.Lobby(mode), true
	s.broadcast(fx, wire.LobbyChanged{Lobby: mode, Crowded: crowded})
	s.letThrough(fx, now)
}

// stopWaiting is a waiter's own going away.
func (s *state) stopWaiting(fx *effects, who Who, now time.Time) error {
	i := s.waiterOf(who.User)
	if i < 0 || s.Waiting[i].Session != who.Session {
		return wire.Problemf(wire.CodeNotFound, "this session waits for nothing there")
	}
	s.forgetWaiter(fx, who.User, LobbyGaveUp, now)
	s.lobbyEmptied(fx, now)
	return nil
}

// lobbyEmptied ends a call in which nobody is and for which nobody waits.
func (s *state) lobbyEmptied(fx *effects, now time.Time) {
	if !s.empty() || s.Peak == 0 && now.Before(s.Created.Add(emptyFor)) {
		return
	}
	reason := wire.EndNoAnswer
	if !s.Connected.IsZero() {
		reason = wire.EndHangup
	}
	s.end(fx, reason, now)
}

// tendLobby does what is due in the lobby.
func (s *state) tendLobby(fx *effects, now time.Time) {
	for _, w := range slices.Clone(s.Waiting) {
		switch {
		case !w.Lost.IsZero() && !now.Before(w.Lost.Add(s.grace)):
			s.forgetWaiter(fx, w.User, LobbyGaveUp, now)
		case !now.Before(w.Since.Add(waitFor)):
			s.dropWaiter(fx, w, wire.KnockExpired, now)
		}
	}
	s.Approved = slices.DeleteFunc(s.Approved, func(a approval) bool { return !now.Before(a.until) })
	s.lobbyEmptied(fx, now)
}

// nextOfLobby calls at with the times when something is due in the lobby.
func (s *state) nextOfLobby(at func(time.Time)) {
	for _, w := range s.Waiting {
		at(w.Since.Add(waitFor))
		if !w.Lost.IsZero() {
			at(w.Lost.Add(s.grace))
		}
	}
	for _, a := range s.Approved {
		at(a.until)
	}
}
