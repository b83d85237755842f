package turn

import (
	"errors"
	"net"
	"sync"
	"time"
)

// readPause keeps a socket that fails again and again from costing a core.
const readPause = 10 * time.Millisecond

// datagrams is the UDP socket for clients, as the library uses it.
type datagrams struct {
	*net.UDPConn
	server *Server
	line   line

	endOnce sync.Once
	ended   chan struct{} // closed when the library is told that no more is to be read
}

func newDatagrams(conn *net.UDPConn, s *Server) *datagrams {
	return &datagrams{UDPConn: conn, server: s, ended: make(chan struct{})}
}

// ReadFrom returns the next datagram that the library shall handle.
func (d *datagrams) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		d.line.gate.leave()
		n, from, err := d.ReadFromUDPAddrPort(p)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				d.endOnce.Do(func() { close(d.ended) })
				return 0, nil, err
			}
			time.Sleep(readPause)
			continue
		}
		d.line.gate.enter()
		c := client{UDP, unmap(from)}
		a := d.server.table.ofClient(c)
		if n == 0 || n > maxFrame || a == nil && !d.heeds(c, p[:n]) {
			continue
		}
		pass, answer := d.server.screen(a, p[:n])
		if pass && a != nil {
			return n, a.clientAddr, nil
		}
		if pass {
			return n, net.UDPAddrFromAddrPort(from), nil
		}
		if answer != nil && d.mayAnswer(c, a) {
			// An error is a lost datagram.
			_, _ = d.WriteToUDPAddrPort(answer, from)
		}
	}
}

// heeds reports whether a stranger's datagram is looked at: if it is signed, which a
// credential may be behind, or if there is an answer left for its source.
func (d *datagrams) heeds(c client, raw []byte) bool {
	m, ok := parseMessage(raw)
	return ok && (m.has(attrMessageIntegrity) || d.server.budget.has(c.addr.Addr(), time.Now()))
}

// mayAnswer spends an answer to a stranger; who has an allocation gets all of his.
func (d *datagrams) mayAnswer(c client, a *allocation) bool {
	return a != nil || d.server.budget.take(c.addr.Addr(), time.Now())
}

// WriteTo sends a message of the library to a client, unless it is one answer too
// many to a stranger: his address may be forged, and whoever has it would be flooded.
func (d *datagrams) WriteTo(p []byte, addr net.Addr) (int, error) {
	if isRelayed(p) {
		return d.UDPConn.WriteTo(p, addr)
	}
	c := clientOf(addr)
	a := d.server.table.ofClient(c)
	if !d.mayAnswer(c, a) {
		return len(p), nil
	}
	if _, err := d.UDPConn.WriteTo(d.server.outgoing(a, p), addr); err != nil {
		return 0, err
	}
	return len(p), nil
}
