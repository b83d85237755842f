package media

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

const (
	// mtu is how many bytes of payload a packet has at most.
	mtu      = 1150
	levelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
)

// track is one outgoing encoding: it numbers packets and writes them where
// pion has bound it. What is written before that is lost.
type track struct {
	// Set by newTrack.
	kind    webrtc.RTPCodecType
	id, rid string
	mid     func() string // of the media section, once negotiated
	offset  uint32        // of timestamps
	sent    *Counter

	keyWanted atomic.Bool // the receiver has asked for a key frame

	mu     sync.Mutex // guards what follows; held while a packet is written
	out    webrtc.TrackLocalWriter
	header rtp.Header // with what is the same in all packets
	level  uint8      // id of the header extension; 0 if it was not negotiated
	seq    uint16
}

func newTrack(kind webrtc.RTPCodecType, id, rid string, sent *Counter) *track {
	return &track{kind: kind, id: id, rid: rid, offset: rand.Uint32(), seq: uint16(rand.Uint32()), sent: sent}
}

func (t *track) mime() string {
	if t.kind == webrtc.RTPCodecTypeAudio {
		return webrtc.MimeTypeOpus
	}
	return webrtc.MimeTypeVP8
}

// Bind is called by pion when the track's section is negotiated.
func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, codec := range c.CodecParameters() {
		if !strings.EqualFold(codec.MimeType, t.mime()) {
			continue
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.out = c.WriteStream()
		t.header = rtp.Header{Version: 2, PayloadType: uint8(codec.PayloadType), SSRC: uint32(c.SSRC())}
		return codec, t.extend(c.HeaderExtensions())
	}
	return webrtc.RTPCodecParameters{}, fmt.Errorf("bind: %s was not negotiated", t.mime())
}

// extend prepares the header extensions: which encoding a packet belongs to (RFC
// 8852), since the encodings of a simulcast have no SSRC in the offer, and how
// loud it is (RFC 6464). The caller holds t.mu.
func (t *track) extend(negotiated []webrtc.RTPHeaderExtensionParameter) error {
	t.level = 0
	for _, e := range negotiated {
		id, value := uint8(e.ID), ""
		switch {
		case e.URI == levelURI && t.kind == webrtc.RTPCodecTypeAudio:
			t.level = id
		case t.rid == "" || t.mid == nil:
		case e.URI == sdp.SDESMidURI:
			value = t.mid()
		case e.URI == sdp.SDESRTPStreamIDURI:
			value = t.rid
		}
		if value == "" {
			continue
		}
		if err := t.header.SetExtension(id, []byte(value)); err != nil {
			return fmt.Errorf("set a header extension: %w", err)
		}
	}
	return nil
}

// Unbind is called by pion when the connection closes.
func (t *track) Unbind(webrtc.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out = nil
	return nil
}

// ID is the track's part of the msid.
func (t *track) ID() string { return t.id }

// RID is the encoding, or empty.
func (t *track) RID() string { return t.rid }

// StreamID is the stream's part of the msid.
func (t *track) StreamID() string { return "bot" }

// Kind is audio or video.
func (t *track) Kind() webrtc.RTPCodecType { return t.kind }

// write sends one packet, ticks after the track's beginning. level is -dBov,
// for audio. A failed write is a lost packet.
func (t *track) write(payload []byte, ticks uint32, marker bool, level uint8) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.out == nil {
		return
	}
	header := t.header.Clone()
	header.SequenceNumber, header.Timestamp, header.Marker = t.seq, t.offset+ticks, marker
	if t.level != 0 {
		voice := byte(0x80) // V: speech
		if level >= silence {
			voice = 0
		}
		if header.SetExtension(t.level, []byte{voice | level&0x7f}) != nil {
			return
		}
	}
	t.seq++
	n, err := t.out.WriteRTP(&header, payload)
	if err == nil && n > 0 { // 0 bytes: DTLS is not up yet
		t.sent.add(len(payload), t.kind == webrtc.RTPCodecTypeAudio || marker)
	}
}
