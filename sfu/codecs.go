package sfu

import (
	"fmt"
	"io"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"pronto/sfu/forward"
)

// clockOpus and clockVideo are RTP clock rates in Hz.
const (
	clockOpus  = 48000
	clockVideo = 90000
)

// described is how a codec is described to pion. Its payload types are those of the offer.
type described struct {
	mime, fmtp string
	pt         webrtc.PayloadType
}

var descriptions = [codecs]described{
	forward.CodecOpus: {webrtc.MimeTypeOpus, "minptime=10;useinbandfec=1", 111},
	forward.CodecVP8:  {webrtc.MimeTypeVP8, "", 96},
	forward.CodecVP9:  {webrtc.MimeTypeVP9, "profile-id=0", 98},
	forward.CodecAV1:  {webrtc.MimeTypeAV1, "", 45},
	forward.CodecH264: {webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", 108},
}

const mimeRED = "audio/red"

// newMediaEngine knows Opus, the codecs of pictures with retransmission, and the header extensions that a
// publisher's packets need. Nothing is registered for what the SFU sends: its
// SSRCs are in the answer.
func newMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	opus := descriptions[forward.CodecOpus]
	nack := []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBNACK}}
	sound := webrtc.RTPCodecCapability{
		MimeType: opus.mime, ClockRate: clockOpus, Channels: 2, SDPFmtpLine: opus.fmtp, RTCPFeedback: nack,
	}
	red := webrtc.RTPCodecCapability{MimeType: mimeRED, ClockRate: clockOpus, Channels: 2, SDPFmtpLine: "111/111", RTCPFeedback: nack}
	for pt, capability := range map[webrtc.PayloadType]webrtc.RTPCodecCapability{opus.pt: sound, 63: red} {
		codec := webrtc.RTPCodecParameters{PayloadType: pt, RTPCodecCapability: capability}
		if err := m.RegisterCodec(codec, webrtc.RTPCodecTypeAudio); err != nil {
			return nil, fmt.Errorf("register %s: %w", capability.MimeType, err)
		}
	}
	for _, codec := range forward.VideoCodecs() {
		if err := registerVideo(m, descriptions[codec]); err != nil {
			return nil, err
		}
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}, kind)
	}
	return m, registerExtensions(m)
}

// registerVideo registers a codec and its retransmissions.
func registerVideo(m *webrtc.MediaEngine, d described) error {
	codec := webrtc.RTPCodecParameters{
		PayloadType: d.pt,
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: d.mime, ClockRate: clockVideo, SDPFmtpLine: d.fmtp,
			RTCPFeedback: []webrtc.RTCPFeedback{
				{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
				{Type: webrtc.TypeRTCPFBNACK},
				{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
			},
		},
	}
	rtx := webrtc.RTPCodecParameters{
		PayloadType: d.pt + 1,
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: clockVideo, SDPFmtpLine: fmt.Sprintf("apt=%d", d.pt),
		},
	}
	for _, c := range []webrtc.RTPCodecParameters{codec, rtx} {
		if err := m.RegisterCodec(c, webrtc.RTPCodecTypeVideo); err != nil {
			return fmt.Errorf("register %s: %w", c.MimeType, err)
		}
	}
	return nil
}

func registerExtensions(m *webrtc.MediaEngine) error {
	both := []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo}
	for uri, kinds := range map[string][]webrtc.RTPCodecType{
		extMid:        both,
		extRID:        {webrtc.RTPCodecTypeVideo},
		extRRID:       {webrtc.RTPCodecTypeVideo},
		extAudioLevel: {webrtc.RTPCodecTypeAudio},
	} {
		for _, kind := range kinds {
			extension := webrtc.RTPHeaderExtensionCapability{URI: uri}
			if err := m.RegisterHeaderExtension(extension, kind, webrtc.RTPTransceiverDirectionRecvonly); err != nil {
				return fmt.Errorf("register a header extension: %w", err)
			}
		}
	}
	for uri, kinds := range map[string][]webrtc.RTPCodecType{ // which both sides send
		extTWCC:       both,
		extDependency: {webrtc.RTPCodecTypeVideo},
	} {
		for _, kind := range kinds {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return fmt.Errorf("register a header extension: %w", err)
			}
		}
	}
	return nil
}

// silentLogs is where pion's logs go: nowhere, for they name addresses and SSRCs,
// some once for each stray packet. What matters is told by events and counters.
func silentLogs() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
