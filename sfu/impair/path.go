package impair

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Conditions are what one direction of a network does to packets. The zero value does nothing.
type Conditions struct {
	// DelayMs is how long a packet is under way, in milliseconds, 0 to 10,000.
	DelayMs float64 `json:"delayMs"`
	// JitterMs is by how much that differs at most, in milliseconds; packets overtake each other.
	JitterMs float64 `json:"jitterMs"`
	// Loss is the share of packets that are lost at random, 0 to 1.
	Loss float64 `json:"loss"`
	// BurstBegins and BurstEnds are the chances, with each packet, that a time begins in which everything is lost, and that it
	// ends (the model of Gilbert), 0 to 1.
	BurstBegins float64 `json:"burstBegins"`
	BurstEnds   float64 `json:"burstEnds"`
	// RateBps is how many bits a second pass, headers of UDP and IP included; 0 for any.
	RateBps float64 `json:"rateBps"`
	// QueueMs is for how long packets wait for the rate at most, in milliseconds; what would wait longer is lost. 300 if 0.
	QueueMs float64 `json:"queueMs"`
	// Cut loses everything.
	Cut bool `json:"cut"`
}

// headers is what UDP and IPv4 add to a packet, in bytes.
const headers = 28

// Validate reports what is out of range.
func (c Conditions) Validate() error {
	for _, share := range []float64{c.Loss, c.BurstBegins, c.BurstEnds} {
		if !(share >= 0 && share <= 1) {
			return errors.New("impair: a share is not 0 to 1")
		}
	}
	for _, ms := range []float64{c.DelayMs, c.JitterMs, c.QueueMs} {
		if !(ms >= 0 && ms <= 10_000) {
			return errors.New("impair: a time is not 0 to 10,000 ms")
		}
	}
	if !(c.RateBps >= 0) {
		return errors.New("impair: the rate is negative")
	}
	return nil
}

// Path is one direction of a network. It is not safe for concurrent use.
type Path struct {
	conditions Conditions
	random     *rand.Rand
	bursting   bool
	free       time.Time // when the bottleneck has sent what waits for it
}

// NewPath returns a path whose chances depend on nothing but the seed.
func NewPath(seed uint64) *Path { return &Path{random: rand.New(rand.NewPCG(seed, 1))} }

// Set changes the conditions, from the next packet on.
func (p *Path) Set(c Conditions) { p.conditions = c }

// Pass says when a packet of so many bytes of payload that sets out now arrives, or that it is lost.
func (p *Path) Pass(bytes int, now time.Time) (arrives time.Time, passes bool) {
	c := p.conditions
	if c.BurstBegins > 0 {
		if p.bursting {
			p.bursting = p.random.Float64() >= c.BurstEnds
		} else {
			p.bursting = p.random.Float64() < c.BurstBegins
		}
	} else {
		p.bursting = false
	}
	lost := c.Cut || p.bursting || c.Loss > 0 && p.random.Float64() < c.Loss
	arrives = now
	if c.RateBps > 0 {
		queue := ms(c.QueueMs)
		if queue == 0 {
			queue = 300 * time.Millisecond
		}
		if p.free.Before(now) {
			p.free = now
		}
		if p.free.Sub(now) > queue {
			return time.Time{}, false
		}
		p.free = p.free.Add(time.Duration(float64(bytes+headers) * 8 / c.RateBps * float64(time.Second)))
		arrives = p.free
	}
	arrives = arrives.Add(ms(c.DelayMs))
	if c.JitterMs > 0 {
		arrives = arrives.Add(ms((2*p.random.Float64() - 1) * c.JitterMs))
	}
	if lost {
		return time.Time{}, false
	}
	if arrives.Before(now) {
		arrives = now
	}
	return arrives, true
}

func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }
