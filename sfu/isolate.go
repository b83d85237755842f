package sfu

import (
	"slices"
	"time"
)

// Isolate has nothing of the peers with these ids flow to this peer, from now on
// until the next call; whoever joins later with one of them is meant too. To
// keep two apart, isolate each from the other. Who speaks is told all the same
// ([Speakers]): that is the caller's to leave out.
func (p *Peer) Isolate(ids []string) {
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Equal(ids, p.apart) {
		return
	}
	p.apart = slices.Clone(ids)
	r.assign(time.Now())
	r.kick()
}

// visible leaves out what must not flow to the peer. The caller holds Room.mu.
func (p *Peer) visible(wanted []want) []want {
	if len(p.apart) == 0 {
		return wanted
	}
	return slices.DeleteFunc(wanted, func(w want) bool { return slices.Contains(p.apart, w.stream.peer.id) })
}
