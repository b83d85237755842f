package turn

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// user is what one user may still spend, over all his allocations.
type user struct {
	up, down   *rate.Limiter // bytes to peers and to clients
	complained atomic.Int64  // when ReasonBandwidth was last told, in Unix nanoseconds

	// Guarded by table.mu.
	allocations int
	left        time.Time // when the last allocation went
}

// userMemory is how long a user's rate is remembered after his last allocation:
// longer than a limiter needs to fill, so that nothing is won by allocating anew.
const userMemory = time.Second

// newUser makes a user who may relay bps bits a second in each direction, and a
// quarter of a second's worth at once.
func newUser(bps int) *user {
	perSecond := float64(bps) / 8
	burst := max(int(perSecond/4), 64<<10) // room for several datagrams of any size
	return &user{
		up:   rate.NewLimiter(rate.Limit(perSecond), burst),
		down: rate.NewLimiter(rate.Limit(perSecond), burst),
	}
}

// relayPort names a relay socket; ports are unique in each family, because all
// relays of a family listen on one address.
type relayPort struct {
	is4  bool
	port uint16
}

// table holds the live allocations.
type table struct {
	mu       sync.RWMutex // guards what follows; a leaf, held for map access only
	byClient map[client]*allocation
	byPort   map[relayPort]*allocation
	byCall   map[string]map[*allocation]struct{}
	users    map[string]*user
}

func newTable() *table {
	return &table{
		byClient: make(map[client]*allocation),
		byPort:   make(map[relayPort]*allocation),
		byCall:   make(map[string]map[*allocation]struct{}),
		users:    make(map[string]*user),
	}
}

// hasRoom reports whether a user has fewer than limit allocations.
func (t *table) hasRoom(name string, limit int) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	u := t.users[name]
	return u == nil || u.allocations < limit
}

// reserve counts one more allocation of a user; nil means that he has limit
// already. Each reservation is given back by giveBack or remove.
func (t *table) reserve(name string, limit, bps int) *user {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users[name]
	if u == nil {
		u = newUser(bps)
		t.users[name] = u
	}
	if u.allocations >= limit {
		return nil
	}
	u.allocations++
	return u
}

// giveBack undoes reserve.
func (t *table) giveBack(u *user, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u.allocations--
	u.left = now
}

// add makes an allocation known.
func (t *table) add(a *allocation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byPort[portOf(a.announced)] = a
	if t.byCall[a.pair.call] == nil {
		t.byCall[a.pair.call] = make(map[*allocation]struct{})
	}
	t.byCall[a.pair.call][a] = struct{}{}
}

// bind says whose allocation it is.
func (t *table) bind(a *allocation, c client, addr net.Addr, l *line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a.client, a.clientAddr, a.line = c, addr, l
	t.byClient[c] = a
}

// remove forgets an allocation, once.
func (t *table) remove(a *allocation, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	members := t.byCall[a.pair.call]
	if _, ok := members[a]; !ok {
		return
	}
	delete(members, a)
	if len(members) == 0 {
		delete(t.byCall, a.pair.call)
	}
	if port := portOf(a.announced); t.byPort[port] == a { // a new relay may have it by now
		delete(t.byPort, port)
	}
	if t.byClient[a.client] == a {
		delete(t.byClient, a.client)
	}
	a.owner.allocations--
	a.owner.left = now
}

// ofClient is the allocation of a client, nil if it has none.
func (t *table) ofClient(c client) *allocation {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byClient[c]
}

// atPort is the allocation whose relay has the port of at, whatever the address.
func (t *table) atPort(at netip.AddrPort) *allocation {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byPort[portOf(at)]
}

// hasCompanion reports whether another user of a's call has a relay at addr.
func (t *table) hasCompanion(a *allocation, addr netip.Addr) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for other := range t.byCall[a.pair.call] {
		if other.pair.user != a.pair.user && other.announced.Addr() == addr {
			return true
		}
	}
	return false
}

// held is a live allocation and the line of its client.
type held struct {
	*allocation
	line *line
}

// of lists the allocations of a pair.
func (t *table) of(p pair) []held {
	t.mu.RLock()
	defer t.mu.RUnlock()
	var list []held
	for a := range t.byCall[p.call] {
		if p.user == "" || p.user == a.pair.user {
			list = append(list, held{a, a.line})
		}
	}
	return list
}

// all lists every allocation.
func (t *table) all() []*allocation {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := make([]*allocation, 0, len(t.byPort))
	for _, a := range t.byPort {
		list = append(list, a)
	}
	return list
}

// forgetUsers drops the users who have been gone for long enough.
func (t *table) forgetUsers(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, u := range t.users {
		if u.allocations == 0 && now.Sub(u.left) > userMemory {
			delete(t.users, name)
		}
	}
}

func portOf(at netip.AddrPort) relayPort { return relayPort{at.Addr().Is4(), at.Port()} }
