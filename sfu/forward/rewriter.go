package forward

import (
	"math/bits"
	"time"
)

// In is one received packet of the stream that is being forwarded.
type In struct {
	Seq       uint16
	Timestamp uint32
	// Start: a decoder can start here. Any packet of sound; the first of a key frame.
	Start bool
	// Skip: the packet is left out. It has no payload but padding, or belongs to a layer that is not wished for.
	Skip bool
	// PictureID and TL0 are those of the descriptor, 0 where there is none.
	PictureID uint16
	TL0       uint8
	// Frame is the number in the dependency descriptor, 0 where there is none.
	Frame uint16
	// Gapless: with the packet its picture is left out or not, and the numbers of pictures must show no gap.
	Gapless bool
}

// Out is what takes the place of the fields of [In].
type Out struct {
	Seq       uint16
	Timestamp uint32
	PictureID uint16 // 15 bits
	TL0       uint8
	Frame     uint16
	// Began: this packet is the first after a switch.
	Began bool
	// Bare: the packet goes out without its payload.
	Bare bool
	// Number is the transport-wide one with which it goes out, Marker whether it is the last of its picture, Pad how many
	// bytes of padding it has; all the caller's to fill in. A packet that is sent again with the same sequence number must
	// have the same.
	Number uint16
	Marker bool
	Pad    uint8
}

const (
	// window is how many packets behind the newest a late one may be. At 150
	// packets a second it is over 3 s, more than any retransmission takes.
	window = 512
	// leap is how far ahead of the newest a packet may be before it is doubted.
	leap = 1 << 13
	// proof is how many packets in a row are believed to have leapt (compare RFC 3550,
	// appendix A.1).
	proof = 4
	// pictures is how many pictures behind the newest are remembered.
	pictures = 256
)

// Rewriter makes one continuous stream. The zero value is not ready: use
// [NewRewriter]. It is not safe for concurrent use.
type Rewriter struct {
	clockRate uint32
	waiting   bool // for a packet on which a decoder can start
	begun     bool // something has been sent

	// What went out last.
	outSeq     int64
	outTS      uint32
	outPicture uint16
	outTL0     uint8
	outFrame   uint16
	outAt      time.Time

	// The segment: what came in since the last switch.
	first     int64 // first sequence number of the segment, extended
	newest    int64 // highest sequence number received, extended
	newestTS  uint32
	shift     int64 // sent = received + shift, for the newest; + those skipped between, for an older one
	tsShift   uint32
	tl0Shift  uint8
	frShift   uint16
	seen      [window / 64]uint64 // one bit for each of the last window numbers
	skipped   [window / 64]uint64 // likewise: left out when it was the newest
	strangers int                 // packets in a row from far ahead
	stranger  uint16              // the last of them

	// Likewise of pictures.
	newestPicture int64
	picShift      int64
	without       [pictures / 64]uint64 // those that were left out
}

// NewRewriter returns a Rewriter that waits for its first packet. clockRate is that of the RTP timestamps,
// in Hz. seq and timestamp are those of the first packet sent.
func NewRewriter(clockRate uint32, seq uint16, timestamp uint32) *Rewriter {
	return &Rewriter{
		clockRate: clockRate,
		waiting:   true,
		outSeq:    int64(seq) - 1,
		outTS:     timestamp,
	}
}

// Switch says that the packets from now on belong to another stream. Nothing goes
// out until one on which a decoder can start.
func (r *Rewriter) Switch() { r.waiting = true }

// Waiting tells whether a packet on which a decoder can start is awaited.
func (r *Rewriter) Waiting() bool { return r.waiting }

// Rewrite returns what the packet's fields become, or false if the packet is not
// to be sent: it comes before a start, can be left out without a gap, has come before, or is too late. One
// that is left out but would leave a gap, for others after it have gone out, is sent without its payload.
func (r *Rewriter) Rewrite(in In, now time.Time) (Out, bool) {
	if r.waiting {
		if !in.Start || in.Skip {
			return Out{}, false
		}
		r.begin(in, now)
		return r.out(r.first, in, true), true
	}
	seq := r.newest + int64(int16(in.Seq-uint16(r.newest)))
	if seq > r.newest+leap {
		return r.fromAhead(in, now)
	}
	if seq < r.first || seq <= r.newest-window {
		return Out{}, false // of before the switch, its place is taken; or sent again long after
	}
	r.strangers = 0
	if seq <= r.newest {
		if !r.mark(seq) {
			return Out{}, false
		}
		out := r.out(seq, in, false)
		out.Bare = in.Skip || in.Gapless && r.leftOut(in.PictureID)
		// Ahead of left-out padding it may still be the highest number that went out.
		r.outSeq = max(r.outSeq, r.sent(seq))
		return out, true
	}
	for old := max(r.newest+1, seq-window+1); old <= seq; old++ {
		r.unmark(old)
	}
	r.newest = seq
	r.mark(seq)
	if in.Gapless {
		r.follow(in.PictureID, in.Skip)
	}
	if in.Skip {
		r.skipped[seq/64%(window/64)] |= 1 << (seq % 64)
		r.shift--
		return Out{}, false
	}
	if int32(in.Timestamp-r.newestTS) > 0 {
		r.newestTS, r.outAt = in.Timestamp, now
	}
	out := r.out(seq, in, false)
	r.note(seq, out)
	return out, true
}

