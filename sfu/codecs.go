package sfu

import (
	"fmt"
	"io"

	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// Payload types that answers name where the offer leaves the choice.
const (
	ptOpus = 111
	ptVP8  = 96
	ptRTX  = 97
)

// clockOpus and clockVP8 are RTP clock rates in Hz.
const (
	clockOpus = 48000
	clockVP8  = 90000
)

// newMediaEngine knows Opus, VP8 with retransmission, and the header extensions that a
// publisher's packets need. Nothing is registered for what the SFU sends: its
// SSRCs are in the answer.
func newMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	opus := webrtc.RTPCodecParameters{
		PayloadType: ptOpus,
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: clockOpus, Channels: 2,
			SDPFmtpLine: "minptime=10;useinbandfec=1",
		},
	}
	vp8 := webrtc.RTPCodecParameters{
		PayloadType: ptVP8,
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeVP8, ClockRate: clockVP8,
			RTCPFeedback: []webrtc.RTCPFeedback{
				{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
				{Type: webrtc.TypeRTCPFBNACK},
				{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
			},
		},
	}
	rtx := webrtc.RTPCodecParameters{
		PayloadType: ptRTX,
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: clockVP8, SDPFmtpLine: fmt.Sprintf("apt=%d", ptVP8),
		},
	}
	if err := m.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("register Opus: %w", err)
	}
	for _, codec := range []webrtc.RTPCodecParameters{vp8, rtx} {
		if err := m.RegisterCodec(codec, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, fmt.Errorf("register %s: %w", codec.MimeType, err)
		}
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}, kind)
	}
	return m, registerExtensions(m)
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
	for _, kind := range both { // reported by both sides
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: extTWCC}, kind); err != nil {
			return fmt.Errorf("register a header extension: %w", err)
		}
	}
	return nil
}

// silentLogs is where pion's logs go: nowhere, for they name addresses and SSRCs,
// some once for each stray packet. What matters is told by events and counters.
func silentLogs() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
