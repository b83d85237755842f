package media

import "pronto/signalling/wire"

// Stats is what a connection has carried so far.
type Stats struct {
	// Sent are the counts by source, all simulcast encodings together.
	Sent map[wire.Source]Count
	// Received are the counts by whose and what it is.
	Received map[Flow]Count
	// Lost counts packets that were sent to us and have not come, Gaps how often
	// one did not follow the one before, and Jumps how often it did but its
	// timestamp went back or leapt.
	Lost, Gaps, Jumps uint64
	// LostSound are those of Lost that were sound.
	LostSound uint64
	// SoundJitterMs and PictureJitterMs are the interarrival jitter (RFC 3550) of
	// the worst stream, now.
	SoundJitterMs, PictureJitterMs float64
	// Unopened counts frames that could not be unsealed: there was no key for them, or
	// they were not as they had been sent.
	Unopened uint64
}

// Stats returns what the connection has carried so far.
func (c *connection) Stats() Stats {
	s := Stats{Sent: map[wire.Source]Count{}, Received: map[Flow]Count{}}
	for i, source := range sources {
		if count := c.sent[i].Read(); count.Packets > 0 {
			s.Sent[source] = count
		}
	}
	s.Unopened = c.unopened.Load()
	c.mu.Lock()
	defer c.mu.Unlock()
	for f, counter := range c.flows {
		s.Received[f] = counter.Read()
	}
	for _, r := range c.receivers {
		lost, jitter := uint64(max(0, r.lost.Load())), r.jitter()
		s.Lost += lost
		if r.audio {
			s.LostSound += lost
			s.SoundJitterMs = max(s.SoundJitterMs, jitter)
		} else {
			s.PictureJitterMs = max(s.PictureJitterMs, jitter)
		}
		s.Gaps += r.gaps.Load()
		s.Jumps += r.jumps.Load()
	}
	return s
}

// Totals adds up what was sent and received.
func (s Stats) Totals() (sent, received Count) {
	for _, c := range s.Sent {
		sent = sent.Plus(c)
	}
	for _, c := range s.Received {
		received = received.Plus(c)
	}
	return sent, received
}

// Add adds what another connection has carried.
func (s *Stats) Add(other Stats) {
	if s.Sent == nil {
		s.Sent, s.Received = map[wire.Source]Count{}, map[Flow]Count{}
	}
	for source, c := range other.Sent {
		s.Sent[source] = s.Sent[source].Plus(c)
	}
	for flow, c := range other.Received {
		s.Received[flow] = s.Received[flow].Plus(c)
	}
	s.Lost += other.Lost
	s.LostSound += other.LostSound
	s.SoundJitterMs = max(s.SoundJitterMs, other.SoundJitterMs)
	s.PictureJitterMs = max(s.PictureJitterMs, other.PictureJitterMs)
	s.Gaps += other.Gaps
	s.Jumps += other.Jumps
	s.Unopened += other.Unopened
}
