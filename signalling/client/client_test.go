package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestARequestGetsItsReplyOrTheServersProblem(t *testing.T) {
	s := newScript(t)
	l := &listener{}
	c, at := s.dial(s.config(l), func(k *socket) {
		h := k.welcome("s1", false, 1)
		if h.Token != "token" || h.Device != "d1" || h.DeviceName != "laptop" || h.Resume != nil {
			t.Errorf("the client said hello with %+v", h)
		}
	})
	if me := c.Me(); me.User != "ana" || me.Name != "Ana" {
		t.Errorf("we are %s, %s", me.User, me.Name)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f, m := at.read()
		if ring, ok := m.(*wire.Ring); !ok || ring.Users[0] != "bia" {
			t.Errorf("the request is %+v", m)
		}
		at.event(2, 1, wire.ParticipantRinging{Participant: "p2"})
		at.reply(f.ID, 3, wire.CallState{Call: "c1", Seq: 1})
		f, _ = at.read()
		at.reply(f.ID, 4, wire.Problemf(wire.CodeNotFound, "none"))
	}()
	state, err := client.Request[wire.CallState](t.Context(), c, wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
	if err != nil || state.Call != "c1" {
		t.Errorf("ring gave %+v, %v", state, err)
	}
	_, err = client.Request[wire.Done](t.Context(), c, wire.Leave{Call: "c1"})
	if p, ok := errors.AsType[*wire.Problem](err); !ok || p.Code != wire.CodeNotFound {
		t.Errorf("leave gave %v, want notFound", err)
	}
	<-done
	events := l.wait(t, 3)
	if _, ok := events[0].Body.(*wire.Welcome); !ok {
		t.Errorf("the first event is %T", events[0].Body)
	}
	if b, ok := events[1].Body.(*wire.ParticipantRinging); !ok || b.Participant != "p2" || events[1].Call != "c1" || events[1].Seq != 1 {
		t.Errorf("the second event is %+v", events[1])
	}
	if _, ok := events[2].Body.(*wire.CallState); !ok {
		t.Errorf("the third event is %T, want the reply in its place", events[2].Body)
	}
}

func TestALostSocketIsResumedAndWhatWasNotAnsweredIsSentAgain(t *testing.T) {
	s := newScript(t)
	l := &listener{}
	c, at := s.dial(s.config(l), welcome("s1"))
	at.event(2, 1, wire.ParticipantRinging{Participant: "p2"})
	l.wait(t, 2)
	replied := make(chan error, 1)
	go func() {
		_, err := client.Request[wire.Done](context.Background(), c, wire.Leave{Call: "c1"})
		replied <- err
	}()
	sent, _ := at.read()
	_ = at.c.CloseNow()

	at = s.next()
	id, h := at.hello()
	if h.Resume == nil || h.Resume.Session != "s1" || h.Resume.Secret != "secret-s1" || h.Resume.Serial != 2 {
		t.Fatalf("the client resumes with %+v", h.Resume)
	}
	at.event(2, 1, wire.ParticipantRinging{Participant: "p2"}) // once more: it was seen
	at.event(3, 2, wire.ParticipantRinging{Participant: "p3"})
	at.reply(id, 4, wire.Welcome{Session: "s1", Secret: "secret-s1", Resumed: true})
	again, m := at.read()
	if _, ok := m.(*wire.Leave); !ok || again.ID != sent.ID {
		t.Errorf("after the loss came %T with id %s, want leave with %s", m, again.ID, sent.ID)
	}
	at.reply(again.ID, 5, wire.Done{})
	if err := <-replied; err != nil {
		t.Errorf("the request failed: %v", err)
	}
	events := l.wait(t, 4)
	if b, ok := events[2].Body.(*wire.ParticipantRinging); !ok || b.Participant != "p3" {
		t.Errorf("the missed event is %+v", events[2])
	}
	if w, ok := events[3].Body.(*wire.Welcome); !ok || !w.Resumed {
		t.Errorf("after it came %+v", events[3])
	}
}

func TestARequestOfALostSessionFailsAndTheNewWelcomeIsTold(t *testing.T) {
	s := newScript(t)
	l := &listener{}
	c, at := s.dial(s.config(l), welcome("s1"))
	replied := make(chan error, 1)
	go func() {
		_, err := client.Request[wire.CallState](context.Background(), c, wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
		replied <- err
	}()
	at.read()
	_ = at.c.CloseNow()
	at = s.next()
	at.welcome("s2", false, 1)
	if err := <-replied; !errors.Is(err, client.ErrSessionLost) {
		t.Errorf("the request gave %v", err)
	}
	events := l.wait(t, 2)
	if w, ok := events[1].Body.(*wire.Welcome); !ok || w.Session != "s2" || w.Resumed {
		t.Errorf("the event is %+v", events[1])
	}
	// Serials begin anew with the session.
	at.event(2, 1, wire.ParticipantRinging{Participant: "p2"})
	l.wait(t, 3)
}

func TestAServerThatDoesNotAnswerPingsIsLeft(t *testing.T) {
	s := newScript(t)
	l := &listener{}
	cfg := s.config(l)
	cfg.PingEvery = 20 * time.Millisecond
	_, at := s.dial(cfg, welcome("s1"))
	pings := 0
	for {
		_, data, err := at.c.Read(context.Background())
		if err != nil {
			break
		}
		if _, m, err := wire.Decode(data); err != nil {
			t.Fatal(err)
		} else if _, ok := m.(*wire.Ping); ok {
			pings++
		}
	}
	if pings != 2 {
		t.Errorf("the client sent %d pings before it left, want 2", pings)
	}
	if h := s.next().welcome("s1", true, 2); h.Resume == nil {
		t.Error("the client does not resume")
	}
}

func TestAnsweredPingsKeepTheSocketAndSayTheLastSerial(t *testing.T) {
	s := newScript(t)
	cfg := s.config(&listener{})
	cfg.PingEvery, cfg.BusyPingEvery = time.Hour, 5*time.Millisecond
	c, at := s.dial(cfg, welcome("s1"))
	c.SetInCall(true) // in a call it asks more often
	for n := range 10 {
		_, data, err := at.c.Read(context.Background())
		if err != nil {
			t.Fatalf("after %d pings: %v", n, err)
		}
		f, m, err := wire.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if ping, ok := m.(*wire.Ping); !ok || ping.Serial != uint32(n+1) {
			t.Fatalf("ping %d is %+v", n, m)
		}
		at.reply(f.ID, uint32(n+2), wire.Done{})
	}
}

func TestARefusedTokenIsAskedForOnceMoreAndThenItIsOver(t *testing.T) {
	s := newScript(t)
	var tokens atomic.Int32
	cfg := s.config(&listener{})
	cfg.Token = func(context.Context) (string, error) { return "t" + strconv.Itoa(int(tokens.Add(1))), nil }
	c, at := s.dial(cfg, welcome("s1"))
	_ = at.c.CloseNow()
	for n := range 2 {
		at = s.next()
		id, h := at.hello()
		if want := "t" + strconv.Itoa(n+2); h.Token != want {
			t.Errorf("the token is %s, want %s", h.Token, want)
		}
		at.reply(id, 0, wire.Problemf(wire.CodeUnauthenticated, "no"))
	}
	select {
	case <-c.Done():
	case <-time.After(patience):
		t.Fatal("the client goes on")
	}
	if p, ok := errors.AsType[*wire.Problem](c.Err()); !ok || p.Code != wire.CodeUnauthenticated {
		t.Errorf("it is over by %v", c.Err())
	}
	if _, err := client.Request[wire.Done](t.Context(), c, wire.Leave{Call: "c"}); !errors.Is(err, client.ErrClosed) {
		t.Errorf("a request gives %v", err)
	}
}

func TestASessionTakenUpElsewhereIsNotFoughtOver(t *testing.T) {
	s := newScript(t)
	c, at := s.dial(s.config(&listener{}), welcome("s1"))
	if err := at.c.Close(wire.CloseReplaced, ""); err != nil {
		t.Fatal(err)
	}
	<-c.Done()
	if !errors.Is(c.Err(), client.ErrReplaced) {
		t.Errorf("it is over by %v", c.Err())
	}
}

func TestDialSaysWhyTheServerRefused(t *testing.T) {
	s := newScript(t)
	opened := make(chan error, 1)
	go func() { _, err := client.Dial(context.Background(), s.config(&listener{})); opened <- err }()
	at := s.next()
	id, _ := at.hello()
	at.reply(id, 0, wire.Problemf(wire.CodeUnauthenticated, "no"))
	if p, ok := errors.AsType[*wire.Problem](<-opened); !ok || p.Code != wire.CodeUnauthenticated {
		t.Error("the problem is not told")
	}
}

func TestWhatTheClientDoesNotKnowIsIgnored(t *testing.T) {
	s := newScript(t)
	l := &listener{}
	_, at := s.dial(s.config(l), welcome("s1"))
	at.write(wire.Frame{Type: "newerThanThis", Serial: 2, Body: json.RawMessage(`{"a":[1]}`)})
	at.write(wire.Frame{Type: "alsoNew", ID: "r77", Serial: 3, Body: json.RawMessage(`7`)})
	at.write(wire.Frame{Type: "participantRinging", Serial: 4, Call: "c1", Seq: 1, Body: json.RawMessage(`{"participant":"p2","new":1}`)})
	events := l.wait(t, 2)
	if _, ok := events[1].Body.(*wire.ParticipantRinging); !ok {
		t.Errorf("the event is %+v", events[1])
	}
}

func TestAFrameThatIsNoFrameCostsTheSocketOnly(t *testing.T) {
	for _, row := range []struct {
		name string
		kind websocket.MessageType
		data string
	}{
		{"no JSON", websocket.MessageText, `{"type":`},
		{"a body of another shape", websocket.MessageText, `{"type":"slots","body":{"slots":7}}`},
		{"binary", websocket.MessageBinary, `{}`},
		{"too large", websocket.MessageText, `{"type":"` + strings.Repeat("x", wire.MaxServerFrameBytes) + `"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newScript(t)
			_, at := s.dial(s.config(&listener{}), welcome("s1"))
			_ = at.c.Write(context.Background(), row.kind, []byte(row.data)) // it may be closed on us half-way
			s.next().hello()
		})
	}
}

func TestAListenerThatIsTooSlowGetsANewSession(t *testing.T) {
	s := newScript(t)
	l := &listener{}
	slow := make(chan struct{})
	letGo := sync.OnceFunc(func() { close(slow) })
	cfg := s.config(l)
	cfg.On = func(e client.Event) {
		if e.Seq == 1 {
			<-slow
		}
		l.on(e)
	}
	_, at := s.dial(cfg, welcome("s1"))
	t.Cleanup(letGo) // before the client is closed, which waits for its listener
	f, err := wire.EncodeEvent("c1", 1, 0, wire.ParticipantRinging{Participant: "p2"})
	if err != nil {
		t.Fatal(err)
	}
	for n := uint32(1); n < 1200; n++ {
		f.Serial, f.Seq = n+1, n
		data, _ := json.Marshal(f)
		if at.c.Write(context.Background(), websocket.MessageText, data) != nil {
			break // it has left
		}
	}
	at = s.next()
	id, h := at.hello()
	if h.Resume != nil {
		t.Error("the client resumes a session of which it has lost events")
	}
	letGo()
	l.wait(t, 100)
	at.reply(id, 1, wire.Welcome{Session: "s2", Secret: "x"})
}

func TestClosingEndsWaitingRequests(t *testing.T) {
	s := newScript(t)
	c, at := s.dial(s.config(&listener{}), welcome("s1"))
	replied := make(chan error, 1)
	go func() {
		_, err := client.Request[wire.Done](context.Background(), c, wire.Leave{Call: "c1"})
		replied <- err
	}()
	at.read()
	go func() { _, _, _ = at.c.Read(context.Background()) }() // answers the closing handshake
	c.Close()
	if err := <-replied; !errors.Is(err, client.ErrClosed) {
		t.Errorf("the request gave %v", err)
	}
}

func TestClosingEndsARequestThatTheListenerWaitsFor(t *testing.T) {
	s := newScript(t)
	cfg := s.config(&listener{})
	var c *client.Client
	made, replied := make(chan struct{}), make(chan error, 1)
	cfg.On = func(e client.Event) {
		if e.Seq == 1 {
			<-made
			_, err := client.Request[wire.Done](context.Background(), c, wire.Leave{Call: "c1"})
			replied <- err
		}
	}
	c, at := s.dial(cfg, welcome("s1"))
	close(made)
	at.event(2, 1, wire.ParticipantRinging{Participant: "p2"})
	at.read()                                                 // the listener's request, which stays without a reply
	go func() { _, _, _ = at.c.Read(context.Background()) }() // answers the closing handshake
	closed := make(chan struct{})
	go func() { defer close(closed); c.Close() }()
	select {
	case <-closed:
	case <-time.After(patience):
		t.Fatal("closing and the listener wait for each other")
	}
	if err := <-replied; !errors.Is(err, client.ErrClosed) {
		t.Errorf("the request gave %v", err)
	}
}
