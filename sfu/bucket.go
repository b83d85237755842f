package sfu

import "time"

// bucket is a token bucket. It is not safe for concurrent use.
type bucket struct {
	rate, depth float64 // tokens a second, tokens
	level       float64
	at          time.Time
}

func newBucket(rate, depth int) bucket {
	return bucket{rate: float64(rate), depth: float64(depth), level: float64(depth)}
}

// take takes n tokens if there are as many.
func (b *bucket) take(n int, now time.Time) bool {
	if !b.has(n, now) {
		return false
	}
	b.level -= float64(n)
	return true
}

// has tells whether there are n tokens, and takes none.
func (b *bucket) has(n int, now time.Time) bool {
	if !b.at.IsZero() {
		b.level = min(b.depth, b.level+now.Sub(b.at).Seconds()*b.rate)
	}
	b.at = now
	return float64(n) <= b.level
}
