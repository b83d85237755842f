package call

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pronto/signalling/identity"
	"pronto/signalling/wire"
)

// state is all there is to know about a call. It is the snapshot in the store:
// fields that must not survive a restart are not exported to JSON.
type state struct {
	ID         wire.CallID        `json:"id"`
	Trace      string             `json:"trace,omitzero"` // random; what logs call the call
	Key        string             `json:"key,omitzero"`   // the API key of who began it, or of its link
	Epoch      uint32             `json:"-"`              // the store's
	Seq        uint32             `json:"seq"`
	Kind       wire.Kind          `json:"kind"`
	Phase      wire.CallPhase     `json:"phase"`
	Topology   wire.Topology      `json:"topology"`
	Generation uint32             `json:"generation"`
	Host       wire.ParticipantID `json:"host,omitzero"`
	Link       wire.LinkID        `json:"link,omitzero"`
	Title      string             `json:"title,omitzero"`
	RelayOnly  bool               `json:"relayOnly,omitzero"`
	Created    time.Time          `json:"created"`
	Connected  time.Time          `json:"connected,omitzero"` // first answer
	Legs       []leg              `json:"legs"`
	Past       []past             `json:"past,omitzero"`
	Flows      bool               `json:"flows,omitzero"`   // media was heard
	Fault      Cause              `json:"fault,omitzero"`   // what kept media from flowing, if nobody has heard anybody
	Reached    bool               `json:"reached,omitzero"` // somebody who is called may be reached
	Kept       bool               `json:"kept,omitzero"`    // policy kept the call from somebody
	Busy       bool               `json:"busy,omitzero"`    // who declined, or wants no ring now, is in another call
	Left       bool               `json:"-"`                // taken up after a restart, and nobody has come back
	Rang       bool               `json:"rang,omitzero"`    // a device said that it rings
	Settled    bool               `json:"settled,omitzero"`
	Peak       int                `json:"peak"`
	End        wire.EndReason     `json:"end,omitzero"`
	Locked     bool               `json:"locked,omitzero"`
	Banned     []wire.UserID      `json:"banned,omitzero"`
	Proposal   *proposal          `json:"-"`             // does not outlive a restart
	LastID     int                `json:"lastId"`        // of participants
	Told       int64              `json:"told,omitzero"` // what webhooks were told, counted
	Keys       *keys              `json:"keys,omitzero"` // of an end-to-end encrypted call
	Veils      []veil             `json:"veils,omitempty"`
	trial
	ofWay
	ofGroup
	ofQueue
	ofLink
	shortStays []time.Time // when those ended that were short
	ringFor    time.Duration
	grace      time.Duration
	quiet      bool // no reports are wanted
}

// newState is a call that begins, for the people of an integrator.
func (r *Registry) newState(kind wire.Kind, topology wire.Topology, key string) *state {
	return &state{
		ID: wire.CallID(identity.NewID("cal")), Trace: newTrace(), Key: key, Epoch: 1, Kind: kind, Phase: wire.PhaseRinging,
		Topology: topology, Generation: 1, Created: time.Now(), trial: r.cfg.Experiment.draw(),
		ringFor: r.cfg.RingTimeout, grace: r.cfg.Grace, quiet: r.cfg.NoReports,
	}
}

