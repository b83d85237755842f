package sfu

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/interceptor/pkg/twcc"

	"pronto/sfu/forward"
	"pronto/sfu/udp"
)

const (
	// feedbackSSRC is what this side calls itself in feedback, where it sends no media.
	feedbackSSRC = 1
	// maxGap is how many packets may be missing between two, for their arrival to be reported together.
	maxGap = 1000
	// resendShare is how much of what a peer is sent, in percent, may be sent again; resendBurst how many bytes of that
	// may be saved up, resendStart how many there are at first.
	resendShare = 15
	resendBurst = 128 << 10
	resendStart = 16 << 10
)

// link is what the media path knows about one peer. The worker owns it: others post.
type link struct {
	peer   *Peer
	worker *worker
	fence  *fence
	closed bool
	place  int // in the wheel; -1 for nowhere

	// Of the transport.
	session            *udp.Session // nil before DTLS is up
	fragment, password string       // of this side, in ICE
	routed             []netip.AddrPort
	selected           netip.AddrPort // the one of them to which is sent
	address            *udp.Address   // likewise; nil before ICE has found the peer
	settled            bool           // ICE has chosen it with these credentials
	heardAt            time.Time      // when something authentic came last
	silence            silence        // what the peer's owner was told about that

	// What comes.
	ids        extensionIDs
	publishes  []*stream
	declared   map[uint32]*stream
	sources    map[uint32]*source
	last       *source
	trial      *source // of an SSRC that has not been heard before
	arrivals   *twcc.Recorder
	arrived    uint16    // transport-wide number of the newest packet
	recordedAt time.Time // when arrivals began
	active     bool      // in worker.active

	// What goes.
	slots  []*slot
	bySSRC map[uint32]*slot
	credit int // bytes that may be sent again
	path   path
	meter  meterOfLeg
}

// extensionIDs are those of the header extensions, 0 where one was not negotiated.
type extensionIDs struct{ mid, rid, rrid, level, twcc, dependency uint8 }

// source is one received SSRC.
type source struct {
	srtp      *udp.Source
	reception forward.Reception
	encoding  *encoding // nil until it is known what it is
	tear      tear
}

// audio tells whether the source is known to be one of sound.
func (s *source) audio() bool { return s.encoding != nil && s.encoding.of.source.Audio() }

func newLink(p *Peer, limits Limits) *link {
	return &link{
		peer: p, worker: p.room.worker, fence: newFence(limits, &p.sfu.count, func() { p.closeLater(ReasonAbuse) }), place: -1,
		sources: map[uint32]*source{}, declared: map[uint32]*stream{}, bySSRC: map[uint32]*slot{}, credit: resendStart,
	}
}

// connect gives the link its keys and its first address, once.
func (l *link) connect(session *udp.Session, to netip.AddrPort) {
	if l.session == nil && !l.closed {
		l.session, l.heardAt = session, l.worker.now
	}
	if l.address == nil {
		l.worker.direct(l, to)
	}
}

// publish says what the peer sends.
func (l *link) publish(streams []*stream, ids extensionIDs) {
	if l.closed {
		return
	}
	l.publishes, l.ids = streams, ids
	for _, s := range streams {
		if len(s.rids) > 0 {
			continue // the SSRC alone does not say which encoding it is
		}
		for _, ssrc := range s.ssrcs {
			l.declared[ssrc] = s
		}
	}
}

// addSlots says where the peer receives.
func (l *link) addSlots(slots []*slot) {
	if l.closed {
		return
	}
	l.slots = append(l.slots, slots...)
	for _, s := range slots {
		l.bySSRC[s.ssrc] = s
		if s.twcc != 0 {
			l.openPath()
		}
		if s.rtxSSRC != 0 {
			l.bySSRC[s.rtxSSRC] = s
		}
	}
}

// takeMedia takes one packet of the peer.
func (l *link) takeMedia(packet []byte) {
	if l.session == nil {
		return
	}
	h, err := forward.ParseHeader(packet)
	if err != nil {
		l.worker.count.droppedMalformed.Add(1)
		return
	}
	now, s := l.worker.now, l.find(h.SSRC)
	if !l.fence.admit(len(packet), s.audio(), now) {
		return
	}
	payload, err := l.session.OpenRTP(s.srtp, packet, h.Size)
	if err != nil { // not of the peer, or of before: nobody's fault
		l.worker.count.droppedReplay.Add(1)
		return
	}
	l.alive(now)
	l.path.moved += int64(len(packet) + beneath)
	l.fence.charge(len(packet), now)
	if s == l.trial && !l.remember(s) {
		return
	}
	if l.ids.twcc != 0 {
		if b := h.Extension(l.ids.twcc); len(b) >= 2 {
			l.recordArrival(h.SSRC, binary.BigEndian.Uint16(b), now)
		}
	}
	if payload, err = h.Unpad(payload); err != nil {
		l.worker.count.droppedMalformed.Add(1)
		return
	}
	if s.encoding == nil && !l.identify(s, &h) {
		l.worker.count.droppedMalformed.Add(1)
		return
	}
	s.encoding.take(l, s, &h, packet, len(payload))
}

