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
	// echoFor is for how long packets are kept after the last one was asked for.
	echoFor = time.Minute
)

// echo keeps what went out as the sound of one slot, sealed as it was, for who loses packets. Sound has no retransmission
// stream of its own (RFC 4588) in browsers, and with AES-GCM two packets of one number must be one: so the very bytes
// are sent again. It is made when a packet is first asked for.
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

// repeat answers a NACK for sound.
func (s *slot) repeat(l *link, lost forward.NACKs) {
	if !s.nack {
		return
	}
	if s.echo == nil {
		s.echo = &echo{credit: echoBurst}
	}
	s.echo.askedAt = l.worker.now
	for seq := range lost.Each {
		sealed := s.echo.find(seq)
		if sealed == nil {
			continue
		}
		room := l.worker.slab.Room(len(sealed) + udp.Overhead)
		n := copy(room, sealed)
		l.worker.slab.Add(l.address, n)
		l.worker.count.againOut.Add(1)
		l.path.moved += int64(n + beneath)
	}
}

// keep remembers a packet of sound that goes out, if any has been asked for lately.
func (s *slot) keep(sealed []byte, now time.Time) {
	if now.Sub(s.echo.askedAt) > echoFor {
		s.echo = nil
		return
	}
	s.echo.keep(sealed)
}
