package udp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"
)

const (
	// MTU is the longest datagram that is received, in bytes; longer ones are dropped.
	MTU = 1500
	// BatchSize is how many datagrams are received at once at most.
	BatchSize = 64

	// receiveQueue and sendQueue are how many bytes wait in the system, if it allows: a busy machine may not let us
	// read for half a second, in which what one sends too much must not push out the sound of others; and what waits to
	// be sent must not become old.
	receiveQueue = 16 << 20
	sendQueue    = 1 << 20
)

// ErrWoken is returned by [Socket.Receive] when it was interrupted by [Socket.Wake] or
// by the time of [Socket.WakeAt].
var ErrWoken = errors.New("udp: woken")

// Packet is one received datagram.
type Packet struct {
	// From is the sender's address; IPv4 in its own form, never mapped to IPv6.
	From netip.AddrPort
	// Data belongs to the socket and is valid until the next Receive.
	Data []byte
}

// Socket is one UDP socket. Receive and the [Slab]s of a socket belong to one goroutine;
// everything else may be called from any.
type Socket struct {
	conn      net.PacketConn
	fast      *batcher // nil where the system or conn has no batches
	buffer    []byte   // of one datagram, without batches
	segmented atomic.Bool
	refused   atomic.Uint64
}

// New takes conn over: closing the socket closes it. With a [*net.UDPConn] on Linux
// datagrams move in batches; with anything else one at a time.
func New(conn net.PacketConn) (*Socket, error) {
	s := &Socket{conn: conn}
	if c, ok := conn.(*net.UDPConn); ok {
		Enlarge(c)
		var err error
		if s.fast, err = newBatcher(c, &s.refused, &s.segmented); err != nil {
			return nil, fmt.Errorf("udp: %w", err)
		}
	}
	if s.fast == nil {
		s.buffer = make([]byte, MTU+1)
	}
	return s, nil
}

// Segmented tells whether equal datagrams are sent as one.
func (s *Socket) Segmented() bool { return s.segmented.Load() }

// Unsegmented has every datagram sent as it is, as on a system that cannot cut long ones.
func (s *Socket) Unsegmented() { s.segmented.Store(false) }

// Refused counts datagrams that the system would not send.
func (s *Socket) Refused() uint64 { return s.refused.Load() }

// LocalAddr returns the address of the socket.
func (s *Socket) LocalAddr() net.Addr { return s.conn.LocalAddr() }

// Receive waits for at least one datagram and fills into with as many as are there. It
// returns [ErrWoken] when it was woken, or what the system says, [net.ErrClosed] after Close.
func (s *Socket) Receive(into *[BatchSize]Packet) (int, error) {
	n, err := s.receive(into)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, ErrWoken
	}
	return n, err
}

func (s *Socket) receive(into *[BatchSize]Packet) (int, error) {
	if s.fast != nil {
		return s.fast.receive(into)
	}
	for {
		n, from, err := s.conn.ReadFrom(s.buffer)
		if err != nil {
			return 0, err
		}
		addr, ok := from.(*net.UDPAddr)
		if !ok || n > MTU {
			continue
		}
		into[0] = Packet{From: unmap(addr.AddrPort()), Data: s.buffer[:n]}
		return 1, nil
	}
}

// WakeAt has Receive return at the given time if it waits then; the zero time
// has it wait for ever.
func (s *Socket) WakeAt(at time.Time) { _ = s.conn.SetReadDeadline(at) } // fails only when closed

// Wake has Receive return at once, until the next WakeAt.
func (s *Socket) Wake() { s.WakeAt(time.Unix(1, 0)) }

// WriteTo sends one datagram, as [net.PacketConn] does.
func (s *Socket) WriteTo(b []byte, to net.Addr) (int, error) { return s.conn.WriteTo(b, to) }

// Close closes the socket.
func (s *Socket) Close() error { return s.conn.Close() }

// Address returns to in the form in which [Slab.Add] wants it.
func (s *Socket) Address(to netip.AddrPort) *Address {
	a := &Address{to: unmap(to)}
	if s.fast != nil {
		s.fast.name(a)
	}
	return a
}

// Address is where a datagram goes.
type Address struct {
	to      netip.AddrPort
	name    [28]byte // as the system writes it, the longest is an IPv6 one
	nameLen uint32
}

// AddrPort returns the address.
func (a *Address) AddrPort() netip.AddrPort { return a.to }

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
