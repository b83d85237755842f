package estimate

import "time"

const (
	// spell is for how long what is sent counts as one group. Packets come as whole pictures, one after the other
	// without a pause, and wait for each other on a slow way: how fast the fastest of a group was says more than any
	// of the others.
	spell = 100 * time.Millisecond
	// hurry is after how long a group is looked at that shows a long queue.
	hurry = 30 * time.Millisecond
	// points is over how many groups the trend of the delay is taken, fewest how many there must be.
	points, fewest = 6, 3
	// gain makes the trend, in ms per ms, comparable with the threshold, which is in ms.
	gain = 240.0
	// The threshold follows the trend, slowly up, faster down, within bounds; a leap is left out.
	threshold0, thresholdMin, thresholdMax = 12.5, 6.0, 600.0
	thresholdUp, thresholdDown             = 0.0087, 0.039
	thresholdLeap                          = 15.0
	// A queue that is shorter than short, in ms, is none, whatever the trend is; one that is longer than standing is too
	// long, even if it does not grow.
	short, standing = 15.0, 80.0
	// baseFor is for how long the least delay counts as that of an empty way, at least; twice that at most.
	baseFor = 5 * time.Second
)

// use is what the delay says about the way.
type use int

const (
	normal use = iota
	over       // a queue grows, or is long
	under      // a queue empties
)

// trend finds out whether a queue grows on the way, by how long groups of packets take. Times are durations since a
// common beginning; that of arrivals may be any.
type trend struct {
	begun bool
	began time.Duration // of the group, as sent
	least float64       // delay in it, ms

	number    int // of groups so far
	delays    [points]point
	threshold float64
	times     int  // how often in a row the trend was above the threshold
	long      bool // the queue is too long
	last      float64
	state     use

	base, later float64 // least delays, in ms, since baseAt and since the time before
	baseAt      time.Duration
}

// point is the least delay of a group, in ms, at a time in ms.
type point struct{ at, delay float64 }

// reset forgets what the way was like, as after a pause.
func (t *trend) reset() { *t = trend{threshold: threshold0} }

// heard takes a packet, by when it was sent and when it arrived.
func (t *trend) heard(sent, arrived time.Duration) {
	delay := ms(arrived - sent)
	switch {
	case !t.begun:
		t.begun, t.began, t.least = true, sent, delay
		t.base, t.later, t.baseAt = delay, delay, sent
	case sent < t.began:
		return // of an earlier group
	case sent-t.began < hurry, sent-t.began < spell && t.least-t.base < standing:
		t.least = min(t.least, delay)
	case sent-t.began > 5*spell: // nothing was sent for long
		t.number, t.times, t.state = 0, 0, normal
		t.began, t.least = sent, delay
	default:
		t.take(t.began, t.least)
		t.began, t.least = sent, delay
	}
}

// take takes the least delay of a group.
func (t *trend) take(at time.Duration, delay float64) {
	t.base, t.later = min(t.base, delay), min(t.later, delay)
	if at-t.baseAt > baseFor {
		t.base, t.later, t.baseAt = t.later, delay, at
	}
	t.delays[t.number%points] = point{ms(at), delay}
	t.number++
	if t.number < fewest {
		return
	}
	t.detect(t.slope(), delay-t.base)
}

// slope is that of the line through the last points with the least squares.
func (t *trend) slope() float64 {
	n := min(t.number, points)
	var x, y float64
	for _, p := range t.delays[:n] {
		x += p.at
		y += p.delay
	}
	x, y = x/float64(n), y/float64(n)
	var above, below float64
	for _, p := range t.delays[:n] {
		above += (p.at - x) * (p.delay - y)
		below += (p.at - x) * (p.at - x)
	}
	if below == 0 {
		return 0
	}
	return above / below
}

// detect compares the trend with the threshold, and the queue with its bounds.
func (t *trend) detect(slope, queue float64) {
	scaled := slope * gain
	t.long = queue > standing
	switch {
	case scaled > t.threshold && queue > short:
		if t.times++; t.times > 1 || scaled > 4*t.threshold {
			t.state = over
		}
	case t.long && scaled > -t.threshold:
		t.state = over
	case scaled < -t.threshold && queue > short:
		t.times, t.state = 0, under
	default:
		t.times, t.state = 0, normal
	}
	t.last = scaled
	if scaled < 0 {
		scaled = -scaled
	}
	if scaled > t.threshold+thresholdLeap {
		return
	}
	k := thresholdUp
	if scaled < t.threshold {
		k = thresholdDown
	}
	t.threshold = min(max(t.threshold+k*(scaled-t.threshold)*ms(spell), thresholdMin), thresholdMax)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
