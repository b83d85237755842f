package forward

import "encoding/binary"

// The RTCP packet types that are heeded (RFC 3550, section 12.1; RFC 4585, section 6.1).
const (
	TypeSenderReport    = 200
	TypeReceiverReport  = 201
	TypeTransport       = 205
	TypePayloadSpecific = 206
)

// Formats of feedback (RFC 4585, section 6; RFC 5104, section 4.3.1).
const (
	FormatNACK = 1  // of TypeTransport
	FormatPLI  = 1  // of TypePayloadSpecific
	FormatFIR  = 4  // of TypePayloadSpecific
	FormatTWCC = 15 // of TypeTransport
)

// Report is one packet of a compound RTCP packet.
type Report struct {
	Type uint8
	// Count is the number of report blocks, or the format of feedback.
	Count uint8
	// Body is what follows the first four bytes.
	Body []byte
}

// NextReport cuts the first packet off a compound one. It reports false at the end, and when what is
// there is none.
func NextReport(compound []byte) (r Report, rest []byte, ok bool) {
	if len(compound) < 4 || compound[0]>>6 != 2 {
		return Report{}, nil, false
	}
	end := 4 + 4*int(binary.BigEndian.Uint16(compound[2:]))
	if end > len(compound) {
		return Report{}, nil, false
	}
	return Report{Type: compound[1], Count: compound[0] & 0x1f, Body: compound[4:end]}, compound[end:], true
}

// IsSender returns what a sender report says: when, as the middle 32 bits of an NTP time.
func (r Report) IsSender() (ssrc, ntp uint32, ok bool) {
	if r.Type != TypeSenderReport || len(r.Body) < 24 {
		return 0, 0, false
	}
	return binary.BigEndian.Uint32(r.Body), binary.BigEndian.Uint32(r.Body[6:]), true
}

// Media returns the SSRC of the media that feedback is about.
func (r Report) Media() (ssrc uint32, ok bool) {
	if r.Type != TypeTransport && r.Type != TypePayloadSpecific || len(r.Body) < 8 {
		return 0, false
	}
	return binary.BigEndian.Uint32(r.Body[4:]), true
}

// NACKs is a list of lost packets (RFC 4585, section 6.2.1).
type NACKs []byte

// NACKs returns what a report asks to be sent again, nil if it asks for nothing.
func (r Report) NACKs() NACKs {
	if r.Type != TypeTransport || r.Count != FormatNACK || len(r.Body) < 12 {
		return nil
	}
	return NACKs(r.Body[8:])
}

// Len returns how many packets are asked for.
func (n NACKs) Len() (asked int) {
	for range n.Each {
		asked++
	}
	return asked
}

// Each yields the sequence numbers that are asked for.
func (n NACKs) Each(yield func(uint16) bool) {
	for ; len(n) >= 4; n = n[4:] {
		seq, mask := binary.BigEndian.Uint16(n), binary.BigEndian.Uint16(n[2:])
		if !yield(seq) {
			return
		}
		for i := uint16(1); mask != 0; i, mask = i+1, mask>>1 {
			if mask&1 != 0 && !yield(seq+i) {
				return
			}
		}
	}
}

// FIRs yields the SSRCs of which a report asks for a full picture (RFC 5104, section 4.3.1).
func (r Report) FIRs(yield func(uint32) bool) {
	if r.Type != TypePayloadSpecific || r.Count != FormatFIR || len(r.Body) < 8 {
		return
	}
	for b := r.Body[8:]; len(b) >= 8; b = b[8:] {
		if !yield(binary.BigEndian.Uint32(b)) {
			return
		}
	}
}

// AppendNACK appends a report that asks for lost packets, in ascending order.
func AppendNACK(dst []byte, sender, media uint32, lost []uint16) []byte {
	begin := len(dst)
	dst = append(dst, 2<<6|FormatNACK, TypeTransport, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, sender)
	dst = binary.BigEndian.AppendUint32(dst, media)
	for i := 0; i < len(lost); {
		first, mask := lost[i], uint16(0)
		for i++; i < len(lost) && lost[i]-first-1 < 16; i++ {
			mask |= 1 << (lost[i] - first - 1)
		}
		dst = binary.BigEndian.AppendUint16(dst, first)
		dst = binary.BigEndian.AppendUint16(dst, mask)
	}
	binary.BigEndian.PutUint16(dst[begin+2:], uint16((len(dst)-begin)/4-1))
	return dst
}

// AppendPLI appends a report that asks for a key frame (RFC 4585, section 6.3.1).
func AppendPLI(dst []byte, sender, media uint32) []byte {
	dst = append(dst, 2<<6|FormatPLI, TypePayloadSpecific, 0, 2)
	dst = binary.BigEndian.AppendUint32(dst, sender)
	return binary.BigEndian.AppendUint32(dst, media)
}

// AppendSenderReport appends a sender report without blocks (RFC 3550, section 6.4.1). ntp is the time of
// day in the format of NTP, timestamp the same in units of the media.
func AppendSenderReport(dst []byte, ssrc uint32, ntp uint64, timestamp, packets, bytes uint32) []byte {
	dst = append(dst, 2<<6, TypeSenderReport, 0, 6)
	dst = binary.BigEndian.AppendUint32(dst, ssrc)
	dst = binary.BigEndian.AppendUint64(dst, ntp)
	dst = binary.BigEndian.AppendUint32(dst, timestamp)
	dst = binary.BigEndian.AppendUint32(dst, packets)
	return binary.BigEndian.AppendUint32(dst, bytes)
}

// MaxBlocks is how many blocks a receiver report has at most.
const MaxBlocks = 31

// BeginReceiverReport appends a receiver report with room for blocks, which the caller appends
// with [Reception.AppendBlock] (RFC 3550, section 6.4.2).
func BeginReceiverReport(dst []byte, sender uint32, blocks int) []byte {
	dst = append(dst, 2<<6|byte(blocks), TypeReceiverReport, 0, byte(1+6*blocks))
	return binary.BigEndian.AppendUint32(dst, sender)
}
