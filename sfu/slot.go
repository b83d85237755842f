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
	formats       formats
	ssrc, rtxSSRC uint32 // rtxSSRC is 0 without retransmissions
	nack          bool   // of sound: lost packets are asked for
	twcc          uint8  // extension id of the transport-wide number, 0 for none
	dependency    uint8  // extension id of the dependency descriptor, 0 for none

	// Guarded by Room.mu.
	stream *stream // who has the slot; nil when it is empty
	height int     // at which the viewer shows it
	pinned bool    // the viewer has put it first
	order  int     // in the viewer's list
	picked int     // index of the encoding or size that is to flow, also while it is paused; [layer.None] for none yet
	paused bool
	reason PauseReason // of the pause
	// lessened is when a lower encoding was chosen, or none.
	lessened time.Time

	aims    atomic.Pointer[aim]      // what is to flow; replaced under Room.mu only
	current atomic.Pointer[encoding] // what flows; not what is to flow while a key frame is awaited. Stored by the worker
	began   atomic.Uint64            // aim.fresh of when it began. Stored by the worker
	awaits  atomic.Bool              // a key frame is awaited of what is to flow. Stored by the worker

	// Owned by the worker.
	rewriter  *forward.Rewriter
	selector  forward.Selector
	aimedAt   *aim          // that the selector knows of
	from      uint32        // SSRC of what flows
	codec     forward.Codec // likewise
	awaiting  bool          // as in awaits
	lacked    bool          // the way carried less than was wanted when the layer changed last
	judged    uint32        // packets when the receiver reported last
	begins    bool          // what flows has just begun
	loss      forward.Loss
	since     uint8 // packets of sound that have gone out since it began; counted no further than is needed
	sink      udp.Sink
	rtxSink   udp.Sink
	rtxSeq    uint16
	sent      forward.Sent
	echo      *echo // of sound; nil while nothing is asked for, and little lost
	missed    missed
	packets   uint32
	bytes     uint32
	reported  uint32    // packets when the last report went out
	timestamp uint32    // of the newest packet
	at        time.Time // when it went out
}

// aim says what is to flow in a slot.
type aim struct {
	target *encoding     // nil for nothing
	layer  forward.Layer // of it
	fresh  uint64        // when it changes, a decoder has to start again
}

var errNoCodec = errors.New("sfu: the codec of a slot was not negotiated")

func newSlot(viewer *Peer, audio bool, id string) *slot {
	clock := uint32(clockVideo)
	if audio {
		clock = clockOpus
	}
	// Random beginnings (RFC 3550, section 5.1); the upper half is left out so that a
	// reordered first packet does not confuse the roll-over count of SRTP.
	seq, rtxSeq := uint16(rand.Uint32N(1<<15)), uint16(rand.Uint32N(1<<15))
	s := &slot{
		id: id, viewer: viewer, audio: audio, rtxSeq: rtxSeq, picked: layer.None,
		rewriter: forward.NewRewriter(clock, seq, rand.Uint32()),
	}
	s.aims.Store(&aim{})
	return s
}

