package bot_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/bot"
	"pronto/signalling/client/media"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// patience is how long a test waits for a condition.
const patience = 90 * time.Second

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("in %s it never came about that %s", patience, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// world is a server with an engine for all phones.
type world struct {
	*signallingtest.Server
	t      *testing.T
	engine *media.Engine
	front  string // where the phones connect, if not to the server itself
}

// Listener is the server's host and port.
func (w *world) Listener() string { return strings.TrimPrefix(w.URL, "http://") }

func newWorld(t *testing.T, o signallingtest.Options) *world {
	t.Helper()
	w := &world{Server: signallingtest.Start(t, o), t: t}
	e, err := media.NewEngine(media.Config{Logger: slog.New(slog.DiscardHandler), LoopbackOnly: true})
	if err != nil {
		t.Fatalf("new engine: %v", err)
	}
	t.Cleanup(e.Close)
	w.engine = e
	return w
}

func (w *world) config(user wire.UserID, clip int) bot.PhoneConfig {
	clips, err := media.Clips()
	if err != nil {
		w.t.Fatalf("clips: %v", err)
	}
	log := slog.New(slog.DiscardHandler)
	url := w.front
	if url == "" {
		url = w.Socket()
	}
	return bot.PhoneConfig{
		Client: client.Config{
			URL: url, Device: "phone", Logger: log, MinBackOff: 20 * time.Millisecond, MaxBackOff: 200 * time.Millisecond,
			Token: func(context.Context) (string, error) { return w.Token(w.t, user), nil },
		},
		Engine: w.engine, Clip: clips[clip], Logger: log,
	}
}

// phone is a person who answers at once.
type phone struct {
	*bot.Phone
	mu    sync.Mutex
	rung  []wire.Incoming
	ended []wire.RingStopped
}

func (w *world) phone(user wire.UserID, clip int) *phone {
	w.t.Helper()
	return w.open(w.config(user, clip))
}

// silent is a phone without media.
func (w *world) silent(user wire.UserID) *phone {
	w.t.Helper()
	cfg := w.config(user, 0)
	cfg.Engine, cfg.Clip = nil, nil
	return w.open(cfg)
}

func (w *world) open(cfg bot.PhoneConfig) *phone {
	w.t.Helper()
	p := &phone{}
	cfg.Incoming = func(in wire.Incoming) { p.mu.Lock(); defer p.mu.Unlock(); p.rung = append(p.rung, in) }
	cfg.Stopped = func(s wire.RingStopped) { p.mu.Lock(); defer p.mu.Unlock(); p.ended = append(p.ended, s) }
	opened, err := bot.Open(w.t.Context(), cfg)
	if err != nil {
		w.t.Fatalf("open a phone: %v", err)
	}
	p.Phone = opened
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond) // the server may be gone
		defer cancel()
		opened.Close(ctx)
	})
	return p
}

// know puts the two into each other's contacts.
func (w *world) know(users ...wire.UserID) {
	w.t.Helper()
	for _, a := range users {
		for _, b := range users {
			if a != b {
				if err := w.Store.AddContact(w.t.Context(), string(a), string(b)); err != nil {
					w.t.Fatalf("add a contact: %v", err)
				}
			}
		}
	}
}

func (p *phone) incoming(t *testing.T) wire.Incoming {
	t.Helper()
	var in wire.Incoming
	until(t, "the phone rings", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.rung) == 0 {
			return false
		}
		in = p.rung[0]
		p.rung = p.rung[1:]
		return true
	})
	return in
}

var both = wire.Media{Microphone: true, Camera: true}

func ring(t *testing.T, from *phone, kind wire.Kind, users ...wire.UserID) *bot.Call {
	t.Helper()
	c, err := from.Ring(t.Context(), kind, users...)
	if err != nil {
		t.Fatalf("ring: %v", err)
	}
	return c
}

func accept(t *testing.T, p *phone) *bot.Call {
	t.Helper()
	in := p.incoming(t)
	if err := p.DeviceRings(t.Context(), in.Call); err != nil {
		t.Fatalf("device rings: %v", err)
	}
	c, err := p.Accept(t.Context(), in.Call, both)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	return c
}

// hears waits until n others are heard in the call for a while.
func hears(t *testing.T, c *bot.Call, n int) {
	t.Helper()
	until(t, "the others are heard and seen", func() bool {
		voices, pictures := map[wire.ParticipantID]bool{}, map[wire.ParticipantID]bool{}
		for flow, count := range c.Stats().Received {
			if flow.Participant == "" {
				continue
			}
			if flow.Source == wire.SourceMicrophone && count.Packets > 30 {
				voices[flow.Participant] = true
			}
			if flow.Source == wire.SourceCamera && count.KeyFrames > 0 && count.Frames > 10 {
				pictures[flow.Participant] = true
			}
		}
		return len(voices) == n && len(pictures) == n
	})
}

// ringsEcho has a bot answer that sends back what it hears, and ana call it. end
// stops the bot, and returns when it is gone.
func ringsEcho(t *testing.T, w *world) (e *bot.Bot, call *bot.Call, end func()) {
	t.Helper()
	cfg := w.config("echo", 0)
	cfg.Echo = true
	e, err := bot.New(bot.Config{Phone: cfg, Script: bot.Script{Answers: true, Everyone: true, Lines: 2}})
	if err != nil {
		t.Fatalf("new bot: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := e.Run(ctx); err != nil {
			t.Errorf("the echo: %v", err)
		}
	})
	ana := w.phone("ana", 1)
	until(t, "the echo answers", func() bool {
		call = ring(t, ana, wire.KindVideo, "echo") // it may not have signed in yet
		select {
		case <-call.Flows():
			return true
		case <-call.Over():
			return false
		}
	})
	return e, call, func() { stop(); running.Wait() }
}
