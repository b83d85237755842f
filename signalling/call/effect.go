package call

import (
	"encoding/json"
	"strings"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// effects are what a change of state wants done, in order, once the durable
// part of it is committed.
type effects struct {
	at      time.Time // of the change
	durable bool
	frames  []outgoing
	reply   func() // to who asked, before the frames
	log     []store.LogChange
	outbox  []store.NewOutbox
	drop    []string
	untold  []wire.UserID // whose log changes without a word
	reasons map[wire.ParticipantID]wire.LeaveReason
	stories []store.NewEvent // for webhooks
	metrics []Event
	came    []Who                // who has come into the call
	notes   []Step               // for the timeline, beside the events
	apart   bool                 // who is kept apart has changed
	keys    bool                 // who holds which leaf in which epoch has changed
	allow   []wire.ParticipantID // whose media is let through or stopped
	moved   []wire.ParticipantID // whose media begins anew on another device
	spared  bool                 // nobody needs the SFU any more
	gone    []leg                // media to close and relay credentials to revoke

	decisions []store.Decision // for the callees to read later
	inviter   wire.UserID
	strangers []string // who do not know inviter
	answers   []store.Answer

	useLink bool        // of the call's link
	lobby   store.Lobby // of the link from now on; empty if it stays
	bans    []ban       // at the link
	knocks  map[wire.ParticipantID]LobbyResult
}

func (fx *effects) ban(b ban) {
	fx.bans = append(fx.bans, b)
	fx.durable = true
}

// nobody is an account that cannot be: ids have no such character. What is
// written for it costs the store as much as for others, and is nowhere.
const nobody wire.UserID = "."

// outgoing is one frame and who gets it.
type outgoing struct {
	sessions []wire.SessionID // for call and peer events
	user     wire.UserID      // or all sessions of an account
	except   wire.SessionID
	epoch    uint32
	seq      uint32
	call     wire.CallID
	body     any
}

// broadcast tells all who are in the call, and counts.
func (s *state) broadcast(fx *effects, body any) {
	if len(s.Apart) > 0 || len(s.Veils) > 0 || s.Queue != "" || s.Proposal != nil && len(s.Proposal.Unasked) > 0 {
		s.tellEach(fx, func(l *leg) any { return s.as(l, body) })
		return
	}
	s.Seq++
	out := outgoing{call: s.ID, epoch: s.Epoch, seq: s.Seq, body: body}
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && l.Session != "" {
			out.sessions = append(out.sessions, l.Session)
		}
	}
	fx.frames = append(fx.frames, out)
}

// tell sends a session event to every device of an account but one.
func (fx *effects) tell(user wire.UserID, except wire.SessionID, body any) {
	fx.frames = append(fx.frames, outgoing{user: user, except: except, body: body})
}

// toPeer sends a peer event to one session.
func (s *state) toPeer(fx *effects, session wire.SessionID, body any) {
	if session != "" {
		fx.frames = append(fx.frames, outgoing{sessions: []wire.SessionID{session}, call: s.ID, body: body})
	}
}

func (fx *effects) count(e Event) { fx.metrics = append(fx.metrics, e) }

// Topics of the outbox.
const (
	// TopicRing wakes devices that have no socket.
	TopicRing = "push.ring"
	// TopicMissed tells of a missed call.
	TopicMissed = "push.missed"
	// TopicNone is sent by nobody and soon swept: see ballast.
	TopicNone = "none"
)

// ballast is a row that is written where there would be another one, if the account were
// one that may be reached: else the time that the store takes would tell.
var ballast = store.NewOutbox{Topic: TopicNone, Payload: []byte("{}"), TTL: time.Millisecond}

// notice is the payload of the outbox: nothing but what a device needs to ask.
type notice struct {
	Call wire.CallID `json:"call"`
	Kind wire.Kind   `json:"kind"`
}

// ringDelay lets devices with a socket ring first, and a block that races the
// call take the push back.
const ringDelay = time.Second

func ringPush(call wire.CallID, kind wire.Kind, user wire.UserID, ttl time.Duration) store.NewOutbox {
	payload, _ := json.Marshal(notice{call, kind}) // two strings: cannot fail
	return store.NewOutbox{Topic: TopicRing, Key: pushKey(call, user), UserID: string(user), Payload: payload, Delay: ringDelay, TTL: ttl}
}

// missedTTL is how long a missed call waits for a device that is away.
const missedTTL = 30 * 24 * time.Hour

func (s *state) missedPush(user wire.UserID) store.NewOutbox {
	payload, _ := json.Marshal(notice{s.ID, s.Kind}) // two strings: cannot fail
	return store.NewOutbox{Topic: TopicMissed, Key: pushKey(s.ID, user), UserID: string(user), Payload: payload, TTL: missedTTL}
}

func pushKey(call wire.CallID, user wire.UserID) string { return string(call) + "/" + string(user) }

// logChange is the account's row in its call log.
func (s *state) logChange(user wire.UserID, direction store.Direction, outcome wire.Outcome, talked time.Duration) store.LogChange {
	with := make([]wire.Person, 0, 4)
	var names []string
	add := func(u wire.UserID, name string, guest bool) {
		if u == user {
			return
		}
		for _, p := range with {
			if p.User == u && p.Name == name {
				return
			}
		}
		name = s.nameFor(user, u, name)
		if guest {
			u = ""
		}
		with = append(with, wire.Person{User: u, Name: name})
		if name != "" { // somebody whose account is deleted
			names = append(names, name)
		}
	}
	for i := range s.Legs {
		add(s.Legs[i].User, s.Legs[i].Name, s.Legs[i].Guest)
	}
	for _, p := range s.Past {
		add(p.User, p.Name, p.Guest)
	}
	const most = 16 // a log shows faces, not a register
	if len(with) > most {
		with, names = with[:most], names[:min(len(names), most)]
	}
	ids, _ := json.Marshal(with) // strings: cannot fail
	return store.LogChange{
		UserID: string(user), Direction: direction, PeerName: clip(strings.Join(names, ", "), store.MaxName),
		PeerIDs: string(ids), Kind: store.Kind(s.Kind), Outcome: string(outcome),
		Ended: outcome != wire.OutcomeOngoing, Duration: talked,
	}
}

// clip shortens text to at most n bytes without cutting a character.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}

// writeLog notes how the call went for one account and tells its devices.
func (s *state) writeLog(fx *effects, user wire.UserID, direction store.Direction, outcome wire.Outcome, talked time.Duration) {
	fx.log = append(fx.log, s.logChange(user, direction, outcome, talked))
	fx.durable = true
}

func entry(c store.LogChange, call wire.CallID, now time.Time) wire.CallLogEntry {
	var with []wire.Person
	if json.Unmarshal([]byte(c.PeerIDs), &with) != nil || with == nil {
		with = []wire.Person{}
	}
	return wire.CallLogEntry{
		Call: call, Kind: wire.Kind(c.Kind), Direction: wire.Direction(c.Direction), Outcome: wire.Outcome(c.Outcome),
		With: with, StartedMs: wire.UnixMs(now.UnixMilli()), DurationMs: uint32(c.Duration.Milliseconds()),
	}
}
