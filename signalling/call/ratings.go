package call

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"sync"
	"time"

	"pronto/signalling/wire"
)

// Bounds of what may be said of a call that is over.
const (
	sayWithin  = 10 * time.Minute
	maxChances = 20_000
)

// part is one account's part in one call.
type part struct {
	call wire.CallID
	user wire.UserID
}

// kindOfCall is what is remembered of the call.
type kindOfCall struct {
	kind     wire.Kind
	topology wire.Topology
}

// chances knows who may still say something of which call: each once, for a
// while after it was over for him. What he says is counted and not kept.
type chances struct {
	mu    sync.Mutex // guards what follows; held for map access only
	calls map[part]kindOfCall
	order []ended
}

type ended struct {
	part
	at time.Time
}

// open gives an account its chance, when a call is over for it.
func (c *chances) open(call wire.CallID, user wire.UserID, how kindOfCall, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[part]kindOfCall{}
	}
	for len(c.order) > 0 && (len(c.order) >= maxChances || now.Sub(c.order[0].at) > sayWithin) {
		delete(c.calls, c.order[0].part)
		c.order = c.order[1:]
	}
	one := part{call, user}
	c.calls[one] = how
	c.order = append(c.order, ended{one, now})
}

// take uses the account's one chance.
func (c *chances) take(call wire.CallID, user wire.UserID) (kindOfCall, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	how, ok := c.calls[part{call, user}]
	delete(c.calls, part{call, user})
	return how, ok
}

// rate counts what somebody thinks of a call that is over for him.
func (r *Registry) rate(who Who, m *wire.RateCall) error {
	how, ok := r.ratings.take(m.Call, who.User)
	if !ok {
		return wire.Problemf(wire.CodeNotFound, "there is no call to rate: it goes on, is long over, or was rated")
	}
	r.cfg.Events(Rated{Kind: how.kind, Stars: int(m.Stars), Reasons: m.Reasons})
	who.Reply(wire.Done{})
	return nil
}

// asksRating tells whether the people of a call are asked: all of them, or
// none.
func asksRating(id wire.CallID, share float64) bool {
	sum := sha256.Sum256([]byte("rating of " + id))
	return float64(binary.BigEndian.Uint64(sum[:8])) < share*math.MaxUint64
}
