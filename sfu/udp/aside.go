package udp

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// asideQueue is how many datagrams wait for the reader of an [Aside]; more are lost.
const asideQueue = 512

// Aside is a [net.PacketConn] for those datagrams of a socket that are no media: whoever receives
// puts them there. What is written to it goes out through the socket.
type Aside struct {
	socket  *Socket
	waiting chan *datagram
	spare   sync.Pool
	done    chan struct{}
	once    sync.Once
	end     func() error
}

type datagram struct {
	from netip.AddrPort
	n    int
	data [MTU]byte
}

// NewAside returns an Aside of the socket. end is called by the first Close.
func (s *Socket) NewAside(end func() error) *Aside {
	return &Aside{
		socket: s, waiting: make(chan *datagram, asideQueue), done: make(chan struct{}), end: end,
		spare: sync.Pool{New: func() any { return new(datagram) }},
	}
}

// Put copies a datagram for the reader. It never blocks: a full queue loses it.
func (a *Aside) Put(p Packet) {
	d := a.spare.Get().(*datagram)
	d.from, d.n = p.From, copy(d.data[:], p.Data)
	select {
	case a.waiting <- d:
	default:
		a.spare.Put(d)
	}
}

// ReadFromAddrPort waits for a datagram. It returns [net.ErrClosed] after Close.
func (a *Aside) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-a.waiting:
		n, from := copy(b, d.data[:d.n]), d.from
		a.spare.Put(d)
		return n, from, nil
	case <-a.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

// ReadFrom implements [net.PacketConn].
func (a *Aside) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := a.ReadFromAddrPort(b)
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// WriteTo implements [net.PacketConn].
func (a *Aside) WriteTo(b []byte, to net.Addr) (int, error) { return a.socket.WriteTo(b, to) }

// Close ends reading; the first call returns what end returned.
func (a *Aside) Close() (err error) {
	a.once.Do(func() {
		close(a.done)
		err = a.end()
	})
	return err
}

// LocalAddr implements [net.PacketConn].
func (a *Aside) LocalAddr() net.Addr { return a.socket.LocalAddr() }

// SetDeadline implements [net.PacketConn]. Deadlines are not kept: one of the socket would
// concern everybody on it.
func (a *Aside) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements [net.PacketConn]; see SetDeadline.
func (a *Aside) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements [net.PacketConn]; see SetDeadline.
func (a *Aside) SetWriteDeadline(time.Time) error { return nil }
