package sfu

import (
	"time"

	"pronto/sfu/forward"
	"pronto/sfu/layer"
)

const (
	// meterEvery is over how much time the rate of an encoding is measured.
	meterEvery = 500 * time.Millisecond
	// packetOverhead is what is sent with a payload, in bytes: the headers of all layers and the tag.
	packetOverhead = forward.HeaderSize + forward.NumberSize + tag + beneath
	// wakeFor is how long an encoding may take to come after the client was told to send it again.
	wakeFor = 3 * time.Second
)

// assumedRate is what an encoding, or size, of so many is taken to cost before it has been measured, in bit/s: the lowest
// little, so that there is a picture at once; the highest 1.6 Mbit/s, each below a third of it.
func assumedRate(index, of int) int {
	if index == 0 {
		return 150_000
	}
	rate := 1_600_000
	for range of - 1 - index {
		rate /= 3
	}
	return rate
}

// meter measures the rate of one encoding. Guarded by Room.mu.
type meter struct {
	bps   int // 0 before it has been measured
	bytes uint64
	at    time.Time
}

// look reads how many bytes have come so far.
func (m *meter) look(bytes uint64, now time.Time) {
	elapsed := now.Sub(m.at)
	switch {
	case m.at.IsZero() || elapsed > 4*meterEvery:
		m.bytes, m.at = bytes, now
	case elapsed >= meterEvery:
		sample := int(float64(bytes-m.bytes) * 8 / elapsed.Seconds())
		switch {
		case m.bps == 0:
			m.bps = sample
		case sample > m.bps:
			m.bps += (sample - m.bps) / 2
		default:
			m.bps += (sample - m.bps) / 4
		}
		m.bytes, m.at = bytes, now
	}
}

// rest is what a publisher was told about one encoding. Guarded by Room.mu.
type rest struct {
	asleep   bool      // he is to send none
	neededAt time.Time // when somebody needed it last
	wokenAt  time.Time // when he was told to send it again
}

// measure finds out which encodings, or sizes, a picture has, and what each costs. Those that the publisher does not
// send because he was told so can be had as well. The caller holds Room.mu, as for all functions below.
func (s *stream) measure(now time.Time) {
	s.scalable = s.findScalable(now)
	s.known = s.layers(s.known, now)
	s.rates = s.rates[:0]
	beneath := 0 // what the smaller sizes cost that a size needs
	for i := range s.known {
		k, e, size := &s.known[i], s.encodings[min(i, maxRIDs-1)].Load(), 0
		comes := k.Live
		if s.scalable != nil {
			e, size = s.scalable, i
		} else if rest := &s.rests[i]; e != nil && !k.Live {
			k.Live = rest.asleep || now.Sub(rest.wokenAt) < wakeFor
		}
		rate := 0
		if e != nil && k.Live {
			m := &e.meters[size]
			if comes {
				m.look(e.sizes[size].bytes.Load(), now)
			}
			if rate = m.bps; rate == 0 {
				rate = assumedRate(i, len(s.known))
			}
		}
		if s.scalable != nil {
			rate += beneath
			beneath = rate
		}
		s.rates = append(s.rates, rate)
	}
}

// flowing returns what can flow now where an index was picked: that, or while the publisher wakes, the next lower
// encoding, else the next higher.
func (s *stream) flowing(picked int, now time.Time) choice {
	if s.scalable != nil {
		return choice{s.scalable, forward.Layer{Spatial: uint8(picked), Temporal: forward.Whole.Temporal}}
	}
	whole := forward.Layer{Temporal: forward.Whole.Temporal}
	for i := picked; i >= 0; i-- {
		if e := s.encodings[i].Load(); e != nil && e.live(now, layer.StaleAfter) {
			return choice{e, whole}
		}
	}
	for i := picked + 1; i < len(s.known); i++ {
		if e := s.encodings[i].Load(); e != nil && e.live(now, layer.StaleAfter) {
			return choice{e, whole}
		}
	}
	return choice{s.encodings[picked].Load(), whole}
}

// need notes that somebody is to get an encoding. The lowest is needed as well, to fall back on; of a stream with
// several sizes the sender is told only whether to send it.
func (s *stream) need(picked int, now time.Time) {
	if s.scalable != nil {
		for i := range s.rests {
			s.rests[i].neededAt = now
		}
		return
	}
	s.rests[picked].neededAt, s.rests[0].neededAt = now, now
}

// settle tells the publisher which encodings to send, if that has changed: those that somebody needs, or lately did.
func (s *stream) settle(now time.Time) {
	changed, idleAfter := false, s.peer.sfu.limits.IdleAfter
	for i := range max(1, len(s.rids)) {
		rest := &s.rests[i]
		needed := now.Sub(rest.neededAt) < idleAfter && !s.peer.use.spent() && (i == 0 || !s.peer.use.low)
		switch {
		case rest.neededAt.IsZero():
			rest.neededAt = now // as if it had been needed up to now
		case needed && rest.asleep:
			rest.asleep, rest.wokenAt, changed = false, now, true
		case !needed && !rest.asleep && s.encodings[i].Load() != nil:
			rest.asleep, changed = true, true
		}
	}
	if changed {
		s.peer.tellEncodings(s)
	}
}

// tellEncodings tells the publisher which encodings of a picture to send.
func (p *Peer) tellEncodings(s *stream) {
	active := make([]bool, max(1, len(s.rids)))
	for i := range active {
		active[i] = !s.rests[i].asleep
	}
	p.events.put(Encodings{Source: s.source, Active: active})
}
