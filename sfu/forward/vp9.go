package forward

import (
	"encoding/binary"
	"errors"
)

// ErrVP9 says that bytes are not a VP9 payload.
var ErrVP9 = errors.New("forward: not a VP9 payload")

// The first byte of a VP9 payload descriptor (RFC 9628, section 4.2).
const (
	vp9PictureID = 0x80 // I
	vp9Predicted = 0x40 // P: by other pictures
	vp9Layers    = 0x20 // L
	vp9Flexible  = 0x10 // F
	vp9Begin     = 0x08 // B: of a frame
	vp9End       = 0x04 // E
	vp9Structure = 0x02 // V
	vp9Unused    = 0x01 // Z: larger sizes of the picture do not refer to the frame
)

// vp9MaxDiffs is how many pictures one may refer to.
const vp9MaxDiffs = 3

// VP9Descriptors reads the payload descriptors of one stream. The zero value is ready; it belongs to one goroutine.
type VP9Descriptors struct {
	sizes   uint8           // that the newest scalability structure has; 0 before one has come
	heights [maxSpatial]int // of them in pixels, 0 where it does not say
}

// Read fills in what the descriptor of a payload says, and returns where in the payload the fields are that are
// rewritten. It returns [ErrVP9] when the payload is cut off or has nothing after the descriptor.
func (v *VP9Descriptors) Read(payload []byte, f *Frame) (fields Fields, short bool, err error) {
	r := byteReader{rest: payload}
	first := r.next()
	*f = Frame{Start: first&vp9Begin != 0, End: first&vp9End != 0}
	if first&vp9PictureID != 0 {
		f.HasPictureID, fields.picture, short = true, 1, true
		f.PictureID = uint16(r.next())
		if f.PictureID&0x80 != 0 {
			short, f.PictureID = false, f.PictureID&0x7f<<8|uint16(r.next())
		}
	}
	depends, up := false, false
	if first&vp9Layers != 0 {
		layers := r.next()
		f.Temporal, f.Spatial = layers>>5, layers>>1&0x07
		up, depends = layers&0x10 != 0, layers&0x01 != 0
		if first&vp9Flexible == 0 {
			f.HasTL0, fields.tl0 = true, uint8(len(payload)-len(r.rest))
			f.TL0 = r.next()
			if short {
				fields.tl0++ // once the picture id is long
			}
		}
	}
	if first&vp9Predicted != 0 && first&vp9Flexible != 0 {
		for n, more := 0, true; more; n++ {
			if n == vp9MaxDiffs {
				return Fields{}, false, ErrVP9
			}
			more = r.next()&0x01 != 0
		}
	}
	f.Key = f.Start && first&vp9Predicted == 0 && f.Spatial == 0 && !depends
	if first&vp9Structure != 0 {
		v.readStructure(&r)
	}
	if r.short || len(r.rest) == 0 || f.Spatial >= maxSpatial || f.Temporal >= maxTemporal {
		return Fields{}, false, ErrVP9
	}
	f.Targets = atLeast(f.Layer, first&vp9Unused == 0)
	if up {
		// Later pictures of higher rates refer to nothing of before this one.
		f.Switch = atLeast(f.Layer, false)
	}
	if v.sizes != 0 && f.Start {
		f.Active = everyTarget >> (maxTemporal * (maxSpatial - v.sizes))
		f.Height = v.heights[f.Spatial]
	}
	return fields, short, nil
}

// Widen makes the short picture id of a VP9 payload that begins at packet[at] 15 bits long, in place: the payload
// then begins one byte earlier, where it returns. at must be at least 1.
func Widen(packet []byte, at int) (begin int) {
	packet[at-1], packet[at] = packet[at], 0x80
	return at - 1
}

// readStructure reads a scalability structure (RFC 9628, section 4.2.1).
func (v *VP9Descriptors) readStructure(r *byteReader) {
	head := r.next()
	sizes := head>>5 + 1
	var heights [maxSpatial]int
	if head&0x10 != 0 {
		for i := range sizes {
			if size := r.take(4); size != nil && i < maxSpatial {
				heights[i] = int(binary.BigEndian.Uint16(size[2:]))
			}
		}
	}
	if head&0x08 != 0 {
		for range r.next() {
			r.take(int(r.next() >> 2 & 0x03))
		}
	}
	if !r.short {
		v.sizes, v.heights = min(sizes, maxSpatial), heights
	}
}

// byteReader reads byte by byte. Behind the end there are zeros, and short is set.
type byteReader struct {
	rest  []byte
	short bool
}

func (r *byteReader) next() byte {
	if len(r.rest) == 0 {
		r.short = true
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// take returns the next n bytes, nil if there are fewer.
func (r *byteReader) take(n int) []byte {
	if len(r.rest) < n {
		r.short, r.rest = true, nil
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
