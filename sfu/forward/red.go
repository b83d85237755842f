package forward

import (
	"encoding/binary"
	"time"
)

const (
	// maxSpoken is how long sound may be, in bytes, to be sent redundantly. Speech has 40 to 160.
	maxSpoken = 400
	// spokenKept is how many packets of a sound are kept: what one batch may bring, and those before.
	spokenKept = 16
	// MaxRedundant is how many earlier packets go along with one at most.
	MaxRedundant = 3
	// maxOffset and maxBlock are the most that the fields of a block's header hold, in units of the clock and bytes.
	maxOffset, maxBlock = 1<<14 - 1, 1<<10 - 1
)

// Spoken keeps the newest packets of one received sound, from which redundant ones are made (RFC 2198). It is made
// here for each receiver who loses much, not by senders for everybody: it costs only where it helps, and
// not every browser can read it. The blocks are whole Opus payloads, sealed or not; with end-to-end encryption each block is
// a sealed frame of its own, which the receiver opens one by one. A receiver that cannot does not offer the format. The zero value
// is ready; it belongs to one goroutine.
type Spoken struct {
	packets [spokenKept]spoken
}

type spoken struct {
	seq, size uint16
	timestamp uint32
	payload   [maxSpoken]byte
}

// Add keeps a packet.
func (s *Spoken) Add(seq uint16, timestamp uint32, payload []byte) {
	p := &s.packets[seq%spokenKept]
	p.seq, p.timestamp, p.size = seq, timestamp, 0
	if len(payload) <= maxSpoken {
		p.size = uint16(copy(p.payload[:], payload))
	}
}

// AppendRED appends a redundant payload: up to n of the packets before, then the payload itself, whose number and
// timestamp are given. opus is the payload type of all. It returns dst as it was where none of them is kept, or all
// would be longer than limit bytes.
func (s *Spoken) AppendRED(dst []byte, opus uint8, seq uint16, timestamp uint32, payload []byte, n, limit int) []byte {
	var blocks [MaxRedundant]*spoken
	count, size := 0, 1+len(payload)
	for back := uint16(1); int(back) <= min(n, MaxRedundant); back++ {
		p := &s.packets[(seq-back)%spokenKept]
		if p.seq != seq-back || p.size == 0 || timestamp-p.timestamp > maxOffset || size+4+int(p.size) > limit {
			continue // lost, too long, or silence between
		}
		blocks[count] = p
		count++
		size += 4 + int(p.size)
	}
	if count == 0 {
		return dst
	}
	for i := count - 1; i >= 0; i-- { // the oldest first
		p := blocks[i]
		dst = append(dst, 0x80|opus)
		dst = append(dst, byte((timestamp-p.timestamp)>>6), byte((timestamp-p.timestamp)<<2)|byte(p.size>>8), byte(p.size))
	}
	dst = append(dst, opus)
	for i := count - 1; i >= 0; i-- {
		dst = append(dst, blocks[i].payload[:blocks[i].size]...)
	}
	return append(dst, payload...)
}

// Loss follows how much a receiver says he loses, and how many earlier packets are to go along with each. The zero
// value is ready.
type Loss struct {
	fraction float64 // smoothed, 0 to 1
	level    int
	calm     time.Time // since when it could be one less; zero while not
}

// From lossOn on an earlier packet more goes along with each, until it has been under lossOff for calmFor.
var (
	lossOn  = [MaxRedundant]float64{0.03, 0.10, 0.20}
	lossOff = [MaxRedundant]float64{0.01, 0.05, 0.12}
)

const calmFor = 10 * time.Second

// Heard takes what a report block says: the share of packets lost since the one before, in 256ths (RFC 3550, section 6.4.1).
func (l *Loss) Heard(fraction uint8, now time.Time) {
	share, weight := float64(fraction)/256, 0.25
	if share > l.fraction {
		weight = 0.75
	}
	l.fraction += (share - l.fraction) * weight
	for l.level < MaxRedundant && l.fraction >= lossOn[l.level] {
		l.level++
		l.calm = time.Time{}
	}
	switch {
	case l.level == 0 || l.fraction >= lossOff[l.level-1]:
		l.calm = time.Time{}
	case l.calm.IsZero():
		l.calm = now
	case now.Sub(l.calm) >= calmFor:
		l.level--
		l.calm = now
	}
}

// Fraction returns the smoothed loss in 256ths.
func (l *Loss) Fraction() uint8 { return uint8(l.fraction * 255) }

// Redundant returns how many earlier packets are to go along with each, 0 to [MaxRedundant].
func (l *Loss) Redundant() int { return l.level }

// Block is one report block: what a receiver says about one stream.
type Block struct {
	SSRC uint32
	// Lost is the share of packets lost since the block before, in 256ths.
	Lost uint8
	// Jitter is the interarrival jitter, in units of the stream's clock.
	Jitter uint32
	// LastReport is the middle of the NTP time of the newest sender report that the receiver has heard, 0 if none, and
	// Delay how long ago that was, in units of 1/65536 s.
	LastReport, Delay uint32
}

// Blocks yields the report blocks of a sender or receiver report (RFC 3550, section 6.4).
func (r Report) Blocks(yield func(Block) bool) {
	skip := 4 // the SSRC of who reports
	switch r.Type {
	case TypeSenderReport:
		skip += 20
	case TypeReceiverReport:
	default:
		return
	}
	if len(r.Body) < skip {
		return
	}
	b := r.Body[skip:]
	for range r.Count {
		if len(b) < 24 || !yield(Block{
			SSRC: binary.BigEndian.Uint32(b), Lost: b[4], Jitter: binary.BigEndian.Uint32(b[12:]),
			LastReport: binary.BigEndian.Uint32(b[16:]), Delay: binary.BigEndian.Uint32(b[20:]),
		}) {
			return
		}
		b = b[24:]
	}
}
