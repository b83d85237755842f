package forward

import (
	"encoding/binary"
	"errors"
)

// ErrH264 says that bytes are not an H264 payload.
var ErrH264 = errors.New("forward: not an H264 payload")

// Types of NAL units (RFC 6184, section 5.2).
const (
	nalSequence = 7  // sequence parameter set: a key frame follows
	nalSingle   = 23 // the last type of a single unit
	nalSTAPA    = 24 // several units
	nalFUA      = 28 // part of a unit
)

// ReadH264 fills in what the NAL units of a payload say: a decoder can start with the parameter sets that
// are sent with every key frame. It returns [ErrH264] for a payload that is cut off or of a kind that is not used with
// packetization mode 1.
func ReadH264(payload []byte, f *Frame) error {
	if len(payload) < 2 || payload[0]&0x80 != 0 {
		return ErrH264
	}
	*f = Frame{Targets: everyTarget, Active: oneSize}
	switch kind := payload[0] & 0x1f; {
	case kind >= 1 && kind <= nalSingle:
		f.Key = kind == nalSequence
	case kind == nalSTAPA:
		for rest := payload[1:]; len(rest) > 0; {
			if len(rest) < 3 {
				return ErrH264
			}
			n := int(binary.BigEndian.Uint16(rest))
			if n == 0 || n > len(rest)-2 {
				return ErrH264
			}
			f.Key = f.Key || rest[2]&0x1f == nalSequence
			rest = rest[2+n:]
		}
	case kind == nalFUA:
		if len(payload) < 3 {
			return ErrH264
		}
		f.Key = payload[1]&0x80 != 0 && payload[1]&0x1f == nalSequence
	default:
		return ErrH264
	}
	f.Start = f.Key
	return nil
}
