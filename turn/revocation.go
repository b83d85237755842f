package turn

import (
	"sync"
	"time"

	"pronto/turn/credential"
)

// maxRevocations bounds the memory of revocations, about 10 MB.
const maxRevocations = 1 << 16

// pair names whom a revocation is about; an empty user means everybody of the call.
type pair struct{ call, user string }

type revocation struct {
	pair  pair
	until time.Time
}

// revocations remembers which credentials are no longer accepted, each until the
// last credential that it is about has expired. When too many come, the oldest
// becomes a refusal of every credential as old as those that it is about: what is
// forgotten is never accepted again.
type revocations struct {
	mu    sync.Mutex // guards what follows; held for map access only
	limit int
	until map[pair]time.Time
	queue []revocation // oldest first
	floor time.Time
}

func newRevocations(limit int) *revocations {
	return &revocations{limit: limit, until: make(map[pair]time.Time)}
}

// add refuses the credentials of p that expire at until or earlier.
func (r *revocations) add(p pair, now, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) > 0 && r.queue[0].until.Before(now) {
		r.pop()
	}
	if len(r.queue) >= r.limit {
		if oldest := r.pop(); oldest.until.After(r.floor) {
			r.floor = oldest.until
		}
	}
	r.until[p] = until
	r.queue = append(r.queue, revocation{p, until})
}

// pop forgets the oldest revocation, unless a newer one of the same pair stands.
func (r *revocations) pop() revocation {
	oldest := r.queue[0]
	r.queue = r.queue[1:]
	if r.until[oldest.pair].Equal(oldest.until) {
		delete(r.until, oldest.pair)
	}
	return oldest
}

// refuses reports whether the credential was revoked.
func (r *revocations) refuses(c credential.Claims) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range [...]pair{{c.Call, c.User}, {c.Call, ""}} {
		if until, ok := r.until[p]; ok && !c.Expiry.After(until) {
			return true
		}
	}
	return !r.floor.IsZero() && !c.Expiry.After(r.floor)
}
