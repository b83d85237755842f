package call

import (
	"cmp"
	"errors"
	"sync"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Limits keep a caller from being a nuisance. A zero takes the default.
type Limits struct {
	// Rings is how many times a minute an account may ring or invite. 10 by
	// default.
	Rings int
	// PairRings is how many times a minute it may ring the same account. 3 by
	// default.
	PairRings int
	// PrefixRings is how many times a minute all accounts of one network, an IPv4 /24
	// or an IPv6 /64, may ring or invite: many accounts cost who sends spam little, many
	// networks more. 300 by default.
	PrefixRings int
	// Strangers is how many calls within [store.StrangersCounted] to people
	// who do not know the caller may stay unanswered before he has to wait. 20
	// by default, at most 1000.
	Strangers int
	// CoolDown is how long he has to wait after the last of them. 1 h by
	// default, at most 24 h.
	CoolDown time.Duration
	// WrongLinks is how many links that lead nowhere may be tried in a row from
	// one account or network; then two a minute. 20 by default.
	WrongLinks int
}

func (l Limits) filled() Limits {
	return Limits{
		Rings: cmp.Or(l.Rings, 10), PairRings: cmp.Or(l.PairRings, 3), PrefixRings: cmp.Or(l.PrefixRings, 300),
		Strangers: cmp.Or(l.Strangers, 20), CoolDown: cmp.Or(l.CoolDown, time.Hour), WrongLinks: cmp.Or(l.WrongLinks, guessBurst),
	}
}

func (l Limits) validate() error {
	switch l = l.filled(); {
	case l.Rings < 1 || l.PairRings < 1 || l.PrefixRings < 1 || l.WrongLinks < 1:
		return errors.New("call: Config.Limits.Rings, PairRings, PrefixRings or WrongLinks is not positive")
	case l.Strangers < 1 || l.Strangers > 1000:
		return errors.New("call: Config.Limits.Strangers is not between 1 and 1000")
	case l.CoolDown < 0 || l.CoolDown > store.StrangersCounted:
		return errors.New("call: Config.Limits.CoolDown is not between 0 and 24 h")
	}
	return nil
}

// coolingDown is how long the caller has to wait still; 0 if he need not.
// After the wait one more call to a stranger is let through, and if it is not
// answered the wait begins anew.
func (l Limits) coolingDown(rel store.Relation) time.Duration {
	if rel.CallerStrangers < l.Strangers {
		return 0
	}
	return max(0, l.CoolDown-rel.SinceStranger)
}

func tooOften(wait time.Duration, detail string) error {
	p := wire.Problemf(wire.CodeRateLimited, "%s", detail)
	p.RetryAfterMs = uint32(max(1, wait.Milliseconds()))
	return p
}

// rates counts who rang whom in the last minute.
type rates struct {
	mu    sync.Mutex // guards what follows; held for map access only
	rang  map[pairing][]time.Time
	swept time.Time
}

// pairing is a caller and a callee; an empty callee is all of them. With a prefix it
// is all callers of a network.
type pairing struct {
	caller, callee wire.UserID
	prefix         string
}

// per is the time over which rings are counted.
const per = time.Minute

// take counts an attempt to ring, or refuses it. Whether the callees exist or
// may be reached makes no difference.
func (r *rates) take(l Limits, who Who, callees []wire.UserID, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	counted := map[pairing]int{{caller: who.User}: l.Rings} // and how many each may be
	for _, callee := range callees {
		counted[pairing{caller: who.User, callee: callee}] = l.PairRings
	}
	if who.Prefix != "" {
		counted[pairing{prefix: who.Prefix}] = l.PrefixRings
	}
	var wait time.Duration
	for p, most := range counted {
		wait = max(wait, r.wait(p, most, now))
	}
	if wait > 0 {
		return tooOften(wait, "too many rings in a minute; wait")
	}
	for p := range counted {
		r.note(p, now)
	}
	return nil
}

// wait is how long until there is room for one more; it forgets what is old.
func (r *rates) wait(p pairing, most int, now time.Time) time.Duration {
	at := r.rang[p]
	for len(at) > 0 && now.Sub(at[0]) >= per {
		at = at[1:]
	}
	if len(at) == 0 {
		delete(r.rang, p)
		return 0
	}
	r.rang[p] = at
	if len(at) < most {
		return 0
	}
	return at[len(at)-most].Add(per).Sub(now)
}

func (r *rates) note(p pairing, now time.Time) {
	if r.rang == nil {
		r.rang = map[pairing][]time.Time{}
	}
	r.rang[p] = append(r.rang[p], now)
}

// sweep forgets, once a minute, who has not rung for one.
func (r *rates) sweep(now time.Time) {
	if now.Sub(r.swept) < per {
		return
	}
	r.swept = now
	for p, at := range r.rang {
		if now.Sub(at[len(at)-1]) >= per {
			delete(r.rang, p)
		}
	}
}
