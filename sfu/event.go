package sfu

import "time"

// Slot says what flows in one receive slot of a peer.
type Slot struct {
	// Mid names the media section, as in the peer's offer.
	Mid string
	// Participant is the id of the peer who sends.
	Participant string
	// Source is what he sends.
	Source Source
}

// ViewItem says at which height a viewer shows one source of one participant.
type ViewItem struct {
	// Participant is the id of the peer who sends.
	Participant string
	// Source is [Camera] or [Screen]; others are ignored, sound is always sent.
	Source Source
	// Height is the height in device pixels at which it is shown, 0 to 4320. 0
	// means that it is not shown: it keeps no slot and costs nothing.
	Height int
	// Pinned puts it before all others, also before who speaks.
	Pinned bool
}

// Reason says why a peer failed or was closed. The set is fixed, fit for a label.
type Reason string

// Why a peer is gone.
const (
	// ReasonClosed: the caller closed the peer, its room or the SFU.
	ReasonClosed Reason = "closed"
	// ReasonReplaced: another peer joined with the same id.
	ReasonReplaced Reason = "replaced"
	// ReasonTransport: ICE consent or DTLS is lost for good, or never came.
	ReasonTransport Reason = "transport"
	// ReasonAbuse: the client broke a limit that no honest client reaches.
	ReasonAbuse Reason = "abuse"
)

// PeerEvent is what the owner of a peer is told, one after another, in order:
// [Connected], [Disconnected], [Failed], [Slots], [Speakers], [FirstMedia], [Codecs], [Unheard], [Paused],
// [Encodings], [Data] or [Measured]. All but the first three and FirstMedia are states: when the listener is slow only the newest comes.
type PeerEvent interface{ peerEvent() }

// Connected says that ICE and DTLS are up: at first, and after each [Disconnected]
// that healed.
type Connected struct{}

// Disconnected says that nothing has been heard from the client for
// [Limits.DisconnectedAfter]. It may heal by itself or by an ICE restart.
type Disconnected struct{}

// Failed says that the transport is lost. After [ReasonTransport] the client may
// still restart ICE until the owner closes the peer; after any other reason the
// peer is closed already. Always the last event but for a healing [Connected].
type Failed struct{ Reason Reason }

// Slots is the whole list of what flows where, each time it changes. A slot that
// is not listed is empty.
type Slots struct{ Slots []Slot }

// Speakers lists who speaks, loudest first; at most two a second. It names every
// participant of the room, the receiver included.
type Speakers struct{ Participants []string }

// Pause is one picture that the client shows and that does not flow.
type Pause struct {
	// Participant is the id of the peer who sends.
	Participant string
	// Source is [Camera] or [Screen].
	Source Source
	// Reason is why.
	Reason PauseReason
}

// Paused is the whole list of what is paused, each time it changes.
type Paused struct{ Pauses []Pause }

// Encodings says which encodings of one source the client is to send, from lowest to highest: the others nobody needs
// at the moment. Before the first one it sends all.
type Encodings struct {
	Source Source
	Active []bool
}

// DataState is how far a peer has used its budget ([Peer.Use]).
type DataState int

// The states, from best to worst.
const (
	DataPlenty DataState = iota
	DataLow              // four fifths are used
	DataSpent            // nothing is left; only sound flows
)

// Data says how far a peer has used its budget, each time the state changes.
type Data struct {
	State DataState
	// Used and Budget are in bytes; Budget is 0 for none.
	Used, Budget int64
}

// Measured is what this side has measured of the connection in the last [MeasureEvery], whatever its client says.
type Measured struct{ Leg Leg }

// Codecs lists the codecs of pictures that everybody who receives any can decode: of "vp8", "vp9", "av1" and
// "h264", in this order. The client may send any of them, and may change between them without an offer.
type Codecs struct{ Video []string }

// FirstMedia says that the first media packet of the client has come.
type FirstMedia struct{}

// Unheard says that the client's microphone is on, but no packet of it comes or
// nothing but silence, or that it is heard again. It begins heard. What is told while
// the transport is interrupted is true as well: then nobody hears him.
type Unheard struct{ On bool }

func (Connected) peerEvent()    {}
func (Disconnected) peerEvent() {}
func (Failed) peerEvent()       {}
func (Slots) peerEvent()        {}
func (Speakers) peerEvent()     {}
func (FirstMedia) peerEvent()   {}
func (Paused) peerEvent()       {}
func (Encodings) peerEvent()    {}
func (Data) peerEvent()         {}
func (Codecs) peerEvent()       {}
func (Unheard) peerEvent()      {}
func (Measured) peerEvent()     {}

// Event is what metrics are told; it names nobody. One of [PeerConnected],
// [PeerFirstMedia], [PeerGone], [KeyFrameCame] or [LegMeasured].
type Event interface{ event() }

// PeerConnected says how long a peer took from its first offer to DTLS connected.
type PeerConnected struct{ After time.Duration }

// PeerFirstMedia says how long a peer took from its first offer to the first media packet
// received from it.
type PeerFirstMedia struct{ After time.Duration }

// PeerGone says that a peer was closed, why, and how long after it joined.
type PeerGone struct {
	Reason Reason
	After  time.Duration
	Bytes  int64 // sent and received, headers of all layers included
}

// KeyFrameCame says how long a key frame took from the first request for it.
type KeyFrameCame struct{ After time.Duration }

func (PeerConnected) event()  {}
func (PeerFirstMedia) event() {}
func (PeerGone) event()       {}
func (KeyFrameCame) event()   {}
func (LegMeasured) event()    {}
