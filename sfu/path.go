package sfu

import (
	"sync/atomic"

	"pronto/sfu/estimate"
	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

const (
	// beneath is what UDP and IPv4 add to a packet, in bytes.
	beneath = 28
	// tag is by how much a packet grows when it is sealed, in bytes.
	tag = 16
	// kickShare is the part of an estimate by which it must have fallen for layers to be chosen again at once.
	kickShare = 16
	// leastStart and mostStart are the bounds of what a client says that its downlink carries, in bit/s.
	leastStart, mostStart = 100_000, 20_000_000
)

// path is the way to one peer, as far as it is known how much it carries. The worker owns it, but for what the room
// reads and writes.
type path struct {
	estimator *estimate.Estimator // nil where arrivals are not reported
	start     int                 // in bit/s, as the client has it; 0 for unknown
	told      int64               // of bps, when the room was last asked to look
	moved     int64               // bytes in both directions

	bps    atomic.Int64 // how much the way carries; 0 while that is not known. Stored by the worker
	wanted atomic.Int64 // how much would be sent if it did, in bit/s. Stored by the room
	loss   atomic.Int32 // share of what is sent that is lost, in 1/1000. Stored by the worker
}

// padding is as much as one packet has at most: the last byte says how much it is (RFC 3550, section 5.1).
var padding = func() (b [255]byte) {
	b[254] = 255
	return b
}()

// hint takes what the client knows of its downlink.
func (p *path) hint(bps int) {
	if bps > 0 {
		p.start = min(max(bps, leastStart), mostStart)
	}
}

// openPath begins to estimate how much the way to the peer carries.
func (l *link) openPath() {
	if l.path.estimator == nil {
		l.path.estimator = estimate.New(estimate.Config{Start: l.path.start}, l.worker.now)
		l.path.bps.Store(int64(l.path.start))
	}
}

// number gives the next packet its transport-wide number; n is its length.
func (l *link) number(n int) uint16 {
	l.activate()
	return l.path.estimator.Sent(n+beneath, l.worker.now)
}

// hearArrivals takes a report of when packets arrived.
func (l *link) hearArrivals(report forward.Report) {
	if l.path.estimator == nil || len(report.Body) < 8 {
		return
	}
	if err := l.path.estimator.Feedback(report.Body[8:], l.worker.now); err != nil {
		l.worker.count.droppedMalformed.Add(1)
		return
	}
	l.tellPath()
}

// tellPath lets the room know how much the way carries.
func (l *link) tellPath() {
	p := &l.path
	if !p.estimator.Known() {
		return
	}
	bps := int64(p.estimator.Bps())
	p.bps.Store(bps)
	p.loss.Store(int32(p.estimator.Loss() * 1000))
	if bps < p.told-p.told/kickShare {
		l.peer.room.kick()
		p.told = bps
	}
	p.told = max(p.told, bps)
}

// lookAtPath does what is due for the way to the peer. It reports whether more will be soon, also if nothing flows.
func (l *link) lookAtPath() (goesOn bool) {
	p := &l.path
	l.peer.use.bytes.Store(p.moved)
	if p.estimator == nil || !l.sends() {
		return false
	}
	p.estimator.Want(int(p.wanted.Load()))
	due := p.estimator.Tick(l.worker.now)
	l.tellPath()
	if due > 0 {
		l.sendPadding(due)
	}
	return p.estimator.Probing()
}

// sendPadding sends about so many bytes of padding, if there is a slot for it.
func (l *link) sendPadding(bytes int) {
	s := l.padded()
	for s != nil && bytes > 0 {
		n := s.sendPadding(l)
		if n == 0 {
			return
		}
		bytes -= n + beneath
	}
}

// padded returns a slot whose retransmissions may carry padding: there it disturbs no numbering that matters.
func (l *link) padded() *slot {
	for _, s := range l.slots {
		if !s.audio && s.rtxSSRC != 0 && s.twcc != 0 && s.formats.padding(s.codec) != 0 {
			return s
		}
	}
	return nil
}

// padding returns the payload type of retransmissions of a codec, or of another where it has none; 0 if nothing has.
func (f *formats) padding(codec forward.Codec) uint8 {
	pt := f.rtx[codec]
	for i := 0; pt == 0 && i < len(f.rtx); i++ {
		pt = f.rtx[i]
	}
	return pt
}

// sendPadding sends one packet of nothing but padding, and returns its length.
func (s *slot) sendPadding(l *link) int {
	s.rtxSeq++
	out := forward.Out{Seq: s.rtxSeq, Timestamp: s.timestamp, Number: s.stamp(l, nil, len(padding))}
	n := s.headerSize(nil) + len(padding) + udp.Overhead
	room := l.worker.slab.Room(n)
	forward.WriteHeader(room, s.formats.padding(s.codec), false, out.Seq, out.Timestamp, s.rtxSSRC)
	forward.WriteNumber(room, s.twcc, out.Number)
	forward.WritePadded(room)
	sealed, err := l.session.SealRTP(&s.rtxSink, room[:s.headerSize(nil)], padding[:])
	if err != nil {
		return 0
	}
	l.worker.slab.Add(l.address, len(sealed))
	l.path.moved += int64(len(sealed) + beneath)
	return len(sealed)
}
