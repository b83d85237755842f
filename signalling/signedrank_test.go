package signalling_test

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// shifted is how probable it is that differences as far from zero as these come about
// by chance, though they are not usually larger than tolerated: Wilcoxon's signed-rank
// test, on both sides, by the normal approximation. The differences are of pairs whose
// order was drawn, so that chance has no preferred sign, however busy the machine is
// and however far the times scatter.
func shifted(d []time.Duration, tolerated time.Duration) float64 {
	moved := func(by time.Duration) []time.Duration {
		m := make([]time.Duration, len(d))
		for i := range d {
			m[i] = d[i] + by
		}
		return m
	}
	z := max(signedRank(moved(-tolerated)), -signedRank(moved(tolerated)))
	return min(1, math.Erfc(z/math.Sqrt2)) // 2·(1 − Φ(z))
}

// signedRank is by how many standard deviations the positive ranks outweigh the negative.
func signedRank(d []time.Duration) float64 {
	d = slices.SortedFunc(slices.Values(d), func(a, b time.Duration) int { return cmp.Compare(a.Abs(), b.Abs()) })
	var positive float64
	for i, x := range d {
		if x > 0 {
			positive += float64(i + 1)
		}
	}
	n := float64(len(d))
	return (positive - n*(n+1)/4) / math.Sqrt(n*(n+1)*(2*n+1)/24)
}

// middle is the median.
func middle(d []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(d))[len(d)/2]
}

// blur is the standard error of the middle of differences, estimated so that rare
// outliers do not count.
func blur(d []time.Duration) time.Duration {
	m := middle(d)
	var off []time.Duration
	for _, x := range d {
		off = append(off, (x - m).Abs())
	}
	return time.Duration(1.4826 * float64(middle(off)) / math.Sqrt(float64(len(d))))
}

func TestTheTestOfPairsTellsAMillisecondAndNothingFromNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	// A busy machine: times scatter by milliseconds, and one in ten takes ten times as long.
	sample := func(n int, more time.Duration) (d []time.Duration) {
		at := func() float64 {
			x := 5 + r.ExpFloat64()
			if r.IntN(10) == 0 {
				x *= 10
			}
			return x
		}
		for range n {
			d = append(d, time.Duration((at()-at())*float64(time.Millisecond))+more)
		}
		return d
	}
	const runs = 1000
	alarms, missed := 0, 0
	for range runs {
		if shifted(sample(calls, 0), 0) < alarming {
			alarms++
		}
		if shifted(sample(calls, time.Millisecond), tolerated) >= alarming {
			missed++
		}
	}
	if alarms > 3*runs*alarming {
		t.Errorf("%d of %d alarms without a difference", alarms, runs)
	}
	if missed > runs/20 {
		t.Errorf("%d of %d differences of a millisecond were missed", missed, runs)
	}
}
