package metrics

import (
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pronto/signalling/call"
)

// A kind of client is shown by its name only while enough different calls had
// it: on a small server "the one with Safari" is somebody.
const (
	enoughCalls = 10
	countedFor  = time.Hour
)

// clients knows which kinds of client many calls had lately. Of each kind it
// keeps no more calls than are needed to tell, as hashes that mean nothing
// outside this process.
type clients struct {
	folded prometheus.Counter // counts the samples that are hidden

	mu    sync.Mutex // guards what follows
	calls map[call.Client][]seenCall
	open  map[call.Client]int // sockets
}

type seenCall struct {
	distinct uint64
	at       time.Time
}

// entered notes that a call had a client of this kind.
func (c *clients) entered(kind call.Client, distinct uint64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(call.Clients(), kind) {
		return
	}
	if c.calls == nil {
		c.calls = map[call.Client][]seenCall{}
	}
	list := slices.DeleteFunc(c.calls[kind], func(s seenCall) bool { return s.distinct == distinct || now.Sub(s.at) >= countedFor })
	if len(list) >= enoughCalls {
		list = slices.Delete(list, 0, len(list)-enoughCalls+1)
	}
	c.calls[kind] = append(list, seenCall{distinct, now})
}

// shown tells whether a kind may be named. The caller holds mu.
func (c *clients) shown(kind call.Client, now time.Time) bool {
	n := 0
	for _, s := range c.calls[kind] {
		if now.Sub(s.at) < countedFor {
			n++
		}
	}
	return n >= enoughCalls
}

// socket counts a socket that opened (1) or closed (-1).
func (c *clients) socket(kind call.Client, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(call.Clients(), kind) {
		kind = call.ClientOther
	}
	if c.open == nil {
		c.open = map[call.Client]int{}
	}
	c.open[kind] += by
	if by > 0 && kind != call.ClientOther && !c.shown(kind, time.Now()) {
		c.folded.Inc()
	}
}

// sockets returns how many are open by kind, those that must not be named among
// the others.
func (c *clients) sockets(now time.Time) map[call.Client]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	shown := map[call.Client]int{}
	for kind, n := range c.open {
		if kind != call.ClientOther && !c.shown(kind, now) {
			kind = call.ClientOther
		}
		shown[kind] += n
	}
	return shown
}
