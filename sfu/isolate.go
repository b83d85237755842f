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

// sees tells whether anything of another may flow to the peer. The caller holds Room.mu.
func (p *Peer) sees(other *Peer) bool {
	return len(p.apart) == 0 || !slices.Contains(p.apart, other.id)
}
