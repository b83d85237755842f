package sfu

import (
	"encoding/binary"
	"time"

	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

const (
	// echoes is how many packets of sound can be sent again: over a second. echoSize is how long one may be, in bytes.
	echoes   = 64
	echoSize = 512
	// echoShare is how much of what a slot of sound is sent, in percent, may be sent again: more than of pictures, for
	// sound is small and comes first. echoBurst is how many bytes of that may be saved up.
	echoShare = 60
	echoBurst = 8 << 10
	// echoFor is for how long packets are kept after the last one was asked for, or many were lost.
	echoFor = time.Minute
	// redundantBps is how much a way must carry for each packet that goes along with one, in bit/s: twice a voice.
	redundantBps = 100_000
	// staleAfter is how old sound may be to be sent twice unasked, in units of its clock: after a silence
	// the packet before it would come too late to be played, and make the receiver wait longer for all.
	staleAfter = clockOpus / 10
)

// echo keeps what went out as the sound of one slot, sealed as it was, for who loses packets. Sound has no retransmission
// stream of its own (RFC 4588) in browsers, and with AES-GCM two packets of one number must be one: so the very bytes
// are sent again. It is made when a packet is first asked for, or many are lost.
type echo struct {
	packets [echoes]echoed
	bytes   [echoes * echoSize]byte
	credit  int // bytes that may be sent again
	askedAt time.Time
}

// echoed is one packet that is kept.
type echoed struct {
	seq   uint16
	size  uint16 // 0 for none
	times uint8  // that it was sent again
}

// keep remembers a sealed packet.
func (e *echo) keep(sealed []byte) {
	if len(sealed) > echoSize || len(sealed) < forward.HeaderSize {
		return
	}
	seq := binary.BigEndian.Uint16(sealed[2:])
	i := int(seq % echoes)
	e.packets[i] = echoed{seq: seq, size: uint16(copy(e.bytes[i*echoSize:], sealed))}
	e.credit = min(e.credit+len(sealed)*echoShare/100, echoBurst)
}

// find returns a packet that may be sent again, and counts it as sent.
func (e *echo) find(seq uint16) []byte {
	i := int(seq % echoes)
	p := &e.packets[i]
	if p.size == 0 || p.seq != seq || p.times >= forward.MaxTimes || int(p.size) > e.credit {
		return nil
	}
	p.times++
	e.credit -= int(p.size)
	return e.bytes[i*echoSize : i*echoSize+int(p.size)]
}

// before returns the packet that went out a number of packets before another, if it is not too old.
func (e *echo) before(seq uint16, timestamp uint32, back int) []byte {
	i := int((seq - uint16(back)) % echoes)
	p := &e.packets[i]
	if p.size == 0 || p.seq != seq-uint16(back) {
		return nil
	}
	sealed := e.bytes[i*echoSize : i*echoSize+int(p.size)]
	if timestamp-binary.BigEndian.Uint32(sealed[4:]) > uint32(back)*staleAfter {
		return nil
	}
	return sealed
}

// repeat answers a NACK for sound.
func (s *slot) repeat(l *link, lost forward.NACKs) {
	if !s.nack {
		return
	}
	s.openEcho(l.worker.now)
	for seq := range lost.Each {
		s.miss(seq)
		if sealed := s.echo.find(seq); sealed != nil {
			s.sendEcho(l, sealed)
		}
	}
}

// double sends again, unasked, what went out just before a packet of sound: to who loses much and cannot read redundant
// packets (RFC 2198). Whoever got it drops it as a replay of what he has (RFC 3711, section 3.3.2).
func (s *slot) double(l *link, out forward.Out) {
	if s.echo == nil || s.formats.red != 0 {
		return
	}
	for back := s.redundancy(l); back > 0; back-- {
		if sealed := s.echo.before(out.Seq, out.Timestamp, back); sealed != nil {
			s.sendEcho(l, sealed)
			s.missed.doubled = true
		}
	}
}

// redundancy is how many packets of sound go along with each: none where the way carries little more than the sound itself,
// for more of it would be what is lost next.
func (s *slot) redundancy(l *link) int {
	n := s.loss.Redundant()
	if carries := l.path.bps.Load(); carries > 0 {
		n = min(n, int(carries/redundantBps))
	}
	return n
}

func (s *slot) openEcho(now time.Time) {
	if s.echo == nil {
		s.echo = &echo{credit: echoBurst}
	}
	s.echo.askedAt = now
}

func (s *slot) sendEcho(l *link, sealed []byte) {
	room := l.worker.slab.Room(len(sealed) + udp.Overhead)
	n := copy(room, sealed)
	l.worker.slab.Add(l.address, n)
	l.worker.count.againOut.Add(1)
	l.path.moved += int64(n + beneath)
}

// miss notes that a packet did not come at first. What was asked for and sent again, the receiver no longer
// reports as lost.
func (s *slot) miss(seq uint16) {
	if s.missed.any && int16(seq-s.missed.newest) <= 0 {
		return // asked for again, or noted by a later one
	}
	s.missed.any, s.missed.newest = true, seq
	s.missed.count++
}

// hearLoss takes what the receiver says that he lost, in 256ths, of the packets that were sent since he last did. It returns
// what he lost before repair.
func (s *slot) hearLoss(reported uint8, sent uint32, now time.Time) uint8 {
	before := reported
	if sent > 0 {
		before = max(before, uint8(min(255, s.missed.count*256/sent)))
	}
	if s.audio {
		reported = before // of pictures, what was sent again is not lost
	}
	s.loss.Heard(reported, now)
	if s.audio && s.formats.red == 0 && s.loss.Redundant() > 0 {
		s.openEcho(now)
	}
	return before
}

// missed counts which packets of a slot were asked for.
type missed struct {
	any    bool
	newest uint16 // that was asked for
	count  uint32 // since the last report
	// doubled says that some went out twice since the last report: what he lost of those he does not report.
	doubled bool
}

// keep remembers a packet of sound that goes out, if any has been asked for lately.
func (s *slot) keep(sealed []byte, now time.Time) {
	if now.Sub(s.echo.askedAt) > echoFor {
		s.echo = nil
		return
	}
	s.echo.keep(sealed)
}
