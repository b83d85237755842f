package sfutest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"pronto/sfu/forward"
)

// Packet is what was received, as far as a decoder and a test care.
type Packet struct {
	SSRC      uint32
	Seq       uint16
	Timestamp uint32
	Marker    bool
	VP8       forward.VP8
	// Tag and Layer say who sent it, and as which encoding.
	Tag, Layer byte
	// At is when it was read.
	At time.Time
}

// Track is what has come in one slot.
type Track struct {
	ssrc atomic.Uint32

	mu      sync.Mutex // guards what follows
	packets []Packet
	err     error
}

func (t *Track) add(in *rtp.Packet, video bool) {
	p := Packet{SSRC: in.SSRC, Seq: in.SequenceNumber, Timestamp: in.Timestamp, Marker: in.Marker, At: time.Now()}
	body := in.Payload
	t.mu.Lock()
	defer t.mu.Unlock()
	if video {
		d, err := forward.ParseVP8(in.Payload)
		if err != nil {
			t.err = err
			return
		}
		p.VP8 = d
		body = body[len(body)-min(tagSize, len(body)):]
	}
	if len(body) >= tagSize {
		p.Tag, p.Layer = body[tagAt], body[layerAt]
	}
	t.packets = append(t.packets, p)
}

// Len returns how many packets have come.
func (t *Track) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.packets)
}

// Packets returns those that have come.
func (t *Track) Packets() []Packet {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Packet(nil), t.packets...)
}

// Last returns the newest packet; all zero when none has come.
func (t *Track) Last() Packet {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.packets) == 0 {
		return Packet{}
	}
	return t.packets[len(t.packets)-1]
}

// LongestGap returns the longest time between two packets that came one after the other, from the n-th on.
func (t *Track) LongestGap(n int) (longest time.Duration) {
	packets := t.Packets()
	for i := max(n, 1); i < len(packets); i++ {
		longest = max(longest, packets[i].At.Sub(packets[i-1].At))
	}
	return longest
}

// Continuous reports the first break that a decoder would see in what has come: in the numbering of
// packets, in time, in picture ids, or a switch without a key frame.
func (t *Track) Continuous() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return t.err
	}
	for i := 1; i < len(t.packets); i++ {
		if err := follows(t.packets[i-1], t.packets[i]); err != nil {
			return fmt.Errorf("packet %d of %d: %w", i, len(t.packets), err)
		}
	}
	return nil
}

func follows(a, b Packet) error {
	if b.SSRC != a.SSRC {
		return fmt.Errorf("SSRC changed")
	}
	if b.Seq != a.Seq+1 {
		return fmt.Errorf("sequence number %d after %d", b.Seq, a.Seq)
	}
	step := int32(b.Timestamp - a.Timestamp)
	video := b.VP8.Size > 0
	if step < 0 || step == 0 && (!video || b.VP8.Start) {
		return fmt.Errorf("timestamp went by %d", step)
	}
	if !video {
		return nil
	}
	if b.VP8.Start != (b.VP8.PictureID == (a.VP8.PictureID+1)&0x7fff) {
		return fmt.Errorf("picture id %d after %d, start %v", b.VP8.PictureID, a.VP8.PictureID, b.VP8.Start)
	}
	if b.VP8.Start != (b.VP8.TL0 == a.VP8.TL0+1) {
		return fmt.Errorf("TL0PICIDX %d after %d", b.VP8.TL0, a.VP8.TL0)
	}
	if (a.Tag != b.Tag || a.Layer != b.Layer) && !b.VP8.Key {
		return fmt.Errorf("from %d/%d to %d/%d without a key frame", a.Tag, a.Layer, b.Tag, b.Layer)
	}
	return nil
}
