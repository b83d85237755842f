package client

import (
	"context"
	"errors"
	"fmt"
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
)

// socket is one WebSocket of a session.
type socket struct {
	conn       *websocket.Conn
	unanswered atomic.Int32 // pings
}

// openSocket connects and says hello. It returns the welcome and its serial.
func openSocket(ctx context.Context, cfg Config, hello wire.Hello, id string) (*socket, wire.Frame, *wire.Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, cfg.URL, &websocket.DialOptions{
		HTTPClient: cfg.HTTPClient, Subprotocols: []string{subprotocol},
	})
	if err != nil {
		return nil, wire.Frame{}, nil, fmt.Errorf("open a socket: %w", err)
	}
	s := &socket{conn: conn}
	conn.SetReadLimit(wire.MaxFrameBytes)
	frame, welcome, err := s.hello(ctx, hello, id)
	if err != nil {
		_ = conn.CloseNow() // it is of no use any more
		return nil, wire.Frame{}, nil, fmt.Errorf("say hello: %w", err)
	}
	return s, frame, welcome, nil
}

func (s *socket) hello(ctx context.Context, hello wire.Hello, id string) (wire.Frame, *wire.Welcome, error) {
	if got := s.conn.Subprotocol(); got != subprotocol {
		return wire.Frame{}, nil, fmt.Errorf("the server does not speak %s", subprotocol)
	}
	data, _, err := encode(id, hello)
	if err != nil {
		return wire.Frame{}, nil, err
	}
	if err := s.conn.Write(ctx, websocket.MessageText, data); err != nil {
		return wire.Frame{}, nil, err
	}
	frame, body, err := s.read(ctx)
	if err != nil {
		return wire.Frame{}, nil, err
	}
	switch b := body.(type) {
	case *wire.Welcome:
		return frame, b, nil
	case *wire.Problem:
		return wire.Frame{}, nil, b
	}
	return wire.Frame{}, nil, fmt.Errorf("the server answered %.64q", frame.Type)
}

// read returns the next frame with its body, which is nil if its type is unknown.
func (s *socket) read(ctx context.Context) (wire.Frame, any, error) {
	kind, data, err := s.conn.Read(ctx)
	if err != nil {
		return wire.Frame{}, nil, err
	}
	if kind != websocket.MessageText {
		return wire.Frame{}, nil, errors.New("the server sent a binary frame")
	}
	frame, body, err := decode(data)
	if strings.HasPrefix(frame.ID, pingPrefix) {
		s.unanswered.Store(0)
	}
	return frame, body, err
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
