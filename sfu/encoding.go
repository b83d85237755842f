package sfu

import (
	"sync/atomic"
	"time"

	"pronto/sfu/forward"
	"pronto/sfu/layer"
	"pronto/sfu/seal"
)

// stream is what one peer sends as one [Source]: one encoding, or up to three of a
// simulcast.
type stream struct {
	peer   *Peer
	source Source
	mid    string
	rids   []string // in order from lowest to highest; empty without simulcast

	formats formats
	ssrcs   []uint32 // that the offer names
	nack    bool     // lost packets may be asked for

	// slots receive the stream. The room's owner replaces the slice, the worker takes it as it is.
	slots atomic.Pointer[[]*slot]

	// encodings are set once each, when their first packet comes.
	encodings [maxRIDs]atomic.Pointer[encoding]

	// Guarded by Room.mu.
	known    []layer.Encoding // what was found out last
	rates    []int            // likewise, in bit/s
	scalable *encoding        // likewise: the only one, if it has several sizes
	rests    [maxRIDs]rest
}

// sizes is how many spatial layers are told apart.
const sizes = int(forward.MaxSpatial)

// size is what is known of one spatial layer. Written by the worker.
type size struct {
	heardAt atomic.Int64  // time of the newest frame, in ns of the Unix epoch
	height  atomic.Int32  // in pixels, 0 if unknown
	bytes   atomic.Uint64 // that have come, as they would be sent
}

// encoding is one received RTP stream.
type encoding struct {
	of    *stream
	index int // 0 is the lowest

	// Written by the worker.
	ssrc    atomic.Uint32 // changes when the client begins anew
	heardAt atomic.Int64  // time of the newest packet, in ns of the Unix epoch
	keyAt   atomic.Int64  // time of the newest key frame
	sizes   [sizes]size   // by spatial layer
	codec   atomic.Uint32 // [forward.Codec] of the newest packet
	made    atomic.Uint32 // [forward.Targets] that the sender makes, 0 if unknown
	levels  atomic.Uint64 // sum of the audio levels (high half) and their number since they were read
	torn    atomic.Bool   // of sound, most of the last two seconds was lost for good

	// Set by the worker, cleared by the room.
	feedback atomic.Bool // a key frame is wished for

	// Owned by the worker.
	source  *source   // the SSRC that is heard; nil before
	run     []arrival // of this batch
	history *forward.History
	spoken  *forward.Spoken // nil while nobody is sent redundant sound

	vp9          forward.VP9Descriptors
	dependencies *forward.Dependencies // nil before the first descriptor
	kind         seal.Kind             // of the source, as sealed frames have it
	// The frame of which a packet was refused as not sealed, and why.
	refused   bool
	refusedAt uint32
	refusal   seal.Verdict

	// Guarded by Room.mu.
	keys   layer.KeyFrames
	meters [sizes]meter
	wanted bool // by feedback, not only by a slot that waits
}

// get returns the encoding of that index and makes it if this is its first packet.
func (s *stream) get(index int) (e *encoding, made bool) {
	if e := s.encodings[index].Load(); e != nil {
		return e, false
	}
	e = &encoding{of: s, index: index, kind: s.source.kind()}
	if s.encodings[index].CompareAndSwap(nil, e) {
		return e, true
	}
	return s.encodings[index].Load(), false
}

// layers returns what package layer wants to know. buf is reused. Of a scalable stream, which comes as one encoding
// whatever else was negotiated, these are its sizes.
func (s *stream) layers(buf []layer.Encoding, now time.Time) []layer.Encoding {
	buf = buf[:0]
	if e := s.scalable; e != nil {
		for i := range e.sizes {
			if !forward.Targets(e.made.Load()).HasSize(uint8(i)) {
				break
			}
			size := &e.sizes[i]
			buf = append(buf, layer.Encoding{
				Present: true,
				Live:    now.UnixNano()-size.heardAt.Load() <= int64(layer.StaleAfter),
				Height:  int(size.height.Load()),
			})
		}
		return buf
	}
	for i := range max(1, len(s.rids)) {
		e := s.encodings[i].Load()
		if e == nil {
			buf = append(buf, layer.Encoding{})
			continue
		}
		buf = append(buf, layer.Encoding{
			Present: true,
			Live:    e.live(now, layer.StaleAfter),
			Height:  int(e.sizes[0].height.Load()),
		})
	}
	return buf
}

// findScalable returns the only encoding that comes, if it has several sizes.
func (s *stream) findScalable(now time.Time) (only *encoding) {
	for i := range s.encodings {
		e := s.encodings[i].Load()
		if e == nil || !e.live(now, layer.StaleAfter) {
			continue
		}
		if only != nil && !forward.Targets(only.made.Load()).HasSize(1) {
			return nil
		}
		if only == nil || forward.Targets(e.made.Load()).HasSize(1) {
			only = e
		}
	}
	if only == nil || !forward.Targets(only.made.Load()).HasSize(1) {
		return nil
	}
	return only
}

// choice is what can flow in a slot: an encoding, or one size of it.
type choice struct {
	encoding *encoding
	layer    forward.Layer
}

// live tells whether a packet of any encoding has come within d.
func (s *stream) live(now time.Time, d time.Duration) bool {
	for i := range s.encodings {
		if e := s.encodings[i].Load(); e != nil && e.live(now, d) {
			return true
		}
	}
	return false
}

func (e *encoding) live(now time.Time, d time.Duration) bool {
	return now.UnixNano()-e.heardAt.Load() <= int64(d)
}

// level returns the mean audio level since it was asked last, in −dBov.
func (e *encoding) level() (level uint8, ok bool) {
	packed := e.levels.Swap(0)
	n := packed & 0xffffffff
	if n == 0 {
		return 0, false
	}
	return uint8((packed >> 32) / n), true
}

func (e *encoding) addLevel(level uint8) { e.levels.Add(uint64(level)<<32 | 1) }
