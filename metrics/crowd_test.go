package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestPeopleAreCountedWithoutBeingKept(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, n := range []int{1, 9, 10, 100, 1000, 3000, 10_000, 300_000} {
		var c crowd
		for range n {
			hash := random.Uint64()
			c.came(hash, noon)
			c.came(hash, noon.Add(time.Hour)) // he comes again
		}
		got := c.count(noon.Add(2 * time.Hour))
		if n < enoughPeople {
			if got != 0 {
				t.Errorf("%d people are told as %g", n, got)
			}
			continue
		}
		if math.Abs(got/float64(n)-1) > .05 {
			t.Errorf("%d people are told as %g", n, got)
		}
		if got := c.count(noon.Add(12 * time.Hour)); got != 0 {
			t.Errorf("the next day there are %g", got)
		}
	}
}
