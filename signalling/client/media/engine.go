package media

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"pronto/sfu/impair"
	"pronto/signalling/wire"
)

// How soon ICE notices silence, and asks whether the other side is there.
const (
	iceDisconnected = 3 * time.Second
	iceFailed       = 9 * time.Second
	iceKeepAlive    = time.Second
)

// Config is what an Engine needs.
type Config struct {
	// Logger is required. Nothing is logged at info or above.
	Logger *slog.Logger
	// LoopbackOnly keeps all media on this machine: for load tests.
	LoopbackOnly bool
	// Up and Down are a bad network before every socket of the engine, for what
	// it sends and for what it receives. The zero value is none.
	Up, Down impair.Conditions
	// Net is where sockets are opened; nil means this machine.
	Net transport.Net
}

// Validate reports what is missing.
func (c Config) Validate() error {
	if c.Logger == nil {
		return errors.New("media: Config.Logger is missing")
	}
	return errors.Join(c.Up.Validate(), c.Down.Validate())
}

// network is where sockets are opened, behind a bad network if there is one.
func (c Config) network() (transport.Net, error) {
	network := c.Net
	if network == nil {
		own, err := stdnet.NewNet()
		if err != nil {
			return nil, fmt.Errorf("read this machine's interfaces: %w", err)
		}
		network = own
	}
	if c.Up == (impair.Conditions{}) && c.Down == (impair.Conditions{}) {
		return network, nil
	}
	return &badNet{Net: network, up: c.Up, down: c.Down}, nil
}

// ErrClosed is returned by what is closed already.
var ErrClosed = errors.New("media: closed")

// Engine makes connections and paces what they send.
type Engine struct {
	// Set by NewEngine.
	api       *webrtc.API
	scheduler *scheduler
	logger    *slog.Logger

	mu     sync.Mutex // guards what follows; held for map access only
	open   map[*connection]struct{}
	closed bool
}

// NewEngine starts an engine.
func NewEngine(cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m, err := newMediaEngine()
	if err != nil {
		return nil, err
	}
	registry, err := newInterceptors()
	if err != nil {
		return nil, err
	}
	s := settings(cfg)
	network, err := cfg.network()
	if err != nil {
		return nil, err
	}
	s.SetNet(network)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(s))
	return &Engine{api: api, scheduler: newScheduler(), logger: cfg.Logger, open: map[*connection]struct{}{}}, nil
}

// Close closes all connections and returns when all goroutines are gone.
func (e *Engine) Close() {
	e.mu.Lock()
	already := e.closed
	e.closed = true
	var open []*connection
	for c := range e.open {
		open = append(open, c)
	}
	e.mu.Unlock()
	var closing sync.WaitGroup
	for _, c := range open {
		closing.Go(c.Close)
	}
	closing.Wait()
	if !already {
		e.scheduler.close()
	}
}

// Connections returns how many connections are open.
func (e *Engine) Connections() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.open)
}

// silentLogs is where pion's logs go: nowhere, for they name addresses. What
// matters is told by events.
func silentLogs() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}

func settings(cfg Config) webrtc.SettingEngine {
	s := webrtc.SettingEngine{LoggerFactory: silentLogs()}
	s.SetIncludeLoopbackCandidate(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	s.DisableActiveTCP(true)
	s.DisableCloseByDTLS(true) // we close it, once nobody looks at it any more
	s.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	s.SetDTLSRetransmissionInterval(100 * time.Millisecond)
	// A relay needs time to be found only where nothing else works.
	s.SetRelayAcceptanceMinWait(500 * time.Millisecond)
	if cfg.LoopbackOnly {
		s.SetIPFilter(isLoopback)
	}
	return s
}

// newMediaEngine knows Opus and VP8. Lost packets are sent again with their
// own SSRC (RFC 4585), without RTX.
func newMediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	opus := webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
	}}
	vp8 := webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: []webrtc.RTCPFeedback{
			{Type: webrtc.TypeRTCPFBCCM, Parameter: "fir"},
			{Type: webrtc.TypeRTCPFBNACK},
			{Type: webrtc.TypeRTCPFBNACK, Parameter: "pli"},
		},
	}}
	if err := m.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("register Opus: %w", err)
	}
	if err := m.RegisterCodec(vp8, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, fmt.Errorf("register VP8: %w", err)
	}
	for uri, kinds := range map[string][]webrtc.RTPCodecType{
		sdp.SDESMidURI:         {webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo},
		sdp.SDESRTPStreamIDURI: {webrtc.RTPCodecTypeVideo},
		levelURI:               {webrtc.RTPCodecTypeAudio},
	} {
		for _, kind := range kinds {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return nil, fmt.Errorf("register a header extension: %w", err)
			}
		}
	}
	return m, nil
}

// newInterceptors makes what sends lost packets again, asks for them, and
// reports reception.
func newInterceptors() (*interceptor.Registry, error) {
	logs := silentLogs()
	responder, err := nack.NewResponderInterceptor(nack.WithResponderLoggerFactory(logs), nack.ResponderSize(256))
	if err != nil {
		return nil, fmt.Errorf("make the NACK responder: %w", err)
	}
	generator, err := nack.NewGeneratorInterceptor(nack.WithGeneratorLoggerFactory(logs))
	if err != nil {
		return nil, fmt.Errorf("make the NACK generator: %w", err)
	}
	receiver, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(logs))
	if err != nil {
		return nil, fmt.Errorf("make the receiver reports: %w", err)
	}
	sender, err := report.NewSenderInterceptor(report.WithSenderLoggerFactory(logs))
	if err != nil {
		return nil, fmt.Errorf("make the sender reports: %w", err)
	}
	registry := &interceptor.Registry{}
	for _, factory := range []interceptor.Factory{responder, generator, receiver, sender} {
		registry.Add(factory)
	}
	return registry, nil
}

// configuration turns what the server has said into pion's form.
func configuration(ice wire.ICE) webrtc.Configuration {
	c := webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle, RTCPMuxPolicy: webrtc.RTCPMuxPolicyRequire}
	for _, s := range ice.Servers {
		c.ICEServers = append(c.ICEServers, webrtc.ICEServer{URLs: s.URLs, Username: s.Username, Credential: s.Credential})
	}
	if ice.RelayOnly {
		c.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	return c
}
