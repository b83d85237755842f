package sfu

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"pronto/sfu/forward"
	"pronto/sfu/layer"
	"pronto/sfu/udp"
)

// slot is one media section that a peer receives: one SSRC, one continuous stream, whoever flows in
// it. It is a [webrtc.TrackLocal] so that pion describes it; its packets do not go through pion.
type slot struct {
	id          string
	viewer      *Peer
	audio       bool
	transceiver *webrtc.RTPTransceiver

	// Set before the slot is given to anybody.
	mid           string
	pt, rtxPT     uint8
	ssrc, rtxSSRC uint32 // rtxSSRC is 0 without retransmissions
	twcc          uint8  // extension id of the transport-wide number, 0 for none

	// Guarded by Room.mu.
	stream *stream // who has the slot; nil when it is empty
	height int     // at which the viewer shows it
	pinned bool    // the viewer has put it first
	order  int     // in the viewer's list
	chosen int     // index of the encoding that is to flow, also while it is paused; [layer.None] for none yet
	paused bool
	reason PauseReason // of the pause
	// lessened is when a lower encoding was chosen, or none.
	lessened time.Time

	aims    atomic.Pointer[aim]      // what is to flow; replaced under Room.mu only
	current atomic.Pointer[encoding] // what flows; not what is to flow while a key frame is awaited. Stored by the worker
	began   atomic.Uint64            // aim.fresh of when it began. Stored by the worker

	// Owned by the worker.
	rewriter  *forward.Rewriter
	from      uint32 // SSRC of what flows
	sink      udp.Sink
	rtxSink   udp.Sink
	rtxSeq    uint16
	sent      forward.Sent
	packets   uint32
	bytes     uint32
	reported  uint32    // packets when the last report went out
	timestamp uint32    // of the newest packet
	at        time.Time // when it went out
}

// aim says what is to flow in a slot.
type aim struct {
	target *encoding // nil for nothing
	fresh  uint64    // when it changes, a decoder has to start again
}

var errNoCodec = errors.New("sfu: the codec of a slot was not negotiated")

func newSlot(viewer *Peer, audio bool, id string) *slot {
	clock := uint32(clockVP8)
	if audio {
		clock = clockOpus
	}
	// Random beginnings (RFC 3550, section 5.1); the upper half is left out so that a
	// reordered first packet does not confuse the roll-over count of SRTP.
	seq, rtxSeq := uint16(rand.Uint32N(1<<15)), uint16(rand.Uint32N(1<<15))
	s := &slot{
		id: id, viewer: viewer, audio: audio, rtxSeq: rtxSeq, chosen: layer.None,
		rewriter: forward.NewRewriter(clock, seq, rand.Uint32()),
	}
	s.aims.Store(&aim{})
	return s
}

