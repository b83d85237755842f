package seal

import "encoding/binary"

// vp8Key is the constant frame header (RFC 6386, section 9.1) before the sealed
// key frame; before any other stands vp8Delta. They are there for packetizers
// and for whoever has to tell a key frame, and say nothing about the picture.
const (
	vp8Key   = "\x10\x00\x00\x9d\x01\x2a\x80\x02\xe0\x01"
	vp8Delta = "\x11"
)

// find returns where the SFrame header stands in a payload: up to the end of the
// payload, or what of it was unescaped. first is false when the packet does not
// begin a frame; ok, when it is not of the codec or has something in the clear
// that may not be.
func find(codec Codec, payload []byte, unescaped *[maxHeader]byte) (header []byte, first, ok bool) {
	switch codec {
	case Opus:
		return payload, true, true
	case VP8:
		return findVP8(payload)
	case VP9:
		return findVP9(payload)
	case AV1:
		return findAV1(payload)
	case H264:
		return findH264(payload, unescaped)
	}
	return nil, false, false
}

// findVP8 reads a payload descriptor (RFC 7741, section 4.2).
func findVP8(payload []byte) (header []byte, first, ok bool) {
	at := 1
	if payload[0]&0x80 != 0 {
		if len(payload) < 3 {
			return nil, false, false
		}
		extended := payload[1]
		at = 2
		if extended&0x80 != 0 {
			at += 1 + int(payload[2]>>7)
		}
		at += int(extended >> 6 & 1) // TL0PICIDX
		if extended&0x30 != 0 {
			at++
		}
	}
	if at >= len(payload) {
		return nil, false, false
	}
	if payload[0]&0x17 != 0x10 { // not the start of partition 0
		return nil, false, true
	}
	frame := payload[at:]
	switch {
	case frame[0] == vp8Delta[0]:
		return frame[1:], true, true
	case len(frame) > len(vp8Key) && string(frame[:len(vp8Key)]) == vp8Key:
		return frame[len(vp8Key):], true, true
	}
	return nil, false, false
}

// findVP9 reads a payload descriptor (RFC 9628, section 4.2). Behind it nothing
// is in the clear.
func findVP9(payload []byte) (header []byte, first, ok bool) {
	begin := payload[0]
	rest := payload[1:]
	skip := func(n int) {
		if n > len(rest) {
			n = len(rest)
		}
		rest = rest[n:]
	}
	if begin&0x80 != 0 && len(rest) > 0 {
		skip(1 + int(rest[0]>>7))
	}
	if begin&0x20 != 0 {
		skip(2 - int(begin>>4&1)) // TL0PICIDX unless flexible
	}
	if begin&0x50 == 0x50 {
		for range 3 {
			if len(rest) == 0 {
				return nil, false, false
			}
			more := rest[0]&1 != 0
			if skip(1); !more {
				break
			}
		}
	}
	if begin&0x02 != 0 && len(rest) > 0 {
		head := rest[0]
		skip(1)
		if head&0x10 != 0 {
			skip(4 * (int(head>>5) + 1))
		}
		if head&0x08 != 0 && len(rest) > 0 {
			groups := int(rest[0])
			skip(1)
			for range groups {
				if len(rest) == 0 {
					break
				}
				skip(1 + int(rest[0]>>2&3))
			}
		}
	}
	if len(rest) == 0 {
		return nil, false, false
	}
	return rest, begin&0x08 != 0, true
}

// findAV1 reads an aggregation header (RTP Payload Format For AV1, section 4.4).
// A sealed frame is one OBU: in a packet is one element, and at its beginning a
// header of one byte that is a sequence header's or a frame's.
func findAV1(payload []byte) (header []byte, first, ok bool) {
	rest := payload[1:]
	switch payload[0] >> 4 & 3 {
	case 0:
		n, used := binary.Uvarint(rest)
		if used <= 0 || n != uint64(len(rest)-used) {
			return nil, false, false
		}
		rest = rest[used:]
	case 1:
	default:
		return nil, false, false
	}
	if payload[0]&0x80 != 0 {
		return nil, false, true
	}
	if len(rest) < 2 || rest[0] != 0x08 && rest[0] != 0x30 {
		return nil, false, false
	}
	return rest[1:], true, true
}

// maxParameters is how long what stands before the slice of a picture may be, in
// one unit: parameter sets, delimiters, supplemental information.
const maxParameters = 255

// findH264 reads NAL units (RFC 6184, section 5). Of a slice the NAL header and
// two bytes are in the clear; the rest is escaped.
func findH264(payload []byte, unescaped *[maxHeader]byte) (header []byte, first, ok bool) {
	switch kind := payload[0] & 0x1f; kind {
	case 28: // FU-A
		if len(payload) < 3 {
			return nil, false, false
		}
		if payload[1]&0x80 == 0 {
			return nil, false, true
		}
		return slice(payload[1]&0x1f, payload[2:], unescaped)
	case 24: // STAP-A
		for rest := payload[1:]; len(rest) > 0; {
			if len(rest) < 3 {
				return nil, false, false
			}
			n := int(binary.BigEndian.Uint16(rest))
			if n == 0 || n > len(rest)-2 {
				return nil, false, false
			}
			unit := rest[2 : 2+n]
			rest = rest[2+n:]
			if header, first, ok = slice(unit[0]&0x1f, unit[1:], unescaped); first || !ok {
				return header, first && len(rest) == 0, ok && len(rest) == 0
			}
		}
		return nil, false, true
	default:
		return slice(kind, payload[1:], unescaped)
	}
}

// slice reads a unit of that type behind its header.
func slice(kind byte, unit []byte, unescaped *[maxHeader]byte) (header []byte, first, ok bool) {
	switch kind {
	case 1, 5:
	case 6, 7, 8, 9:
		return nil, false, len(unit) <= maxParameters
	default:
		return nil, false, false
	}
	if len(unit) < 2 {
		return nil, false, false
	}
	n, zeroes := 0, 0
	for i, b := range unit {
		if zeroes >= 2 && b == 3 { // emulation prevention (H.264, section 7.4.1)
			zeroes = 0
			continue
		}
		if b == 0 {
			zeroes++
		} else {
			zeroes = 0
		}
		if i < 2 {
			continue
		}
		if unescaped[n] = b; n == maxHeader-1 {
			return unescaped[:], true, true
		}
		n++
	}
	return unescaped[:n], true, true
}
