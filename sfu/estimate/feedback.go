package estimate

import (
	"encoding/binary"
	"errors"
	"time"
)

// ErrFeedback is returned for what is not transport-wide feedback, or names more packets than are remembered.
var ErrFeedback = errors.New("estimate: not transport-wide feedback")

const (
	// feedbackHeader is the length of the fixed fields after the two SSRCs, in bytes.
	feedbackHeader = 8
	// referenceStep is the unit of a feedback's reference time, arrivalStep that of the differences in it.
	referenceStep = 64 * time.Millisecond
	arrivalStep   = 250 * time.Microsecond
)

// The symbols of a packet's status (section 3.1.1 of the draft).
const (
	notReceived, smallDelta, largeDelta = 0, 1, 2
)

// feedback is one report of arrivals. It refers to the bytes that it was read from.
type feedback struct {
	base      uint16 // number of the first packet
	count     int    // of packets
	reference int32  // 24 bits, signed, in units of referenceStep
	chunks    []byte
	deltas    []byte
}

// parseFeedback reads what follows the SSRCs of a feedback packet (format 15 of RTPFB). It checks that every
// packet's status is there, and every difference that those announce.
func parseFeedback(body []byte) (feedback, error) {
	if len(body) < feedbackHeader {
		return feedback{}, ErrFeedback
	}
	f := feedback{
		base: binary.BigEndian.Uint16(body), count: int(binary.BigEndian.Uint16(body[2:])),
		reference: int32(binary.BigEndian.Uint32(body[4:])) >> 8,
	}
	if f.count == 0 || f.count > remembered {
		return feedback{}, ErrFeedback
	}
	rest := body[feedbackHeader:]
	need := 0
	for left, at := f.count, 0; left > 0; at += 2 {
		if len(rest) < at+2 {
			return feedback{}, ErrFeedback
		}
		c := chunk(binary.BigEndian.Uint16(rest[at:]))
		n := min(c.len(), left)
		if n == 0 {
			return feedback{}, ErrFeedback // a run of nothing
		}
		for i := range n {
			switch c.symbol(i) {
			case smallDelta:
				need++
			case largeDelta:
				need += 2
			}
		}
		left -= n
		f.chunks, f.deltas = rest[:at+2], rest[at+2:]
	}
	if len(f.deltas) < need {
		return feedback{}, ErrFeedback
	}
	return f, nil
}

// each yields every packet of the report in order, and when it came: counted from the reference time.
func (f feedback) each(yield func(number uint16, came bool, after time.Duration) bool) {
	number, left, deltas := f.base, f.count, f.deltas
	var after time.Duration
	for at := 0; left > 0; at += 2 {
		c := chunk(binary.BigEndian.Uint16(f.chunks[at:]))
		n := min(c.len(), left)
		for i := range n {
			came := true
			switch c.symbol(i) {
			case smallDelta:
				after += time.Duration(deltas[0]) * arrivalStep
				deltas = deltas[1:]
			case largeDelta:
				after += time.Duration(int16(binary.BigEndian.Uint16(deltas))) * arrivalStep
				deltas = deltas[2:]
			default:
				came = false
			}
			if !yield(number, came, after) {
				return
			}
			number++
		}
		left -= n
	}
}

// chunk says the status of several packets (sections 3.1.3 and 3.1.4 of the draft).
type chunk uint16

func (c chunk) len() int {
	switch {
	case c&0x8000 == 0: // run length
		return int(c & 0x1fff)
	case c&0x4000 == 0: // a bit each
		return 14
	}
	return 7 // two bits each
}

func (c chunk) symbol(i int) int {
	switch {
	case c&0x8000 == 0:
		return int(c >> 13 & 3)
	case c&0x4000 == 0:
		return int(c >> (13 - i) & 1)
	}
	return int(c >> (12 - 2*i) & 3)
}
