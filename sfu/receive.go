package sfu

import (
	"encoding/binary"
	"time"

	"pronto/sfu/forward"
	"pronto/sfu/layer"
	"pronto/sfu/speaker"
)

// arrival is one packet that came in the batch. Its payload belongs to the socket.
type arrival struct {
	seq       uint16
	timestamp uint32
	marker    bool
	start     bool // a decoder can start here
	codec     forward.Codec
	payload   []byte
	frame     forward.Frame  // of video with a payload
	fields    forward.Fields // likewise
	number    uint64         // in the history
	pad       uint8          // bytes of padding behind the payload; see equalise

	dependency []byte // descriptor that is passed on; nil for none. It belongs to the socket
}

// take takes one packet of the encoding: its payload has n bytes after the header.
func (e *encoding) take(l *link, s *source, h *forward.Header, packet []byte, n int) {
	begin, seq := h.Size, h.Seq
	codec, again, ok := e.of.formats.find(h.PayloadType)
	switch {
	case !ok:
		l.worker.count.droppedMalformed.Add(1)
		return
	case again:
		// A retransmission begins with the number that the packet had (RFC 4588, section 4). Browsers also
		// send old packets and mere padding to probe the bandwidth.
		if n < 2 || e.source == nil {
			return
		}
		seq = binary.BigEndian.Uint16(packet[begin:])
		begin, n = begin+2, n-2
		if !e.source.reception.Recovered(seq) {
			return
		}
		l.worker.count.againIn.Add(1)
	case e.source != s:
		return // of before the encoding began anew
	}
	audio, now := e.of.source.Audio(), l.worker.now
	a := arrival{seq: seq, timestamp: h.Timestamp, marker: h.Marker, codec: codec}
	if !a.describe(e, h.Extension(l.ids.dependency), packet, begin, n) {
		l.worker.count.droppedMalformed.Add(1)
		return
	}
	l.worker.totals.In.add(audio, n)
	e.sizes[a.frame.Spatial].bytes.Add(uint64(n + packetOverhead))
	l.peer.heard(now)
	// Nothing may begin with a packet that was late, for what follows it has been sent before.
	sealed := e.sealed(l, &a)
	if !again && s.reception.Heard(seq, h.Timestamp, now) {
		if sealed {
			e.hear(l, h, &a, now)
		}
		if s.reception.Losing() {
			l.activate()
		}
	} else {
		a.start, a.frame.Start, a.frame.Key = false, false, false
	}
	if slots := e.of.slots.Load(); !sealed || slots == nil || len(*slots) == 0 || !l.peer.sending.Load() {
		return
	}
	if len(e.run) == 0 {
		l.worker.busy = append(l.worker.busy, e)
	}
	switch {
	case len(a.payload) == 0:
	case !audio:
		if e.history == nil {
			e.history = forward.NewHistory()
		}
		a.number = e.history.Add(a.payload, a.dependency, a.timestamp, a.codec, a.fields)
	case e.spoken != nil:
		e.spoken.Add(a.seq, a.timestamp, a.payload)
	}
	e.run = append(e.run, a)
}

// describe fills in what the payload and the dependency descriptor say. It reports whether the packet is one of
// its codec.
func (a *arrival) describe(e *encoding, dependency, packet []byte, begin, n int) bool {
	a.payload = packet[begin : begin+n]
	if a.codec == forward.CodecOpus {
		a.start = n > 0
		return true
	}
	if n == 0 {
		return true
	}
	short, err := false, error(nil)
	switch a.codec {
	case forward.CodecVP8:
		var d forward.VP8
		if d, err = forward.ParseVP8(a.payload); err == nil {
			a.frame = d.Frame()
			at, fields := d.Widen(packet, begin)
			a.payload, a.fields = packet[at:begin+n], fields
		}
	case forward.CodecVP9:
		if a.fields, short, err = e.vp9.Read(a.payload, &a.frame); err == nil && short {
			a.payload = packet[forward.Widen(packet, begin) : begin+n]
		}
	case forward.CodecAV1:
		err = forward.ReadAV1(a.payload, &a.frame)
	case forward.CodecH264:
		err = forward.ReadH264(a.payload, &a.frame)
	}
	if err != nil {
		return false
	}
	if dependency != nil {
		if e.dependencies == nil {
			e.dependencies = new(forward.Dependencies)
		}
		// One that cannot be read leaves what the payload says: everybody gets the packet.
		if e.dependencies.Read(dependency, &a.frame) == nil && a.codec != forward.CodecVP9 && len(dependency) <= forward.MaxDependency {
			a.dependency = dependency // VP9's own descriptor says as much
		}
	}
	a.start = a.frame.Key && a.frame.Start
	return true
}

// hear notes what the newest packet says about its encoding.
func (e *encoding) hear(l *link, h *forward.Header, a *arrival, now time.Time) {
	// It was not there, or silent, or comes in other sizes: let the room choose again before this packet is
	// judged, so that a key frame with which it begins is not missed.
	anew := now.UnixNano()-e.heardAt.Swap(now.UnixNano()) > int64(layer.StaleAfter)
	if uint32(a.codec) != e.codec.Load() {
		e.codec.Store(uint32(a.codec))
		anew = true
	}
	switch {
	case e.of.source.Audio():
		if level, _, ok := speaker.ParseLevel(h.Extension(l.ids.level)); ok {
			e.addLevel(level)
		}
	case a.frame.Start:
		anew = e.hearFrame(&a.frame, now) || anew
		if a.start {
			e.keyAt.Store(now.UnixNano())
			l.worker.count.keyIn.Add(1)
		}
	}
	if anew {
		l.peer.room.refresh(now)
	}
}

// hearFrame notes of which size a frame is, and which others there are. It reports whether there are others than before.
func (e *encoding) hearFrame(f *forward.Frame, now time.Time) (others bool) {
	size := &e.sizes[f.Spatial]
	size.heardAt.Store(now.UnixNano())
	if f.Height != 0 || f.Key {
		size.height.Store(int32(f.Height))
	}
	if made := uint32(f.Active); made != 0 && made != e.made.Load() {
		e.made.Store(made)
		return true
	}
	return false
}

// forward sends what has come to everybody who receives it.
func (e *encoding) forward(w *worker) {
	slots := e.of.slots.Load()
	if slots == nil || !e.of.peer.sending.Load() {
		return
	}
	if !e.of.source.Audio() && w.socket.Segmented() {
		equalise(e.run)
	}
	for _, s := range *slots {
		if l := s.viewer.link; s.viewer.receives() && l.sends() {
			s.forward(l, e, w.now)
		}
	}
}
