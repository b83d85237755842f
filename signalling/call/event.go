package call

import (
	"time"

	"pronto/signalling/wire"
)

// Event is what metrics are told; it names nobody but the API key whose people are in the
// call, for the integrator's own figures. One of
// [SetUpEnded], [RingingBegan], [RingingEnded], [MediaBegan], [Ended], [Refused], [Alerted],
// [LinkJoined], [LobbyLeft], [KindAnswered], [Entered], [AdmissionRefused], [Connected], [Reported], [StayReported], [ReportDropped],
// [Rated], [GroupFounded], [KeysChanged], [CommitRefused], [KeysOpened] or [KeysFailed].
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
	OutcomeBusy        Outcome = "busy"        // declined by who is in another call
	OutcomeUnreachable Outcome = "unreachable" // no device said that it rings
	OutcomeBlocked     Outcome = "blocked"     // policy kept it from all who were called
	OutcomeFailed      Outcome = "failed"
)

// Cause is why a set-up failed; empty for the other outcomes.
type Cause string

// The causes.
const (
	CauseNone        Cause = ""
	CauseICE         Cause = "ice"
	CauseDTLS        Cause = "dtls"
	CauseCodec       Cause = "codec"
	CauseKeyExchange Cause = "key_exchange" // frames came, and none could be opened
	CauseCapacity    Cause = "capacity"     // the server had no room for the call or its media
	CausePermission  Cause = "permission"   // the microphone or camera was not given
	CauseDevice      Cause = "device"       // there is none, or it went away
	CauseAuth        Cause = "auth"         // the relay or the call refused a credential
	CauseSignalling  Cause = "signalling"   // a participant's session was lost before media flowed
	CauseInternal    Cause = "internal"     // the server is at fault
)

// Causes lists those of failed set-ups.
func Causes() []Cause {
	return []Cause{
		CauseICE, CauseDTLS, CauseCodec, CauseKeyExchange, CauseCapacity, CausePermission, CauseDevice, CauseAuth,
		CauseSignalling, CauseInternal,
	}
}

// SetUpEnded says how one attempt ended: exactly once for each call.
type SetUpEnded struct {
	Trace    string   // the call's random trace id
	Key      string   // the API key that the call's people, or its link, are of; empty if it is not known
	Arm      wire.Arm // of an experiment; empty for none
	Kind     wire.Kind
	Topology wire.Topology
	Via      Via
	Outcome  Outcome
	Cause    Cause
}

// RingingBegan says how long it took from the ring to the first device that
// rings.
type RingingBegan struct {
	Topology wire.Topology
	After    time.Duration
}

// RingingEnded says how long a callee's devices rang, and what became of it:
// connected, declined or missed.
type RingingEnded struct {
	Outcome Outcome
	After   time.Duration
}

// MediaBegan says how long a client waited for the first sound.
type MediaBegan struct {
	Trace    string
	Arm      wire.Arm // as in [SetUpEnded]
	Via      Via
	Kind     wire.Kind
	Topology wire.Topology
	Path     wire.Path
	After    time.Duration
}

// Ended says that a call is over.
type Ended struct {
	Trace    string
	Key      string // as in [SetUpEnded]
	Kind     wire.Kind
	Topology wire.Topology
	Cause    EndCause
	Talked   time.Duration // zero if nobody answered
	Peak     int           // most participants at one time
}

// EndCause is why a call is over. The set is fixed, fit for a label.
type EndCause string

// The causes. Those from EndNetwork on are abnormal: nobody wanted the end.
const (
	EndHangup    EndCause = "hangup"
	EndLastLeft  EndCause = "last_left" // the call of a link or group, which ends when it is empty
	EndDeclined  EndCause = "declined"
	EndCancelled EndCause = "cancelled"
	EndTimeout   EndCause = "timeout" // nobody answered
	EndKicked    EndCause = "kicked"  // a link was revoked
	EndNetwork   EndCause = "network" // media or sessions were lost for longer than the grace period
	EndCrash     EndCause = "crash"   // the server went away, and nobody came back
	EndError     EndCause = "error"   // no media came about
)

// EndCauses lists them.
func EndCauses() []EndCause {
	return []EndCause{EndHangup, EndLastLeft, EndDeclined, EndCancelled, EndTimeout, EndKicked, EndNetwork, EndCrash, EndError}
}

// Abnormal tells whether nobody wanted the end.
func (c EndCause) Abnormal() bool { return c == EndNetwork || c == EndCrash || c == EndError }

// Refused says that policy kept a call from ringing. It does not say whose.
type Refused struct{ Reason string }

