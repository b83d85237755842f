package sfu

import (
	"time"

	"pronto/sfu/forward"
)

// MeasureEvery is how long each measurement of a connection takes.
const MeasureEvery = measureTurns * wheelSize * wheelStep

// measureTurns is after how many turns of the wheel a connection is judged.
const measureTurns = 10

// Leg is what this side has measured of one peer's connection.
type Leg struct {
	// RTT is the round-trip time by the peer's receiver reports (RFC 3550, section 6.4.1); 0 if unknown.
	RTT time.Duration
	// Bps is how much the way to the peer carries, in bit/s; 0 while that is not known.
	Bps int64
	// Up is what comes from the peer, by this side's count; Down what goes to it, by its reports.
	Up, Down Direction
}

// Direction is how packets fared in one direction.
type Direction struct {
	// Known says that there were any.
	Known bool
	// Loss is the share that was lost before repair, 0 to 1.
	Loss float64
	// Jitter is the interarrival jitter of the worst stream.
	Jitter time.Duration
}

// LegMeasured says how one connection was in the last [MeasureEvery].
type LegMeasured struct{ Leg }

// meterOfLeg adds up a measurement. The worker owns it.
type meterOfLeg struct {
	turns  int
	rtt    time.Duration
	plain  share   // of what went out once
	echoed share   // of what went out twice
	way    float64 // the share of the last that went out once
	jitter time.Duration
	counts map[uint32]counted // of what comes, by SSRC, as of the last measurement
}

// share is how many packets were reported on, and how many of those were lost.
type share struct{ sent, lost float64 }

func (s *share) add(packets uint32, fraction uint8) {
	s.sent += float64(packets)
	s.lost += float64(packets) * float64(fraction) / 256
}

// loss is what the way to the peer loses. What goes out twice hides it: then it is
// at least what was lost when something last went out once.
func (m *meterOfLeg) loss() (loss float64, known bool) {
	switch {
	case m.plain.sent > 0:
		m.way = m.plain.lost / m.plain.sent
		return m.way, true
	case m.echoed.sent > 0:
		return max(m.way, m.echoed.lost/m.echoed.sent), true
	}
	return 0, false
}

// counted is how many packets of a stream should have come, and did.
type counted struct{ expected, received int64 }

// heard takes what the peer reports on a slot, of the packets that were sent since it last did.
func (m *meterOfLeg) heard(s *slot, b forward.Block, sent uint32, now time.Time) {
	if sent == 0 {
		return
	}
	if s.missed.doubled {
		m.echoed.add(sent, b.Lost)
	} else {
		m.plain.add(sent, b.Lost)
	}
	clock := clockVideo
	if s.audio {
		clock = clockOpus
	}
	m.jitter = max(m.jitter, time.Duration(b.Jitter)*time.Second/time.Duration(clock))
	if b.LastReport != 0 {
		middle := uint32(ntpTime(now) >> 16)
		if trip := int32(middle - b.LastReport - b.Delay); trip > 0 {
			m.rtt = time.Duration(trip) * time.Second / 65536
		}
	}
}

// measure judges the connection when it is time.
func (l *link) measure() {
	m := &l.meter
	if m.turns++; m.turns < measureTurns {
		return
	}
	leg := Leg{RTT: m.rtt, Bps: l.path.bps.Load(), Up: l.received()}
	if loss, known := m.loss(); known {
		leg.Down = Direction{Known: true, Loss: loss, Jitter: m.jitter}
	}
	*m = meterOfLeg{counts: m.counts, way: m.way}
	if !leg.Up.Known && !leg.Down.Known {
		return // nothing flowed
	}
	l.peer.sfu.emit(LegMeasured{leg})
	l.peer.events.put(Measured{leg})
}

// received judges what has come since the last time.
func (l *link) received() (d Direction) {
	if l.meter.counts == nil {
		l.meter.counts = map[uint32]counted{}
	}
	var expected, received int64
	for ssrc, s := range l.sources {
		if !s.reports() {
			continue
		}
		var is counted
		is.expected, is.received = s.reception.Counts()
		was := l.meter.counts[ssrc]
		l.meter.counts[ssrc] = is
		if is.expected < was.expected { // it began anew
			was = counted{}
		}
		if is.expected > was.expected {
			expected += is.expected - was.expected
			received += is.received - was.received
			d.Jitter = max(d.Jitter, s.reception.Jitter())
		}
	}
	if expected > 0 {
		d.Known, d.Loss = true, max(0, 1-float64(received)/float64(expected))
	}
	return d
}
