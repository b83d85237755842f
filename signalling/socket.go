package signalling

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// Times of a socket.
const (
	helloWithin  = 5 * time.Second
	silentFor    = 45 * time.Second // without a frame from the client
	writeWithin  = 5 * time.Second
	handleWithin = 15 * time.Second
)

// socket is one WebSocket. Most sockets say nothing most of the time, so that one has a
// single goroutine of its own, its reader. Others come and go: a writer while there
// is something to write, and one that closes it when somebody gives it up.
type socket struct {
	conn    *websocket.Conn
	client  call.Client
	class   wire.DeviceClass
	prefix  string // of the network it came from; empty if unknown
	page    string // see [identity.Page]
	sent    func(events int)
	written uint32 // guarded by the session's mu

	code atomic.Int32 // why giveUp was called

	mu      sync.Mutex // guards what follows; held for memory access only
	ended   bool       // nothing may begin any more
	writing bool       // there is a writer
	more    bool       // something came while it wrote
	wait    sync.WaitGroup
}

// begin has f run on a goroutine that end waits for; not after the end.
func (k *socket) begin(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.ended {
		k.wait.Go(f)
	}
}

// wake has what waits in the session written. It does not block.
func (k *socket) wake(s *session) {
	if k.claim() {
		go func() {
			defer k.wait.Done()
			k.write(s)
		}()
	}
}

// claim makes the caller the socket's writer, who calls write and then wait.Done. It
// reports false if there is one, who writes on then, or nothing is to be written any more.
func (k *socket) claim() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.writing || k.ended {
		k.more = k.writing
		return false
	}
	k.writing = true
	k.wait.Add(1)
	return true
}

// write sends the session's frames until there are none.
func (k *socket) write(s *session) {
	events := 0
	defer func() {
		if events > 0 {
			k.sent(events)
		}
	}()
	for {
		for q, ok := s.pending(k); ok; q, ok = s.pending(k) {
			ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
			err := k.conn.Write(ctx, websocket.MessageText, q.data)
			cancel()
			if err != nil {
				k.giveUp(wire.CloseTooSlow) // or it is closing already, for another reason
				return                      // as the last writer
			}
			if !isReply(q.data) {
				events++
			}
		}
		if k.idle() {
			return
		}
	}
}

// idle reports whether nothing has come since the writer looked, and lets it go.
func (k *socket) idle() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.writing, k.more = k.more, false
	return !k.writing
}

// giveUp ends the socket with a close code; it does not block.
func (k *socket) giveUp(code int) {
	if k.code.CompareAndSwap(0, int32(code)) {
		k.begin(k.shut)
	}
}

// shut closes the connection with the code it was given up with, so that the reader's
// Read returns. (A Read whose context ends would cut the connection without a word.)
func (k *socket) shut() {
	if code := int(k.code.Load()); code != wire.CloseTooSlow {
		_ = k.conn.Close(websocket.StatusCode(code), "") // whoever does not answer is cut off after 5 s
	}
	_ = k.conn.CloseNow()
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

// end waits for the socket's other goroutines, after reading has ended.
func (k *socket) end() {
	k.mu.Lock()
	k.ended = true
	k.mu.Unlock()
	_ = k.conn.CloseNow()
	k.wait.Wait()
}

// isReply tells whether a frame answers a request: then it has an id, behind the
// serial and the type.
func isReply(frame []byte) bool {
	head := frame[:min(len(frame), 96)]
	body := bytes.Index(head, []byte(`"body":`))
	id := bytes.Index(head, []byte(`"id":`))
	return id >= 0 && (body < 0 || id < body)
}
