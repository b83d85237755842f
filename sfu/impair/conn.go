package impair

import (
	"net"
	"sync"
	"time"
)

// waitingPackets is how many packets may be on their way to a reader; more are lost.
const waitingPackets = 4096

// Conn is a socket behind a bad network: what is written to it and what is read from it fares as on two paths.
// It is for programs that have no bad network of their own, as bots that show one.
type Conn struct {
	net.PacketConn

	mu sync.Mutex // guards up
	up *Path

	coming chan coming
	work   sync.WaitGroup
	done   chan struct{} // closed by Close
	close  sync.Once

	failed error // why reading ended; set before coming is closed
}

// coming is a packet on its way to the reader.
type coming struct {
	data []byte
	from net.Addr
	at   time.Time
}

// NewConn puts a bad network before a socket, which belongs to it from now on.
func NewConn(conn net.PacketConn, up, down Conditions, seed uint64) *Conn {
	c := &Conn{PacketConn: conn, up: NewPath(seed), coming: make(chan coming, waitingPackets), done: make(chan struct{})}
	c.up.Set(up)
	path := NewPath(seed + 1)
	path.Set(down)
	c.work.Go(func() { c.pump(path) })
	return c
}

// pump reads ahead, so that packets wait side by side.
func (c *Conn) pump(down *Path) {
	defer close(c.coming)
	buf := make([]byte, longestPacket)
	for {
		n, from, err := c.PacketConn.ReadFrom(buf)
		if err != nil {
			c.failed = err
			return
		}
		at, passes := down.Pass(n, time.Now())
		if !passes {
			continue
		}
		select {
		case c.coming <- coming{append([]byte(nil), buf[:n]...), from, at}:
		default:
		}
	}
}

// ReadFrom implements [net.PacketConn]. Packets come in the order in which they were sent.
func (c *Conn) ReadFrom(b []byte) (int, net.Addr, error) {
	p, ok := <-c.coming
	if !ok {
		return 0, nil, c.failed
	}
	if wait := time.Until(p.at); wait > 0 {
		select {
		case <-time.After(wait):
		case <-c.done:
			return 0, nil, net.ErrClosed
		}
	}
	return copy(b, p.data), p.from, nil
}

// WriteTo implements [net.PacketConn].
func (c *Conn) WriteTo(b []byte, to net.Addr) (int, error) {
	c.mu.Lock()
	at, passes := c.up.Pass(len(b), time.Now())
	c.mu.Unlock()
	wait := time.Until(at)
	switch {
	case !passes:
		return len(b), nil
	case wait <= 0:
		return c.PacketConn.WriteTo(b, to)
	}
	data := append([]byte(nil), b...)
	time.AfterFunc(wait, func() { _, _ = c.PacketConn.WriteTo(data, to) }) // it may be closed by then
	return len(b), nil
}

// Close implements [net.PacketConn].
func (c *Conn) Close() (err error) {
	c.close.Do(func() {
		close(c.done)
		err = c.PacketConn.Close()
		c.work.Wait()
	})
	return err
}
