package signalling

import (
	"context"
	"sync"
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

// socket is one WebSocket. Its reader is the HTTP handler's goroutine, which
// waits for the guard, who closes it, and for the writer.
type socket struct {
	conn    *websocket.Conn
	signal  chan struct{} // something to write; capacity 1
	written uint32        // guarded by the session's mu

	code   atomic.Int32 // why giveUp was called
	quit   chan struct{}
	once   sync.Once
	gone   context.Context // done when reading has ended
	ending context.CancelFunc
	wait   sync.WaitGroup
}

// newSocket starts the guard: stop is done when the server goes away.
func newSocket(stop context.Context, conn *websocket.Conn) *socket {
	k := &socket{conn: conn, signal: make(chan struct{}, 1), quit: make(chan struct{})}
	k.gone, k.ending = context.WithCancel(context.Background())
	k.wait.Go(func() { k.guard(stop) })
	return k
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
	k.once.Do(func() { close(k.quit) })
}

// cut gives the socket up and reads on until it is closed, so that the close
// code is not lost in what the client still sends.
func (k *socket) cut(code int) error {
	k.giveUp(code)
	for {
		if _, _, err := k.conn.Read(context.Background()); err != nil {
			return err
		}
	}
}

// guard closes the connection with a code when somebody gives it up, so that
// the reader's Read returns. (A Read whose context ends would cut the
// connection without a word.)
func (k *socket) guard(stop context.Context) {
	select {
	case <-k.gone.Done():
		return
	case <-stop.Done():
		k.code.CompareAndSwap(0, wire.CloseRestarting)
	case <-k.quit:
	}
	if code := int(k.code.Load()); code != wire.CloseTooSlow {
		_ = k.conn.Close(websocket.StatusCode(code), "") // whoever does not answer is cut off after 5 s
	}
	_ = k.conn.CloseNow()
}

// end waits for the guard and the writer, after reading has ended.
func (k *socket) end() {
	k.ending()
	_ = k.conn.CloseNow()
	k.wait.Wait()
}

// write sends the session's frames until reading has ended.
func (k *socket) write(s *session) {
	for {
		for q, ok := s.pending(k); ok; q, ok = s.pending(k) {
			ctx, cancel := context.WithTimeout(k.gone, writeWithin)
			err := k.conn.Write(ctx, websocket.MessageText, q.data)
			cancel()
			if err != nil {
				k.giveUp(wire.CloseTooSlow) // or it is closing already, for another reason
				return
			}
		}
		select {
		case <-k.signal:
		case <-k.gone.Done():
			return
		}
	}
}
