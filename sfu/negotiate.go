package sfu

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"

	"pronto/sfu/forward"
)

// Offer is a client's session description.
type Offer struct {
	// SDP is the offer, at most 64 KiB. Its candidates are ignored.
	SDP string
	// Mids says which media section sends which source. Empty means by position
	// among the sections that send, in the order of [Sources].
	Mids map[Source]string
	// DownlinkBps is what the client knows of its downlink, in bit/s, as from an earlier call; 0 if nothing. It counts
	// until the first packets have been reported, in the first offer.
	DownlinkBps int
}

// Answer is the session description that answers an [Offer]. It has all
// candidates; none trickles.
type Answer struct {
	SDP string
}

// Negotiate answers the first offer of a client, one with more receive slots, or
// one that restarts ICE. The error is an [*SDPError] (errors.Is [ErrSDP]) where the
// offer is at fault; that changes nothing. It is [ErrClosed] where the peer is gone,
// and ctx's when that ends first. After any other error the peer is closed with
// [ReasonTransport]. Offers of one peer are answered one at a time; other peers
// are never held up.
func (p *Peer) Negotiate(ctx context.Context, offer Offer) (Answer, error) {
	sdp, sections, err := readOffer(offer.SDP)
	if err != nil {
		return Answer{}, err
	}
	select {
	case p.negotiating <- struct{}{}:
		defer func() { <-p.negotiating }()
	case <-p.closing:
		return Answer{}, ErrClosed
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	if p.gone() {
		return Answer{}, ErrClosed
	}
	if err := p.follows(sections); err != nil {
		return Answer{}, err
	}
	streams, err := p.newStreams(sections, offer.Mids)
	if err != nil {
		return Answer{}, err
	}
	p.link.worker.do(func() { p.link.path.hint(offer.DownlinkBps) })
	answer, err := p.negotiate(sdp, sections, streams)
	if err != nil {
		if p.gone() {
			return Answer{}, ErrClosed
		}
		p.close(ReasonTransport)
		return Answer{}, fmt.Errorf("negotiate: %w", err)
	}
	return Answer{SDP: answer}, nil
}

// follows checks that an offer keeps the sections of the one before, and adds slots only.
func (p *Peer) follows(sections []section) error {
	if len(sections) < len(p.sections) {
		return &SDPError{"fewer media sections than before"}
	}
	for i, s := range p.sections {
		if !s.sameAs(sections[i]) {
			return &SDPError{"media sections other than before"}
		}
	}
	if len(p.sections) > 0 && slices.ContainsFunc(sections[len(p.sections):], func(s section) bool { return s.send }) {
		return &SDPError{"more sources than before"}
	}
	return nil
}

// newStreams returns the streams of a first offer; nothing for a later one.
func (p *Peer) newStreams(sections []section, mids map[Source]string) ([]*stream, error) {
	if len(p.sections) > 0 {
		return nil, nil
	}
	if len(mids) == 0 {
		mids = byPosition(sections)
	}
	var streams []*stream
	for _, source := range Sources() {
		mid, offered := mids[source]
		if !offered {
			continue
		}
		i := slices.IndexFunc(sections, func(s section) bool { return s.mid == mid && s.send })
		if i < 0 || sections[i].audio != source.Audio() ||
			slices.ContainsFunc(streams, func(s *stream) bool { return s.mid == mid }) {
			return nil, &SDPError{"a source without a media section of its own"}
		}
		from := sections[i]
		streams = append(streams, &stream{
			peer: p, source: source, mid: mid, rids: from.rids,
			formats: from.formats, ssrcs: from.ssrcs, nack: from.nack,
		})
	}
	if len(streams) != len(mids) {
		return nil, &SDPError{"unknown source"}
	}
	return streams, nil
}

// byPosition finds the source of each section that sends: the first and second of its kind.
func byPosition(sections []section) map[Source]string {
	audio, video := []Source{Microphone, ScreenAudio}, []Source{Camera, Screen}
	mids := map[Source]string{}
	for _, s := range sections {
		of := &video
		if s.audio {
			of = &audio
		}
		if s.send && len(*of) > 0 {
			mids[(*of)[0]] = s.mid
			*of = (*of)[1:]
		}
	}
	return mids
}

// negotiate has pion answer. The caller holds p.negotiating.
func (p *Peer) negotiate(sdp string, sections []section, streams []*stream) (string, error) {
	first := p.pc == nil
	if first {
		if err := p.connect(); err != nil {
			return "", err
		}
	}
	slots, err := p.newSlots(sections[len(p.sections):])
	if err != nil {
		return "", err
	}
	if first {
		// Before the description is set: packets may follow it at once.
		p.publish(streams, sections[0].extensions)
	}
	answer, err := p.exchange(sdp)
	if err != nil {
		return "", err
	}
	if err := p.open(slots); err != nil {
		return "", err
	}
	p.sections = sections
	return announce(answer, p.sfu.lines, sections, p.microphone(sections)), nil
}

// connect makes the PeerConnection.
func (p *Peer) connect() error {
	pc, err := p.sfu.newConnection(p.keys)
	if err != nil {
		return err
	}
	p.pc = pc
	p.offeredAt.Store(time.Now().UnixNano())
	p.conn.Store(pc)
	p.transport().OnSelectedCandidatePairChange(p.onPair)
	pc.OnConnectionStateChange(p.onState)
	return nil
}

// newSlots makes a slot for each section in which the client receives.
func (p *Peer) newSlots(sections []section) ([]*slot, error) {
	var slots []*slot
	for _, section := range sections {
		if section.send {
			continue
		}
		s := newSlot(p, section.audio, "slot-"+strconv.Itoa(len(p.sections)+len(slots)))
		t, err := p.pc.AddTransceiverFromTrack(s, webrtc.RTPTransceiverInit{
			Direction: webrtc.RTPTransceiverDirectionSendonly,
		})
		if err != nil {
			return nil, fmt.Errorf("add a slot: %w", err)
		}
		s.transceiver = t
		encoding := t.Sender().GetParameters().Encodings[0]
		s.formats, s.ssrc, s.twcc = section.formats, uint32(encoding.SSRC), section.twcc
		s.nack = section.nack
		s.dependency = section.dependency
		if section.formats.rtx != [codecs]uint8{} {
			s.rtxSSRC = uint32(encoding.RTX.SSRC)
		}
		slots = append(slots, s)
	}
	return slots, nil
}

// publish makes known what the peer sends.
func (p *Peer) publish(streams []*stream, ids extensionIDs) {
	p.link.worker.do(func() { p.link.publish(streams, ids) })
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	p.streams = streams
	for _, s := range streams {
		s.slots.Store(&[]*slot{})
	}
	if slices.Contains(p.room.peers, p) {
		p.room.assign(time.Now())
	}
}

// exchange sets both descriptions and returns the answer.
func (p *Peer) exchange(sdp string) (string, error) {
	offer := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}
	if err := p.pc.SetRemoteDescription(offer); err != nil {
		return "", fmt.Errorf("set the remote description: %w", err)
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("create an answer: %w", err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("set the local description: %w", err)
	}
	select {
	case <-gathered: // from the one socket: at once
	case <-p.closing:
		return "", ErrClosed
	}
	sdp = p.pc.LocalDescription().SDP
	p.link.worker.do(func() {
		p.link.worker.credentials(p.link, attribute(sdp, "ice-ufrag"), attribute(sdp, "ice-pwd"))
	})
	return sdp, nil
}

// attribute returns the first value of an attribute of our own description, "" if there is none.
func attribute(sdp, name string) string {
	for line := range strings.Lines(sdp) {
		if value, ok := strings.CutPrefix(line, "a="+name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// open lets media flow in new slots.
func (p *Peer) open(slots []*slot) error {
	if len(slots) == 0 {
		return nil
	}
	for _, s := range slots {
		if s.mid = s.transceiver.Mid(); s.mid == "" {
			return errors.New("a slot was not negotiated")
		}
	}
	p.link.worker.do(func() { p.link.addSlots(slots) })
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range slots {
		if s.audio {
			p.audioSlots = append(p.audioSlots, s)
		} else {
			p.videoSlots = append(p.videoSlots, s)
		}
	}
	if slices.Contains(r.peers, p) {
		r.tellCodecs(p)
		r.assign(time.Now())
		r.kick()
	}
	return nil
}

// microphone returns which section the microphone comes in, -1 if none. The caller holds p.negotiating.
func (p *Peer) microphone(sections []section) int {
	s := p.stream(Microphone)
	return slices.IndexFunc(sections, func(o section) bool { return s != nil && o.mid == s.mid })
}

// announce replaces the candidates of an answer by those of the SFU, in the first media section: all are
// bundled. Of each section it leaves the formats that its offer had, in their order: the first is what the client sends.
// Of the microphone it asks for no more than a packet now and then while nobody speaks (RFC 7587, section 3.1.3).
func announce(answer string, lines []string, sections []section, microphone int) string {
	var out strings.Builder
	at := -1 // which section
	end := func() {
		if at == 0 {
			out.WriteString(strings.Join(lines, "\r\n") + "\r\n")
		}
	}
	for line := range strings.Lines(answer) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "a=candidate:") || line == "a=end-of-candidates" || line == "" {
			continue
		}
		if strings.HasPrefix(line, "m=") {
			end()
			at++
			if fields := strings.SplitN(line, " ", 4); at < len(sections) && len(fields) == 4 {
				line = strings.Join(append(fields[:3:3], sections[at].kept...), " ")
			}
		} else if pt, ok := formatOf(line); ok && at >= 0 && at < len(sections) && !slices.Contains(sections[at].kept, pt) {
			continue
		} else if ok && at == microphone && isFormatOf(line, sections[at].formats.media[forward.CodecOpus]) {
			line += ";usedtx=1"
		}
		out.WriteString(line + "\r\n")
	}
	end()
	return out.String()
}

// isFormatOf tells whether a line has the parameters of a payload type.
func isFormatOf(line string, pt uint8) bool {
	return strings.HasPrefix(line, "a=fmtp:"+strconv.Itoa(int(pt))+" ")
}

// formatOf returns the payload type of which a line tells.
func formatOf(line string) (pt string, ok bool) {
	for _, attribute := range []string{"a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"} {
		if rest, found := strings.CutPrefix(line, attribute); found {
			pt, _, _ = strings.Cut(rest, " ")
			return pt, true
		}
	}
	return "", false
}
