package bot_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pronto/signalling/client"
	"pronto/signalling/client/bot"
	"pronto/signalling/client/media"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for a condition.
const patience = 30 * time.Second

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
			URL: url, Device: "phone", Logger: log, MinBackOff: 20 * time.Millisecond,
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
	p := &phone{}
	cfg := w.config(user, clip)
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

func TestTwoTalkDirectlyAndHangUp(t *testing.T) {
	w := newWorld(t, signallingtest.Options{})
	ana, bia := w.phone("ana", 0), w.phone("bia", 1)
	w.know("ana", "bia")
	made := ring(t, ana, wire.KindVideo, "bia")
	taken := accept(t, bia)
	hears(t, made, 1)
	hears(t, taken, 1)
	until(t, "both are told that the call is active", func() bool {
		return made.State().Phase == wire.PhaseActive && taken.State().Phase == wire.PhaseActive
	})
	if got := made.State().Topology; got != wire.TopologyDirect {
		t.Errorf("the topology is %s, want direct", got)
	}
	if taken.FlowsAfter() <= 0 || taken.FlowsAfter() > patience {
		t.Errorf("sound came after %s", taken.FlowsAfter())
	}
	if err := made.Leave(t.Context()); err != nil {
		t.Errorf("leave: %v", err)
	}
	<-made.Done()
	<-taken.Done()
	if taken.Reason() != wire.EndHangup {
		t.Errorf("the call ended by %q, want hangup", taken.Reason())
	}
	if len(ana.Calls()) != 0 || len(bia.Calls()) != 0 || w.engine.Connections() != 0 {
		t.Errorf("calls or connections are left")
	}
}

func TestStrangersTalkThroughTheRelay(t *testing.T) {
	w := newWorld(t, signallingtest.Options{})
	ana, ezio := w.phone("ana", 0), w.phone("ezio", 1)
	made := ring(t, ana, wire.KindVideo, "ezio")
	taken := accept(t, ezio)
	hears(t, made, 1)
	hears(t, taken, 1)
	if !made.State().ICE.RelayOnly {
		t.Error("strangers may see each other's addresses")
	}
}

func TestAThirdMovesTheCallToTheSFUAndNobodyIsCutOff(t *testing.T) {
	w := newWorld(t, signallingtest.Options{})
	ana, bia, carlo := w.phone("ana", 0), w.phone("bia", 1), w.phone("carlo", 2)
	w.know("ana", "bia", "carlo")
	made := ring(t, ana, wire.KindVideo, "bia")
	taken := accept(t, bia)
	hears(t, made, 1)
	hears(t, taken, 1)
	if err := made.Invite(t.Context(), "carlo"); err != nil {
		t.Fatalf("invite: %v", err)
	}
	third := accept(t, carlo)
	for _, c := range []*bot.Call{made, taken, third} {
		hears(t, c, 2)
		if got := c.State().Topology; got != wire.TopologySFU {
			t.Errorf("the topology is %s, want sfu", got)
		}
	}
	until(t, "the direct connections are closed", func() bool { return w.engine.Connections() == 3 })
	if err := third.Leave(t.Context()); err != nil {
		t.Errorf("leave: %v", err)
	}
	until(t, "the others see him leave", func() bool { return len(made.State().Participants) == 2 })
}

func TestAMutedBotIsNotHeardAndIsShownAsMuted(t *testing.T) {
	w := newWorld(t, signallingtest.Options{})
	ana, bia := w.phone("ana", 0), w.phone("bia", 1)
	w.know("ana", "bia")
	made := ring(t, ana, wire.KindVideo, "bia")
	taken := accept(t, bia)
	hears(t, made, 1)
	if err := taken.SetMedia(t.Context(), wire.Media{Camera: true}); err != nil {
		t.Fatalf("set media: %v", err)
	}
	until(t, "ana is shown that bia is muted", func() bool {
		for _, p := range made.State().Participants {
			if p.User == "bia" {
				return !p.Media.Microphone && p.Media.Camera
			}
		}
		return false
	})
}

func TestADeclinedCallIsOver(t *testing.T) {
	w := newWorld(t, signallingtest.Options{})
	ana, bia := w.phone("ana", 0), w.phone("bia", 1)
	w.know("ana", "bia")
	made := ring(t, ana, wire.KindVoice, "bia")
	if err := bia.Decline(t.Context(), bia.incoming(t).Call); err != nil {
		t.Fatalf("decline: %v", err)
	}
	<-made.Done()
	if made.Reason() != wire.EndDeclined {
		t.Errorf("the call ended by %q, want declined", made.Reason())
	}
}

func TestBotsCallEachOtherOverAndOver(t *testing.T) {
	// Whoever is rung before he has signed in is not found; the call rings out.
	w := newWorld(t, signallingtest.Options{RingTimeout: 2 * time.Second})
	var mu sync.Mutex
	var all []bot.Went
	on := func(went bot.Went) { mu.Lock(); defer mu.Unlock(); all = append(all, went) }
	scripts := map[wire.UserID]bot.Script{
		"ana": {Rings: [][]wire.UserID{{"bia"}, {"bia", "carlo"}}, Kinds: []wire.Kind{wire.KindVideo, wire.KindVoice},
			Stay: bot.Between{Least: time.Second}, Mute: bot.Between{Least: 300 * time.Millisecond}},
		"bia":   {Answers: true},
		"carlo": {Answers: true, Answer: bot.Between{Least: time.Millisecond, Most: 50 * time.Millisecond}, Everyone: true},
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for user, script := range scripts {
		b, err := bot.New(bot.Config{Phone: w.config(user, 0), Script: script, On: on})
		if err != nil {
			t.Fatalf("new bot: %v", err)
		}
		running.Go(func() {
			if err := b.Run(ctx); err != nil {
				t.Errorf("%s: %v", user, err)
			}
		})
	}
	until(t, "ana has made a call of two and one of three, and all were heard", func() bool {
		mu.Lock()
		defer mu.Unlock()
		made, flowed := 0, 0
		for _, went := range all {
			if went.Made && went.Flowed {
				made++
			}
			if went.Flowed {
				flowed++
			}
		}
		return made >= 2 && flowed >= 5
	})
	stop()
	running.Wait()
	if n := w.engine.Connections(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
}
