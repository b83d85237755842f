package sfu

import (
	"fmt"
	"io"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
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
	return nil
}

// retransmittable is how many sent packets of a slot are kept for retransmission:
// about 1.5 s of a large video.
const retransmittable = 256

// newInterceptors makes what answers NACKs, asks for lost packets, and reports reception to both sides.
func newInterceptors(m *webrtc.MediaEngine) (*interceptor.Registry, error) {
	registry := &interceptor.Registry{}
	logs := silentLogs()
	generator, err := nack.NewGeneratorInterceptor(nack.WithGeneratorLoggerFactory(logs))
	if err != nil {
		return nil, fmt.Errorf("make the NACK generator: %w", err)
	}
	responder, err := nack.NewResponderInterceptor(
		nack.WithResponderLoggerFactory(logs), nack.ResponderSize(retransmittable))
	if err != nil {
		return nil, fmt.Errorf("make the NACK responder: %w", err)
	}
	receiver, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(logs))
	if err != nil {
		return nil, fmt.Errorf("make the receiver reports: %w", err)
	}
	sender, err := report.NewSenderInterceptor(report.WithSenderLoggerFactory(logs))
	if err != nil {
		return nil, fmt.Errorf("make the sender reports: %w", err)
	}
	for _, factory := range []interceptor.Factory{responder, generator, receiver, sender} {
		registry.Add(factory)
	}
	return registry, addTransportFeedback(m, registry)
}

// addTransportFeedback reports the arrival of every packet to the publisher, whose
// browser estimates its uplink from it.
func addTransportFeedback(m *webrtc.MediaEngine, registry *interceptor.Registry) error {
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		m.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}, kind)
		extension := webrtc.RTPHeaderExtensionCapability{URI: extTWCC}
		if err := m.RegisterHeaderExtension(extension, kind, webrtc.RTPTransceiverDirectionRecvonly); err != nil {
			return fmt.Errorf("register a header extension: %w", err)
		}
	}
	generator, err := twcc.NewSenderInterceptor(twcc.WithLoggerFactory(silentLogs()))
	if err != nil {
		return fmt.Errorf("make the transport feedback: %w", err)
	}
	registry.Add(generator)
	return nil
}

// silentLogs is where pion's logs go: nowhere, for they name addresses and SSRCs,
// some once for each stray packet. What matters is told by events and counters.
func silentLogs() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
