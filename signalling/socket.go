package signalling

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/wire"
)

// Times of a socket.
const (
	helloWithin  = 5 * time.Second
	silentFor    = 45 * time.Second // without a frame from the client
	writeWithin  = 5 * time.Second
	handleWithin = 15 * time.Second
)

// socket is one WebSocket. Its reader is the HTTP handler's goroutine; its
// writer is started with the session.
type socket struct {
	conn    *websocket.Conn
	signal  chan struct{} // something to write; capacity 1
	written uint32        // guarded by the session's mu
	code    atomic.Int32  // why giveUp was called
	cancel  context.CancelFunc
}

func newSocket(conn *websocket.Conn, cancel context.CancelFunc) *socket {
	return &socket{conn: conn, signal: make(chan struct{}, 1), cancel: cancel}
}

func (k *socket) wake() {
	select {
	case k.signal <- struct{}{}:
	default:
	}
}

// giveUp ends the socket with a close code; it does not block.
func (k *socket) giveUp(code int) {
	k.code.CompareAndSwap(0, int32(code))
	k.cancel()
}

// write sends the session's frames until ctx is done.
func (k *socket) write(ctx context.Context, s *session) {
	for {
		for q, ok := s.pending(k); ok; q, ok = s.pending(k) {
			wctx, cancel := context.WithTimeout(ctx, writeWithin)
			err := k.conn.Write(wctx, websocket.MessageText, q.data)
			cancel()
			if err != nil {
				if ctx.Err() == nil {
					k.giveUp(wire.CloseTooSlow)
				}
				return
			}
		}
		select {
		case <-k.signal:
		case <-ctx.Done():
			return
		}
	}
}
