package turn

import "time"

// Transport is how a client reaches the server. The relayed side is always UDP.
type Transport string

// The transports between client and server.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// Reason says why a client was refused. The set is fixed, fit for a label.
type Reason string

// Why a client was refused.
const (
	// ReasonAuth: a username that cannot be read, a wrong password or realm, or a
	// credential that was revoked.
	ReasonAuth Reason = "auth"
	// ReasonExpired: a new allocation with a credential whose time is over, or
	// that claims to last more than a day.
	ReasonExpired Reason = "expired"
	// ReasonQuota: too many allocations, permissions or channels.
	ReasonQuota Reason = "quota"
	// ReasonPeerDenied: a permission for an address that the peer policy refuses.
	ReasonPeerDenied Reason = "peer_denied"
	// ReasonBandwidth: datagrams were dropped over the user's rate. Told at most
	// once a second for each user.
	ReasonBandwidth Reason = "bandwidth"
	// ReasonCapacity: no relay port is free, or the socket could not be bound.
	ReasonCapacity Reason = "capacity"
)

// Event is [AllocationOpened], [AllocationClosed], [AllocationRefused] or
// [Relayed]. No event holds an id or an address.
type Event interface{ event() }

// AllocationOpened says that a client was given a relayed address.
type AllocationOpened struct{ Transport Transport }

// AllocationClosed says that an allocation is gone: deleted by its client,
// expired, revoked, or the server stops. Each opened one is closed once.
type AllocationClosed struct {
	Transport Transport
	// BytesToPeers and BytesToClient are the payload relayed in its whole life.
	// Metrics that want a running total add up [Relayed], not these.
	BytesToPeers, BytesToClient uint64
	// Duration is how long it lived.
	Duration time.Duration
}

// AllocationRefused says that a client did not get what it asked for.
type AllocationRefused struct {
	Transport Transport
	Reason    Reason
}

// Relayed is the payload relayed since the last event of this kind for the same
// allocations: every few seconds for those that live, and once more for each
// before its [AllocationClosed].
type Relayed struct {
	Transport                   Transport
	BytesToPeers, BytesToClient uint64
}

func (AllocationOpened) event()  {}
func (AllocationClosed) event()  {}
func (AllocationRefused) event() {}
func (Relayed) event()           {}
