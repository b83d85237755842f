package sfu

import (
	"errors"
	"sync/atomic"
	"time"
)

// DataUse is how much a peer wants to send and receive. The zero value is no limit.
type DataUse struct {
	// Bytes is how many bytes may be sent to and received from the peer from now on, headers of all layers included,
	// before pictures stop and only sound is left; 0 for any number.
	Bytes int64
	// Low asks for the smallest encoding of each picture, and has the peer send no other.
	Low bool
}

// warnPercent is at which share of its budget a peer is warned.
const warnPercent = 80

// ErrDataUse is returned for a budget that is negative.
var ErrDataUse = errors.New("sfu: a negative data budget")

// use is what a peer has used of its budget. Guarded by Room.mu, but for bytes.
type use struct {
	bytes  atomic.Int64 // sent and received since the beginning. Stored by the worker
	from   int64        // of bytes, when the budget began
	budget int64        // 0 for none
	low    bool
	told   DataState
}

// spent tells whether nothing is left.
func (u *use) spent() bool { return u.told == DataSpent }

// state is how far the budget has been used.
func (u *use) state() DataState {
	used := u.bytes.Load() - u.from
	switch {
	case u.budget == 0:
		return DataPlenty
	case used >= u.budget:
		return DataSpent
	case used >= u.budget/100*warnPercent:
		return DataLow
	}
	return DataPlenty
}

// Use says how much the peer wants to use; it replaces what was said before, and counting begins anew. At four fifths
// of a budget [Data] warns; when it is used up, no pictures are sent to the peer any more, and it is told to
// send none ([Encodings]). Sound goes on. [ErrDataUse] changes nothing.
func (p *Peer) Use(u DataUse) error {
	if u.Bytes < 0 {
		return ErrDataUse
	}
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	p.use.from, p.use.budget, p.use.low = p.use.bytes.Load(), u.Bytes, u.Low
	p.checkUse()
	r.aimAll(time.Now())
	r.kick()
	return nil
}

// Used is how many bytes of its budget a peer has used; 0 without one.
func (p *Peer) Used() int64 {
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.use.budget == 0 {
		return 0
	}
	return p.use.bytes.Load() - p.use.from
}

// checkUse tells how far the budget has been used, if that has changed. The caller holds Room.mu.
func (p *Peer) checkUse() {
	if state := p.use.state(); state != p.use.told {
		p.use.told = state
		p.events.put(Data{State: state, Used: p.use.bytes.Load() - p.use.from, Budget: p.use.budget})
	}
}