// find returns what is known about an SSRC; the trial source if that is nothing.
func (l *link) find(ssrc uint32) *source {
	if l.last != nil && l.last.srtp.SSRC() == ssrc {
		return l.last
	}
	if s := l.sources[ssrc]; s != nil {
		l.last = s
		return s
	}
	// Kept only when the packet turns out to be authentic.
	switch {
	case l.trial == nil:
		l.trial = &source{srtp: udp.NewSource(ssrc)}
	case l.trial.srtp.SSRC() != ssrc:
		l.trial.srtp.Reset(ssrc)
	}
	return l.trial
}

// remember keeps the trial source, if the peer may have one more.
func (l *link) remember(s *source) bool {
	l.trial = nil
	ssrc := s.srtp.SSRC()
	if !l.fence.name(ssrc) {
		return false
	}
	l.sources[ssrc], l.last = s, s
	return true
}

// identify finds out which encoding a source is, by what the offer says or by its header extensions (RFC 8843,
// section 9.2; RFC 8852). It reports false while that is not known.
func (l *link) identify(s *source, h *forward.Header) bool {
	of := l.declared[h.SSRC]
	if of == nil {
		mid := h.Extension(l.ids.mid)
		for _, candidate := range l.publishes {
			if len(mid) > 0 && candidate.mid == string(mid) {
				of = candidate
			}
		}
	}
	if of == nil {
		return false
	}
	_, again, ok := of.formats.find(h.PayloadType)
	if !ok {
		return false
	}
	index := 0
	if len(of.rids) > 0 {
		rid := h.Extension(l.ids.rid)
		if again && len(h.Extension(l.ids.rrid)) > 0 {
			rid = h.Extension(l.ids.rrid)
		}
		index = -1
		for i := range of.rids {
			if of.rids[i] == string(rid) {
				index = i
			}
		}
	}
	if index < 0 {
		return false
	}
	e, made := of.get(index)
	if made {
		l.worker.count.tracks.Add(1)
		if of.source.Audio() {
			l.worker.count.audioTracks.Add(1)
		}
	}
	s.encoding = e
	s.reception = forward.Reception{ClockRate: clockVideo, Ask: of.nack}
	if of.source.Audio() {
		s.reception.ClockRate = clockOpus
	}
	if !again {
		e.source = s
		e.ssrc.Store(h.SSRC) // another one means that the client began anew
	}
	return true
}

// silence is how long nothing authentic has come.
type silence uint8

const (
	heard   silence = iota
	silent          // for [Limits.DisconnectedAfter]
	tooLong         // and for [Limits.FailedAfter] on top
)

// alive notes that the peer is there.
func (l *link) alive(now time.Time) {
	l.heardAt = now
	if l.silence != heard {
		l.silence = heard
		l.peer.onConnected(now)
	}
}

// listen tells the owner of the peer when nothing has come for long.
func (l *link) listen(now time.Time) {
	if l.session == nil {
		return
	}
	limits := &l.fence.limits
	quiet := now.Sub(l.heardAt)
	if l.silence == heard && quiet > limits.DisconnectedAfter {
		l.silence = silent
		l.peer.events.put(Disconnected{})
	}
	if l.silence == silent && quiet > limits.DisconnectedAfter+limits.FailedAfter {
		l.silence = tooLong
		l.peer.events.put(Failed{ReasonTransport})
	}
}

// recordArrival notes when a packet came. A number far from the one before begins a new record, once a second: a long
// gap is as long to note.
func (l *link) recordArrival(ssrc uint32, seq uint16, now time.Time) {
	if gap := int16(seq - l.arrived); l.arrivals == nil || gap > maxGap || gap < -maxGap {
		if now.Sub(l.recordedAt) < time.Second {
			return
		}
		l.arrivals, l.recordedAt = twcc.NewRecorder(feedbackSSRC), now
		l.arrived = seq
	} else if gap > 0 {
		l.arrived = seq
	}
	l.arrivals.Record(ssrc, seq, now.UnixMicro())
	l.activate()
}

// activate has the worker look after the link at the next step.
func (l *link) activate() {
	if !l.active {
		l.active = true
		l.worker.active = append(l.worker.active, l)
	}
}

// sends tells whether packets can go to the peer.
func (l *link) sends() bool { return l.session != nil && l.address != nil }
