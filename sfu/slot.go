package sfu

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"pronto/sfu/forward"
)

// slot is one media section that a peer receives. It is a [webrtc.TrackLocal]: one
// SSRC, one continuous stream, whoever flows in it.
type slot struct {
	id          string
	viewer      *Peer
	audio       bool
	transceiver *webrtc.RTPTransceiver

	// Guarded by Room.mu.
	stream *stream // who has the slot; nil when it is empty
	height int     // at which the viewer shows it

	mu       sync.Mutex // guards what follows; held for arithmetic only
	writer   webrtc.TrackLocalWriter
	pt       uint8
	ssrc     uint32
	rewriter *forward.Rewriter
	target   *encoding // that is to flow
	current  *encoding // that flows; not target while a key frame is awaited
	from     uint32    // SSRC of what flows
}

var errNoCodec = errors.New("sfu: the codec of a slot was not negotiated")

func newSlot(viewer *Peer, audio bool, id string) *slot {
	clock := uint32(clockVP8)
	if audio {
		clock = clockOpus
	}
	// Random beginnings (RFC 3550, section 5.1); the upper half is left out so that a
	// reordered first packet does not confuse the roll-over count of SRTP.
	seq := uint16(rand.Uint32N(1 << 15))
	return &slot{
		id: id, viewer: viewer, audio: audio,
		rewriter: forward.NewRewriter(clock, seq, rand.Uint32()),
	}
}

// Bind implements [webrtc.TrackLocal].
func (s *slot) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	mime := webrtc.MimeTypeVP8
	if s.audio {
		mime = webrtc.MimeTypeOpus
	}
	for _, codec := range ctx.CodecParameters() {
		if strings.EqualFold(codec.MimeType, mime) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.writer, s.pt, s.ssrc = ctx.WriteStream(), uint8(codec.PayloadType), uint32(ctx.SSRC())
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, errNoCodec
}

// Unbind implements [webrtc.TrackLocal].
func (s *slot) Unbind(webrtc.TrackLocalContext) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer = nil
	return nil
}

// ID implements [webrtc.TrackLocal].
func (s *slot) ID() string { return s.id }

// RID implements [webrtc.TrackLocal].
func (s *slot) RID() string { return "" }

// StreamID implements [webrtc.TrackLocal].
func (s *slot) StreamID() string { return s.id }

// Kind implements [webrtc.TrackLocal].
func (s *slot) Kind() webrtc.RTPCodecType {
	if s.audio {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}

// aim says which encoding is to flow; nil for none. What flows goes on until the other can start, if
// both are of one stream; of another stream nothing more comes.
func (s *slot) aim(target *encoding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = target
	if s.current != nil && (target == nil || target.of != s.current.of) {
		s.current = nil
	}
}

// restart stops what flows until a decoder can start again.
func (s *slot) restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = nil
}

// aimed returns the encoding that is to flow, and whether it is awaited still.
func (s *slot) aimed() (target *encoding, awaited bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.target, s.target != s.current
}

// flowing returns the encoding that a viewer's feedback is about.
func (s *slot) flowing() *encoding {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		return s.current
	}
	return s.target
}

// arrival is one received packet. Its payload and scratch belong to the reader.
type arrival struct {
	from      *encoding
	ssrc      uint32
	at        time.Time
	seq       uint16
	timestamp uint32
	marker    bool
	start     bool // a decoder can start here
	payload   []byte
	vp8       forward.VP8 // of video with a payload
	scratch   []byte      // for the rewritten payload; its content is worthless
	header    rtp.Header  // for the rewritten header
}

// forward sends a packet on, if it is of what flows in the slot.
func (s *slot) forward(in *arrival) {
	writer, out, ok := s.rewrite(in)
	if !ok || writer == nil {
		return
	}
	payload := in.payload
	if !s.audio && len(payload) > 0 {
		payload = in.vp8.Append(in.scratch[:0], payload, out.PictureID, out.TL0)
		in.scratch = payload
	}
	// An error means that the transport is closing; the peer hears of that by itself.
	if n, err := writer.WriteRTP(&in.header, payload); err == nil && n > 0 {
		s.viewer.sfu.count.out(s.audio, len(payload))
	}
}

// rewrite decides about a packet, and sets the header of what goes out.
func (s *slot) rewrite(in *arrival) (webrtc.TrackLocalWriter, forward.Out, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == in.from && s.from != in.ssrc {
		s.current = nil // the sender began anew
	}
	if s.current != in.from {
		if s.target != in.from || !in.start {
			return nil, forward.Out{}, false
		}
		s.switchTo(in.from, in.ssrc)
	}
	out, ok := s.rewriter.Rewrite(forward.In{
		Seq: in.seq, Timestamp: in.timestamp, Start: in.start, Empty: len(in.payload) == 0,
		PictureID: in.vp8.PictureID, TL0: in.vp8.TL0,
	}, in.at)
	in.header = rtp.Header{
		Version: 2, Marker: in.marker, PayloadType: s.pt, SSRC: s.ssrc,
		SequenceNumber: out.Seq, Timestamp: out.Timestamp,
	}
	return s.writer, out, ok
}

// switchTo makes e flow. The caller holds s.mu and a packet on which a decoder can start.
func (s *slot) switchTo(e *encoding, ssrc uint32) {
	if s.current != nil {
		switch count := &s.viewer.sfu.count; {
		case e.index > s.current.index:
			count.layersUp.Add(1)
		case e.index < s.current.index:
			count.layersDown.Add(1)
		}
	}
	s.current, s.from = e, ssrc
	s.rewriter.Switch()
}
