package sfu

import (
	"net/netip"
	"slices"
	"time"

	"pronto/sfu/udp"
)

const (
	// maxRoutes is from how many addresses a peer's media is taken.
	maxRoutes = 16
	// takeAfter is for how long a peer must have been silent before another may have its address.
	takeAfter = 3 * time.Second
)

// check takes a datagram that is no media. Who proves with a check of ICE that he is a peer may send media from
// there: browsers check several ways, and do not always send on the one that they nominate. Only from there DTLS
// goes on, so that nothing of strangers gets further than here.
func (w *worker) check(p udp.Packet) {
	c, ok := udp.ParseCheck(p.Data)
	if !ok {
		if l := w.routes[p.From]; l != nil && isDTLS(p.Data) && l.fence.pass(w.now) {
			w.aside.Put(p)
		} else if l == nil {
			w.takeForeign(p)
		}
		return
	}
	l := w.checked[string(c.Fragment())]
	if l == nil {
		w.checkForeign(p, c.Fragment())
		return
	}
	if !c.Proves(l.password) || !l.fence.pass(w.now) {
		return
	}
	w.route(l, p.From)
	if w.routes[p.From] != l {
		return // it is of somebody else's, and was sent again from here
	}
	w.tellDirection(p.From)
	l.alive(w.now)
	if l.settled && l.session != nil && !c.Controlled && (!c.Nominates || p.From == l.selected) {
		w.answer(c, l, p.From)
		return
	}
	w.aside.Put(p)
}

// answer answers a check that tells ICE nothing new: those that come every few seconds for as long as a call lasts.
func (w *worker) answer(c udp.Check, l *link, from netip.AddrPort) {
	to := l.address
	if from != l.selected {
		to = w.socket.Address(from)
	}
	n := len(c.Answer(w.slab.Room(udp.AnswerSize)[:0], from, l.password))
	w.slab.Add(to, n)
}

// isDTLS tells whether a datagram is one of DTLS (RFC 7983, section 7).
func isDTLS(b []byte) bool { return len(b) > 0 && b[0] >= 20 && b[0] <= 63 }

// credentials sets those of this side, with which the client's checks are made.
func (w *worker) credentials(l *link, fragment, password string) {
	if l.closed || l.fragment == fragment {
		return
	}
	w.uncheck(l)
	l.fragment, l.password, l.settled = fragment, password, false
	w.checked[fragment] = l
	w.fragments.set(fragment, w)
}

func (w *worker) uncheck(l *link) {
	delete(w.checked, l.fragment)
	w.fragments.forget(l.fragment)
}

// route has what comes from an address belong to a link from now on.
func (w *worker) route(l *link, from netip.AddrPort) {
	old := w.routes[from]
	if l.closed || !from.IsValid() || old == l || !w.mayRoute(from) {
		return
	}
	if old != nil {
		if w.now.Sub(old.heardAt) < takeAfter {
			return // a check may have been recorded and sent again from the address of another
		}
		w.unroute(old, from)
	}
	if !w.has() {
		w.next = w.now.Add(wheelStep)
	}
	if len(l.routed) >= maxRoutes {
		i := 0
		if l.routed[0] == l.selected {
			i = 1
		}
		w.unroute(l, l.routed[i])
	}
	w.routes[from] = l
	l.routed = append(l.routed, from)
	if l.place < 0 {
		l.place = w.joined % wheelSize
		w.joined++
		w.wheel[l.place] = append(w.wheel[l.place], l)
	}
}

// direct has what goes to a link go to an address, which ICE has chosen.
func (w *worker) direct(l *link, to netip.AddrPort) {
	w.route(l, to)
	if w.routes[to] == l {
		l.selected, l.address, l.settled = to, w.socket.Address(to), true
	}
}

func (w *worker) unroute(l *link, from netip.AddrPort) {
	if w.newest == l {
		w.newest = nil
	}
	delete(w.routes, from)
	w.untellDirection(from)
	l.routed = slices.DeleteFunc(l.routed, func(a netip.AddrPort) bool { return a == from })
	if l.selected == from {
		l.selected, l.address, l.settled = netip.AddrPort{}, nil, false
	}
}

// remove forgets a link for good.
func (w *worker) remove(l *link) {
	for len(l.routed) > 0 {
		w.unroute(l, l.routed[0])
	}
	w.uncheck(l)
	if l.place >= 0 {
		bucket := w.wheel[l.place]
		for i, o := range bucket {
			if o == l {
				bucket[i] = bucket[len(bucket)-1]
				bucket[len(bucket)-1] = nil
				w.wheel[l.place] = bucket[:len(bucket)-1]
				break
			}
		}
		l.place = -1
	}
	for _, s := range l.publishes {
		for i := range s.encodings {
			if e := s.encodings[i].Load(); e != nil && e.history != nil {
				e.history.Release() // slots that are empty now refer to it until something else flows in them
			}
		}
	}
	l.closed, l.session, l.publishes = true, nil, nil
	l.slots, l.bySSRC, l.declared, l.sources, l.last, l.trial = nil, nil, nil, nil, nil, nil
}
