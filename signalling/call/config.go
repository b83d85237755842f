package call

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"pronto/sfu"
	"pronto/signalling/link"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Config is what a [Registry] needs.
type Config struct {
	// Node is this server's id, the owner of its calls in the store.
	Node string
	// RingTimeout is how long somebody is rung before it is a missed call. 1 s
	// to 2 min; 45 s is usual.
	RingTimeout time.Duration
	// RatingShare is the share of the calls whose people are asked afterwards
	// how it was, 0 to 1.
	RatingShare float64
	// NoReports has the server ask clients for no reports of quality, and keep
	// none.
	NoReports bool
	// Grace is how long a participant may be lost before he leaves the call.
	// 1 s to 5 min; 30 s is usual.
	Grace time.Duration

	// RemindBefore is how long before a booked talk its people are reminded of it; at
	// most a week. 10 min is usual; 0 reminds nobody.
	RemindBefore time.Duration

	// Encryption says which calls are end-to-end encrypted; empty is
	// [EncryptionRequired].
	Encryption Encryption

	// Experiment is what calls try out; empty is [ExperimentOff].
	Experiment Experiment

	// Marker makes what links remember of those who were put out.
	Marker link.Marker

	// Limits keep callers from being a nuisance; zeroes take the defaults.
	Limits Limits

	// Store keeps what must not be lost.
	Store Store
	// Post carries frames to sessions.
	Post Post
	// Media forwards media for three and more.
	Media Media
	// Relay gives TURN servers with credentials for one user of one call.
	Relay Relay
	// Events hears what metrics want to know; it must not block.
	Events func(Event)
	// Logger is required. Nothing at info or above names anybody.
	Logger *slog.Logger
}

// Validate says what is missing or out of range.
func (c Config) Validate() error {
	switch {
	case c.Node == "":
		return errors.New("call: Config.Node is empty")
	case !(c.RatingShare >= 0 && c.RatingShare <= 1):
		return errors.New("call: Config.RatingShare is not between 0 and 1")
	case c.RingTimeout < time.Second || c.RingTimeout > 2*time.Minute:
		return errors.New("call: Config.RingTimeout is not between 1 s and 2 min")
	case c.Grace < time.Second || c.Grace > 5*time.Minute:
		return errors.New("call: Config.Grace is not between 1 s and 5 min")
	case c.RemindBefore < 0 || c.RemindBefore > 7*24*time.Hour:
		return errors.New("call: Config.RemindBefore is not between 0 and a week")
	case !c.Marker.Valid():
		return errors.New("call: Config.Marker has no secret")
	case c.Store == nil || c.Post == nil || c.Media == nil || c.Relay == nil || c.Events == nil || c.Logger == nil:
		return errors.New("call: a part of Config is missing")
	}
	if c.Experiment != "" && !slices.Contains(Experiments(), c.Experiment) {
		return errors.New("call: Config.Experiment is none of Experiments")
	}
	if !c.Encryption.valid() {
		return errors.New("call: Config.Encryption is none of required, optional and off")
	}
	return c.Limits.validate()
}

// Store is the part of [store.Store] that calls need.
type Store interface {
	CreateCall(ctx context.Context, n *store.NewCall, decide func([]store.Relation) error) (store.CallRow, error)
	Transition(ctx context.Context, callID string, epoch int64, change *store.Change) error
	Relations(ctx context.Context, caller string, callees []string) ([]store.Relation, error)
	ClaimCalls(ctx context.Context, node string) ([]store.CallRow, error)
	Link(ctx context.Context, id string) (store.Link, error)
	LinkDoor(ctx context.Context, id, hash string) (store.LinkDoor, error)
	LinkStandings(ctx context.Context, link string, subjects []string) ([]store.LinkStanding, error)
	Slots(ctx context.Context, link string) ([]store.Slot, error)
	BookSlot(ctx context.Context, link string, from time.Time, book store.NewLink, remind store.Remind) (store.Link, error)
	Group(ctx context.Context, id string) (store.GroupRow, error)
	Queue(ctx context.Context, link string) (store.Queue, error)
	Seen(ctx context.Context, ones, others []string) ([]store.Seen, error)
	TakeKeyPackage(ctx context.Context, user, device string) (store.KeptKeyPackage, error)
	WriteDecisions(ctx context.Context, decisions ...store.Decision) error
}

// Post carries frames to sessions, wherever they are. Frames for one session
// arrive in the order in which they were posted. It must not block.
type Post interface {
	// ToSession sends a frame to one session.
	ToSession(session wire.SessionID, frame wire.Frame)
	// ToUser sends a frame to all sessions of an account but one.
	ToUser(user wire.UserID, frame wire.Frame, except wire.SessionID)
}

// Media is the SFU, as calls see it.
type Media interface {
	// Join makes a peer in the room of a call.
	Join(call wire.CallID, p wire.ParticipantID, on func(sfu.PeerEvent)) (Peer, error)
	// End closes the room of a call.
	End(call wire.CallID)
}

// Peer is one participant's connection to the SFU.
type Peer interface {
	Negotiate(ctx context.Context, offer sfu.Offer) (sfu.Answer, error)
	View(items []sfu.ViewItem)
	Allow(send, receive bool)
	Mute(on bool)
	Isolate(ids []string)
	Use(use sfu.DataUse) error
	Used() int64
	Seal(seal sfu.Seal)
	Close()
}

// Relay is TURN, as calls see it.
type Relay interface {
	// Servers gives credentials that end with the call.
	Servers(call wire.CallID, p wire.ParticipantID) []wire.ICEServer
	// Revoke ends them, for one participant or (empty) for the whole call.
	Revoke(call wire.CallID, p wire.ParticipantID)
}

// SFU makes a [Media] of an SFU.
func SFU(s *sfu.SFU) Media { return rooms{s} }

type rooms struct{ sfu *sfu.SFU }

// Join implements [Media].
func (r rooms) Join(call wire.CallID, p wire.ParticipantID, on func(sfu.PeerEvent)) (Peer, error) {
	room, err := r.sfu.Room(string(call))
	if err != nil {
		return nil, err
	}
	peer, err := room.Join(string(p), on)
	if err != nil {
		return nil, err // not peer: a nil *sfu.Peer is not a nil Peer
	}
	return peer, nil
}

// End implements [Media].
func (r rooms) End(call wire.CallID) {
	if room, err := r.sfu.Room(string(call)); err == nil {
		room.Close()
	}
}