// leg is one participant: rung, or in the call on one device.
type leg struct {
	Participant wire.ParticipantID   `json:"participant"`
	User        wire.UserID          `json:"user"`
	Name        string               `json:"name"`
	Guest       bool                 `json:"guest,omitzero"`
	Automated   bool                 `json:"automated,omitzero"`
	Hosts       bool                 `json:"hosts,omitzero"` // of a link's call
	Marks       []string             `json:"marks,omitzero"` // by which a link knows him again
	Presence    wire.Presence        `json:"presence"`
	Silent      bool                 `json:"silent,omitzero"` // must not be reached: rings nowhere
	Quiet       bool                 `json:"quiet,omitzero"`  // silent, but logged as missed
	Queued      bool                 `json:"queued,omitzero"` // an operator of a queue who is only rung
	By          wire.ParticipantID   `json:"by,omitzero"`
	RingUntil   time.Time            `json:"ringUntil,omitzero"`
	Device      wire.DeviceID        `json:"device,omitzero"`
	DeviceName  string               `json:"deviceName,omitzero"`
	Class       wire.DeviceClass     `json:"class,omitzero"`
	Can         *wire.Capabilities   `json:"can,omitzero"` // what its client can do; nil if it has not told
	Joined      time.Time            `json:"joined,omitzero"`
	Media       wire.Media           `json:"media"`
	BatteryLow  bool                 `json:"batteryLow,omitzero"`
	OnHold      bool                 `json:"onHold,omitzero"`
	Hand        time.Time            `json:"hand,omitzero"`
	Hidden      uint32               `json:"hidden,omitzero"` // events of the call that he must not know of
	NotHeard    bool                 `json:"-"`
	PoorNetwork bool                 `json:"-"`
	NoSound     bool                 `json:"-"` // none reaches the SFU, though his microphone is on
	Unheard     []wire.ParticipantID `json:"-"` // who cannot hear him
	Session     wire.SessionID       `json:"-"`
	Lost        time.Time            `json:"-"` // when its socket went
	MediaLost   time.Time            `json:"-"` // when its media went
	opens       bool                 // can open what the others seal
	entries     allowance
	commits     allowance
	messages    allowance
	lines       allowance
	reports     allowance
	opened      bool      // has opened a frame
	ends        int       // last reports of its pages
	Reported    time.Time `json:"-"` // its last report of quality
	Way         uint32    `json:"-"` // the generation whose connection it has reported, plus one
}

// past is what remains of somebody who was in the call, for the call log.
type past struct {
	User   wire.UserID   `json:"user"`
	Name   string        `json:"name"`
	Guest  bool          `json:"guest,omitzero"`
	Talked time.Duration `json:"talked"`

	// What reports go by. Came and Left are zero of who was only rung.
	As    []wire.ParticipantID `json:"as,omitempty"` // the last he was, at most maxAs
	Came  time.Time            `json:"came,omitzero"`
	Left  time.Time            `json:"left,omitzero"`
	Marks []string             `json:"marks,omitempty"`
}

// quietFor is how long a session or its media may be lost before the others
// are told "reconnecting".
const quietFor = 3 * time.Second

// emptyFor is how long the call of a link may wait for the one who opened it.
const emptyFor = 10 * time.Second

func (s *state) empty() bool {
	return s.Link != "" && s.Phase != wire.PhaseEnded && len(s.Legs) == 0 && len(s.Waiting) == 0 && len(s.Approved) == 0
}

func (l *leg) pending() bool {
	return l.Presence == wire.PresenceInvited || l.Presence == wire.PresenceRinging
}

func (l *leg) in() bool { return !l.pending() }

func (s *state) clone() *state {
	c := *s
	c.Legs = slices.Clone(s.Legs)
	c.Past = slices.Clone(s.Past)
	c.Waiting, c.Approved = slices.Clone(s.Waiting), slices.Clone(s.Approved)
	c.Keys = s.Keys.clone()
	return &c
}

// snapshot is the state as the store keeps it.
func (s *state) snapshot() (string, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("snapshot of a call: %w", err)
	}
	return string(data), nil
}

// restore makes a state from a snapshot after a restart: nobody is connected,
// everybody in the call has the grace period to come back, and media that went
// through the SFU must be set up anew.
func restore(snapshot string, epoch uint32, cfg Config, now time.Time) (*state, error) {
	s := &state{Epoch: epoch, ringFor: cfg.RingTimeout, grace: cfg.Grace, quiet: cfg.NoReports, Left: true}
	if err := json.Unmarshal([]byte(snapshot), s); err != nil {
		return nil, fmt.Errorf("snapshot of a call: %w", err)
	}
	s.trial = cfg.Experiment.of(s.trial)
	for i := range s.Legs {
		if s.Legs[i].in() {
			s.Legs[i].Lost = now
		}
	}
	if s.Topology == wire.TopologySFU {
		s.Generation++
	}
	if s.Keys != nil {
		s.Keys.restored(now)
		for i := range s.Legs {
			_, s.Legs[i].opens = s.ownLeaf(&s.Legs[i])
		}
	}
	return s, nil
}

func (s *state) legOf(p wire.ParticipantID) *leg {
	for i := range s.Legs {
		if s.Legs[i].Participant == p {
			return &s.Legs[i]
		}
	}
	return nil
}

// legOfUser returns the account's leg: the one that is in the call, if there
// is one.
func (s *state) legOfUser(user wire.UserID) *leg {
	var found *leg
	for i := range s.Legs {
		if l := &s.Legs[i]; l.User == user && (found == nil || l.in()) {
			found = l
		}
	}
	return found
}

