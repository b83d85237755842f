package api

import (
	"sync"
	"time"

	"pronto/signalling/source"
)

// budgetSlots bounds the memory of a budget. Addresses that fall into the same
// slot share it, which is strict on the wrong side but never open.
const budgetSlots = 1 << 12

// budget is a token bucket for each account or network address: an IPv4 address or an IPv6
// /64, because that is what one household has.
type budget struct {
	refill time.Duration // for one try
	burst  int

	mu    sync.Mutex // guards what follows
	slots [budgetSlots]bucket
}

type bucket struct {
	full time.Time // when the bucket will be full again
}

func newBudget(refill time.Duration, burst int) *budget {
	return &budget{refill: refill, burst: burst}
}

// take reports whether the address has a try left, and takes it.
func (b *budget) take(remote string, now time.Time) bool {
	return b.takeSlot(slotOf(remote), now) == 0
}

// takeFor is take for an account, and returns how long to wait if it has no try left.
func (b *budget) takeFor(user string, now time.Time) time.Duration {
	return b.takeSlot(hash([]byte(user)), now)
}

func (b *budget) takeSlot(i uint32, now time.Time) time.Duration {
	slot := &b.slots[i]
	b.mu.Lock()
	defer b.mu.Unlock()
	full := slot.full
	if full.Before(now) {
		full = now
	}
	full = full.Add(b.refill)
	if over := full.Sub(now) - time.Duration(b.burst)*b.refill; over > 0 {
		return over
	}
	slot.full = full
	return 0
}

// left reports whether the address has a try left.
func (b *budget) left(remote string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	full := b.slots[slotOf(remote)].full
	return full.Add(b.refill).Sub(now) <= time.Duration(b.burst)*b.refill
}

func slotOf(remote string) uint32 {
	var key []byte
	if ip := source.Address(remote); ip.IsValid() {
		bytes := ip.AsSlice()
		key = bytes[:min(len(bytes), 8)] // of IPv6 the /64
	}
	return hash(key)
}

// hash is the slot of a key.
func hash(key []byte) uint32 {
	h := uint32(2166136261) // FNV-1a
	for _, c := range key {
		h = (h ^ uint32(c)) * 16777619
	}
	return h % budgetSlots
}
