package sfu

import (
	"pronto/sfu/forward"
	"pronto/sfu/seal"
)

// Seal is what the frames of a peer must be sealed with (SFrame, RFC 9605). The
// zero value asks for nothing.
type Seal struct {
	// Required says that the call is end-to-end encrypted: what is not sealed is
	// not forwarded.
	Required bool
	// Holds says that the peer holds a leaf of the call's keys. Of who holds none
	// nothing is forwarded.
	Holds bool
	// Leaf is the leaf.
	Leaf uint8
	// Epoch is the low byte of the newest epoch that a frame may be of.
	Epoch uint8
}

func (s Seal) want() seal.Want {
	switch {
	case !s.Required:
		return 0
	case !s.Holds:
		return seal.Nobody
	}
	return seal.Of(s.Leaf, s.Epoch)
}

// Seal says what the frames of this peer must be sealed with from the next packet
// on. At first nothing is asked for: in an encrypted call it must be said before
// the first offer.
func (p *Peer) Seal(s Seal) { p.seal.Store(uint32(s.want())) }

// kind is what a frame's KID says of a source.
func (s Source) kind() seal.Kind {
	switch s {
	case Microphone:
		return seal.Microphone
	case Camera:
		return seal.Camera
	case Screen:
		return seal.Screen
	case ScreenAudio:
		return seal.ScreenAudio
	}
	return 0
}

// sealed reports whether a packet may go on as far as sealing is concerned. When
// the first packet of a frame may not, nor may the rest of the frame that comes
// after it.
func (e *encoding) sealed(l *link, a *arrival) bool {
	want := seal.Want(l.peer.seal.Load())
	if !want.Required() || len(a.payload) == 0 {
		return true
	}
	verdict := want.Judge(sealCodecs[a.codec], e.kind, a.payload)
	switch verdict {
	case seal.Sealed:
		e.refused = false
		return true
	case seal.Continues:
		if !e.refused || e.refusedAt != a.timestamp {
			return true
		}
		verdict = e.refusal
	}
	e.refused, e.refusedAt, e.refusal = true, a.timestamp, verdict
	l.worker.count.unsealed[verdict].Add(1)
	return false
}

var sealCodecs = [...]seal.Codec{
	forward.CodecOpus: seal.Opus, forward.CodecVP8: seal.VP8, forward.CodecVP9: seal.VP9, forward.CodecAV1: seal.AV1, forward.CodecH264: seal.H264,
}