// member returns the leg that this very session has in the call.
func (s *state) member(who Who) (*leg, error) {
	if s.Phase == wire.PhaseEnded {
		return nil, errCallEnded
	}
	for i := range s.Legs {
		if l := &s.Legs[i]; l.in() && l.User == who.User && l.Session == who.Session {
			return l, nil
		}
	}
	return nil, errNoCall
}

func (s *state) count(f func(*leg) bool) int {
	n := 0
	for i := range s.Legs {
		if f(&s.Legs[i]) {
			n++
		}
	}
	return n
}

// next returns when something is due by itself.
func (s *state) next() (time.Time, bool) {
	var soonest time.Time
	at := func(t time.Time) {
		if !t.IsZero() && (soonest.IsZero() || t.Before(soonest)) {
			soonest = t
		}
	}
	if s.Proposal != nil {
		at(s.Proposal.Until)
	}
	if s.empty() {
		at(s.Created.Add(emptyFor))
	}
	s.nextOfLobby(at)
	s.nextOfWay(at)
	at(s.nextKeys())
	for i := range s.Legs {
		l := &s.Legs[i]
		if l.pending() {
			at(l.RingUntil)
			continue
		}
		for _, since := range []time.Time{l.Lost, l.MediaLost} {
			if since.IsZero() {
				continue
			}
			if l.Presence == wire.PresenceJoined {
				at(since.Add(quietFor))
			}
			at(since.Add(s.grace))
		}
	}
	return soonest, !soonest.IsZero()
}

// public is the leg as others see it.
func (l *leg) public() wire.Participant {
	p := wire.Participant{
		Participant: l.Participant, Name: l.Name, Guest: l.Guest, Automated: l.Automated, Host: l.Hosts, Presence: l.Presence,
		Media: l.Media, BatteryLow: l.BatteryLow, OnHold: l.OnHold, NotHeard: l.NotHeard, PoorNetwork: l.PoorNetwork,
	}
	if !l.Hand.IsZero() {
		p.HandMs = wire.UnixMs(l.Hand.UnixMilli())
	}
	if !l.Guest {
		p.User = l.User
	}
	if l.in() {
		p.Device = cmp.Or(l.Class, wire.DeviceOther)
	}
	return p
}

// view is the state as one participant may see it. The ICE part is the
// actor's.
func (s *state) view(self wire.ParticipantID) wire.CallState {
	v := wire.CallState{
		Call: s.ID, Epoch: s.Epoch, Seq: s.Seq, Kind: s.Kind, Phase: s.Phase, Topology: s.Topology,
		Generation: s.Generation, Self: self, Host: s.Host, Title: s.Title, Sealed: s.Sealed, Lobby: s.Lobby, Group: s.Group, Locked: s.Locked,
		Encrypted: s.Keys != nil, Isolates: s.Isolate, Queue: s.queueState(),
		RingTimeoutMs: uint32(s.ringFor.Milliseconds()),
		Support:       SupportCode(s.ID),
		Experiment:    string(s.Experiment), Arm: s.Arm,
		Participants: make([]wire.Participant, 0, len(s.Legs)),
	}
	if !s.Connected.IsZero() {
		v.ConnectedMs = wire.UnixMs(s.Connected.UnixMilli())
	}
	for i := range s.Legs {
		if !s.Legs[i].Queued {
			v.Participants = append(v.Participants, s.Legs[i].public())
		}
	}
	s.hide(&v, s.legOf(self))
	return v
}

// incoming is what a device of the account shows while it rings.
func (s *state) incoming(user wire.UserID, now time.Time) (wire.Incoming, bool) {
	l := s.legOfUser(user)
	if l == nil || !l.pending() || l.Silent || s.Phase == wire.PhaseEnded {
		return wire.Incoming{}, false
	}
	in := wire.Incoming{Call: s.ID, Kind: s.Kind, Encrypted: s.Keys != nil, RingMs: uint32(max(0, l.RingUntil.Sub(now)).Milliseconds())}
	if by := s.legOf(l.By); by != nil {
		in.From, in.Name, in.Automated = by.User, s.nameFor(user, by.User, by.Name), by.Automated
	}
	in.Others = uint32(max(0, len(s.Legs)-2))
	if s.Group != "" {
		in.Group, in.Title = s.Group, s.Title
	}
	if s.Queue != "" {
		in.Title, in.Others = s.Title, uint32(max(0, s.count((*leg).in)-1))
	}
	return in, true
}
