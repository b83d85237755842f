package turn

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// permissionLifetime is how long the library keeps a permission (RFC 8656,
	// section 9).
	permissionLifetime = 5 * time.Minute
	// lifetimeMargin is how much earlier than the library an allocation is ended
	// here. It must be longer than any pause between the library's setting its
	// timer and the response's passing by.
	lifetimeMargin = 2 * time.Second
)

// client names one client as the library does: by its transport address.
type client struct {
	transport Transport
	addr      netip.AddrPort // unmapped
}

// allocation is what this package knows about one of the library's allocations.
type allocation struct {
	// Set by Server.open.
	transport Transport
	pair      pair
	owner     *user
	conn      *net.UDPConn
	bound     netip.Addr     // what conn listens on; may be unspecified
	announced netip.AddrPort // the relayed transport address
	opened    time.Time

	// Set by Server.open, and again by table.bind under the table's lock, before the
	// relay is read.
	client     client
	clientAddr net.Addr // the same for the library
	line       *line

	ended    atomic.Bool // nothing of the client passes any more
	released atomic.Bool // the library has let go of the relay

	toPeers, toClient atomic.Uint64 // bytes

	mu          sync.Mutex // guards what follows; held for map access only
	deadline    time.Time  // when the relay is ended unless refreshed
	begun       bool       // the first lifetime was granted
	permissions map[netip.Addr]time.Time
	channels    map[uint16]struct{}
	told        Relayed // what has been told of toPeers and toClient
}

// extend has the relay end shortly before the library's own timer would. That
// timer closes the allocation at any moment, even in the middle of a message of its
// client (see gate); the relay's reader waits for the gate.
func (a *allocation) extend(deadline time.Time) {
	a.mu.Lock()
	a.deadline = deadline
	a.mu.Unlock()
	// An error means that the socket is closed: the relay has ended already.
	_ = a.conn.SetReadDeadline(deadline)
}

// granted takes note of the lifetime in a success response. A repeated response to
// Allocate renews nothing.
func (a *allocation) granted(lifetime time.Duration, refreshed bool) {
	a.mu.Lock()
	first := !a.begun
	a.begun = true
	a.mu.Unlock()
	if first || refreshed {
		a.extend(time.Now().Add(lifetime - lifetimeMargin))
	}
}

// expired reports whether the allocation's time is over.
func (a *allocation) expired(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !now.Before(a.deadline)
}

// end closes the relay. The relay's reader then tells the library.
func (a *allocation) end() {
	a.ended.Store(true)
	_ = a.conn.Close() // an error means that it is closed already
}

// takesPermission counts a permission for peer; false means that there are limit others.
func (a *allocation) takesPermission(peer netip.Addr, limit int, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.permissions[peer]; !ok && len(a.permissions) >= limit {
		for p, until := range a.permissions {
			if now.After(until) {
				delete(a.permissions, p)
			}
		}
		if len(a.permissions) >= limit {
			return false
		}
	}
	a.permissions[peer] = now.Add(permissionLifetime + time.Second) // not before the library's
	return true
}

// takesChannel reports whether the channel of a ChannelBind request is bound
// already or may be added.
func (a *allocation) takesChannel(m message, limit int) bool {
	number, ok := channelOf(m)
	if !ok {
		return true // the library answers 400
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, ok = a.channels[number]
	return ok || len(a.channels) < limit
}

func (a *allocation) channelBound(number uint16) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.channels[number] = struct{}{}
}

func (a *allocation) channelGone(number uint16) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.channels, number)
}

// news is what has been relayed since it was last asked.
func (a *allocation) news() Relayed {
	a.mu.Lock()
	defer a.mu.Unlock()
	total := Relayed{a.transport, a.toPeers.Load(), a.toClient.Load()}
	since := Relayed{
		a.transport,
		total.BytesToPeers - a.told.BytesToPeers,
		total.BytesToClient - a.told.BytesToClient,
	}
	a.told = total
	return since
}
