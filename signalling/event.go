package signalling

import (
	"time"

	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// Event is what metrics are told; it names nobody. One of [SocketOpened],
// [SocketClosed], [Handled], [EventsSent], [Pinged], [LinkCreated], [Noticed], [NoteCame],
// [ReportFiled] or [TokenRefused].
type Event interface{ event() }

// SocketOpened says that a WebSocket was accepted.
type SocketOpened struct{ Client call.Client }

// CloseReason is why a socket closed. The set is fixed, fit for a label.
type CloseReason string

// The reasons.
const (
	CloseNormal       CloseReason = "normal"
	CloseTimeout      CloseReason = "timeout"
	CloseSlowConsumer CloseReason = "slow_consumer"
	ClosePolicy       CloseReason = "policy" // token refused, replaced, or limits broken
	CloseDrain        CloseReason = "drain"
	CloseError        CloseReason = "error"
)

// SocketClosed says that a WebSocket closed.
type SocketClosed struct {
	Client call.Client
	Reason CloseReason
}

// EventsSent says how many events were written to a socket in one go.
type EventsSent struct{ Count int }

// Pinged says how long a client's ping took to be answered, as it measured it.
type Pinged struct{ RTT time.Duration }

// Handled says that a request was answered. Type is "unknown" for what is none;
// Code is empty when it was carried out.
type Handled struct {
	Type  string
	Code  wire.Code
	After time.Duration
}

// LinkCreated says that somebody made a call link.
type LinkCreated struct{ Kind wire.Kind }

// NoticeStep is how far a notice of the service, such as new terms, has come with an
// account. The set is fixed, fit for a label.
type NoticeStep string

// The steps.
const (
	NoticeDelivered NoticeStep = "delivered" // a device of it was told
	NoticeAccepted  NoticeStep = "accepted"
)

// Noticed says that an account has come so far with the terms of now, each once.
type Noticed struct{ Step NoticeStep }

// NoteStep is what became of a note to a missed call. The set is fixed, fit for a label.
type NoteStep string

// The steps.
const (
	NoteLeft     NoteStep = "left"     // it waits for who was called
	NoteWithheld NoteStep = "withheld" // from who must not be heard: it is kept from who was called
	NoteRefused  NoteStep = "refused"  // there is no such call, none is taken, or too many came
	NoteFetched  NoteStep = "fetched"
	NoteDropped  NoteStep = "dropped" // deleted by who was called
	NoteExpired  NoteStep = "expired"
)

// NoteCame says that a note has come so far.
type NoteCame struct{ Step NoteStep }

// ReportFiled says that somebody has reported what he met in a call, for one of
// [store.Reasons].
type ReportFiled struct{ Reason string }

// AppealFiled says that the owner of a suspended account has appealed.
type AppealFiled struct{}

// TokenRefused says that a hello had a token that was refused.
type TokenRefused struct{}

func (SocketOpened) event() {}
func (SocketClosed) event() {}
func (Handled) event()      {}
func (EventsSent) event()   {}
func (Pinged) event()       {}
func (LinkCreated) event()  {}
func (Noticed) event()      {}
func (NoteCame) event()     {}
func (ReportFiled) event()  {}
func (AppealFiled) event()  {}
func (TokenRefused) event() {}
