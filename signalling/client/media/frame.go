package media

import "bytes"

// framePackets is how many packets of a stream are kept for frames that are not
// whole yet. A key frame of a large screen has about 200.
const framePackets = 512

// assembly puts VP8 frames together from their packets (RFC 7741), in any order. The
// zero value is empty. Frames that are not whole when their packets are overtaken by
// framePackets others are lost.
type assembly struct {
	begun bool
	top   uint16 // highest sequence number so far
	kept  []piece
}

// piece is one packet of a frame.
type piece struct {
	there, first, last bool
	seq                uint16
	stamp              uint32
	data               []byte
}

// add takes in a packet. It returns the frame that is whole by it, or nil.
func (a *assembly) add(seq uint16, stamp uint32, marker bool, payload []byte) []byte {
	first, data := takeDescriptor(payload)
	if data == nil {
		return nil
	}
	if a.kept == nil {
		a.kept = make([]piece, framePackets)
	}
	late := a.begun && int16(seq-a.top) <= 0
	if !late {
		a.begun, a.top = true, seq
	} else if a.top-seq >= framePackets {
		return nil
	}
	a.kept[seq%framePackets] = piece{true, first, marker, seq, stamp, bytes.Clone(data)}
	if !marker && !late {
		return nil // it is not the one that was missing
	}
	return a.whole(seq, stamp)
}

// at returns a packet of a frame, or nil.
func (a *assembly) at(seq uint16, stamp uint32) *piece {
	p := &a.kept[seq%framePackets]
	if !p.there || p.seq != seq || p.stamp != stamp {
		return nil
	}
	return p
}

// whole returns the frame that a packet is of, if all of it is there.
func (a *assembly) whole(seq uint16, stamp uint32) []byte {
	from, to := seq, seq
	for n := 0; ; from, n = from-1, n+1 {
		p := a.at(from, stamp)
		if p == nil || n == framePackets {
			return nil
		}
		if p.first {
			break
		}
	}
	for ; ; to++ {
		p := a.at(to, stamp)
		if p == nil || to-from == framePackets {
			return nil
		}
		if p.last {
			break
		}
	}
	var frame []byte
	for i := from; i != to+1; i++ {
		p := a.at(i, stamp)
		frame = append(frame, p.data...)
		*p = piece{}
	}
	return frame
}

// takeDescriptor takes the VP8 payload descriptor (RFC 7741, section 4.2) off. first
// says that a frame begins with it. The rest is nil if there is none.
func takeDescriptor(payload []byte) (first bool, rest []byte) {
	const extended, start, partition = 0x80, 0x10, 0x07
	if len(payload) < 1 {
		return false, nil
	}
	first = payload[0]&start != 0 && payload[0]&partition == 0
	i := 1
	if payload[0]&extended != 0 {
		if len(payload) < 2 {
			return false, nil
		}
		flags := payload[1]
		i = 2
		if flags&0x80 != 0 { // PictureID of one byte or two
			if len(payload) > i && payload[i]&0x80 != 0 {
				i++
			}
			i++
		}
		if flags&0x40 != 0 { // TL0PICIDX
			i++
		}
		if flags&0x30 != 0 { // TID or KEYIDX
			i++
		}
	}
	if len(payload) <= i {
		return false, nil
	}
	return first, payload[i:]
}

// keyFrameBegins tells whether a VP8 payload is the first of a key frame (RFC 6386,
// section 9.1). Anything malformed is not.
func keyFrameBegins(payload []byte) bool {
	first, rest := takeDescriptor(payload)
	return first && rest[0]&1 == 0
}
