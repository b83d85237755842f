package forward

import (
	"encoding/binary"
	"errors"
)

// ErrVP8 says that bytes are not a VP8 payload.
var ErrVP8 = errors.New("forward: not a VP8 payload")

// MaxGrowth is by how many bytes [VP8.Append] may lengthen a payload.
const MaxGrowth = 1

// VP8 is what the payload descriptor (RFC 7741, section 4.2) and, on the first
// packet of a key frame, the frame header (RFC 6386, section 9.1) say.
type VP8 struct {
	// Size is the length of the descriptor in bytes, at least 1.
	Size int
	// Start: the packet is the first of a frame.
	Start bool
	// Key: the frame is a key frame; known only when Start.
	Key bool
	// Width and Height of a key frame in pixels, 0 when unknown. With end-to-end encryption they are
	// whatever the sender put there.
	Width, Height int

	// HasPictureID and HasTL0 tell whether the fields after them are present.
	HasPictureID bool
	PictureID    uint16 // 7 or 15 bits
	HasTL0       bool
	TL0          uint8
	// HasTemporal tells whether the fields after it are present.
	HasTemporal bool
	Temporal    uint8 // TID
	// Sync: the frame refers to the lowest temporal layer only.
	Sync bool

	first    byte // the first byte of the descriptor
	extended byte // the second byte: I, L, T, K
	idSize   int  // length of the picture id in bytes: 0, 1 or 2
	tail     byte // the byte of TID, Y and KEYIDX
}

const (
	bitX, bitS = 0x80, 0x10 // first byte; its low three bits are the partition
	bitI, bitL = 0x80, 0x40 // second byte
	bitT, bitK = 0x20, 0x10
	bitY       = 0x20 // last byte
)

// ParseVP8 reads the descriptor of a packet's payload. It returns [ErrVP8] when the payload is cut
// off or has nothing after the descriptor.
func ParseVP8(payload []byte) (VP8, error) {
	var d VP8
	rest := payload
	next := func() (byte, bool) {
		if len(rest) == 0 {
			return 0, false
		}
		b := rest[0]
		rest = rest[1:]
		return b, true
	}
	var ok bool
	if d.first, ok = next(); !ok {
		return VP8{}, ErrVP8
	}
	d.Start = d.first&bitS != 0 && d.first&0x07 == 0
	if d.first&bitX != 0 {
		if d.extended, ok = next(); !ok {
			return VP8{}, ErrVP8
		}
	}
	if d.extended&bitI != 0 {
		b, ok := next()
		if !ok {
			return VP8{}, ErrVP8
		}
		d.HasPictureID, d.idSize, d.PictureID = true, 1, uint16(b&0x7f)
		if b&0x80 != 0 {
			low, ok := next()
			if !ok {
				return VP8{}, ErrVP8
			}
			d.idSize, d.PictureID = 2, uint16(b&0x7f)<<8|uint16(low)
		}
	}
	if d.extended&bitL != 0 {
		if d.TL0, ok = next(); !ok {
			return VP8{}, ErrVP8
		}
		d.HasTL0 = true
	}
	if d.extended&(bitT|bitK) != 0 {
		if d.tail, ok = next(); !ok {
			return VP8{}, ErrVP8
		}
	}
	if d.extended&bitT != 0 {
		d.HasTemporal, d.Temporal, d.Sync = true, d.tail>>6, d.tail&bitY != 0
	}
	if len(rest) == 0 {
		return VP8{}, ErrVP8
	}
	d.Size = len(payload) - len(rest)
	d.readFrameHeader(rest)
	return d, nil
}

// Frame returns what the descriptor says about the frame.
func (d VP8) Frame() Frame {
	f := Frame{
		Layer: Layer{Temporal: d.Temporal}, Start: d.Start, Key: d.Key, Height: d.Height, Active: oneSize,
		Targets:      atLeast(Layer{Temporal: d.Temporal}, false),
		HasPictureID: d.HasPictureID, PictureID: d.PictureID, HasTL0: d.HasTL0, TL0: d.TL0,
		Gapless: d.HasPictureID && d.HasTemporal, above: true,
	}
	if d.Sync {
		f.Switch = f.Targets
	}
	return f
}

// readFrameHeader reads whether the frame is a key frame, and its size.
func (d *VP8) readFrameHeader(frame []byte) {
	if !d.Start || frame[0]&0x01 != 0 {
		return
	}
	d.Key = true
	if len(frame) >= 10 && frame[3] == 0x9d && frame[4] == 0x01 && frame[5] == 0x2a {
		d.Width = int(binary.LittleEndian.Uint16(frame[6:]) & 0x3fff)
		d.Height = int(binary.LittleEndian.Uint16(frame[8:]) & 0x3fff)
	}
}

// Append appends payload, whose descriptor d is, to dst with another picture id
// and TL0PICIDX. A picture id becomes 15 bits long, so that streams with short and
// with long ones make one stream; fields that the packet does not have are not added.
func (d VP8) Append(dst, payload []byte, pictureID uint16, tl0 uint8) []byte {
	dst = append(dst, d.first)
	if d.first&bitX != 0 {
		dst = append(dst, d.extended)
	}
	if d.HasPictureID {
		dst = append(dst, 0x80|byte(pictureID>>8)&0x7f, byte(pictureID))
	}
	if d.HasTL0 {
		dst = append(dst, tl0)
	}
	if d.extended&(bitT|bitK) != 0 {
		dst = append(dst, d.tail)
	}
	return append(dst, payload[d.Size:]...)
}

// Fields says where in a payload the fields are that are rewritten. The zero value has none.
type Fields struct {
	picture, tl0 uint8 // positions; 0 where there is none, for the first byte is none of them
}

// Widen makes a short picture id of the payload that begins at packet[at] 15 bits long, in place: the payload then
// begins one byte earlier, so at must be at least 1. It returns where it begins, and its fields.
func (d VP8) Widen(packet []byte, at int) (begin int, fields Fields) {
	next := uint8(2)
	if d.HasPictureID {
		fields.picture, next = next, next+2
		if d.idSize == 1 {
			at--
			packet[at], packet[at+1] = packet[at+1], packet[at+2]
			packet[at+2] = 0x80 // what is behind it is the low byte
		}
	}
	if d.HasTL0 {
		fields.tl0 = next
	}
	return at, fields
}

// Write writes the picture id and TL0PICIDX of out into a payload, where it has them.
func (f Fields) Write(payload []byte, out Out) {
	if f.picture != 0 {
		payload[f.picture] = 0x80 | byte(out.PictureID>>8)&0x7f
		payload[f.picture+1] = byte(out.PictureID)
	}
	if f.tl0 != 0 {
		payload[f.tl0] = out.TL0
	}
}
