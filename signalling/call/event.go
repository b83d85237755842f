package call

import (
	"time"

	"pronto/signalling/wire"
)

// Event is what metrics are told; it names nobody. One of
// [SetUpEnded], [RingingBegan], [MediaBegan], [Ended], [Refused], [Alerted],
// [LinkJoined], [Connected], [Reported], [ReportDropped], [Rated], [GroupFounded],
// [KeysChanged], [CommitRefused], [KeysOpened] or [KeysFailed].
type Event interface{ event() }

// Via is how a call comes about. The set is fixed, fit for a label.
type Via string

// The ways.
const (
	ViaContact Via = "contact"
	ViaGroup   Via = "group"
	ViaLink    Via = "link"
)

// Outcome is how the attempt to set a call up ended. The set is fixed.
type Outcome string

// The outcomes.
const (
	OutcomeConnected   Outcome = "connected"
	OutcomeDeclined    Outcome = "declined"
	OutcomeMissed      Outcome = "missed"
	OutcomeCancelled   Outcome = "cancelled"
	OutcomeUnreachable Outcome = "unreachable" // no device said that it rings
	OutcomeFailed      Outcome = "failed"
)

// Cause is why a set-up failed; empty for the other outcomes.
type Cause string

// The causes.
const (
	CauseNone       Cause = ""
	CauseICE        Cause = "ice"
	CauseSignalling Cause = "signalling"
)

// SetUpEnded says how one attempt ended: exactly once for each call.
type SetUpEnded struct {
	Kind     wire.Kind
	Topology wire.Topology
	Via      Via
	Outcome  Outcome
	Cause    Cause
}

// RingingBegan says how long it took from the ring to the first device that
// rings.
type RingingBegan struct{ After time.Duration }

// MediaBegan says how long a client waited for the first sound.
type MediaBegan struct {
	Kind     wire.Kind
	Topology wire.Topology
	Path     wire.Path
	After    time.Duration
}

// Ended says that a call is over.
type Ended struct {
	Kind     wire.Kind
	Topology wire.Topology
	Reason   wire.EndReason
	Talked   time.Duration // zero if nobody answered
	Peak     int           // most participants at one time
}

// Refused says that policy kept a call from ringing. It does not say whose.
type Refused struct{ Reason string }

// Alerted says that a participant was told of trouble.
type Alerted struct{ Alert string }

// LinkJoined says how an attempt to join by a link ended.
type LinkJoined struct{ Result string }

// Connected says how a connection for media came about, as the client
// measured it.
type Connected struct {
	Path             wire.Path
	Transport        wire.Transport
	Family           wire.Family   // empty if unknown
	Relay, ICE, DTLS time.Duration // zero if unknown
}

// Reported is what a client reported of the last seconds of a call.
type Reported struct {
	Topology wire.Topology
	Span     time.Duration
	Path     wire.Path     // empty if unknown
	RTT      time.Duration // zero if unknown
	Sound    *wire.HeardSound
	Pictures []wire.SeenPictures
	Sent     *wire.SentPicture
	Switches int
}

// Rated says how somebody liked a call.
type Rated struct {
	Kind    wire.Kind
	Stars   int // 1 to 5
	Reasons []wire.RatingReason
}

// ReportDropped says that a client's report was not counted: it came too soon
// after the one before, or says what cannot be. The set of results is fixed.
type ReportDropped struct{ Result ReportResult }

// ReportResult is what became of a client's report.
type ReportResult string

// The results.
const (
	ReportAccepted    ReportResult = "accepted"
	ReportInvalid     ReportResult = "invalid"
	ReportRateLimited ReportResult = "rate_limited"
)

func (SetUpEnded) event()    {}
func (RingingBegan) event()  {}
func (MediaBegan) event()    {}
func (Ended) event()         {}
func (Refused) event()       {}
func (Alerted) event()       {}
func (LinkJoined) event()    {}
func (Connected) event()     {}
func (Rated) event()         {}
func (Reported) event()      {}
func (ReportDropped) event() {}
