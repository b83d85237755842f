package forward

import "errors"

// ErrAV1 says that bytes are not an AV1 payload.
var ErrAV1 = errors.New("forward: not an AV1 payload")

// The aggregation header (RTP Payload Format For AV1, section 4.4).
const (
	av1Continues = 0x80 // Z: the first element continues one of the packet before
	av1Goes      = 0x40 // Y: the last element goes on in the next packet
	av1Sequence  = 0x08 // N: the packet is the first of a coded video sequence
)

// ReadAV1 fills in what the aggregation header of a payload says. Which layer the packet belongs to it does not
// say: [Dependencies] do. It returns [ErrAV1] for a payload without an element.
func ReadAV1(payload []byte, f *Frame) error {
	if len(payload) < 2 || payload[0]&av1Continues != 0 && payload[0]&av1Sequence != 0 {
		return ErrAV1
	}
	*f = Frame{Start: payload[0]&av1Continues == 0, End: payload[0]&av1Goes == 0, Targets: everyTarget, Active: oneSize}
	f.Key = payload[0]&av1Sequence != 0
	return nil
}
