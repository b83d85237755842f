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
	payload   []byte
	vp8       forward.VP8    // of video with a payload
	fields    forward.Fields // likewise
	number    uint64         // in the history
}

// take takes one packet of the encoding: its payload has n bytes after the header.
func (e *encoding) take(l *link, s *source, h *forward.Header, packet []byte, n int) {
	begin, seq := h.Size, h.Seq
	switch h.PayloadType {
	case e.of.pt:
		if e.source != s {
			return // of before the encoding began anew
		}
	case e.of.rtxPT:
		// A retransmission begins with the number that the packet had (RFC 4588, section 4). Browsers also
		// send old packets and mere padding to probe the bandwidth.
		if n < 2 || e.of.rtxPT == 0 || e.source == nil {
			return
		}
		seq = binary.BigEndian.Uint16(packet[begin:])
		begin, n = begin+2, n-2
		if !e.source.reception.Recovered(seq) {
			return
		}
	default:
		l.worker.count.droppedMalformed.Add(1)
		return
	}
	audio, now := e.of.source.Audio(), l.worker.now
	a := arrival{seq: seq, timestamp: h.Timestamp, marker: h.Marker}
	if !a.describe(audio, packet, begin, n) {
		l.worker.count.droppedMalformed.Add(1)
		return
	}
	l.worker.totals.In.add(audio, n)
	e.bytes.Add(uint64(n + packetOverhead))
	l.peer.heard(now)
	// Nothing may begin with a packet that was late, for what follows it has been sent before.
	if h.PayloadType == e.of.pt && s.reception.Heard(seq, h.Timestamp, now) {
		e.hear(l, h, &a, now)
		if s.reception.Losing() {
			l.activate()
		}
	} else {
		a.start = false
	}
	if slots := e.of.slots.Load(); slots == nil || len(*slots) == 0 || !l.peer.sending.Load() {
		return
	}
	if len(e.run) == 0 {
		l.worker.busy = append(l.worker.busy, e)
	}
	if !audio && len(a.payload) > 0 {
		if e.history == nil {
			e.history = forward.NewHistory()
		}
		a.number = e.history.Add(a.payload, a.timestamp, a.marker, a.fields)
	}
	e.run = append(e.run, a)
}

// describe fills in what the payload says. It reports whether the packet is one of its codec.
func (a *arrival) describe(audio bool, packet []byte, begin, n int) bool {
	a.payload = packet[begin : begin+n]
	a.start = audio && n > 0
	if audio || n == 0 {
		return true
	}
	d, err := forward.ParseVP8(a.payload)
	if err != nil {
		return false
	}
	a.vp8, a.start = d, d.Start && d.Key
	at, fields := d.Widen(packet, begin)
	a.payload, a.fields = packet[at:begin+n], fields
	return true
}

// hear notes what the newest packet says about its encoding.
func (e *encoding) hear(l *link, h *forward.Header, a *arrival, now time.Time) {
	if silent := now.UnixNano() - e.heardAt.Swap(now.UnixNano()); silent > int64(layer.StaleAfter) {
		// It was not there, or silent: let the room choose again before this packet is
		// judged, so that a key frame with which it begins is not missed.
		l.peer.room.refresh(now)
	}
	switch {
	case e.of.source.Audio():
		if level, _, ok := speaker.ParseLevel(h.Extension(l.ids.level)); ok {
			e.addLevel(level)
		}
	case a.start:
		e.keyAt.Store(now.UnixNano())
		e.height.Store(int32(a.vp8.Height))
		l.worker.count.keyIn.Add(1)
	}
}

// forward sends what has come to everybody who receives it.
func (e *encoding) forward(w *worker) {
	slots := e.of.slots.Load()
	if slots == nil || !e.of.peer.sending.Load() {
		return
	}
	for _, s := range *slots {
		if l := s.viewer.link; s.viewer.receives() && l.sends() {
			s.forward(l, e, w.now)
		}
	}
}
