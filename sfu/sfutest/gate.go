package sfutest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"pronto/sfu/udp"
)

// gate is a network whose sockets send and receive nothing while it is shut.
type gate struct {
	*stdnet.Net
	shut atomic.Bool

	mu     sync.Mutex // guards what follows
	newest transport.UDPConn
	to     net.Addr // of the newest datagram
}

func newGate(t testing.TB) *gate {
	t.Helper()
	n, err := stdnet.NewNet()
	must(t, err)
	return &gate{Net: n}
}

// ListenUDP implements [transport.Net].
func (g *gate) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := g.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	if c, ok := conn.(*net.UDPConn); ok {
		udp.Enlarge(c) // a test on a busy machine is not to lose what the server sent
	}
	return &gatedConn{UDPConn: conn, gate: g}, nil
}

// gatedConn is a socket behind a gate.
type gatedConn struct {
	transport.UDPConn
	gate *gate
}

func (c *gatedConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.gate.shut.Load() {
		return len(b), nil
	}
	c.gate.sent(c, to)
	return c.UDPConn.WriteTo(b, to)
}

func (c *gatedConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err != nil || !c.gate.shut.Load() {
			return n, from, err
		}
	}
}
