package media_test

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for a condition.
const patience = time.Minute

var all = wire.Media{Microphone: true, Camera: true}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("in %s it never came about that %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func newEngine(t *testing.T) *media.Engine {
	t.Helper()
	e, err := media.NewEngine(media.Config{Logger: slog.New(slog.DiscardHandler), LoopbackOnly: true})
	if err != nil {
		t.Fatalf("new engine: %v", err)
	}
	t.Cleanup(e.Close)
	return e
}

func clip(t *testing.T, i int) *media.Clip {
	t.Helper()
	clips, err := media.Clips()
	if err != nil {
		t.Fatalf("clips: %v", err)
	}
	return clips[i]
}

// recorder keeps what a connection told.
type recorder struct {
	mu     sync.Mutex
	events []media.Event
	found  func(wire.Candidate)
}

func (r *recorder) on(e media.Event) {
	r.mu.Lock()
	r.events = append(r.events, e)
	found := r.found
	r.mu.Unlock()
	if f, ok := e.(media.Found); ok && found != nil {
		found(f.Candidate)
	}
}

func (r *recorder) count(match func(media.Event) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, e := range r.events {
		if match(e) {
			n++
		}
	}
	return n
}

func connected(e media.Event) bool  { _, ok := e.(media.Connected); return ok }
func firstAudio(e media.Event) bool { _, ok := e.(media.FirstAudio); return ok }

// pair are two people who hand each other descriptions and candidates.
type pair struct {
	t    *testing.T
	ends [2]*media.Direct
	told [2]*recorder

	mu    sync.Mutex // Direct is for one goroutine at a time
	queue chan func()
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, queue: make(chan func(), 256)}
	e := newEngine(t)
	for i := range p.ends {
		p.told[i] = &recorder{}
		d, err := e.Direct(media.Options{Clip: clip(t, i), Media: all, On: p.told[i].on}, wire.ParticipantID([]string{"b", "a"}[i]), i == 1)
		if err != nil {
			t.Fatalf("direct: %v", err)
		}
		p.ends[i] = d
	}
	p.trickle()
	return p
}

// trickle has each end's candidates reach the other until the test ends.
func (p *pair) trickle() {
	p.t.Helper()
	for i := range p.ends {
		other := p.ends[1-i]
		p.told[i].mu.Lock()
		p.told[i].found = func(c wire.Candidate) {
			select {
			case p.queue <- func() { other.Trickled([]wire.Candidate{c}) }:
			default:
			}
		}
		p.told[i].mu.Unlock()
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case f := <-p.queue:
				p.mu.Lock()
				f()
				p.mu.Unlock()
			case <-stop:
				return
			}
		}
	}()
	p.t.Cleanup(func() { close(stop); <-done })
}

// hand gives from's description to the other, and the answer back.
func (p *pair) hand(from int, d media.Description) {
	p.t.Helper()
	answer, err := p.ends[1-from].Described(d)
	if err != nil {
		p.t.Errorf("described: %v", err)
	}
	if answer != nil {
		p.hand(1-from, *answer)
	}
}

func (p *pair) offer(from int, restart bool) media.Description {
	p.t.Helper()
	d, err := p.ends[from].Offer(restart)
	if err != nil {
		p.t.Fatalf("offer: %v", err)
	}
	return d
}

// connect sets the connection up as a call does.
func (p *pair) connect() {
	p.t.Helper()
	p.mu.Lock()
	p.hand(1, p.offer(1, false))
	p.mu.Unlock()
	for i := range p.ends {
		until(p.t, "both hear and see each other", func() bool {
			return p.from(i, wire.SourceMicrophone).Frames > 5 && p.from(i, wire.SourceCamera).KeyFrames > 0
		})
	}
}

// from is what end i has received of the other.
func (p *pair) from(i int, source wire.Source) media.Count {
	return p.ends[i].Stats().Received[media.Flow{Participant: wire.ParticipantID([]string{"b", "a"}[i]), Source: source}]
}

func TestTwoPeopleHearAndSeeEachOther(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.connect()
	for i, end := range p.ends {
		if got := end.Path(); got != wire.PathHost {
			t.Errorf("the path is %q, want host", got)
		}
		if n := p.told[i].count(firstAudio); n != 1 {
			t.Errorf("the first sound was told %d times", n)
		}
	}
	until(t, "a second of sound has come", func() bool { return p.from(0, wire.SourceMicrophone).Frames > 50 })
	if s := p.ends[0].Stats(); s.Jumps != 0 || s.Lost != 0 {
		t.Errorf("on loopback %d packets were lost and %d timestamps leapt", s.Lost, s.Jumps)
	}
}

func TestWhoIsMutedSendsNothing(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.connect()
	p.ends[0].SetMedia(wire.Media{Camera: true})
	// What is under way still comes. After it the picture goes on without a
	// packet of sound.
	frames := p.from(1, wire.SourceCamera).Frames
	until(t, "what was under way has come", func() bool { return p.from(1, wire.SourceCamera).Frames > frames+3 })
	before := p.from(1, wire.SourceMicrophone).Packets
	frames = p.from(1, wire.SourceCamera).Frames
	until(t, "the picture goes on", func() bool { return p.from(1, wire.SourceCamera).Frames > frames+20 })
	if after := p.from(1, wire.SourceMicrophone).Packets; after != before {
		t.Errorf("%d packets came from a muted microphone", after-before)
	}
	p.ends[0].SetMedia(all)
	until(t, "the sound is back", func() bool { return p.from(1, wire.SourceMicrophone).Packets > before })
	if s := p.ends[1].Stats(); s.Gaps != 0 || s.Jumps != 0 {
		t.Errorf("the sound came back with %d gaps and %d leaps", s.Gaps, s.Jumps)
	}
}

