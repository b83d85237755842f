package sfu

import (
	"time"

	"pronto/sfu/speaker"
)

const (
	// unheardAfter is how long a microphone that is on may bring no packet, or from
	// the beginning nothing but silence, before it counts as not heard. Discontinuous
	// transmission still sends a packet every 400 ms (RFC 7587, section 3.1.3).
	unheardAfter = 2500 * time.Millisecond
	// fellSilentAfter is the same for a microphone that has brought sound before: a
	// headset's noise gate makes pauses of perfect silence, a dead one goes on with it.
	fellSilentAfter = 30 * time.Second
	// fewPackets is too few in two seconds to say which part of them was lost.
	fewPackets = 10
)

// hearing is what a room knows of a peer's microphone. All is guarded by Room.mu.
type hearing struct {
	muted   bool
	since   time.Time // it is on and the peer connected since then; zero while either is not so
	soundAt time.Time // last time that it was not silent; zero since it is on
	silent  bool      // levels have come since it is on, all of silence
	unheard bool      // as last told
}

// Mute says that the participant has his microphone off, or on again. While it is
// off nothing of it is forwarded, whatever the client sends, it keeps its slots at
// others, and nobody is told that it is not heard ([Unheard]). It is on at first.
func (p *Peer) Mute(on bool) {
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if on == p.hearing.muted {
		return
	}
	p.hearing.muted = on
	p.checkHeard(time.Now())
	r.aimAll(time.Now())
}

// mutes tells whether the peer's own mute keeps a source back. The caller holds Room.mu.
func (p *Peer) mutes(source Source) bool { return source == Microphone && p.hearing.muted }

// level notes how loud the microphone was lately. The caller holds Room.mu.
func (h *hearing) level(level uint8, now time.Time) {
	if h.since.IsZero() {
		return
	}
	if level < speaker.Silence {
		h.soundAt = now
	}
	h.silent = h.soundAt.IsZero()
}

// checkHeard tells the owner when a microphone that is on does not come through, and
// when it does again. The caller holds Room.mu.
func (p *Peer) checkHeard(now time.Time) {
	h := &p.hearing
	unheard := false
	if s := p.stream(Microphone); s == nil || !p.everUp || h.muted || !p.sending.Load() {
		h.since, h.soundAt, h.silent = time.Time{}, time.Time{}, false
	} else {
		if h.since.IsZero() {
			h.since = now
		}
		unheard = h.dead(s, now)
	}
	if unheard != h.unheard {
		h.unheard = unheard
		p.events.put(Unheard{On: unheard})
	}
}

// dead tells whether a microphone that is on brings no packets, or less than half of
// them, or silence only.
func (h *hearing) dead(s *stream, now time.Time) bool {
	if now.Sub(h.since) < unheardAfter {
		return false
	}
	switch {
	case !s.live(now, unheardAfter), s.torn():
		return true
	case h.soundAt.IsZero():
		return h.silent
	}
	return now.Sub(h.soundAt) >= fellSilentAfter
}

// torn tells whether most of a sound is lost on its way here.
func (s *stream) torn() bool {
	e := s.encodings[0].Load()
	return e != nil && e.torn.Load()
}

// tear is what is lost of one source for good: what was sent again and came has not been
// lost. The worker owns it.
type tear struct {
	total counted // as of the last turn of the wheel
	last  counted // of the turn before that
}

// turn takes what should have come until now, and has, and tells whether less than half came
// in the last two turns.
func (t *tear) turn(expected, received int64) bool {
	step := counted{expected - t.total.expected, received - t.total.received}
	both := counted{step.expected + t.last.expected, step.received + t.last.received}
	t.total, t.last = counted{expected, received}, step
	return both.expected >= fewPackets && 2*both.received < both.expected
}

// tearing notes which sounds are torn, once a turn of the wheel.
func (l *link) tearing() {
	for _, s := range l.sources {
		if s.reports() && s.audio() {
			s.encoding.torn.Store(s.tear.turn(s.reception.Arrived()))
		}
	}
}
