package sfu

import (
	"slices"
	"sync"
	"time"

	"pronto/sfu/layer"
	"pronto/sfu/speaker"
)

const (
	// tickEvery is how often a room looks at its layers, levels and key frames.
	tickEvery = 100 * time.Millisecond
	// tickGap is the least time between two looks, however often it is asked to.
	tickGap = 5 * time.Millisecond
	// speakersEvery is the least time between two [Speakers] events.
	speakersEvery = 500 * time.Millisecond
)

// Room is a set of peers who receive each other.
type Room struct {
	// Set by newRoom.
	id     string
	sfu    *SFU
	worker *worker
	kicked chan struct{} // holds one token while a look is wished for
	done   chan struct{} // closed by Close

	mu     sync.Mutex // guards what follows and what says so; held for arithmetic only
	closed bool
	peers  []*Peer // in the order in which they joined
	voices *speaker.Tracker[*stream]
	loud   []*stream // who is heard first where there are fewer audio slots than voices
	shares []*stream // screens and their sound that are being sent

	common       []string // codecs that all can decode, as told last
	speaking     []string
	speakingTold time.Time
	shown        []*slot // these are used again and again
	demands      []layer.Demand
	choices      []int
	offered      offered
}

func newRoom(s *SFU, id string) *Room {
	return &Room{
		id: id, sfu: s, worker: s.leastLoaded(), kicked: make(chan struct{}, 1), done: make(chan struct{}),
		voices: speaker.NewTracker[*stream](),
	}
}

// Join adds a peer. A peer that has the same id is closed with [ReasonReplaced]: the newest
// wins. on hears what happens to the peer, from one goroutine, in order; it may
// take its time and may call anything of this package but SFU.Close. After [Peer.Close] returned
// no call of on begins, but one may be on its way. ErrFull or ErrClosed where nobody can join.
func (r *Room) Join(id string, on func(PeerEvent)) (*Peer, error) {
	p := newPeer(r, id)
	old, err := r.add(p, on)
	if err != nil {
		return nil, err
	}
	if old != nil {
		old.close(ReasonReplaced)
	}
	return p, nil
}

func (r *Room) add(p *Peer, on func(PeerEvent)) (replaced *Peer, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, ErrClosed
	}
	if i := slices.IndexFunc(r.peers, func(o *Peer) bool { return o.id == p.id }); i >= 0 {
		replaced = r.peers[i]
		r.drop(replaced)
	} else if len(r.peers) >= r.sfu.limits.PeersPerRoom {
		return nil, ErrFull
	}
	r.peers = append(r.peers, p)
	r.sfu.running.Go(func() { p.events.run(on) })
	r.sfu.count.peers.Add(1)
	r.worker.load.Add(1)
	return replaced, nil
}

// remove takes a peer out, if it is in. Nothing of its media flows after that.
func (r *Room) remove(p *Peer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(p)
	r.assign(time.Now())
}

func (r *Room) drop(p *Peer) {
	i := slices.Index(r.peers, p)
	if i < 0 {
		return
	}
	r.peers = slices.Delete(r.peers, i, i+1)
	for _, s := range p.streams {
		r.voices.Gone(s)
	}
	for _, s := range slices.Concat(p.audioSlots, p.videoSlots) {
		r.give(s, nil)
	}
	r.tellCodecs(nil)
	r.sfu.count.peers.Add(-1)
	r.worker.load.Add(-1)
}

// Close closes the peers of the room and removes it. It does not wait for
// goroutines; [SFU.Close] does.
func (r *Room) Close() {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return
	}
	r.closed = true
	peers := slices.Clone(r.peers)
	close(r.done)
	r.mu.Unlock()
	for _, p := range peers {
		p.close(ReasonClosed)
	}
	r.sfu.forget(r)
}

// kick asks for a look soon. It never blocks.
func (r *Room) kick() {
	select {
	case r.kicked <- struct{}{}:
	default:
	}
}

// run looks after the room until it is closed.
func (r *Room) run() {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	gap := time.NewTimer(0)
	defer gap.Stop()
	for {
		select {
		case <-r.done:
			return
		case <-gap.C:
		}
		select {
		case <-r.done:
			return
		case <-ticker.C:
		case <-r.kicked:
		}
		gap.Reset(tickGap)
		for _, ask := range r.look(time.Now()) {
			ask.peer.askKeyFrame(ask.ssrc)
		}
	}
}

// refresh chooses layers again, at once.
func (r *Room) refresh(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watchShares(now) {
		r.assign(now)
	} else {
		r.aimAll(now)
	}
	r.kick()
}

// look does what is due: who speaks, who is heard, which layers flow, which key frames are asked for.
func (r *Room) look(now time.Time) []ask {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listen(now)
	changed := r.watchShares(now)
	if r.chooseLoud(now) || changed {
		r.assign(now)
	} else {
		r.aimAll(now)
	}
	for _, p := range r.peers {
		p.checkConnect(now)
		p.checkUse()
		p.checkHeard(now)
	}
	return r.keyFrames(now)
}

// listen hears the audio levels and tells who speaks.
func (r *Room) listen(now time.Time) {
	for _, p := range r.peers {
		for _, s := range p.streams {
			if e := s.encodings[0].Load(); e != nil && s.source.Audio() {
				level, ok := e.level()
				if !ok || !p.sending.Load() || p.mutes(s.source) {
					continue
				}
				r.voices.Heard(s, level, now)
				if s.source == Microphone {
					p.hearing.level(level, now)
				}
			}
		}
	}
	if now.Sub(r.speakingTold) < speakersEvery {
		return
	}
	var speaking []string
	for _, s := range r.voices.Speaking(now) {
		if s.source == Microphone {
			speaking = append(speaking, s.peer.id)
		}
	}
	if slices.Equal(speaking, r.speaking) {
		return
	}
	r.speaking, r.speakingTold = speaking, now
	for _, p := range r.peers {
		p.events.put(Speakers{slices.Clone(speaking)})
	}
}

// ask is one request for a key frame.
type ask struct {
	peer *Peer
	ssrc uint32
}

// keyFrames returns the requests for key frames that are due.
func (r *Room) keyFrames(now time.Time) []ask {
	var asks []ask
	for _, p := range r.peers {
		for _, s := range p.streams {
			for i := range s.encodings {
				if e := s.encodings[i].Load(); e != nil && !s.source.Audio() && r.keyFrameDue(e, now) {
					asks = append(asks, ask{p, e.ssrc.Load()})
				}
			}
		}
	}
	return asks
}

func (r *Room) keyFrameDue(e *encoding, now time.Time) bool {
	count := &r.sfu.count
	if after, came := e.keys.Came(time.Unix(0, e.keyAt.Load())); came {
		e.wanted = false
		r.sfu.emit(KeyFrameCame{After: after})
	}
	if e.feedback.Swap(false) {
		e.wanted = true
		e.keys.Want(now)
	}
	awaiting := 0
	if slots := e.of.slots.Load(); slots != nil {
		for _, s := range *slots {
			if target, awaited := s.aimed(); target == e && awaited && s.viewer.receives() {
				awaiting++
			}
		}
	}
	switch {
	case awaiting > 0 && !e.keys.Want(now):
		count.keySwitch.Add(uint64(awaiting))
		count.keyMerged.Add(uint64(awaiting - 1))
	case awaiting == 0 && !e.wanted:
		e.keys.Forget()
	}
	due, repeat := e.keys.Due(now)
	if due {
		count.keySent.Add(1)
	}
	if repeat {
		count.keyRepeat.Add(1)
	}
	return due
}
