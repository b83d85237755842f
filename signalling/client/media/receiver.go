package media

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// receiver counts what comes in one media section, for whoever's it is.
type receiver struct {
	audio bool
	flow  atomic.Pointer[Counter] // whose it is now

	received, gaps, jumps atomic.Uint64
	lost                  atomic.Int64
	spread                atomic.Int64 // jitter in µs

	transit float64 // s, of the packet before

	// Owned by the goroutine that reads.
	order  continuity
	frames assembly // of pictures, in calls that are encrypted
}

// continuity tells whether packets follow one another as those of one stream.
type continuity struct {
	begun     bool
	base, top uint64 // extended sequence numbers: first and highest
	stamp     uint32 // timestamp of top
}

// maxStep is how far, in ticks of either clock, a timestamp may be from that of the
// packet before: half a minute of video. A microphone may be off for as long.
const maxStep = 30 * 90000

// note takes in a packet. gap: it does not follow the one before. jump: it does,
// but its timestamp goes back or leaps.
func (c *continuity) note(seq uint16, stamp uint32) (gap, jump bool) {
	if !c.begun {
		c.begun, c.stamp = true, stamp
		c.base = 1<<16 + uint64(seq) // so that an older one is not negative
		c.top = c.base
		return false, false
	}
	ahead := int16(seq - uint16(c.top))
	if ahead <= 0 { // late: sent again or overtaken
		return false, false
	}
	gap = ahead != 1
	jump = !gap && stamp-c.stamp > maxStep // wraps around when it goes back
	c.top += uint64(ahead)
	c.stamp = stamp
	return gap, jump
}

// lost is how many of the packets sent so far have not come.
func (c *continuity) lost(received uint64) int64 {
	return int64(c.top-c.base+1) - int64(received)
}

// read counts until the connection closes. heard is called for each packet.
func (r *receiver) read(track *webrtc.TrackRemote, heard func(*rtp.Packet)) {
	buf := make([]byte, 1500)
	var packet rtp.Packet
	for {
		n, _, err := track.Read(buf)
		if err != nil {
			return
		}
		if packet.Unmarshal(buf[:n]) != nil || len(packet.Payload) == 0 {
			continue // not RTP, or padding that probes the bandwidth
		}
		r.count(&packet)
		heard(&packet)
	}
}

// jitter is the interarrival jitter in milliseconds.
func (r *receiver) jitter() float64 { return float64(r.spread.Load()) / 1000 }

// hearTransit follows the jitter (RFC 3550, section 6.4.1).
func (r *receiver) hearTransit(stamp uint32, now time.Time) {
	clock := 90000.0
	if r.audio {
		clock = 48000
	}
	const day = 86_400 // s; what is constant cancels out, and what wraps around is dropped
	transit := float64(now.UnixMicro()%(day*1e6))/1e6 - float64(stamp)/clock
	d := math.Abs(transit - r.transit)
	if r.transit = transit; d > 1 {
		return
	}
	j := float64(r.spread.Load())
	r.spread.Store(int64(j + (d*1e6-j)/16))
}

func (r *receiver) count(p *rtp.Packet) {
	r.hearTransit(p.Timestamp, time.Now())
	gap, jump := r.order.note(p.SequenceNumber, p.Timestamp)
	if gap {
		r.gaps.Add(1)
	}
	if jump {
		r.jumps.Add(1)
	}
	r.lost.Store(r.order.lost(r.received.Add(1)))
	flow := r.flow.Load()
	if flow == nil {
		return
	}
	flow.add(len(p.Payload), r.audio || p.Marker)
	if !r.audio && keyFrameBegins(p.Payload) {
		flow.keys.Add(1)
	}
}
