package turn

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"time"
)

// relayConn is the relayed side of one allocation, as the library uses it: ReadFrom
// in a goroutine of its own, WriteTo from the goroutine that reads the client.
type relayConn struct {
	*allocation
	server *Server

	// Owned by ReadFrom: the last peer heard, which mostly is the next one too.
	from     netip.AddrPort
	fromAddr *net.UDPAddr
}

// ReadFrom returns the next datagram that may be relayed to the client.
func (r *relayConn) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(p)
		now := time.Now()
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && !r.expired(now) {
				continue // refreshed meanwhile
			}
			return 0, nil, r.finish(now)
		}
		from, ok := r.server.fromPeer(r.allocation, unmap(from))
		if !ok {
			continue
		}
		if !r.owner.down.AllowN(now, n) {
			r.server.overRate(r.allocation, now)
			continue
		}
		r.toClient.Add(uint64(n))
		if from != r.from {
			r.from, r.fromAddr = from, net.UDPAddrFromAddrPort(from)
		}
		return n, r.fromAddr, nil
	}
}

// finish is the end of the goroutine that reads the relay.
//
// If the allocation ends here, by expiry or revocation, the error makes the
// library delete it; the gate sees to it that no message of the client is being handled then, and
// none passes afterwards. If the library has closed the relay already, it would
// still delete whatever allocation the client has by now, a new one maybe, so
// that its goroutine must not return to it.
func (r *relayConn) finish(now time.Time) error {
	defer r.server.relays.Done()
	r.end()
	if !r.released.Load() {
		r.line.gate.wait()
	}
	r.server.table.remove(r.allocation, now)
	if news := r.news(); news.BytesToPeers+news.BytesToClient > 0 {
		r.server.cfg.Events(news)
	}
	r.server.cfg.Events(AllocationClosed{
		Transport:     r.transport,
		BytesToPeers:  r.toPeers.Load(),
		BytesToClient: r.toClient.Load(),
		Duration:      now.Sub(r.opened),
	})
	if r.released.Load() {
		runtime.Goexit()
	}
	return net.ErrClosed
}

// WriteTo relays a datagram to a peer, or drops it as a network may: what it
// refuses and what the kernel refuses is not an error.
func (r *relayConn) WriteTo(p []byte, to net.Addr) (int, error) {
	udp, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not UDP")
	}
	at, ok := r.server.toPeer(r.allocation, unmap(udp.AddrPort()))
	if !ok {
		return len(p), nil
	}
	if now := time.Now(); !r.owner.up.AllowN(now, len(p)) {
		r.server.overRate(r.allocation, now)
		return len(p), nil
	}
	if _, err := r.conn.WriteToUDPAddrPort(p, at); err == nil {
		r.toPeers.Add(uint64(len(p)))
	}
	return len(p), nil
}

// Close is the library's letting go. It never fails: the library would leave
// other allocations open if it did.
func (r *relayConn) Close() error {
	r.released.Store(true)
	r.end()
	r.server.table.remove(r.allocation, time.Now())
	return nil
}

// LocalAddr implements [net.PacketConn].
func (r *relayConn) LocalAddr() net.Addr { return r.conn.LocalAddr() }

// SetDeadline implements [net.PacketConn]. The library does not use it; the
// relay's deadline is its lifetime.
func (r *relayConn) SetDeadline(time.Time) error { return errors.ErrUnsupported }

// SetReadDeadline implements [net.PacketConn], like SetDeadline.
func (r *relayConn) SetReadDeadline(time.Time) error { return errors.ErrUnsupported }

// SetWriteDeadline implements [net.PacketConn], like SetDeadline.
func (r *relayConn) SetWriteDeadline(time.Time) error { return errors.ErrUnsupported }
