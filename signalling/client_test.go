package signalling_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"pronto/signalling"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// page is a bare client: it says what it is told and notes all that it hears.
type page struct {
	t       testing.TB
	conn    *websocket.Conn
	welcome wire.Welcome
	stop    context.CancelFunc
	done    chan struct{}

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each frame
	frames  []heard
	next    int
	asked   map[string]string // type of each request, by its id
	err     error             // why reading ended
}

type heard struct {
	at    time.Time
	bytes int
	frame wire.Frame
}

// connect opens a socket without hello.
func connect(t testing.TB, s *signallingtest.Server) *page {
	t.Helper()
	return connectVia(t, s, nil)
}

// connectVia is connect with what a proxy adds.
func connectVia(t testing.TB, s *signallingtest.Server, header http.Header) *page {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	conn, response, err := websocket.Dial(ctx, s.Socket(), &websocket.DialOptions{
		Subprotocols: []string{signalling.Subprotocol}, HTTPHeader: header,
	})
	if err != nil {
		cancel()
		t.Fatalf("connect: %v (%v)", err, response)
	}
	conn.SetReadLimit(1 << 20)
	p := &page{t: t, conn: conn, stop: cancel, done: make(chan struct{}), changed: make(chan struct{}), asked: map[string]string{}}
	go p.read(ctx)
	t.Cleanup(p.close)
	return p
}

// signIn opens a session.
func signIn(t testing.TB, s *signallingtest.Server, user wire.UserID, device string) *page {
	t.Helper()
	p := connect(t, s)
	p.welcome = ask[wire.Welcome](p, "hello", wire.Hello{
		Token: s.Token(t, user), Device: wire.DeviceID(device), DeviceName: device,
	})
	return p
}

func (p *page) close() {
	p.stop()
	_ = p.conn.CloseNow()
	<-p.done
}

func (p *page) read(ctx context.Context) {
	defer close(p.done)
	for {
		_, data, err := p.conn.Read(ctx)
		h := heard{at: time.Now(), bytes: len(data)}
		if err == nil {
			err = json.Unmarshal(data, &h.frame)
		}
		p.mu.Lock()
		if err == nil {
			p.frames = append(p.frames, h)
		} else {
			p.err = err
		}
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// wait returns the first frame from number from on that fits.
func (p *page) wait(what string, from int, fits func(wire.Frame) bool) heard {
	p.t.Helper()
	deadline := time.After(time.Minute)
	for {
		p.mu.Lock()
		for i := from; i < len(p.frames); i++ {
			if fits(p.frames[i].frame) {
				h := p.frames[i]
				p.mu.Unlock()
				return h
			}
		}
		from = len(p.frames)
		changed, err := p.changed, p.err
		p.mu.Unlock()
		if err != nil {
			p.t.Fatalf("waiting for %s: the socket ended: %v", what, err)
		}
		select {
		case <-changed:
		case <-deadline:
			p.t.Fatalf("%s did not come", what)
		}
	}
}

// event waits for an event and returns its body.
func event[T any](p *page, kind string) T {
	p.t.Helper()
	return decode[T](p.t, p.wait(kind, 0, func(f wire.Frame) bool { return f.Type == kind && f.ID == "" }).frame)
}

func decode[T any](t testing.TB, f wire.Frame) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(f.Body, &v); err != nil {
		t.Fatalf("%s: %v", f.Type, err)
	}
	return v
}

func (p *page) send(kind, id string, body any) {
	p.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	frame, err := json.Marshal(wire.Frame{Type: kind, ID: id, Body: data})
	if err != nil {
		p.t.Fatal(err)
	}
	p.raw(frame)
}

func (p *page) raw(frame []byte) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_ = p.conn.Write(ctx, websocket.MessageText, frame) // what is read tells why the socket has ended
}

// request sends a request and returns the frame that answers it.
func (p *page) request(kind string, body any) wire.Frame {
	p.t.Helper()
	p.mu.Lock()
	p.next++
	id := fmt.Sprintf("r%d", p.next)
	p.asked[id] = kind
	p.mu.Unlock()
	p.send(kind, id, body)
	return p.wait("the reply to "+kind, 0, func(f wire.Frame) bool { return f.ID == id }).frame
}

// ask is request for a reply that must not be a problem.
func ask[T any](p *page, kind string, body any) T {
	p.t.Helper()
	f := p.request(kind, body)
	if f.Type == "problem" {
		p.t.Fatalf("%s: %s", kind, f.Body)
	}
	return decode[T](p.t, f)
}

// refused is request for a reply that must be a problem.
func refused(p *page, kind string, body any) wire.Problem {
	p.t.Helper()
	f := p.request(kind, body)
	if f.Type != "problem" {
		p.t.Fatalf("%s was answered with %s", kind, f.Type)
	}
	return decode[wire.Problem](p.t, f)
}

// heardAfter is all that came from frame number n on.
func (p *page) heardAfter(n int) []heard {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]heard(nil), p.frames[n:]...)
}

func (p *page) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.frames)
}

// open tells whether the socket has not ended yet.
func (p *page) open() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// closed waits for the end of the socket and returns its close code.
func (p *page) closed() websocket.StatusCode {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		p.t.Fatal("the socket was not closed")
	}
	return websocket.CloseStatus(p.err)
}

// dialRaw tries a handshake with headers of its own.
func dialRaw(t testing.TB, s *signallingtest.Server, header http.Header) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, response, err := websocket.Dial(ctx, s.Socket(), &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		_ = conn.CloseNow()
	}
	if response == nil {
		t.Fatalf("no answer to the handshake: %v", err)
	}
	return response.StatusCode
}
