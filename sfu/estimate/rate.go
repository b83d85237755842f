package estimate

import (
	"math"
	"time"
)

const (
	// cut is what the rate becomes of what arrives when a queue grows, cutLong when it is too long already, cutAgain
	// after what time it may be cut again while one grows, at least and at most: otherwise a round trip.
	cut, cutLong               = 0.9, 0.75
	cutAgainLeast, cutAgainMax = 50 * time.Millisecond, 200 * time.Millisecond
	// growth is by how much the rate is raised in a second while nothing is known of the limit, nearGrowth near the
	// rate at which a queue grew last.
	growth, nearGrowth = 0.08, 0.03
	near               = 0.15
	// headroom is how many times what arrives the rate is raised to at most, and headroomBps what is added to that.
	headroom, headroomBps = 1.5, 10_000
)

// judge changes the rate by what has been heard.
func (e *Estimator) judge(now time.Duration) {
	excess, looked := e.loss.look(now, e.flow.bps/max(1-e.loss.share, 0.1))
	if bps, done := e.probe.result(e.newest, now, e.loss.own); done {
		e.probed(bps, now)
	}
	switch {
	case e.trend.state == over:
		if now-e.cutAt >= min(max(e.roundTrip, cutAgainLeast), cutAgainMax) || !e.cutOnce {
			share, arrives := cut, e.flow.bps
			if e.trend.long { // then as much arrives as the way carries, and all that is sent beyond waits
				share, arrives = cutLong, min(e.flow.bps, e.flow.latest)
			}
			e.lower(share*arrives, now)
			e.limit = e.flow.bps
		}
	case looked && excess > tooMuch:
		sent := e.flow.bps / max(1-e.loss.share, 0.1)
		e.loss.cut(sent, now)
		// Where less is sent than could be, the rest of the rate was only hoped for.
		e.lower(max(min(e.rate, headroom*sent)*(1-lossCut*excess), (1-tooMuch/2)*e.flow.bps), now)
	case e.trend.state == normal && excessHolds(e.loss) && e.flow.bps > 0:
		e.raise(now)
	default:
		e.raisedAt = now
	}
}

func excessHolds(l loss) bool { return l.share-l.own <= hold }

// lower cuts the rate to a value, if that is less.
func (e *Estimator) lower(to float64, now time.Duration) {
	if e.flow.bps == 0 || to >= e.rate {
		return
	}
	e.rate = max(to, float64(e.config.Min))
	e.cutAt, e.cutOnce, e.raisedAt = now, true, now
	e.probe.open, e.probe.running = false, false
	e.probe.interval = probeFirst
	e.probe.next = now + probeFirst
}

// raise lets the rate grow with time, as far as what is sent bears it out.
func (e *Estimator) raise(now time.Duration) {
	elapsed := min(now-e.raisedAt, time.Second).Seconds()
	e.raisedAt = now
	if e.probe.packets > 0 && now-e.probe.began < probeWait {
		return // what arrives was not sent for its own sake
	}
	speed := growth
	if e.limit > 0 && math.Abs(e.rate-e.limit) < near*e.limit {
		speed = nearGrowth
	} else if e.rate > (1+near)*e.limit {
		e.limit = 0
	}
	most := max(e.rate, headroom*e.flow.bps+headroomBps)
	e.rate = min(e.rate*math.Pow(1+speed, elapsed), most, float64(e.config.Max))
}

// probed takes the result of a probe, 0 where nothing can be said.
func (e *Estimator) probed(bps float64, now time.Duration) {
	p := &e.probe
	if bps > 0 && bps < e.rate {
		e.rate = max(bps, e.flow.bps, float64(e.config.Min))
	}
	if bps > e.rate && e.trend.state != over {
		e.rate = min(bps, float64(e.config.Max))
		e.limit = 0
		e.raisedAt = now
		if bps >= 0.8*p.target {
			p.interval, p.next = probeFirst, now+probeNext
			return
		}
	}
	p.interval = min(max(2*p.interval, probeFirst), probeLast)
	p.next = now + p.interval
}
