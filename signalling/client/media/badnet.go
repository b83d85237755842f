package media

import (
	"math/rand/v2"
	"net"
	"net/netip"

	"github.com/pion/transport/v4"

	"pronto/sfu/impair"
)

// badNet is a network with a bad one before it: ICE, DTLS and media
// fare alike.
type badNet struct {
	transport.Net
	up, down impair.Conditions
}

// ListenPacket implements [transport.Net].
func (n *badNet) ListenPacket(network, address string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	return impair.NewConn(conn, n.up, n.down, rand.Uint64()), nil
}

// ListenUDP implements [transport.Net].
func (n *badNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return &badConn{UDPConn: conn, bad: impair.NewConn(conn, n.up, n.down, rand.Uint64())}, nil
}

// badConn is a UDP socket whose packets go through a bad network.
type badConn struct {
	transport.UDPConn
	bad *impair.Conn
}

// ReadFrom implements [net.PacketConn].
func (c *badConn) ReadFrom(b []byte) (int, net.Addr, error) { return c.bad.ReadFrom(b) }

// WriteTo implements [net.PacketConn].
func (c *badConn) WriteTo(b []byte, to net.Addr) (int, error) { return c.bad.WriteTo(b, to) }

// ReadFromAddrPort is what pion's ICE reads by, where a socket has it.
func (c *badConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.bad.ReadFrom(b)
	if udp, ok := from.(*net.UDPAddr); ok {
		return n, udp.AddrPort(), err
	}
	return n, netip.AddrPort{}, err
}

// WriteToAddrPort is what it writes by.
func (c *badConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return c.bad.WriteTo(b, net.UDPAddrFromAddrPort(to))
}

// Close implements [net.PacketConn].
func (c *badConn) Close() error { return c.bad.Close() }
