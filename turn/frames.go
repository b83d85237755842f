package turn

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// frames is the TCP listener for clients, as the library uses it.
type frames struct {
	net.Listener
	server *Server
	ended  chan struct{} // closed when the library is told that no more is to be accepted

	open sync.WaitGroup // connections that the library has not closed yet; added to by Accept only

	mu       sync.Mutex // guards what follows; held for map access only
	closed   bool
	conns    map[netip.AddrPort]*frameConn
	bySource map[netip.Addr]int
}

func newFrames(l net.Listener, s *Server) *frames {
	return &frames{
		Listener: l,
		server:   s,
		ended:    make(chan struct{}),
		conns:    make(map[netip.AddrPort]*frameConn),
		bySource: make(map[netip.Addr]int),
	}
}

// Accept returns the next connection within the quotas. It fails only after Close,
// and only when the library has closed every connection: the library then closes
// all allocations, and must not be handling messages for them.
func (f *frames) Accept() (net.Conn, error) {
	for {
		conn, err := f.Listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			f.open.Wait()
			close(f.ended)
			return nil, err
		}
		if err != nil { // out of descriptors, or a connection that was gone already
			time.Sleep(readPause)
			continue
		}
		c := newFrameConn(conn, f)
		if !f.admit(c) {
			c.shut()
			continue
		}
		return c, nil
	}
}

// admit counts a connection, or refuses it.
func (f *frames) admit(c *frameConn) bool {
	source := sourceOf(c.client.addr.Addr())
	quotas := f.server.cfg.Quotas
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || len(f.conns) >= quotas.Connections || f.bySource[source] >= quotas.ConnectionsPerAddress {
		return false
	}
	if _, ok := f.conns[c.client.addr]; ok {
		return false // the one before it from this port is still being closed
	}
	f.conns[c.client.addr] = c
	f.bySource[source]++
	f.open.Add(1)
	return true
}

// leave undoes admit, once.
func (f *frames) leave(c *frameConn) {
	source := sourceOf(c.client.addr.Addr())
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conns[c.client.addr] != c {
		return
	}
	delete(f.conns, c.client.addr)
	if f.bySource[source]--; f.bySource[source] == 0 {
		delete(f.bySource, source)
	}
	f.open.Done()
}

// connOf is the connection of a client, nil if it is gone.
func (f *frames) connOf(c client) *frameConn {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conns[c.addr]
}

// count is how many connections there are.
func (f *frames) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.conns)
}

// Close refuses further connections and breaks off those that there are.
func (f *frames) Close() error {
	f.mu.Lock()
	f.closed = true
	conns := make([]*frameConn, 0, len(f.conns))
	for _, c := range f.conns {
		conns = append(conns, c)
	}
	f.mu.Unlock()
	err := f.Listener.Close()
	for _, c := range conns {
		c.shut()
	}
	return err
}
