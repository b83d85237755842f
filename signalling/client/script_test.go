package client_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

// patience is how long a test waits for anything.
const patience = time.Minute

// script is a server that does what the test says, frame by frame.
type script struct {
	t       *testing.T
	url     string
	sockets chan *websocket.Conn
}

func newScript(t *testing.T) *script {
	t.Helper()
	s := &script{t: t, sockets: make(chan *websocket.Conn, 16)}
	stop := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"pronto.v1"}})
		if err != nil {
			return
		}
		s.sockets <- c
		<-stop // the test uses it
	}))
	t.Cleanup(func() { close(stop); web.Close() })
	s.url = "ws" + strings.TrimPrefix(web.URL, "http")
	return s
}

// socket is one connection of the client, seen from the server.
type socket struct {
	t *testing.T
	c *websocket.Conn
}

func (s *script) next() *socket {
	s.t.Helper()
	select {
	case c := <-s.sockets:
		s.t.Cleanup(func() { _ = c.CloseNow() })
		return &socket{s.t, c}
	case <-time.After(patience):
		s.t.Fatal("no socket was opened")
		return nil
	}
}

// read returns the next frame that is no ping, with its message.
func (s *socket) read() (wire.Frame, any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		_, data, err := s.c.Read(ctx)
		if err != nil {
			s.t.Fatalf("read: %v", err)
		}
		frame, m, err := wire.Decode(data)
		if err != nil {
			s.t.Fatalf("the client sent what the server refuses: %v", err)
		}
		if _, ping := m.(*wire.Ping); !ping {
			return frame, m
		}
	}
}

func (s *socket) write(f wire.Frame) {
	s.t.Helper()
	data, err := json.Marshal(f)
	if err == nil {
		err = s.c.Write(context.Background(), websocket.MessageText, data)
	}
	if err != nil {
		s.t.Fatalf("write: %v", err)
	}
}

func (s *socket) reply(id string, serial uint32, body any) {
	s.t.Helper()
	f, err := wire.EncodeReply(id, body)
	if err != nil {
		s.t.Fatal(err)
	}
	f.Serial = serial
	s.write(f)
}

func (s *socket) event(serial, seq uint32, body any) {
	s.t.Helper()
	f, err := wire.EncodeEvent("c1", 1, seq, body)
	if err != nil {
		s.t.Fatal(err)
	}
	f.Serial = serial
	s.write(f)
}

// hello reads hello and returns it with its id.
func (s *socket) hello() (string, *wire.Hello) {
	s.t.Helper()
	f, m := s.read()
	h, ok := m.(*wire.Hello)
	if !ok {
		s.t.Fatalf("the first message is %T", m)
	}
	return f.ID, h
}

// welcome answers hello with a session.
func (s *socket) welcome(session string, resumed bool, serial uint32) *wire.Hello {
	s.t.Helper()
	id, h := s.hello()
	s.reply(id, serial, wire.Welcome{Session: wire.SessionID(session), Secret: "secret-" + session, Resumed: resumed, User: "ana", Name: "Ana"})
	return h
}

// listener keeps events.
type listener struct {
	mu     sync.Mutex
	events []client.Event
}

func (l *listener) on(e client.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

// wait returns the events so far, when there are n.
func (l *listener) wait(t *testing.T, n int) []client.Event {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		l.mu.Lock()
		events := append([]client.Event(nil), l.events...)
		l.mu.Unlock()
		if len(events) >= n {
			return events
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d events came, want %d", len(events), n)
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *script) config(l *listener) client.Config {
	return client.Config{
		URL: s.url, Device: "d1", DeviceName: "laptop", Logger: slog.New(slog.DiscardHandler), On: l.on,
		Token:      func(context.Context) (string, error) { return "token", nil },
		MinBackOff: time.Millisecond, MaxBackOff: 10 * time.Millisecond,
	}
}

// dial opens a client whose first hello play answers.
func (s *script) dial(cfg client.Config, play func(*socket)) (*client.Client, *socket) {
	s.t.Helper()
	opened := make(chan error, 1)
	var c *client.Client
	go func() {
		var err error
		c, err = client.Dial(context.Background(), cfg)
		opened <- err
	}()
	first := s.next()
	play(first)
	if err := <-opened; err != nil {
		s.t.Fatalf("dial: %v", err)
	}
	s.t.Cleanup(func() {
		_ = first.c.CloseNow() // nobody reads it any more, so that it would not shake hands
		var draining sync.WaitGroup
		draining.Go(s.drain)
		c.Close()
		draining.Wait()
	})
	return c, first
}

// drain closes sockets that nobody asked for, so that a closing handshake ends.
func (s *script) drain() {
	for {
		select {
		case c := <-s.sockets:
			_ = c.CloseNow()
		case <-time.After(100 * time.Millisecond):
			return
		}
	}
}

func welcome(session string) func(*socket) {
	return func(s *socket) { s.welcome(session, false, 1) }
}
