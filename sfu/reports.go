package sfu

import (
	"encoding/binary"
	"time"

	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

const (
	// maxReport is how long a compound packet becomes, in bytes.
	maxReport = 1200
	// senderReport is the length of a sender report without blocks, in bytes.
	senderReport = 28
)

// takeReport takes one compound RTCP packet of the peer.
func (l *link) takeReport(packet []byte) {
	now := l.worker.now
	if l.session == nil || !l.fence.listens(now) {
		return
	}
	compound, err := l.session.OpenRTCP(packet)
	if err != nil {
		return
	}
	l.alive(now)
	if !l.fence.heed(compound, now) {
		return
	}
	for {
		r, rest, ok := forward.NextReport(compound)
		if !ok {
			if len(compound) > 0 {
				l.worker.count.droppedMalformed.Add(1)
			}
			return
		}
		if !l.hear(r, now) {
			return
		}
		compound = rest
	}
}

// hear takes one report. It reports false when the peer names more than it may.
func (l *link) hear(r forward.Report, now time.Time) bool {
	if ssrc, ntp, ok := r.IsSender(); ok {
		if s := l.sources[ssrc]; s != nil {
			s.reception.HeardSender(ntp, now)
		}
	}
	for b := range r.Blocks {
		if s := l.bySSRC[b.SSRC]; s != nil && s.ssrc == b.SSRC {
			sent := s.packets - s.judged
			b.Lost = s.hearLoss(b.Lost, sent, now)
			l.meter.heard(s, b, sent, now)
			s.judged, s.missed.count, s.missed.doubled = s.packets, 0, false
		}
	}
	media, ok := r.Media()
	if !ok {
		return true
	}
	if media != 0 && !l.known(media) {
		return false
	}
	switch {
	case r.Type == forward.TypeTransport && r.Count == forward.FormatNACK:
		for range r.NACKs().Each {
			l.worker.count.nacksIn.Add(1)
		}
		l.sendAgain(media, r.NACKs())
	case r.Type == forward.TypeTransport && r.Count == forward.FormatTWCC:
		l.hearArrivals(r)
	case r.Type == forward.TypePayloadSpecific && r.Count == forward.FormatPLI:
		l.peer.wantKeyFrame(l.bySSRC[media])
	case r.Type == forward.TypePayloadSpecific && r.Count == forward.FormatFIR:
		for ssrc := range r.FIRs {
			if !l.known(ssrc) {
				return false
			}
			l.peer.wantKeyFrame(l.bySSRC[ssrc])
		}
	}
	return true
}

// known tells whether the peer may name an SSRC.
func (l *link) known(ssrc uint32) bool {
	return l.bySSRC[ssrc] != nil || l.sources[ssrc] != nil || l.fence.name(ssrc)
}

// sendAgain answers a NACK, within the peer's bounds: each packet three times, and all of them not more than a
// share of what the peer is sent. A few bytes ask for many packets, which would otherwise
// multiply traffic.
func (l *link) sendAgain(media uint32, lost forward.NACKs) {
	s := l.bySSRC[media]
	if s == nil || s.ssrc != media || !l.sends() {
		return
	}
	if s.audio {
		s.repeat(l, lost)
		return
	}
	for seq := range lost.Each {
		s.miss(seq)
		again, ok := s.sent.Find(seq)
		if !ok {
			continue
		}
		size := len(again.Payload) + s.headerSize(again.Dependency) + udp.Overhead
		if size > l.credit {
			l.worker.count.droppedRTCP.Add(1)
			return
		}
		l.credit -= size
		s.sent.Count(seq)
		l.worker.count.againOut.Add(1)
		s.sendAgain(l, again)
	}
}

// send seals a compound packet of reports and sends it.
func (l *link) send(reports []byte) {
	if len(reports) == 0 || len(reports) > udp.MTU-udp.Overhead-16 || !l.sends() {
		return
	}
	room := l.worker.slab.Room(len(reports) + udp.Overhead + 16)
	if sealed, err := l.session.SealRTCP(room[:copy(room, reports)]); err == nil {
		l.worker.slab.Add(l.address, len(sealed))
		l.path.moved += int64(len(sealed) + beneath)
	}
}

// report does what is due once a turn of the wheel: it looks whether the peer is there, and tells it how its packets
// arrive, and when what it gets was sent.
func (l *link) report() {
	now := l.worker.now
	l.listen(now)
	l.peer.use.bytes.Store(l.path.moved)
	if !l.sends() {
		return
	}
	l.measure()
	l.tearing()
	if l.path.wanted.Load() > l.path.bps.Load() {
		l.activate() // also where nothing flows for want of room: else it would never be found
	}
	b := l.appendReceiverReport(l.worker.scratch[:0], now)
	ntp := ntpTime(now)
	for _, s := range l.slots {
		if s.packets == s.reported {
			continue
		}
		s.reported = s.packets
		if len(b)+senderReport > maxReport {
			l.send(b)
			b = b[:0]
		}
		b = forward.AppendSenderReport(b, s.ssrc, ntp, s.timestampAt(now), s.packets, s.bytes)
	}
	l.send(b)
}

func (l *link) appendReceiverReport(b []byte, now time.Time) []byte {
	n := 0
	for _, s := range l.sources {
		if n < forward.MaxBlocks && s.reports() {
			n++
		}
	}
	if n == 0 {
		return b
	}
	b = forward.BeginReceiverReport(b, feedbackSSRC, n)
	for ssrc, s := range l.sources {
		if n > 0 && s.reports() {
			n--
			b = s.reception.AppendBlock(b, ssrc, s.encoding.worstLoss(), now)
		}
	}
	return b
}

// reports tells whether reception of the source is reported: that of media, not of retransmissions.
func (s *source) reports() bool {
	return s.encoding != nil && s.encoding.source == s && s.reception.Begun()
}

// worstLoss returns the most that any listener of a sound loses, in 256ths: the sender's codec protects it as much as
// that needs (RFC 6716, section 2.1.7). Of pictures it is 0: what is lost of them is sent again.
func (e *encoding) worstLoss() (worst uint8) {
	slots := e.of.slots.Load()
	if !e.of.source.Audio() || slots == nil {
		return 0
	}
	for _, s := range *slots {
		if s.current.Load() == e && s.viewer.receives() {
			worst = max(worst, s.loss.Fraction())
		}
	}
	return worst
}

// ntpTime is a time in the format of NTP (RFC 5905, section 6).
func ntpTime(t time.Time) uint64 {
	const since1900 = 2_208_988_800 // s from the epoch of NTP to that of Unix
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// askForLost asks the peer for packets that did not come. It reports whether any are awaited.
func (l *link) askForLost() (losing bool) {
	if len(l.sources) == 0 { // who only listens; beginning to walk a map costs more than this whole step
		return false
	}
	for ssrc, s := range l.sources {
		if !s.reception.Losing() {
			continue
		}
		if lost := s.reception.Lost(l.worker.lost[:0], l.worker.now); len(lost) > 0 {
			l.worker.count.nacksOut.Add(uint64(len(lost)))
			l.send(forward.AppendNACK(l.worker.scratch[:0], feedbackSSRC, ssrc, lost))
		}
		losing = losing || s.reception.Losing()
	}
	return losing
}

// reportArrivals reports when packets came, from which the client's browser estimates its uplink
// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
func (l *link) reportArrivals() {
	if l.arrivals == nil {
		return
	}
	for _, packet := range l.arrivals.BuildFeedbackPacket() {
		if b, err := packet.Marshal(); err == nil {
			l.send(b)
		}
	}
}

// askKeyFrame asks the peer for a key frame of one encoding.
func (l *link) askKeyFrame(ssrc uint32) {
	l.send(forward.AppendPLI(l.worker.scratch[:0], feedbackSSRC, ssrc))
}

// sendAgain sends a packet of the slot once more: as a retransmission (RFC 4588) where the client has them, else exactly
// as it was, for with AES-GCM two packets of one number must be one.
func (s *slot) sendAgain(l *link, again forward.Again) {
	out := again.Out
	if s.formats.rtx[again.Codec] == 0 {
		payload := again.Payload
		if out.Pad > 0 {
			payload = append(append(l.worker.scratch[:0], payload...), make([]byte, out.Pad)...)
			payload[len(payload)-1] = out.Pad
		}
		s.seal(l, &s.sink, s.formats.media[again.Codec], s.ssrc, out, again.Dependency, payload)
		return
	}
	payload := binary.BigEndian.AppendUint16(l.worker.scratch[:0], out.Seq)
	payload = append(payload, again.Payload...)
	s.rtxSeq++
	out.Pad = 0
	out.Seq, out.Number = s.rtxSeq, s.stamp(l, again.Dependency, len(payload))
	s.seal(l, &s.rtxSink, s.formats.rtx[again.Codec], s.rtxSSRC, out, again.Dependency, payload)
}
