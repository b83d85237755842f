package sfu

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// Config is what an SFU needs. The zero value of Limits means the defaults.
type Config struct {
	// Conn is the UDP socket of all peers. The SFU closes it.
	Conn net.PacketConn

	// More are further sockets of the same address ([udp.Listen]). Each socket has a worker of its own, and a room belongs
	// to one of them: so as many processors forward as there are sockets. The SFU closes them.
	More []net.PacketConn

	// PublicIPs are announced as host candidates with the port of Conn. Empty
	// means every address of this machine, loopback included, or the one that Conn is
	// bound to.
	PublicIPs []netip.Addr

	// Logger is required. No id, address or SDP is logged at info or above.
	Logger *slog.Logger

	// Events hears what metrics want to know; nil means nobody does. It is called
	// from many goroutines at once and must not block.
	Events func(Event)

	// Limits bound what a peer may cost.
	Limits Limits
}

// Limits bound what a peer may cost. A zero field means its default.
type Limits struct {
	// Rooms is how many rooms may exist at once. 10,000 by default.
	Rooms int
	// PeersPerRoom is how many peers a room takes. 200 by default.
	PeersPerRoom int
	// SSRCs is how many synchronisation sources a peer may name in RTP and RTCP
	// before it is closed with [ReasonAbuse]. 64 by default.
	SSRCs int
	// UplinkBps is how many bits of RTP a peer may send in a second; what is
	// above is dropped. 5,000,000 by default, at least 100,000.
	UplinkBps int
	// RTCPPerSecond is how many RTCP packets of a peer are heeded in a second; the rest is
	// dropped. 200 by default.
	RTCPPerSecond int
	// Voices is how many microphones a peer is sent at most, the loudest; where there are fewer he is sent
	// all. More than he has audio slots for cannot be. 5 by default, the sound of screens comes on top.
	Voices int
	// DisconnectedAfter is the silence after which [Disconnected] comes. 4 s by default.
	DisconnectedAfter time.Duration
	// FailedAfter is the further silence after which [Failed] comes. 11 s by default.
	FailedAfter time.Duration
	// ConnectWithin is how long a client may take from its first offer to DTLS
	// connected before [Failed] comes. 20 s by default.
	ConnectWithin time.Duration
	// IdleAfter is how long nobody must have needed an encoding of a camera before its client is told to stop
	// sending it ([Encodings]). 5 s by default.
	IdleAfter time.Duration
}

// Validate reports what is missing or out of range.
func (c Config) Validate() error {
	switch {
	case c.Conn == nil:
		return errors.New("sfu: Config.Conn is missing")
	case c.Logger == nil:
		return errors.New("sfu: Config.Logger is missing")
	}
	if _, ok := c.Conn.LocalAddr().(*net.UDPAddr); !ok {
		return fmt.Errorf("sfu: Config.Conn is %T, not UDP", c.Conn.LocalAddr())
	}
	for _, conn := range c.More {
		if conn == nil || conn.LocalAddr().String() != c.Conn.LocalAddr().String() {
			return errors.New("sfu: Config.More has a socket of another address than Config.Conn")
		}
	}
	for _, ip := range c.PublicIPs {
		if !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() {
			return errors.New("sfu: Config.PublicIPs has an address that nobody can reach")
		}
	}
	return c.Limits.validate()
}

func (l Limits) validate() error {
	for _, n := range []int{l.Rooms, l.PeersPerRoom, l.SSRCs, l.UplinkBps, l.RTCPPerSecond, l.Voices} {
		if n < 0 {
			return errors.New("sfu: a limit is negative")
		}
	}
	if l.UplinkBps > 0 && l.UplinkBps < 100_000 {
		return errors.New("sfu: Limits.UplinkBps is under 100,000")
	}
	for _, d := range []time.Duration{l.DisconnectedAfter, l.FailedAfter, l.ConnectWithin, l.IdleAfter} {
		if d < 0 {
			return errors.New("sfu: a duration is negative")
		}
	}
	return nil
}

// withDefaults fills the fields that are zero.
func (l Limits) withDefaults() Limits {
	fill := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	last := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	fill(&l.Rooms, 10_000)
	fill(&l.PeersPerRoom, 200)
	fill(&l.SSRCs, 64)
	fill(&l.UplinkBps, 5_000_000)
	fill(&l.RTCPPerSecond, 200)
	fill(&l.Voices, 5)
	last(&l.DisconnectedAfter, 4*time.Second)
	last(&l.FailedAfter, 11*time.Second)
	last(&l.ConnectWithin, 20*time.Second)
	last(&l.IdleAfter, 5*time.Second)
	return l
}
