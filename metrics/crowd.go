package metrics

import (
	"math"
	"math/bits"
	"sync"
	"time"
)

// crowd estimates how many different people came into calls since midnight (UTC): a
// HyperLogLog of hashes that mean nothing outside this process and this day. It keeps
// nobody's, only how rare the rarest of each of 2,048 groups was.
type crowd struct {
	mu     sync.Mutex // guards what follows
	day    int64
	rarest [crowdGroups]uint8
}

const (
	crowdBits   = 11
	crowdGroups = 1 << crowdBits // off by less than 5 % in 19 of 20 days
	// enoughPeople is from how many on they are told: "two people" of a small server
	// is somebody.
	enoughPeople = 10
)

// came notes a person by his hash of the day.
func (c *crowd) came(hash uint64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	group := hash >> (64 - crowdBits)
	rank := uint8(bits.LeadingZeros64(hash<<crowdBits|1<<(crowdBits-1)) + 1)
	c.rarest[group] = max(c.rarest[group], rank)
}

// count is how many there were today; 0 while they are fewer than ten.
func (c *crowd) count(now time.Time) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(now)
	sum, empty := 0.0, 0
	for _, rank := range c.rarest {
		sum += math.Ldexp(1, -int(rank))
		if rank == 0 {
			empty++
		}
	}
	const m = float64(crowdGroups)
	n := 0.7213 / (1 + 1.079/m) * m * m / sum
	if n <= 2.5*m && empty > 0 {
		n = m * math.Log(m/float64(empty)) // few: by the groups that had nobody
	}
	if n = math.Round(n); n < enoughPeople {
		return 0
	}
	return n
}

// turn forgets all when a day is over. The caller holds mu.
func (c *crowd) turn(now time.Time) {
	if day := now.Unix() / int64(24*time.Hour/time.Second); day != c.day {
		c.day, c.rarest = day, [crowdGroups]uint8{}
	}
}
