package turn

import (
	"bufio"
	"net"
	"time"
)

// strangerFrames is how many messages a TCP connection may send before it has an
// allocation. Two are usual.
const strangerFrames = 16

// frameConn is a client's TCP connection, as the library uses it. The library would
// add up the length of a frame in 16 bits, and spin for ever on some; and copy all
// that has come so far for each byte that comes. It therefore gets one
// whole, size-checked frame for each Read.
type frameConn struct {
	net.Conn
	server *Server
	owner  *frames
	client client
	line   line

	// Owned by Read.
	r         *bufio.Reader
	strangers int // frames read since there was last an allocation
}

func newFrameConn(conn net.Conn, owner *frames) *frameConn {
	c := &frameConn{
		Conn:   conn,
		server: owner.server,
		owner:  owner,
		client: clientOf(conn.RemoteAddr()),
		r:      bufio.NewReaderSize(conn, 2048),
	}
	c.line.hangUp = c.shut
	return c
}

// Read returns the next frame that the library shall handle. Any error ends the
// connection.
func (c *frameConn) Read(p []byte) (int, error) {
	for {
		c.line.gate.leave()
		a := c.server.table.ofClient(c.client)
		n, err := c.next(p, a != nil)
		if err != nil {
			return 0, err
		}
		c.line.gate.enter()
		a = c.server.table.ofClient(c.client) // it may be gone by now
		pass, err := c.handle(a, p[:n])
		if err != nil {
			c.line.gate.leave()
			return 0, err
		}
		if pass {
			return n, nil
		}
	}
}

// handle has a frame screened, and answers it if that is all it needs.
func (c *frameConn) handle(a *allocation, frame []byte) (pass bool, err error) {
	c.strangers++
	if a != nil {
		c.strangers = 0
	}
	if c.strangers > strangerFrames {
		return false, errNotTURN
	}
	if _, ok := parseMessage(frame); !ok && !isChannelData(frame) {
		return false, errNotTURN
	}
	pass, answer := c.server.screen(a, frame)
	if answer != nil {
		_, err = c.Write(answer)
	}
	return pass, err
}

// next copies the next frame to p.
func (c *frameConn) next(p []byte, allocated bool) (int, error) {
	if c.r.Buffered() == 0 {
		patience := c.server.cfg.Timeouts.FirstFrame
		if allocated {
			patience = c.server.cfg.Timeouts.Idle
		}
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return 0, err
		}
		if _, err := c.r.Peek(1); err != nil {
			return 0, err
		}
	}
	if !c.whole() {
		if err := c.SetReadDeadline(time.Now().Add(c.server.cfg.Timeouts.WholeFrame)); err != nil {
			return 0, err
		}
	}
	head, err := c.r.Peek(channelDataHeaderSize)
	if err != nil {
		return 0, err
	}
	size, err := frameSize(head)
	if err != nil {
		return 0, err
	}
	if size > len(p) {
		return 0, errNotTURN
	}
	frame, err := c.r.Peek(size)
	if err != nil {
		return 0, err
	}
	copy(p, frame)
	_, err = c.r.Discard(size)
	return size, err
}

// whole reports whether the next frame has already come.
func (c *frameConn) whole() bool {
	if c.r.Buffered() < channelDataHeaderSize {
		return false
	}
	head, err := c.r.Peek(channelDataHeaderSize)
	if err != nil {
		return false
	}
	size, err := frameSize(head)
	return err == nil && c.r.Buffered() >= size
}

// Write sends a message of the library to the client. A client who does not read is
// cut off: half a frame cannot be taken back.
func (c *frameConn) Write(p []byte) (int, error) {
	out := p
	if !isRelayed(p) {
		out = c.server.outgoing(c.server.table.ofClient(c.client), p)
	}
	if err := c.SetWriteDeadline(time.Now().Add(c.server.cfg.Timeouts.WholeFrame)); err != nil {
		return 0, err
	}
	if _, err := c.Conn.Write(out); err != nil {
		c.shut()
		return 0, err
	}
	return len(p), nil
}

// shut breaks the connection off; the library's reader then ends and calls Close.
func (c *frameConn) shut() {
	_ = c.Conn.Close() // an error means that it is closed already
}

// Close is the last that the library does with a connection.
func (c *frameConn) Close() error {
	c.shut()
	c.owner.leave(c)
	return nil
}
