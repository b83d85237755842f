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

// check looks at what may be a check of ICE. Who proves with one that he is a peer may send media from
// there: browsers check several ways, and do not always send on the one that they nominate.
func (w *worker) check(p udp.Packet) {
	c, ok := udp.ParseCheck(p.Data)
	if !ok {
		return
	}
	l := w.checked[string(c.Fragment())]
	if l == nil || w.routes[p.From] == l || !c.Proves(l.password) {
		return
	}
	w.route(l, p.From)
}

// credentials sets those of this side, with which the client's checks are made.
func (w *worker) credentials(l *link, fragment, password string) {
	if l.closed || l.fragment == fragment {
		return
	}
	delete(w.checked, l.fragment)
	l.fragment, l.password = fragment, password
	w.checked[fragment] = l
}

// route has what comes from an address belong to a link from now on.
func (w *worker) route(l *link, from netip.AddrPort) {
	old := w.routes[from]
	if l.closed || !from.IsValid() || old == l {
		return
	}
	if old != nil {
		if w.now.Sub(old.heardAt) < takeAfter {
			return // a check may have been recorded and sent again from the address of another
		}
		w.unroute(old, from)
	}
	if len(w.routes) == 0 {
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
		l.selected, l.address = to, w.socket.Address(to)
	}
}

func (w *worker) unroute(l *link, from netip.AddrPort) {
	if w.newest == l {
		w.newest = nil
	}
	delete(w.routes, from)
	l.routed = slices.DeleteFunc(l.routed, func(a netip.AddrPort) bool { return a == from })
	if l.selected == from {
		l.selected, l.address = netip.AddrPort{}, nil
	}
}

// remove forgets a link for good.
func (w *worker) remove(l *link) {
	for len(l.routed) > 0 {
		w.unroute(l, l.routed[0])
	}
	delete(w.checked, l.fragment)
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
}
