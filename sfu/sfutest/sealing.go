package sfutest

import "sync/atomic"

// Sealing is what a client marks its frames with, as if they were sealed (SFrame,
// RFC 9605): a leaf and the low byte of an epoch.
type Sealing struct{ Leaf, Epoch byte }

// SealAs has the client mark its frames from now on; nil for frames in the clear.
func (c *Client) SealAs(s *Sealing) { c.sealing.Store(s) }

type sealing struct{ atomic.Pointer[Sealing] }

// header is an SFrame header of the first stream of that kind.
func (s *Sealing) header(kind byte, counter uint32) []byte {
	return []byte{0xa9, kind, s.Leaf, s.Epoch, 0x80 | byte(counter>>8), byte(counter)}
}

// vp8 is [VP8] with a constant frame header before the SFrame header.
func (s *Sealing) vp8(kind byte, key, first bool, picture uint16, tl0 uint8, counter uint32) []byte {
	b := VP8(false, first, picture, tl0, 0)
	if !first {
		return b
	}
	b = append(b[:6], 0x11)
	if key {
		b = append(b[:6], 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01)
	}
	return append(b, s.header(kind, counter)...)
}
