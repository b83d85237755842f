package forward

import (
	"encoding/binary"
	"errors"
)

// ErrRTP is returned for what is not an RTP packet.
var ErrRTP = errors.New("forward: not an RTP packet")

// HeaderSize is the length of an RTP header without extensions, in bytes.
const HeaderSize = 12

// Header is an RTP header (RFC 3550, section 5.1) as it was received.
type Header struct {
	// Size is its length in bytes with contributing sources and extensions, from 12.
	Size int
	// Padded: the last byte of the payload says how many at its end are padding.
	Padded      bool
	Marker      bool
	PayloadType uint8
	Seq         uint16
	Timestamp   uint32
	SSRC        uint32

	profile    uint16
	extensions []byte // within the packet
}

// Profiles of header extensions (RFC 8285, sections 4.2 and 4.3).
const (
	oneByte, twoByte = 0xbede, 0x1000
)

// ParseHeader reads the header of a packet, whose payload may still be encrypted. The
// header refers to the packet's bytes.
func ParseHeader(packet []byte) (Header, error) {
	if len(packet) < HeaderSize || packet[0]>>6 != 2 {
		return Header{}, ErrRTP
	}
	h := Header{
		Size:        HeaderSize + 4*int(packet[0]&0x0f),
		Padded:      packet[0]&0x20 != 0,
		Marker:      packet[1]&0x80 != 0,
		PayloadType: packet[1] & 0x7f,
		Seq:         binary.BigEndian.Uint16(packet[2:]),
		Timestamp:   binary.BigEndian.Uint32(packet[4:]),
		SSRC:        binary.BigEndian.Uint32(packet[8:]),
	}
	if packet[0]&0x10 != 0 {
		if len(packet) < h.Size+4 {
			return Header{}, ErrRTP
		}
		h.profile = binary.BigEndian.Uint16(packet[h.Size:])
		begin := h.Size + 4
		h.Size = begin + 4*int(binary.BigEndian.Uint16(packet[h.Size+2:]))
		if len(packet) < h.Size {
			return Header{}, ErrRTP
		}
		h.extensions = packet[begin:h.Size]
	}
	if len(packet) < h.Size {
		return Header{}, ErrRTP
	}
	return h, nil
}

// Extension returns the value of a header extension, nil if there is none with that id
// (1 to 255) or the extensions are malformed up to it.
func (h Header) Extension(id uint8) []byte {
	if id == 0 {
		return nil
	}
	switch {
	case h.profile == oneByte:
		return findOneByte(h.extensions, id)
	case h.profile>>4 == twoByte>>4:
		return findTwoByte(h.extensions, id)
	}
	return nil
}

func findOneByte(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		found, n := b[0]>>4, int(b[0]&0x0f)+1
		if found == 15 || len(b) < 1+n { // 15 ends the list
			return nil
		}
		if found == id {
			return b[1 : 1+n]
		}
		b = b[1+n:]
	}
	return nil
}

func findTwoByte(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return nil
		}
		n := int(b[1])
		if b[0] == id {
			return b[2 : 2+n]
		}
		b = b[2+n:]
	}
	return nil
}

// Unpad returns a decrypted payload without its padding.
func (h Header) Unpad(payload []byte) ([]byte, error) {
	if !h.Padded {
		return payload, nil
	}
	if len(payload) == 0 {
		return nil, ErrRTP
	}
	n := int(payload[len(payload)-1])
	if n == 0 || n > len(payload) {
		return nil, ErrRTP
	}
	return payload[:len(payload)-n], nil
}

// NumberSize is by how many bytes a header grows that has a transport-wide number.
const NumberSize = 8

// WriteNumber writes the only header extension of a packet behind what [WriteHeader] has written: its transport-wide
// sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 2), in the one-byte form. id
// is 1 to 14.
func WriteNumber(dst []byte, id uint8, number uint16) {
	dst[0] |= 0x10
	binary.BigEndian.PutUint32(dst[HeaderSize:], oneByte<<16|1)
	dst[HeaderSize+4] = id<<4 | 1
	binary.BigEndian.PutUint16(dst[HeaderSize+5:], number)
	dst[HeaderSize+7] = 0
}

// MaxDependency is the longest dependency descriptor that is passed on, in bytes.
const MaxDependency = 255

// DependencySize is by how many bytes a header grows that has a dependency descriptor of n bytes, and a transport-wide
// number or not.
func DependencySize(n int, numbered bool) int {
	each := 1
	if n > 16 {
		each = 2
	}
	size := each + n
	if numbered {
		size += each + 2
	}
	return 4 + (size+3)&^3
}

// WriteDependency writes header extensions behind what [WriteHeader] has written: a dependency descriptor, whose frame
// number becomes frame, and, if numberID is not 0, a transport-wide sequence number as in [WriteNumber]. A long descriptor takes
// the two-byte form (RFC 8285, section 4.3). The ids are 1 to 14, the descriptor has 3 to [MaxDependency] bytes.
func WriteDependency(dst []byte, numberID uint8, number uint16, id uint8, descriptor []byte, frame uint16) {
	size := DependencySize(len(descriptor), numberID != 0)
	dst[0] |= 0x10
	at := HeaderSize + 4
	element := func(id uint8, n int) []byte {
		if len(descriptor) > 16 {
			dst[at], dst[at+1] = id, uint8(n)
			at += 2
		} else {
			dst[at] = id<<4 | uint8(n-1)
			at++
		}
		at += n
		return dst[at-n : at]
	}
	profile := uint16(oneByte)
	if len(descriptor) > 16 {
		profile = twoByte
	}
	binary.BigEndian.PutUint16(dst[HeaderSize:], profile)
	binary.BigEndian.PutUint16(dst[HeaderSize+2:], uint16(size/4-1))
	if numberID != 0 {
		binary.BigEndian.PutUint16(element(numberID, 2), number)
	}
	d := element(id, len(descriptor))
	copy(d, descriptor)
	binary.BigEndian.PutUint16(d[1:], frame)
	clear(dst[at : HeaderSize+size])
}

// WritePadded says in a header that padding follows.
func WritePadded(dst []byte) { dst[0] |= 0x20 }

// SetPadded says in a header that the last byte of the payload tells how many at its end are padding.
func SetPadded(header []byte) { header[0] |= 0x20 }

// WriteHeader writes a header without extensions into the first 12 bytes of dst.
func WriteHeader(dst []byte, payloadType uint8, marker bool, seq uint16, timestamp, ssrc uint32) {
	dst[0], dst[1] = 2<<6, payloadType
	if marker {
		dst[1] |= 0x80
	}
	binary.BigEndian.PutUint16(dst[2:], seq)
	binary.BigEndian.PutUint32(dst[4:], timestamp)
	binary.BigEndian.PutUint32(dst[8:], ssrc)
}