// begin starts a segment with in as its first packet.
func (r *Rewriter) begin(in In, now time.Time) {
	r.first = int64(in.Seq) + 1<<16 // so that none before it is negative
	r.shift = r.outSeq + 1 - r.first
	target := r.outTS
	if r.begun {
		target += max(1, ticks(now.Sub(r.outAt), r.clockRate))
	}
	r.tsShift = target - in.Timestamp
	r.newestPicture = int64(in.PictureID) + 1<<16
	r.picShift = int64(r.outPicture) + 1 - r.newestPicture
	r.without = [pictures / 64]uint64{}
	r.tl0Shift = r.outTL0 + 1 - in.TL0
	r.frShift = r.outFrame + 1 - in.Frame
	r.newest, r.newestTS, r.outAt = r.first, in.Timestamp, now
	r.skipped = [window / 64]uint64{}
	r.seen = [window / 64]uint64{}
	r.mark(r.first)
	r.waiting, r.begun, r.strangers = false, true, 0
	r.note(r.first, r.out(r.first, in, true))
}

// out maps the fields of a packet of the segment.
func (r *Rewriter) out(seq int64, in In, began bool) Out {
	return Out{
		Seq:       uint16(r.sent(seq)),
		Timestamp: in.Timestamp + r.tsShift,
		PictureID: r.picture(in.PictureID),
		TL0:       in.TL0 + r.tl0Shift,
		Frame:     in.Frame + r.frShift,
		Began:     began,
	}
}

// sent is the number, extended, that a received number becomes.
func (r *Rewriter) sent(seq int64) int64 {
	return seq + r.shift + int64(between(r.skipped[:], seq, r.newest))
}

// picture is the number that one of the segment becomes, in 15 bits.
func (r *Rewriter) picture(id uint16) uint16 {
	n := r.extend(id)
	if n > r.newestPicture-pictures && n < r.newestPicture {
		n += int64(between(r.without[:], n, r.newestPicture))
	}
	return uint16(n+r.picShift) & 0x7fff
}

// extend finds the picture near the newest that has those 15 bits.
func (r *Rewriter) extend(id uint16) int64 {
	return r.newestPicture + int64(int16((id-uint16(r.newestPicture))<<1)>>1)
}

// follow notes a picture that goes out or is left out.
func (r *Rewriter) follow(id uint16, skip bool) {
	n := r.extend(id)
	if n <= r.newestPicture {
		return // what was decided with its first packet holds
	}
	for old := max(r.newestPicture+1, n-pictures+1); old <= n; old++ {
		r.without[old/64%(pictures/64)] &^= 1 << (old % 64)
	}
	r.newestPicture = n
	if skip {
		r.without[n/64%(pictures/64)] |= 1 << (n % 64)
		r.picShift--
	}
}

// leftOut tells whether a picture was left out.
func (r *Rewriter) leftOut(id uint16) bool {
	n := r.extend(id)
	return n <= r.newestPicture && n > r.newestPicture-pictures && r.without[n/64%(pictures/64)]>>(n%64)&1 == 1
}

// between counts the bits that are set for numbers above a, up to and with b, of a ring of them.
func between(ring []uint64, a, b int64) (n int) {
	size := int64(len(ring))
	for word := (a + 1) / 64; word <= b/64; word++ {
		w := ring[word%size]
		if first := a + 1 - word*64; first > 0 {
			w &= ^uint64(0) << first
		}
		if last := b - word*64; last < 63 {
			w &= 1<<(last+1) - 1
		}
		n += bits.OnesCount64(w)
	}
	return n
}

// note remembers what a later segment goes on from.
func (r *Rewriter) note(seq int64, out Out) {
	r.outSeq = r.sent(seq)
	r.outTS, r.outPicture, r.outTL0, r.outFrame = out.Timestamp, out.PictureID, out.TL0, out.Frame
}

// mark says that seq, which is within the window, has come. It reports whether it is
// the first time: a number must never go out twice, for with AES-GCM two packets
// of one number would share a nonce (RFC 7714, section 8.2).
func (r *Rewriter) mark(seq int64) bool {
	word, bit := &r.seen[seq/64%(window/64)], uint64(1)<<(seq%64)
	first := *word&bit == 0
	*word |= bit
	return first
}

func (r *Rewriter) unmark(seq int64) {
	r.seen[seq/64%(window/64)] &^= 1 << (seq % 64)
	r.skipped[seq/64%(window/64)] &^= 1 << (seq % 64)
}

// fromAhead decides about a packet that is far ahead of the newest. A few in
// a row mean that the sender leapt: with SRTP, a stream of one SSRC never goes back.
func (r *Rewriter) fromAhead(in In, now time.Time) (Out, bool) {
	if r.strangers > 0 && in.Seq == r.stranger+1 {
		r.strangers++
	} else {
		r.strangers = 1
	}
	r.stranger = in.Seq
	if r.strangers < proof {
		return Out{}, false
	}
	r.waiting = true
	return r.Rewrite(in, now)
}

// ticks turns a duration into units of the clock, at most a minute of them.
func ticks(d time.Duration, clockRate uint32) uint32 {
	d = min(max(d, 0), time.Minute)
	return uint32(uint64(d) * uint64(clockRate) / uint64(time.Second))
}
