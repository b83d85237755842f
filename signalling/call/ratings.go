package call

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"sync"
	"time"

	"pronto/signalling/wire"
)

// Bounds of ratings.
const (
	rateWithin = 10 * time.Minute
	maxRatable = 20_000
)

// ratable is one account's part in one call.
type ratable struct {
	call wire.CallID
	user wire.UserID
}

// ratings knows who may still rate which call: each once, for a while after it
// was over for him. What he says is counted and not kept.
type ratings struct {
	mu    sync.Mutex // guards what follows; held for map access only
	kinds map[ratable]wire.Kind
	order []ended
}

type ended struct {
	ratable
	at time.Time
}

// open lets an account rate a call that is over for it.
func (r *ratings) open(call wire.CallID, user wire.UserID, kind wire.Kind, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kinds == nil {
		r.kinds = map[ratable]wire.Kind{}
	}
	for len(r.order) > 0 && (len(r.order) >= maxRatable || now.Sub(r.order[0].at) > rateWithin) {
		delete(r.kinds, r.order[0].ratable)
		r.order = r.order[1:]
	}
	one := ratable{call, user}
	r.kinds[one] = kind
	r.order = append(r.order, ended{one, now})
}

// take uses the account's one chance.
func (r *ratings) take(call wire.CallID, user wire.UserID) (wire.Kind, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kind, ok := r.kinds[ratable{call, user}]
	delete(r.kinds, ratable{call, user})
	return kind, ok
}

// rate counts what somebody thinks of a call that is over for him.
func (r *Registry) rate(who Who, m *wire.RateCall) error {
	kind, ok := r.ratings.take(m.Call, who.User)
	if !ok {
		return wire.Problemf(wire.CodeNotFound, "there is no call to rate: it goes on, is long over, or was rated")
	}
	r.cfg.Events(Rated{Kind: kind, Stars: int(m.Stars), Reasons: m.Reasons})
	who.Reply(wire.Done{})
	return nil
}

// asksRating tells whether the people of a call are asked: all of them, or
// none.
func asksRating(id wire.CallID, share float64) bool {
	sum := sha256.Sum256([]byte("rating of " + id))
	return float64(binary.BigEndian.Uint64(sum[:8])) < share*math.MaxUint64
}
