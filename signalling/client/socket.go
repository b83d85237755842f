package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/wire"
)

const (
	subprotocol = "pronto.v1"
	// helloWithin is how long opening a socket may take, welcome included.
	helloWithin = 10 * time.Second
	// writeWithin is how long one frame may take to leave.
	writeWithin = 10 * time.Second
	// maxUnanswered is how many pings may stay without answer.
	maxUnanswered = 2
	pingPrefix    = "p"
	// maxMissed is how many frames a server may have kept for us.
	maxMissed = 4096
)

// socket is one WebSocket of a session.
type socket struct {
	conn       *websocket.Conn
	unanswered atomic.Int32 // pings
}

// message is one frame of the server with its body, nil if its type is unknown.
type message struct {
	frame wire.Frame
	body  any
}

// openSocket connects and says hello. It returns what the server said: the frames
// that were missed, where a session was resumed, and then the welcome.
func openSocket(ctx context.Context, cfg Config, hello wire.Hello, id string) (*socket, []message, error) {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, cfg.URL, &websocket.DialOptions{
		HTTPClient: cfg.HTTPClient, Subprotocols: []string{subprotocol},
		HTTPHeader: http.Header{"User-Agent": {cmp.Or(cfg.Agent, "pronto")}},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("open a socket: %w", err)
	}
	s := &socket{conn: conn}
	conn.SetReadLimit(wire.MaxServerFrameBytes)
	said, err := s.hello(ctx, hello, id)
	if err != nil {
		_ = conn.CloseNow() // it is of no use any more
		return nil, nil, fmt.Errorf("say hello: %w", err)
	}
	return s, said, nil
}

func (s *socket) hello(ctx context.Context, hello wire.Hello, id string) ([]message, error) {
	if got := s.conn.Subprotocol(); got != subprotocol {
		return nil, fmt.Errorf("the server does not speak %s", subprotocol)
	}
	data, _, err := encode(id, hello)
	if err != nil {
		return nil, err
	}
	if err := s.conn.Write(ctx, websocket.MessageText, data); err != nil {
		return nil, err
	}
	var said []message
	for len(said) <= maxMissed {
		m, err := s.read(ctx)
		if err != nil {
			return nil, err
		}
		said = append(said, m)
		if m.frame.ID != id {
			continue
		}
		switch b := m.body.(type) {
		case *wire.Welcome:
			return said, nil
		case *wire.Problem:
			return nil, b
		}
		return nil, fmt.Errorf("the server answered %.64q", m.frame.Type)
	}
	return nil, errors.New("the server says too much before welcome")
}

// read returns the next frame.
func (s *socket) read(ctx context.Context) (message, error) {
	kind, data, err := s.conn.Read(ctx)
	if err != nil {
		return message{}, err
	}
	if kind != websocket.MessageText {
		return message{}, errors.New("the server sent a binary frame")
	}
	frame, body, err := decode(data)
	if strings.HasPrefix(frame.ID, pingPrefix) {
		s.unanswered.Store(0)
	}
	return message{frame, body}, err
}

// write sends a frame. A failure shows when the socket is read: it is closed.
func (s *socket) write(ctx context.Context, data []byte) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	if s.conn.Write(ctx, websocket.MessageText, data) != nil {
		_ = s.conn.CloseNow()
	}
}

// ping asks for a sign of life every so often until ctx ends, and closes the socket when
// none comes. busy is sent on when the interval has changed.
func (s *socket) ping(ctx context.Context, interval func() time.Duration, changed <-chan struct{}, serial func() uint32) {
	timer := time.NewTimer(interval())
	defer timer.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-changed:
			timer.Reset(interval())
			continue
		case <-timer.C:
		}
		if s.unanswered.Load() >= maxUnanswered {
			_ = s.conn.CloseNow() // whoever reads it hears of that
			return
		}
		s.unanswered.Add(1)
		n++
		if data, _, err := encode(fmt.Sprint(pingPrefix, n), wire.Ping{Serial: serial()}); err == nil {
			s.write(ctx, data)
		}
		timer.Reset(interval())
	}
}
