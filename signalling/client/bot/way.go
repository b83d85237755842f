package bot

import (
	"slices"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

const (
	// lookEvery is how often a call looks after its connections.
	lookEvery = 250 * time.Millisecond
	// restartAfter is how long a connection may be silent before ICE is restarted,
	// and the least time between two restarts.
	restartAfter = 3 * time.Second
	// failedAfter is how long it may be down before the server is told that it failed.
	failedAfter = 20 * time.Second
	// keepOldFor is how long the way before is kept while the new one is up and silent.
	keepOldFor = 10 * time.Second
	// retryAfter is how long to wait before the SFU is asked again.
	retryAfter = time.Second
	// missingFor is how long a call may be unknown to the server before it is over.
	missingFor = 2 * time.Second
	// maxFound is how many of our candidates wait to be sent.
	maxFound = 64
)

// connection is a way's media.
type connection interface {
	SetMedia(wire.Media)
	Path() wire.Path
	Stats() media.Stats
	Way() media.Way
	Close()
}

// way is one connection that a call has set up, for one generation. All of it
// is owned by the call's goroutine, but for the connection.
type way struct {
	connection
	direct     *media.Direct // one of the two
	routed     *media.Routed
	generation uint32
	other      wire.ParticipantID // at its other end, if it is direct
	first      bool               // we make the offers

	begun     time.Time
	downSince time.Time // zero while it is up
	restarted time.Time
	askAgain  time.Time // when to send the SFU the offer once more; zero for never
	offered   wire.Negotiate
	gaveUp    bool // the server was told
	found     []wire.Candidate
}

// follow sets up the way that the state asks for.
func (c *Call) follow() {
	shown := c.state
	shown.Participants = slices.Clone(c.state.Participants)
	c.shown.Store(&shown)
	in := client.Joined(&c.state)
	if !slices.ContainsFunc(in, func(p wire.Participant) bool { return p.Participant == c.state.Self }) {
		return
	}
	c.enterKeys()
	if c.phone.cfg.Engine == nil {
		return
	}
	if c.state.Topology == wire.TopologySFU {
		c.followSFU()
		return
	}
	c.followDirect(in)
}

func (c *Call) followDirect(in []wire.Participant) {
	if len(in) != 2 {
		c.switchTo(nil) // alone for now; or the SFU is about to be named
		return
	}
	other, last := in[0].Participant, in[1].Participant
	first := last == c.state.Self
	if !first {
		other = last
	}
	if w := c.way; w != nil && w.generation == c.state.Generation && w.other == other {
		return
	}
	w := c.newWay()
	w.other, w.first = other, first
	direct, err := c.phone.cfg.Engine.Direct(c.options(w), other, first)
	if err != nil {
		c.phone.cfg.Logger.Debug("no direct connection could be made", "error", err)
		return
	}
	w.connection, w.direct = direct, direct
	c.switchTo(w)
	if first {
		c.offer(w, false)
	}
}

func (c *Call) followSFU() {
	if w := c.way; w != nil && w.generation == c.state.Generation {
		return
	}
	w := c.newWay()
	w.first = true
	routed, err := c.phone.cfg.Engine.Routed(c.options(w))
	if err != nil {
		c.phone.cfg.Logger.Debug("no connection to the SFU could be made", "error", err)
		return
	}
	w.connection, w.routed = routed, routed
	c.switchTo(w)
	c.offer(w, false)
}

func (c *Call) newWay() *way {
	now := time.Now()
	return &way{generation: c.state.Generation, begun: now, downSince: now}
}

// switchTo makes w the way. The one before is kept until the new one carries sound, if
// one of them is a direct connection and the other leads to the SFU; otherwise it is of no use any more.
func (c *Call) switchTo(w *way) {
	c.mu.Lock()
	before, older := c.way, c.old
	c.way, c.old = w, nil
	switch {
	case w == nil || before == nil || (w.routed == nil) == (before.routed == nil):
	case older != nil && !before.downSince.IsZero(): // the way before came to nothing
		c.old, older = older, nil
	default:
		c.old, before = before, nil
	}
	c.mu.Unlock()
	c.closeWay(before)
	c.closeWay(older)
}

// closeWay closes w and keeps its counts.
func (c *Call) closeWay(w *way) {
	if w == nil {
		return
	}
	w.Close()
	c.mu.Lock()
	c.past.Add(w.Stats())
	c.mu.Unlock()
}

func (c *Call) closeWays() { c.switchTo(nil) }

func (c *Call) dropOld() {
	c.mu.Lock()
	old := c.old
	c.old = nil
	c.mu.Unlock()
	c.closeWay(old)
}

func (c *Call) options(w *way) media.Options {
	o := media.Options{
		ICE: c.state.ICE, Clip: c.phone.cfg.Clip, Media: c.media, Echo: c.phone.cfg.Echo,
		On: func(e media.Event) { c.post(func() { c.happened(w, e) }) },
	}
	if c.keys != nil {
		o.Cipher = c.keys
	}
	return o
}

// happened carries out what a connection tells.
func (c *Call) happened(w *way, e media.Event) {
	switch e := e.(type) {
	case media.FirstAudio:
		c.heard(w)
	case media.Connected:
		w.downSince = time.Time{}
	case media.Disconnected, media.Failed:
		if w.downSince.IsZero() {
			w.downSince = time.Now()
		}
	case media.Found:
		c.trickle(w, e.Candidate)
	}
}

// heard tells the server that sound flows, once for each way.
func (c *Call) heard(w *way) {
	after := time.Since(c.since)
	if w.generation > 1 && c.after.Load() > 0 {
		after = time.Since(w.begun) // the call was heard before, on another way
	}
	if c.after.CompareAndSwap(0, int64(after)) {
		if c.keys != nil {
			c.tell(wire.FirstOpened{Call: c.id, AfterMs: uint32(min(after.Milliseconds(), 600_000))})
		}
		c.report.moments = append(c.report.moments, wire.Moment{What: wire.MomentFirstSound, TookMs: uint32(min(after.Milliseconds(), 600_000))})
		close(c.flows)
	}
	if w != c.way {
		return
	}
	c.dropOld()
	path := w.Path()
	if path == "" {
		path = wire.PathHost
	}
	c.tell(wire.MediaFlows{
		Call: c.id, Generation: w.generation, Path: path,
		AfterMs: uint32(min(after.Milliseconds(), 600_000)),
	})
}

// look mends what has been down for long, and gives up what stays so.
func (c *Call) look(now time.Time) {
	if !c.missing.IsZero() && now.Sub(c.missing) > missingFor {
		c.finish(wire.EndFailed)
		return
	}
	c.lookForGhosts(now)
	c.lookAtQuality(now)
	w := c.way
	if w == nil {
		return
	}
	unbound := c.unbound
	c.unbound = nil
	for _, d := range unbound {
		if !c.bound(w, d) {
			return
		}
	}
	if c.old != nil && now.Sub(w.begun) > keepOldFor && w.downSince.IsZero() {
		c.dropOld()
	}
	switch {
	case !w.askAgain.IsZero() && now.After(w.askAgain):
		c.negotiate(w)
	case w.downSince.IsZero():
		w.gaveUp = false
	case now.Sub(w.downSince) > failedAfter && !w.gaveUp:
		w.gaveUp = true
		c.tell(wire.MediaFailed{Call: c.id, Generation: w.generation})
	case w.first && w.downSince != w.begun && now.Sub(w.downSince) > restartAfter && now.Sub(w.restarted) > restartAfter:
		c.offer(w, true)
	}
}