// Alerted says that a participant was told of trouble.
type Alerted struct{ Alert string }

// AdmissionRefused says that somebody was kept out for want of room.
type AdmissionRefused struct{ Reason Admittance }

// Admittance is what had no room. The set is fixed, fit for a label.
type Admittance string

// What may have no room.
const (
	AdmissionMedia Admittance = "media" // the SFU: rooms, or peers in one
	AdmissionCall  Admittance = "call"  // the call has as many as it may
)

// LinkJoined says how an attempt to look at a link that leads nowhere, or to join
// by any, ended.
type LinkJoined struct{ Result LinkTry }

// LinkTry is how an attempt to join by a link ended. The set is fixed, fit for a
// label.
type LinkTry string

// The results.
const (
	TryOK        LinkTry = "ok"
	TryWaits     LinkTry = "waits"   // has to be let in by a host
	TryNotYet    LinkTry = "not_yet" // before it opens
	TryUnknown   LinkTry = "unknown" // there is no such link: a guess, or a bad copy
	TryRevoked   LinkTry = "revoked"
	TryExpired   LinkTry = "expired"
	TryExhausted LinkTry = "exhausted"
	TryBanned    LinkTry = "banned"  // was put out, or denied twice
	TryRefused   LinkTry = "refused" // by a block, a suspension, a locked or full call
	TryLimited   LinkTry = "limited" // too many from there led nowhere
)

// LinkTries lists all results.
func LinkTries() []string {
	return []string{
		string(TryOK), string(TryWaits), string(TryNotYet), string(TryUnknown), string(TryRevoked), string(TryExpired),
		string(TryExhausted), string(TryBanned), string(TryRefused), string(TryLimited),
	}
}

// LobbyLeft says that somebody waits no more.
type LobbyLeft struct {
	Result LobbyResult
	After  time.Duration
}

// LobbyResult is what became of somebody who waited. The set is fixed.
type LobbyResult string

// The results; all but the last are a [wire.KnockAnswer].
const (
	LobbyAdmitted = LobbyResult(wire.KnockAdmitted)
	LobbyDenied   = LobbyResult(wire.KnockDenied)
	LobbyExpired  = LobbyResult(wire.KnockExpired)
	LobbyClosed   = LobbyResult(wire.KnockClosed)
	LobbyGaveUp   = LobbyResult("gave_up")
)

// LobbyResults lists all results.
func LobbyResults() []string {
	return []string{string(LobbyAdmitted), string(LobbyDenied), string(LobbyExpired), string(LobbyClosed), string(LobbyGaveUp)}
}

// KindAnswered says what became of a wish to switch between voice and video.
type KindAnswered struct {
	To     wire.Kind
	Answer wire.KindAnswer
}

// Entered says that somebody came into a call with a client of some kind.
// Distinct tells calls apart without naming them: it is a hash under a key that
// this process makes anew each day and tells nobody. Person tells people apart
// likewise; a guest is another one at each visit.
type Entered struct {
	Client   Client
	Distinct uint64
	Person   uint64
}

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
	Trace    string
	Key      string   // as in [SetUpEnded]
	Arm      wire.Arm // likewise
	Topology wire.Topology
	Span     time.Duration
	Path     wire.Path     // empty if unknown
	RTT      time.Duration // zero if unknown
	Sound    *wire.HeardSound
	Pictures []wire.SeenPictures
	Sent     *wire.SentPicture
	Switches int
	Up       []wire.SentLoss
	Moments  []wire.Moment
}

// StayReported says what a participant's stay in a call has cost, and what no
// other report has said.
type StayReported struct {
	Kind           wire.Kind
	Topology       wire.Topology
	Sent, Received int64 // bytes, headers included
	Moments        []wire.Moment
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
	ReportOptedOut    ReportResult = "opted_out" // the operator wants none
	ReportLate        ReportResult = "late"      // of a call that is long over, or was reported already
)

func (SetUpEnded) event()       {}
func (RingingBegan) event()     {}
func (RingingEnded) event()     {}
func (AdmissionRefused) event() {}
func (KindAnswered) event()     {}
func (Entered) event()          {}
func (StayReported) event()     {}
func (MediaBegan) event()       {}
func (Ended) event()            {}
func (Refused) event()          {}
func (Alerted) event()          {}
func (LinkJoined) event()       {}
func (LobbyLeft) event()        {}
func (Connected) event()        {}
func (Rated) event()            {}
func (Reported) event()         {}
func (ReportDropped) event()    {}
