package turn

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
	"time"
)

// budgetSlots bounds the memory that all sources together can claim: 512 kB.
const budgetSlots = 1 << 16

// budget counts answers to strangers. Every source falls into one of a fixed number of slots by
// a hash that outsiders cannot predict, so that a flood from forged sources
// claims no memory. Sources that share a slot share its rate: none gets more
// than its own. The counting is the virtual scheduling of the generic cell rate
// algorithm (ITU-T I.371): a slot holds the time at which it will be empty again.
type budget struct {
	// Set by newBudget.
	seed     maphash.Seed
	start    time.Time
	interval int64 // nanoseconds that one answer costs
	burst    int64 // nanoseconds that may be borrowed

	slots [budgetSlots]atomic.Int64 // nanoseconds since start
}

// newBudget makes a budget of perSecond answers a second, as many at once.
func newBudget(perSecond int, now time.Time) *budget {
	interval := int64(time.Second) / int64(perSecond)
	return &budget{seed: maphash.MakeSeed(), start: now, interval: interval, burst: interval * int64(perSecond-1)}
}

// take spends one answer to source; false means that there is none left.
func (b *budget) take(source netip.Addr, now time.Time) bool {
	slot, at := b.slot(source), int64(now.Sub(b.start))
	for {
		empty := slot.Load()
		from := max(empty, at)
		if from-at > b.burst {
			return false
		}
		if slot.CompareAndSwap(empty, from+b.interval) {
			return true
		}
	}
}

// has reports whether take would spend one.
func (b *budget) has(source netip.Addr, now time.Time) bool {
	return b.slot(source).Load()-int64(now.Sub(b.start)) <= b.burst
}

func (b *budget) slot(source netip.Addr) *atomic.Int64 {
	return &b.slots[maphash.Comparable(b.seed, sourceOf(source))%budgetSlots]
}

// sourceOf is the part of an address that one subscriber holds: all of IPv4, the
// first 64 bits of IPv6.
func sourceOf(addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return addr
	}
	return prefix.Addr()
}
