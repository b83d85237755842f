package sfu

import (
	"net/netip"
	"sync"
	"time"

	"pronto/sfu/udp"
)

// handoverSize is how many datagrams wait for a worker whose peers' came to others; more are lost.
const handoverSize = 256

// Where several workers share the port, the system gives all that comes from one address to one of them, whichever: it
// cannot know in whose room the peer is. What comes to another worker than that of the room is handed over, a batch at a
// time. That is a small part of the work: each packet that comes goes out many times.

// fragments says which worker a user name fragment of this side belongs to.
type fragments struct {
	mu     sync.RWMutex // guards workers; held for map access only
	worker map[string]*worker
}

func (f *fragments) set(fragment string, w *worker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.worker == nil {
		f.worker = map[string]*worker{}
	}
	f.worker[fragment] = w
}

func (f *fragments) forget(fragment string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.worker, fragment)
}

func (f *fragments) find(fragment []byte) *worker {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.worker[string(fragment)]
}

// foreign is an address from which packets come here for a peer of another worker.
type foreign struct {
	worker  *worker
	heardAt time.Time // when one came last
}

// handed are datagrams that wait for their worker. The buffer is as long as all of them can be.
type handed struct {
	packets []udp.Packet
	via     []*worker // to whom each came
	buffer  []byte
}

func newHanded() *handed { return &handed{buffer: make([]byte, 0, handoverSize*udp.MTU)} }

func (h *handed) add(p udp.Packet, via *worker) {
	if len(h.packets) == handoverSize {
		via.count.droppedHandover.Add(1)
		return
	}
	begin := len(h.buffer)
	h.buffer = append(h.buffer, p.Data...)
	h.packets = append(h.packets, udp.Packet{From: p.From, Data: h.buffer[begin:]})
	h.via = append(h.via, via)
}

func (h *handed) clear() { h.packets, h.via, h.buffer = h.packets[:0], h.via[:0], h.buffer[:0] }

// handOver puts a datagram of this batch aside for another worker.
func (w *worker) handOver(p udp.Packet, to *worker) {
	if len(w.outgoing) == 0 {
		w.outgoing = make([][]udp.Packet, len(w.siblings))
	}
	w.outgoing[to.index] = append(w.outgoing[to.index], p)
}

// deliver gives other workers what came here for them, before it is overwritten.
func (w *worker) deliver() {
	for i, packets := range w.outgoing {
		if len(packets) > 0 {
			w.siblings[i].accept(packets, w)
			w.outgoing[i] = packets[:0]
		}
	}
}

// accept copies datagrams that came to another worker.
func (w *worker) accept(packets []udp.Packet, via *worker) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	if w.incoming == nil {
		w.incoming, w.spare = newHanded(), newHanded()
	}
	for _, p := range packets {
		w.incoming.add(p, via)
	}
	if !w.asked.Swap(true) {
		w.socket.Wake()
	}
}

// takeHanded takes what came to others.
func (w *worker) takeHanded(h *handed) {
	for i, p := range h.packets {
		w.via = h.via[i]
		w.take(p)
	}
	w.via = nil
	h.clear()
}

// takeForeign hands over what comes from an address of a peer of another worker. It reports whether it is one.
func (w *worker) takeForeign(p udp.Packet) bool {
	if len(w.foreign) == 0 || w.via != nil {
		return false
	}
	f := w.foreign[p.From]
	if f == nil {
		return false
	}
	f.heardAt = w.now
	w.handOver(p, f.worker)
	return true
}

// checkForeign hands over a check of a peer of another worker.
func (w *worker) checkForeign(p udp.Packet, fragment []byte) {
	if len(w.siblings) < 2 || w.via != nil {
		return
	}
	if to := w.fragments.find(fragment); to != nil && to != w {
		w.handOver(p, to)
	}
}

// tellDirection tells the worker to whom packets from an address come that they are for this one.
func (w *worker) tellDirection(from netip.AddrPort) {
	via := w.via
	if via == nil || w.told[from] == via {
		return
	}
	if w.told == nil {
		w.told = map[netip.AddrPort]*worker{}
	}
	w.told[from] = via
	via.post(func() { via.learn(from, w) })
}

// untellDirection takes that back.
func (w *worker) untellDirection(from netip.AddrPort) {
	via := w.told[from]
	if via == nil {
		return
	}
	delete(w.told, from)
	via.post(func() {
		if f := via.foreign[from]; f != nil && f.worker == w {
			delete(via.foreign, from)
		}
	})
}

// learn has what comes from an address go to another worker, unless somebody here is heard from there.
func (w *worker) learn(from netip.AddrPort, to *worker) {
	if old := w.routes[from]; old != nil {
		if w.now.Sub(old.heardAt) < takeAfter {
			return
		}
		w.unroute(old, from)
	}
	if w.foreign == nil {
		w.foreign = map[netip.AddrPort]*foreign{}
	}
	if f := w.foreign[from]; f != nil && f.worker != to && w.now.Sub(f.heardAt) < takeAfter {
		return // a check may have been recorded and sent again from the address of another
	}
	w.foreign[from] = &foreign{worker: to, heardAt: w.now}
}

// mayRoute tells whether an address can belong to a peer of this worker: not while one of another is heard from there.
func (w *worker) mayRoute(from netip.AddrPort) bool {
	f := w.foreign[from]
	if f == nil || w.via != nil {
		return true
	}
	if w.now.Sub(f.heardAt) < takeAfter {
		return false
	}
	delete(w.foreign, from)
	return true
}