func TestICERestartKeepsTheMedia(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		from int
	}{{"by the one who offered first", 1}, {"by the other", 0}} {
		t.Run(row.name, func(t *testing.T) {
			p := newPair(t)
			p.connect()
			p.mu.Lock()
			p.hand(row.from, p.offer(row.from, true))
			p.mu.Unlock()
			heard := [2]uint64{p.from(0, wire.SourceMicrophone).Packets, p.from(1, wire.SourceMicrophone).Packets}
			for i := range p.ends {
				until(t, "sound flows on after the restart", func() bool { return p.from(i, wire.SourceMicrophone).Packets > heard[i]+60 })
			}
		})
	}
}

func TestWhenOffersCrossThePoliteOneGivesWay(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.connect()
	p.mu.Lock()
	impolite, polite := p.offer(0, true), p.offer(1, true)
	if answer, err := p.ends[0].Described(polite); answer != nil || err != nil {
		t.Errorf("the impolite one answered %v, %v; want it to ignore the offer", answer, err)
	}
	p.hand(0, impolite)
	p.mu.Unlock()
	heard := [2]uint64{p.from(0, wire.SourceMicrophone).Packets, p.from(1, wire.SourceMicrophone).Packets}
	for i := range p.ends {
		until(t, "sound flows on after the restart", func() bool { return p.from(i, wire.SourceMicrophone).Packets > heard[i]+60 })
	}
}

func TestGarbageFromTheOtherSideIsBorne(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.ends[0].Described(media.Description{Type: wire.SDPOffer, SDP: "v=0\r\nnonsense"}); err == nil {
		t.Error("nonsense was taken for an offer")
	}
	if answer, err := p.ends[0].Described(media.Description{Type: wire.SDPAnswer, SDP: "x"}); answer != nil || err != nil {
		t.Errorf("an answer to no offer gave %v, %v", answer, err)
	}
	many := make([]wire.Candidate, 1000)
	for i := range many {
		many[i].Candidate = "candidate:nonsense"
	}
	p.ends[0].Trickled(many)
	p.hand(1, p.offer(1, false)) // they are parsed now, and left out
}

func TestAnEngineClosesItsConnections(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.connect()
	e := newEngine(t)
	d, err := e.Direct(media.Options{Clip: clip(t, 0), On: func(media.Event) {}}, "x", false)
	if err != nil {
		t.Fatalf("direct: %v", err)
	}
	e.Close()
	d.Close()
	if n := e.Connections(); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	if _, err := e.Direct(media.Options{Clip: clip(t, 0), On: func(media.Event) {}}, "x", false); err == nil {
		t.Error("a closed engine made a connection")
	}
}

// pion's counters must not be read while it closes.
func TestAConnectionMayBeLookedAtWhileItCloses(t *testing.T) {
	t.Parallel()
	engine := newEngine(t)
	for range 10 {
		d, err := engine.Direct(media.Options{Clip: clip(t, 0), On: func(media.Event) {}}, "x", true)
		if err != nil {
			t.Fatal(err)
		}
		var over atomic.Bool
		var wait sync.WaitGroup
		wait.Go(func() {
			for !over.Load() {
				d.Way()
			}
		})
		d.Close()
		over.Store(true)
		wait.Wait()
	}
}

func TestTheEchoSendsBackWhatItHears(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	told := [2]*recorder{{}, {}}
	caller, err := e.Direct(media.Options{Clip: clip(t, 0), Media: all, On: told[0].on}, "echo", true)
	if err != nil {
		t.Fatalf("direct: %v", err)
	}
	echo, err := e.Direct(media.Options{Clip: clip(t, 1), Media: all, Echo: true, On: told[1].on}, "caller", false)
	if err != nil {
		t.Fatalf("direct: %v", err)
	}
	p := &pair{t: t, ends: [2]*media.Direct{echo, caller}, told: [2]*recorder{told[1], told[0]}, queue: make(chan func(), 256)}
	p.trickle()
	p.mu.Lock()
	p.hand(1, p.offer(1, false))
	p.mu.Unlock()
	back := func(source wire.Source) media.Count {
		return caller.Stats().Received[media.Flow{Participant: "echo", Source: source}]
	}
	until(t, "voice and picture come back", func() bool {
		return back(wire.SourceMicrophone).Frames > 50 && back(wire.SourceCamera).KeyFrames > 0
	})
	// No more comes back than was sent, and not at once.
	if sent := caller.Stats().Sent[wire.SourceMicrophone].Packets; back(wire.SourceMicrophone).Packets > sent {
		t.Errorf("%d packets came back of %d", back(wire.SourceMicrophone).Packets, sent)
	}
	if s := caller.Stats(); s.Jumps != 0 {
		t.Errorf("%d timestamps of the echo leapt", s.Jumps)
	}
}
