package emodel

import (
	"math"
	"time"
)

// Best is the rating R of a sound without delay and loss (G.107, default
// values of all parameters).
const Best = 93.2

// What a delay has besides the network and the jitter buffer: one frame to
// record before it can be sent, and the devices of both sides.
const (
	frame   = 20 * time.Millisecond
	devices = 20 * time.Millisecond
)

// Robustness of Opus against loss that is concealed (Bpl of G.107), without
// and with in-band forward error correction or redundancy.
const (
	plainBpl    = 10
	repairedBpl = 20
)

// Sound is what a receiver measured over some seconds.
type Sound struct {
	// RTT is the round-trip time of the path. Half of it is the way.
	RTT time.Duration
	// JitterBuffer is how long the jitter buffer held a frame on average.
	JitterBuffer time.Duration
	// Concealed is the part of the samples that the decoder made up, silence
	// not counted; 0 to 1. It is not packet loss: what was repaired in time
	// is not heard.
	Concealed float64
	// Repaired says that forward error correction or redundancy was in use.
	Repaired bool
}

// MOS is the mean opinion score of a sound, 1 (bad) to 4.41.
func MOS(s Sound) float64 { return score(Rating(s)) }

// Rating is R of G.107, 0 to [Best].
func Rating(s Sound) float64 {
	delay := s.RTT/2 + s.JitterBuffer + frame + devices
	return min(Best, max(0, Best-delayImpairment(delay)-lossImpairment(s.Concealed, s.Repaired)))
}

// delayImpairment is Idd (G.107, 7.4, equations 7-27 and 7-28).
func delayImpairment(delay time.Duration) float64 {
	ms := float64(delay) / float64(time.Millisecond)
	if ms <= 100 {
		return 0
	}
	x := math.Log2(ms / 100)
	return 25 * (math.Pow(1+math.Pow(x, 6), 1./6) - 3*math.Pow(1+math.Pow(x/3, 6), 1./6) + 2)
}

// lossImpairment is Ie,eff for random loss (G.107, 7.5, equation 7-29), with
// Ie 0 for Opus.
func lossImpairment(concealed float64, repaired bool) float64 {
	percent := 100 * min(1, max(0, concealed))
	bpl := float64(plainBpl)
	if repaired {
		bpl = repairedBpl
	}
	return 95 * percent / (percent + bpl)
}

// score turns R into a mean opinion score (G.107, annex B).
func score(r float64) float64 {
	return max(1, 1+.035*r+r*(r-60)*(100-r)*7e-6)
}