// Bind implements [webrtc.TrackLocal].
func (s *slot) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	mime := webrtc.MimeTypeVP8
	if s.audio {
		mime = webrtc.MimeTypeOpus
	}
	for _, codec := range ctx.CodecParameters() {
		if strings.EqualFold(codec.MimeType, mime) {
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, errNoCodec
}

// Unbind implements [webrtc.TrackLocal].
func (s *slot) Unbind(webrtc.TrackLocalContext) error { return nil }

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
// both are of one stream; of another stream nothing more comes. The caller holds Room.mu, as for
// the next two.
func (s *slot) aim(target *encoding) {
	old := s.aims.Load()
	if old.target == target {
		return
	}
	next := &aim{target: target, fresh: old.fresh}
	if target == nil || old.target == nil || target.of != old.target.of {
		next.fresh++
	}
	s.aims.Store(next)
}

// restart stops what flows until a decoder can start again.
func (s *slot) restart() {
	old := s.aims.Load()
	s.aims.Store(&aim{target: old.target, fresh: old.fresh + 1})
}

// aimed returns the encoding that is to flow, and whether it is awaited still.
func (s *slot) aimed() (target *encoding, awaited bool) {
	a := s.aims.Load()
	return a.target, a.target != s.current.Load() || a.fresh != s.began.Load()
}

// flowing returns the encoding that a viewer's feedback is about. The worker calls it.
func (s *slot) flowing() *encoding {
	a := s.aims.Load()
	if current := s.current.Load(); current != nil && s.began.Load() == a.fresh {
		return current
	}
	return a.target
}

// forward sends on what has come of an encoding, if that flows in the slot.
func (s *slot) forward(l *link, e *encoding, now time.Time) {
	for i := range e.run {
		in := &e.run[i]
		if !s.admits(e, in.start) {
			continue
		}
		out, ok := s.rewriter.Rewrite(forward.In{
			Seq: in.seq, Timestamp: in.timestamp, Start: in.start, Empty: len(in.payload) == 0,
			PictureID: in.vp8.PictureID, TL0: in.vp8.TL0,
		}, now)
		if !ok {
			continue
		}
		if !s.audio && len(in.payload) > 0 {
			in.fields.Write(in.payload, out)
		}
		out.Number = s.stamp(l, len(in.payload))
		n := s.seal(l, &s.sink, s.pt, s.ssrc, out, in.marker, in.payload)
		if !s.audio && len(in.payload) > 0 {
			s.sent.Add(out, e.history, in.number)
		}
		l.credit = min(l.credit+n*resendShare/100, resendBurst)
		s.packets++
		s.bytes += uint32(len(in.payload))
		if s.packets == 1 || int32(out.Timestamp-s.timestamp) > 0 {
			s.timestamp, s.at = out.Timestamp, now
		}
		l.worker.totals.Out.add(s.audio, len(in.payload))
	}
}

// admits decides whether a packet of an encoding goes on; start tells that a decoder can start with it.
func (s *slot) admits(e *encoding, start bool) bool {
	a, current := s.aims.Load(), s.current.Load()
	ssrc := e.ssrc.Load()
	if current == e && s.began.Load() == a.fresh && s.from == ssrc {
		return true
	}
	if a.target != e || !start {
		return false
	}
	if current != nil && current.of == e.of {
		switch count := &s.viewer.sfu.count; {
		case e.index > current.index:
			count.layersUp.Add(1)
		case e.index < current.index:
			count.layersDown.Add(1)
		}
	} else {
		s.sent.Forget()
	}
	s.current.Store(e)
	s.began.Store(a.fresh)
	s.from = ssrc
	s.rewriter.Switch()
	return true
}

// stamp numbers the next packet of a slot among all that the peer is sent; n is the length of its payload.
func (s *slot) stamp(l *link, n int) (number uint16) {
	if s.twcc == 0 {
		return 0
	}
	return l.number(s.headerSize() + n + tag)
}

// seal puts one packet into the slab and returns its length.
func (s *slot) seal(l *link, sink *udp.Sink, pt uint8, ssrc uint32, out forward.Out, marker bool, payload []byte) int {
	header := s.headerSize()
	n := header + len(payload) + udp.Overhead
	if n > udp.MTU {
		return 0
	}
	room := l.worker.slab.Room(n)
	forward.WriteHeader(room, pt, marker, out.Seq, out.Timestamp, ssrc)
	if s.twcc != 0 {
		forward.WriteNumber(room, s.twcc, out.Number)
	}
	sealed, err := l.session.SealRTP(sink, room[:header], payload)
	if err != nil {
		return 0
	}
	l.worker.slab.Add(l.address, len(sealed))
	l.path.moved += int64(len(sealed) + beneath)
	return len(sealed)
}

func (s *slot) headerSize() int {
	if s.twcc != 0 {
		return forward.HeaderSize + forward.NumberSize
	}
	return forward.HeaderSize
}

// timestampAt is the time in units of the slot's stream.
func (s *slot) timestampAt(now time.Time) uint32 {
	clock := time.Duration(clockVP8)
	if s.audio {
		clock = clockOpus
	}
	return s.timestamp + uint32(now.Sub(s.at)*clock/time.Second)
}
