package estimate

import "time"

const (
	// probeFor is how long a probe lasts, probeLeast of how many packets it must be to count, and probeCame which
	// share of them must arrive, but for the way's own loss.
	probeFor   = 60 * time.Millisecond
	probeLeast = 5
	probeCame  = 0.8
	// probeWait is after how long a probe is judged without what has not been reported.
	probeWait = time.Second
	// A probe that found no more is followed by another after a time that doubles between these bounds; one that did,
	// after probeNext.
	probeFirst, probeLast = time.Second, 5 * time.Second
	probeNext             = 50 * time.Millisecond
	// probeStep is how many times the rate a probe sends at most.
	probeStep = 2.0
	// probeTrust is which share of what arrived is believed where not all that was sent came as fast.
	probeTrust = 0.95
)

// probe sends more than the rate for a short time to see whether it arrives as fast.
type probe struct {
	running bool // more may be sent
	open    bool // its result is awaited
	target  float64
	began   time.Duration
	sent    int // bytes while running

	packets, bytes      int // that were sent
	firstSent, lastSent time.Duration
	lastBytes           int // sent at lastSent
	came, cameBytes     int
	firstCame, lastCame time.Duration
	firstBytes          int
	next, interval      time.Duration
	last                int64 // number of its last packet
}

// begin begins a probe.
func (p *probe) begin(now time.Duration, target float64) {
	*p = probe{running: true, open: true, target: target, began: now, interval: p.interval, next: p.next}
}

// due is how many bytes are to be sent now beside what is sent anyway.
func (p *probe) due(now time.Duration) int {
	if !p.running {
		return 0
	}
	if now-p.began > probeFor {
		p.running = false
		return 0
	}
	// Half a step of the caller's ahead, so that the first bytes go out at once.
	return max(0, int(p.target/8*(now-p.began+20*time.Millisecond).Seconds())-p.sent)
}

// took notes a packet that is sent. It reports whether the packet is part of the probe.
func (p *probe) took(number int64, now time.Duration, bytes int) bool {
	if !p.running {
		return false
	}
	if p.packets == 0 {
		p.firstSent = now
	}
	if now != p.lastSent {
		p.lastSent, p.lastBytes = now, 0
	}
	p.packets++
	p.bytes += bytes
	p.lastBytes += bytes
	p.sent += bytes
	p.last = number
	return true
}

// heard takes a packet of the probe that arrived.
func (p *probe) heard(arrived time.Duration, bytes int) {
	if p.came == 0 {
		p.firstCame, p.lastCame, p.firstBytes = arrived, arrived, bytes
	}
	if arrived < p.firstCame {
		p.firstCame, p.firstBytes = arrived, bytes
	}
	p.lastCame = max(p.lastCame, arrived)
	p.came++
	p.cameBytes += bytes
}

// result judges the probe once all of it has been reported up to a number, or not in time. own is the way's own loss. It
// returns 0 where nothing can be said.
func (p *probe) result(reported int64, now time.Duration, own float64) (bps float64, done bool) {
	if !p.open || p.running || reported < p.last && now-p.began < probeWait {
		return 0, false
	}
	p.open = false
	sentFor, cameFor := (p.lastSent - p.firstSent).Seconds(), (p.lastCame - p.firstCame).Seconds()
	if p.packets < probeLeast || float64(p.came) < probeCame*(1-own)*float64(p.packets) || sentFor <= 0 || cameFor <= 0 {
		return 0, true
	}
	sent := float64(p.bytes-p.lastBytes) * 8 / sentFor
	came := float64(p.cameBytes-p.firstBytes) * 8 / cameFor / (1 - own)
	if came < 0.9*sent {
		return probeTrust * came, true
	}
	return min(sent, came), true
}