// Bind implements [webrtc.TrackLocal].
func (s *slot) Bind(ctx webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, known := range codecsOf(s.audio) {
		for _, codec := range ctx.CodecParameters() {
			if strings.EqualFold(codec.MimeType, descriptions[known].mime) {
				return codec, nil
			}
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

// aim says what is to flow; the zero choice is nothing. What flows goes on until the other can start, if
// both are of one stream; of another stream nothing more comes. The caller holds Room.mu, as for
// the next two.
func (s *slot) aim(c choice) {
	old := s.aims.Load()
	if old.target == c.encoding && old.layer == c.layer {
		return
	}
	next := &aim{target: c.encoding, layer: c.layer, fresh: old.fresh}
	if c.encoding == nil || old.target == nil || c.encoding.of != old.target.of {
		next.fresh++
	}
	s.aims.Store(next)
}

// restart stops what flows until a decoder can start again.
func (s *slot) restart() {
	old := s.aims.Load()
	s.aims.Store(&aim{target: old.target, layer: old.layer, fresh: old.fresh + 1})
}

// aimed returns the encoding that is to flow, and whether it, or the size of it that is wished for, is awaited still.
func (s *slot) aimed() (target *encoding, awaited bool) {
	a := s.aims.Load()
	return a.target, a.target != s.current.Load() || a.fresh != s.began.Load() || s.awaits.Load()
}

// decodes tells whether the viewer has the codec that an encoding comes in.
func (s *slot) decodes(e *encoding) bool { return e == nil || s.formats.media[e.codec.Load()] != 0 }

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
		if !s.admits(e, in) {
			continue
		}
		skip, marker := len(in.payload) == 0, in.marker
		if !s.audio && !skip {
			skip, marker = s.selects(in)
		}
		out, ok := s.rewriter.Rewrite(forward.In{
			Seq: in.seq, Timestamp: in.timestamp, Start: in.start, Skip: skip,
			PictureID: in.frame.PictureID, TL0: in.frame.TL0, Frame: in.frame.Number, Gapless: in.frame.Gapless,
		}, now)
		if !ok {
			continue
		}
		pt, payload := s.formats.media[in.codec], in.payload
		switch {
		case out.Bare:
			payload = nil
		case len(payload) == 0:
		case s.audio:
			pt, payload = s.redundant(l, e, in)
		default:
			in.fields.Write(payload, out)
			payload, out.Pad = in.padded(), in.pad
		}
		if s.audio {
			s.double(l, out)
		}
		out.Number, out.Marker = s.stamp(l, in.dependency, len(payload)), marker
		n := s.seal(l, &s.sink, pt, s.ssrc, out, in.dependency, payload)
		if !s.audio && len(payload) > 0 {
			s.sent.Add(out, e.history, in.number)
		}
		l.credit = min(l.credit+n*resendShare/100, resendBurst)
		s.packets++
		s.bytes += uint32(len(payload) - int(out.Pad)) // RFC 3550, section 6.4.1
		if s.packets == 1 || int32(out.Timestamp-s.timestamp) > 0 {
			s.timestamp, s.at = out.Timestamp, now
		}
		l.worker.totals.Out.add(s.audio, len(payload)-int(out.Pad))
	}
}

// admits decides whether a packet of an encoding belongs to what flows, or begins it.
func (s *slot) admits(e *encoding, in *arrival) bool {
	a, current := s.aims.Load(), s.current.Load()
	if a != s.aimedAt {
		s.aimedAt = a
		s.selector.Wish(a.layer)
	}
	ssrc := e.ssrc.Load()
	if current == e && s.began.Load() == a.fresh && s.from == ssrc && s.codec == in.codec {
		return true
	}
	if a.target != e || s.formats.media[in.codec] == 0 {
		return false
	}
	if !in.start {
		s.await(true)
		return false
	}
	if current != nil && current.of == e.of {
		s.countSwitch(e.index - current.index)
	} else {
		s.sent.Forget()
	}
	s.current.Store(e)
	s.began.Store(a.fresh)
	s.from, s.codec, s.since = ssrc, in.codec, 0
	s.begins = true
	s.await(false)
	s.rewriter.Switch()
	return true
}

// selects decides whether a packet belongs to the layer that flows, and whether it is the last of its picture then.
func (s *slot) selects(in *arrival) (skip, marker bool) {
	before := s.selector.Current().Spatial
	send, last := s.selector.Take(&in.frame)
	if after := s.selector.Current().Spatial; after != before && !s.begins {
		s.countSwitch(int(after) - int(before))
	}
	s.begins = false
	s.await(s.selector.Awaits())
	return !send, in.marker || last
}

// countSwitch counts a switch to a higher or lower layer.
func (s *slot) countSwitch(by int) {
	p := &s.viewer.link.path
	bps := p.bps.Load()
	short := bps > 0 && p.wanted.Load() > bps
	switch count := &s.viewer.sfu.count; {
	case by > 0:
		count.layersUp.Add(1)
		if s.lacked {
			count.upForRoom.Add(1)
		}
	case by < 0:
		count.layersDown.Add(1)
		if short {
			count.downForRoom.Add(1)
		}
	}
	s.lacked = short
}

// await tells the room whether a key frame is awaited of what is to flow.
func (s *slot) await(key bool) {
	if key != s.awaiting {
		s.awaiting = key
		s.awaits.Store(key)
	}
}

// redundant returns what a packet of sound goes out as: with some before it, to who loses many.
func (s *slot) redundant(l *link, e *encoding, in *arrival) (pt uint8, payload []byte) {
	opus := s.formats.media[in.codec]
	n := 0
	if s.formats.red != 0 {
		n = min(s.redundancy(l), int(s.since)) // never of before it flowed here: somebody may have been muted then
	}
	s.since = min(s.since, forward.MaxRedundant) + 1
	if n == 0 {
		return opus, in.payload
	}
	if e.spoken == nil {
		e.spoken = new(forward.Spoken)
	}
	most := udp.MTU - udp.Overhead - s.headerSize(nil)
	if red := e.spoken.AppendRED(l.worker.scratch[:0], opus, in.seq, in.timestamp, in.payload, n, most); len(red) > 0 {
		return s.formats.red, red
	}
	return opus, in.payload
}

// stamp numbers the next packet of a slot among all that the peer is sent; n is the length of its payload.
func (s *slot) stamp(l *link, dependency []byte, n int) (number uint16) {
	if s.twcc == 0 {
		return 0
	}
	return l.number(s.headerSize(dependency) + n + tag)
}

// seal puts one packet into the slab and returns its length. Its padding is part of the payload.
func (s *slot) seal(l *link, sink *udp.Sink, pt uint8, ssrc uint32, out forward.Out, dependency, payload []byte) int {
	header := s.headerSize(dependency)
	n := header + len(payload) + udp.Overhead
	if n > udp.MTU {
		return 0
	}
	room := l.worker.slab.Room(n)
	forward.WriteHeader(room, pt, out.Marker, out.Seq, out.Timestamp, ssrc)
	if out.Pad > 0 {
		forward.SetPadded(room)
	}
	switch {
	case s.describes(dependency):
		forward.WriteDependency(room, s.twcc, out.Number, s.dependency, dependency, out.Frame)
	case s.twcc != 0:
		forward.WriteNumber(room, s.twcc, out.Number)
	}
	sealed, err := l.session.SealRTP(sink, room[:header], payload)
	if err != nil {
		return 0
	}
	l.worker.slab.Add(l.address, len(sealed))
	l.path.moved += int64(len(sealed) + beneath)
	if s.echo != nil {
		s.keep(sealed, l.worker.now)
	}
	return len(sealed)
}

// describes tells whether a packet goes out with its dependency descriptor: Chromium needs it for layers of AV1.
func (s *slot) describes(dependency []byte) bool { return len(dependency) > 0 && s.dependency != 0 }

func (s *slot) headerSize(dependency []byte) int {
	switch {
	case s.describes(dependency):
		return forward.HeaderSize + forward.DependencySize(len(dependency), s.twcc != 0)
	case s.twcc != 0:
		return forward.HeaderSize + forward.NumberSize
	}
	return forward.HeaderSize
}

// timestampAt is the time in units of the slot's stream.
func (s *slot) timestampAt(now time.Time) uint32 {
	clock := time.Duration(clockVideo)
	if s.audio {
		clock = clockOpus
	}
	return s.timestamp + uint32(now.Sub(s.at)*clock/time.Second)
}
