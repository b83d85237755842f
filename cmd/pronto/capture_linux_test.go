package main

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
	"testing"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
)

// capture is this machine's network, and keeps every packet that passes the sockets
// which are opened on it, as somebody who listens on the way would.
type capture struct {
	transport.Net

	mu   sync.Mutex // guards kept
	kept bytes.Buffer
}

func newCapture(t *testing.T) *capture {
	t.Helper()
	own, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	return &capture{Net: own}
}

// ListenUDP implements [transport.Net].
func (c *capture) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := c.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return &tapped{conn, c}, nil
}

// packets are all of them, one after the other.
func (c *capture) packets(t *testing.T) []byte {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	all := bytes.Clone(c.kept.Bytes())
	// The magic cookie (RFC 8489, section 5): what anybody can read has been kept.
	if cookie := binary.BigEndian.AppendUint32(nil, 0x2112A442); len(all) < 1<<18 || bytes.Count(all, cookie) < 10 {
		t.Fatalf("the capture has %d bytes, and %d STUN messages: it is no good", len(all), bytes.Count(all, cookie))
	}
	return all
}

func (c *capture) keep(packet []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept.Write(packet)
}

// tapped is a socket whose packets are kept.
type tapped struct {
	transport.UDPConn
	to *capture
}

// ReadFrom implements [net.PacketConn].
func (s *tapped) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.UDPConn.ReadFrom(b)
	s.to.keep(b[:n])
	return n, from, err
}

// WriteTo implements [net.PacketConn].
func (s *tapped) WriteTo(b []byte, to net.Addr) (int, error) {
	s.to.keep(b)
	return s.UDPConn.WriteTo(b, to)
}
