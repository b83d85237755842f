package sframe

import "fmt"

// Codec says what is around a sealed frame.
type Codec uint8

// The codecs. H264 has an envelope as well, which is not written here: no Go client
// sends it.
const (
	// Bare has no envelope: Opus, RED, and VP9, whose descriptor says it all.
	Bare Codec = iota
	// VP8 begins with a constant header of a key frame or of another (RFC 6386, section
	// 9.1), which the depacketizer reads.
	VP8
	// AV1 is one OBU without a size: a sequence header in a key frame, or else a frame
	// (AV1 specification, section 5.3).
	AV1
)

var (
	vp8Key   = []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01}
	vp8Delta = []byte{0x11}
	av1Key   = []byte{0x08}
	av1Delta = []byte{0x30}
)

// around is the envelope of a frame. It is not to be changed.
func (c Codec) around(keyFrame bool) []byte {
	switch {
	case c == VP8 && keyFrame:
		return vp8Key
	case c == VP8:
		return vp8Delta
	case c == AV1 && keyFrame:
		return av1Key
	case c == AV1:
		return av1Delta
	}
	return nil
}

// within takes the envelope off: clear is it, as it was when it was sealed, and sealed
// the rest. What is around it otherwise is malformed.
func (c Codec) within(frame []byte) (clear, sealed []byte, err error) {
	switch c {
	case Bare:
		return nil, frame, nil
	case VP8:
		for _, clear := range [][]byte{vp8Key, vp8Delta} {
			if n := len(clear); len(frame) >= n && string(frame[:n]) == string(clear) {
				return clear, frame[n:], nil
			}
		}
	case AV1:
		return withinAV1(frame)
	}
	return nil, nil, fmt.Errorf("%w: no envelope", ErrMalformed)
}

// withinAV1 allows for the size and the extension that a depacketizer may have put in.
func withinAV1(frame []byte) (clear, sealed []byte, err error) {
	const extension, hasSize, kind = 0x04, 0x02, 0x78
	bad := fmt.Errorf("%w: no envelope", ErrMalformed)
	if len(frame) == 0 {
		return nil, nil, bad
	}
	first, rest := frame[0], frame[1:]
	switch first & kind {
	case av1Key[0]:
		clear = av1Key
	case av1Delta[0]:
		clear = av1Delta
	default:
		return nil, nil, bad
	}
	if first&extension != 0 {
		if len(rest) == 0 {
			return nil, nil, bad
		}
		rest = rest[1:]
	}
	if first&hasSize != 0 { // leb128 (section 4.10.5)
		i := 0
		for i < len(rest) && i < 8 && rest[i]&0x80 != 0 {
			i++
		}
		if i >= len(rest) || i == 8 {
			return nil, nil, bad
		}
		rest = rest[i+1:]
	}
	return clear, rest, nil
}
