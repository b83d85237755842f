package sfu

import (
	"errors"
	"io"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"pronto/sfu/forward"
	"pronto/sfu/layer"
	"pronto/sfu/speaker"
)

// mtu is the longest packet that is read, in bytes.
const mtu = 1500

// onTrack reads one received encoding until the peer closes. pion calls it in a goroutine of
// its own for each, and again for an encoding that began anew with another SSRC.
func (p *Peer) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	if !p.begin() {
		return
	}
	defer p.work.Done()
	s := p.streamOf(receiver.RTPTransceiver().Mid())
	if s == nil {
		return
	}
	index := 0
	for i, rid := range s.rids {
		if rid == track.RID() {
			index = i
		}
	}
	e, made := s.get(index)
	ssrc := uint32(track.SSRC())
	e.ssrc.Store(ssrc)
	if made {
		p.sfu.count.tracks.Add(1)
	}
	r := reader{peer: p, encoding: e, level: levelExtension(receiver)}
	r.in.scratch = make([]byte, 0, mtu+forward.MaxGrowth)
	r.in.from, r.in.ssrc = e, ssrc
	r.run(track)
}

// levelExtension returns the id of the audio level, 0 if it was not negotiated.
func levelExtension(receiver *webrtc.RTPReceiver) uint8 {
	for _, extension := range receiver.GetParameters().HeaderExtensions {
		if extension.URI == extAudioLevel {
			return uint8(extension.ID)
		}
	}
	return 0
}

// reader is the media path: it runs in the goroutine that reads an encoding.
type reader struct {
	peer     *Peer
	encoding *encoding
	level    uint8
	packet   rtp.Packet
	in       arrival

	begun  bool
	newest uint16 // sequence number
}

func (r *reader) run(track *webrtc.TrackRemote) {
	buf := make([]byte, mtu)
	for {
		n, _, err := track.Read(buf)
		switch {
		case err == nil:
			r.handle(buf[:n], time.Now())
		case n > 0 && !errors.Is(err, io.EOF) && !r.peer.gone():
			r.peer.sfu.count.droppedMalformed.Add(1) // of a payload type that was not negotiated
		default:
			return
		}
	}
}

// handle forwards one packet to every slot that wants it.
func (r *reader) handle(raw []byte, now time.Time) {
	e, count := r.encoding, &r.peer.sfu.count
	if err := r.packet.Unmarshal(raw); err != nil {
		count.droppedMalformed.Add(1)
		return
	}
	if r.packet.SSRC != e.ssrc.Load() {
		return // of before the encoding began anew
	}
	r.in.ssrc = r.packet.SSRC
	audio := e.of.source.Audio()
	if !r.describe(audio, now) {
		count.droppedMalformed.Add(1)
		return
	}
	count.in(audio, len(r.in.payload))
	r.peer.heard(now)
	if r.isNew() {
		r.live(audio, now)
	} else {
		// Browsers probe the bandwidth by sending old packets again. Nothing may begin
		// with one, for what follows it has been sent before.
		r.in.start = false
	}
	slots := e.of.slots.Load()
	if slots == nil || !r.peer.sending.Load() {
		return
	}
	for _, s := range *slots {
		if s.viewer.receives() {
			s.forward(&r.in)
		}
	}
}

// isNew tells whether the packet is ahead of all before it.
func (r *reader) isNew() bool {
	ahead := int16(r.packet.SequenceNumber-r.newest) > 0
	if r.begun && !ahead {
		return false
	}
	r.begun, r.newest = true, r.packet.SequenceNumber
	return true
}

// live notes what a packet says about its encoding.
func (r *reader) live(audio bool, now time.Time) {
	e := r.encoding
	if silent := now.UnixNano() - e.heardAt.Swap(now.UnixNano()); silent > int64(layer.StaleAfter) {
		// It was not there, or silent: let the room choose again before this packet is
		// judged, so that a key frame with which it begins is not missed.
		r.peer.room.refresh(now)
	}
	if audio {
		r.hearLevel()
	} else if r.in.start {
		r.hearKeyFrame(now)
	}
}

// describe fills r.in. It reports whether the packet is one of its codec.
func (r *reader) describe(audio bool, now time.Time) bool {
	p, in := &r.packet, &r.in
	in.at, in.seq, in.timestamp, in.marker = now, p.SequenceNumber, p.Timestamp, p.Marker
	in.payload, in.vp8 = p.Payload, forward.VP8{}
	in.start = audio && len(p.Payload) > 0
	if audio || len(p.Payload) == 0 {
		return true
	}
	d, err := forward.ParseVP8(p.Payload)
	if err != nil {
		return false
	}
	in.vp8, in.start = d, d.Start && d.Key
	return true
}

func (r *reader) hearLevel() {
	if r.level == 0 {
		return
	}
	if level, _, ok := speaker.ParseLevel(r.packet.GetExtension(r.level)); ok {
		r.encoding.addLevel(level)
	}
}

func (r *reader) hearKeyFrame(now time.Time) {
	r.encoding.keyAt.Store(now.UnixNano())
	r.encoding.height.Store(int32(r.in.vp8.Height))
	r.peer.sfu.count.keyIn.Add(1)
}
