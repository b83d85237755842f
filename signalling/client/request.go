package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"pronto/signalling/wire"
)

// Errors of requests, beside [*wire.Problem], which is the server's refusal.
var (
	// ErrClosed: the client is closed.
	ErrClosed = errors.New("client: closed")
	// ErrSessionLost: the session was lost before the answer came, and the new one does not know
	// whether the request was carried out. The welcome that follows
	// tells how things stand.
	ErrSessionLost = errors.New("client: the session was lost")
	// ErrBusy: too many requests wait for an answer.
	ErrBusy = errors.New("client: too many requests wait")
)

// maxPending is how many requests may wait for an answer.
const maxPending = 256

// pending is a request without an answer. All but reply are guarded by Client.mu.
type pending struct {
	number uint64
	frame  []byte
	sentOn *socket // nil before it was written anywhere
	reply  chan result
}

type result struct {
	body any
	err  error
}

// Request sends a request of package wire, as a value, and waits for its reply. A
// request whose socket is lost is sent again on the next. The error is a
// [*wire.Problem] where the server refuses; ErrSessionLost, ErrClosed, ErrBusy; or ctx's.
func Request[Reply any](ctx context.Context, c *Client, body any) (Reply, error) {
	var none Reply
	got, err := c.request(ctx, body)
	if err != nil {
		return none, err
	}
	switch b := got.(type) {
	case *Reply:
		return *b, nil
	case *wire.Problem:
		return none, b
	}
	return none, fmt.Errorf("request %T: the reply is %T, not %T", body, got, none)
}

func (c *Client) request(ctx context.Context, body any) (any, error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, ErrClosed
	}
	if len(c.pending) >= maxPending {
		c.mu.Unlock()
		return nil, ErrBusy
	}
	c.lastID++
	id := "r" + strconv.FormatUint(c.lastID, 36)
	frame, _, err := encode(id, body)
	if err != nil {
		c.mu.Unlock()
		return nil, err
	}
	p := &pending{number: c.lastID, frame: frame, sentOn: c.socket, reply: make(chan result, 1)}
	c.pending[id] = p
	socket := c.socket
	c.mu.Unlock()

	defer func() {
		c.mu.Lock()
		delete(c.pending, id)
		c.mu.Unlock()
	}()
	if socket != nil {
		socket.write(ctx, frame)
	}
	select {
	case r := <-p.reply:
		return r.body, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("request %T: %w", body, ctx.Err())
	case <-c.over:
		return nil, ErrClosed
	}
}
