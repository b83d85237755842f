package estimate

import "time"

// calm is for how long after a cut the way counts as congested.
const calm = 5 * time.Second

// Estimator estimates how much the way to one receiver carries. It is not safe for concurrent use.
type Estimator struct {
	config Config
	begin  time.Time // of the clock below
	sends  sends
	trend  trend
	flow   throughput
	loss   loss
	probe  probe

	rate   float64 // bit/s
	wanted float64 // what would be sent if the way carried it
	known  bool    // a report has come

	reference int32         // of the newest report
	clock     time.Duration // its reference time, by the receiver's clock
	newest    int64         // number of the newest packet that was reported
	heardAt   time.Duration // when the newest report came
	waiting   time.Duration // when the first packet was sent since then
	awaits    bool          // one was

	roundTrip time.Duration // smoothed; with the time that reports wait
	raisedAt  time.Duration
	cutAt     time.Duration
	cutOnce   bool
	limit     float64       // at which a queue grew last; 0 for unknown
	halvings  time.Duration // how much silence has been answered
	before    float64       // rate before the silence
	calledAt  time.Duration // when something was last sent into it
}

// New returns an estimator that has heard nothing. The configuration must be valid.
func New(config Config, now time.Time) *Estimator {
	config = config.withDefaults()
	e := &Estimator{config: config, begin: now, rate: float64(config.Start), newest: -1}
	e.trend.reset()
	return e
}

// Sent notes a packet of so many bytes, with the headers of all layers, and returns its transport-wide number.
func (e *Estimator) Sent(bytes int, now time.Time) (number uint16) {
	at := now.Sub(e.begin)
	number = uint16(e.sends.next)
	probed := e.probe.running && e.probe.took(e.sends.next, at, bytes)
	e.sends.add(at, bytes, probed)
	if !e.awaits {
		e.awaits, e.waiting = true, at
	}
	return number
}

// Known tells whether the receiver has ever reported: without, the estimate is only [Config.Start].
func (e *Estimator) Known() bool { return e.known }

// Bps is how much the way carries, in bit/s, sound and repairs included.
func (e *Estimator) Bps() int { return int(e.rate) }

// RoundTrip is how long it takes from sending a packet to its report, at best lately; 0 before the first one.
func (e *Estimator) RoundTrip() time.Duration { return e.roundTrip }

// Loss is the share of packets that are lost, smoothed, 0 to 1.
func (e *Estimator) Loss() float64 { return e.loss.share }

// Congested tells whether the rate had to be lowered in the last seconds.
func (e *Estimator) Congested(now time.Time) bool {
	return e.cutOnce && now.Sub(e.begin)-e.cutAt < calm
}

// Probing tells whether a probe goes on, or its result is awaited: [Estimator.Tick] is due.
func (e *Estimator) Probing() bool { return e.probe.open }

// Want says how much would be sent if the way carried it, in bit/s: the estimate is not probed beyond that.
func (e *Estimator) Want(bps int) { e.wanted = float64(bps) }

// Feedback takes what follows the SSRCs in a packet of transport-wide feedback. [ErrFeedback] changes nothing.
func (e *Estimator) Feedback(body []byte, now time.Time) error {
	f, err := parseFeedback(body)
	if err != nil {
		return err
	}
	at := now.Sub(e.begin)
	e.hearClock(f)
	if e.halvings > 0 {
		e.recover(at)
	}
	first := !e.known
	e.known, e.heardAt, e.awaits = true, at, false
	if first {
		e.raisedAt = at
	}
	e.hearPackets(f, at)
	e.judge(at)
	return nil
}

// hearClock follows the receiver's clock, whose reference time has 24 bits only.
func (e *Estimator) hearClock(f feedback) {
	if e.known {
		e.clock += time.Duration((f.reference-e.reference)<<8>>8) * referenceStep
	}
	e.reference = f.reference
}

// hearPackets takes what became of the packets of a report.
func (e *Estimator) hearPackets(f feedback, now time.Duration) {
	expected, missing := 0, 0
	f.each(func(number uint16, arrived bool, after time.Duration) bool {
		p, n := e.sends.find(number)
		if p == nil || p.state == came {
			return true // long ago, or heard before
		}
		switch {
		case p.state == unknown && !arrived:
			p.state = lost
			expected++
			missing++
		case p.state == unknown:
			expected++
		case p.state == lost && arrived:
			missing-- // it was only late
		}
		if !arrived {
			return true
		}
		p.state = came
		e.newest = max(e.newest, n)
		e.arrived(p, e.clock+after, now)
		return true
	})
	e.loss.heard(expected, missing)
}

// arrived takes a packet that came, by the receiver's clock.
func (e *Estimator) arrived(p *sent, arrived, now time.Duration) {
	ago := p.ago(now)
	e.trend.heard(now-ago, arrived)
	e.flow.heard(arrived, int(p.size))
	if p.probed {
		e.probe.heard(arrived, int(p.size))
	}
	switch {
	case e.roundTrip == 0 || ago < e.roundTrip:
		e.roundTrip = ago
	default:
		e.roundTrip += (ago - e.roundTrip) / 256
	}
}

// Tick does what is due, every 20 ms or so while packets are sent. It returns how many bytes of padding are to be sent now to
// probe the way.
func (e *Estimator) Tick(now time.Time) (padding int) {
	at := now.Sub(e.begin)
	if !e.known {
		return 0
	}
	if e.awaits && at-max(e.heardAt, e.waiting) >= silence+e.halvings {
		e.hush()
	}
	if e.halvings > 0 {
		return e.call(at)
	}
	p := &e.probe
	if p.open && !p.running {
		// No report need come any more: all of it may have been reported before it was over, and nothing been sent since.
		if bps, done := p.result(e.newest, at, e.loss.own); done {
			e.probed(bps, at)
		}
	}
	if !p.open && at >= p.next && e.wanted > e.rate && e.rate < float64(e.config.Max) &&
		(e.trend.state != over || at-e.heardAt > silence) { // a queue of long ago is gone
		p.begin(at, min(probeStep*e.rate, max(e.wanted, 1.2*e.rate), float64(e.config.Max)))
	}
	return p.due(at)
}
