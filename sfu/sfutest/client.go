package sfutest

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"pronto/sfu"
)

// patience is how long a test waits for a condition.
const patience = 20 * time.Second

// Options say what a client offers.
type Options struct {
	// AudioSlots and VideoSlots are the media sections in which it receives.
	AudioSlots, VideoSlots int
	// Layers is how many encodings its camera has; 0 means 3, 1 means no simulcast.
	Layers int
	// Relay is where the client sends what is for the SFU, and hears it from; not valid for straight. Such a client
	// reports when packets arrive.
	Relay netip.AddrPort
	// Filling is how many bytes are added to each packet of an encoding of the camera.
	Filling [3]int
}

// Client is one participant.
type Client struct {
	// ID is the participant's id, Tag the byte that all its packets carry.
	ID  string
	Tag byte
	// PC is its connection, Peer the other end.
	PC   *webrtc.PeerConnection
	Peer *sfu.Peer

	t      testing.TB
	cancel context.CancelFunc
	work   sync.WaitGroup
	once   sync.Once
	relay  netip.AddrPort
	gate   *gate

	mic, camera, screen *publisher
	sealing             sealing

	mu       sync.Mutex // guards what follows
	slots    []sfu.Slot
	speakers []string
	events   []sfu.PeerEvent
	offers   int
	received map[string]*Track // by mid
	raw      webrtc.TrackLocalWriter
}

// Join makes a client, has it join and negotiates. It publishes nothing yet. The test's end closes it.
func Join(t testing.TB, room *sfu.Room, id string, tag byte, o Options) *Client {
	t.Helper()
	c := New(t, id, tag, o)
	peer, err := room.Join(id, c.On)
	if err != nil {
		t.Fatalf("join: %v", err)
	}
	c.Peer = peer
	c.Negotiate()
	return c
}

// New makes a client that has not joined.
func New(t testing.TB, id string, tag byte, o Options) *Client {
	t.Helper()
	if o.Layers == 0 {
		o.Layers = 3
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{ID: id, Tag: tag, t: t, cancel: cancel, received: map[string]*Track{}}
	c.gate = newGate(t)
	c.relay = o.Relay
	c.PC = newConnection(t, c.gate, o.Relay.IsValid())
	c.PC.OnTrack(c.onTrack)
	c.mic = c.addSource(ctx, "microphone", webrtc.MimeTypeOpus, nil)
	rids := []string{"q", "h", "f"}[:o.Layers]
	if o.Layers == 1 {
		rids = nil
	}
	c.camera = c.addSource(ctx, "camera", webrtc.MimeTypeVP8, rids)
	for i, l := range c.camera.layers {
		l.filling = o.Filling[i]
	}
	c.screen = c.addSource(ctx, "screen", webrtc.MimeTypeVP8, nil)
	c.addSource(ctx, "screenAudio", webrtc.MimeTypeOpus, nil)
	c.AddSlots(o.AudioSlots, o.VideoSlots)
	t.Cleanup(c.Close)
	return c
}

func newConnection(t testing.TB, gate *gate, reports bool) *webrtc.PeerConnection {
	t.Helper()
	var m webrtc.MediaEngine
	must(t, m.RegisterDefaultCodecs())
	for uri, kinds := range map[string][]webrtc.RTPCodecType{
		sdp.AudioLevelURI: {webrtc.RTPCodecTypeAudio},
		sdp.SDESMidURI:    {webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo},
	} {
		for _, kind := range kinds {
			must(t, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind))
		}
	}
	must(t, webrtc.ConfigureSimulcastExtensionHeaders(&m))
	must(t, webrtc.ConfigureTWCCHeaderExtensionSender(&m, &interceptor.Registry{}))
	var registry interceptor.Registry
	must(t, webrtc.ConfigureRTCPReports(&registry))
	if reports {
		must(t, webrtc.ConfigureTWCCSender(&m, &registry))
	}
	var e webrtc.SettingEngine
	e.LoggerFactory = &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	e.SetIncludeLoopbackCandidate(true)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	e.SetDTLSRetransmissionInterval(100 * time.Millisecond)
	e.SetNet(gate)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(&registry))
	pc, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	must(t, err)
	return pc
}

// AddSlots adds media sections in which the client receives; [Client.Negotiate] offers them.
func (c *Client) AddSlots(audio, video int) {
	c.t.Helper()
	for kind, n := range map[webrtc.RTPCodecType]int{webrtc.RTPCodecTypeAudio: audio, webrtc.RTPCodecTypeVideo: video} {
		for range n {
			_, err := c.PC.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
			must(c.t, err)
		}
	}
}

// Negotiate offers and sets the answer.
func (c *Client) Negotiate() {
	c.t.Helper()
	c.negotiate(nil, nil)
}

// NegotiateWith offers what change makes of the offer, and sets the answer.
func (c *Client) NegotiateWith(change func(string) string) {
	c.t.Helper()
	c.negotiate(nil, change)
}

// RestartICE offers with new ICE credentials and sets the answer.
func (c *Client) RestartICE() {
	c.t.Helper()
	c.negotiate(&webrtc.OfferOptions{ICERestart: true}, nil)
}

func (c *Client) negotiate(options *webrtc.OfferOptions, change func(string) string) {
	c.t.Helper()
	offer, err := c.PC.CreateOffer(options)
	must(c.t, err)
	must(c.t, c.PC.SetLocalDescription(offer))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if change != nil {
		offer.SDP = change(offer.SDP)
	}
	answer, err := c.Peer.Negotiate(ctx, sfu.Offer{SDP: offer.SDP})
	must(c.t, err)
	must(c.t, c.PC.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: c.throughRelay(answer.SDP)}))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offers++
}

// throughRelay has an answer's candidates lead to the client's relay, if it has one.
func (c *Client) throughRelay(answer string) string {
	if !c.relay.IsValid() {
		return answer
	}
	return candidate.ReplaceAllString(answer, fmt.Sprintf("${1}%s %d typ host", c.relay.Addr(), c.relay.Port()))
}

// candidate is the address of a candidate, with what is before it.
var candidate = regexp.MustCompile(`(?m)^(a=candidate:\S+ 1 udp \d+ )\S+ \d+ typ host`)

// On is the callback to join with.
func (c *Client) On(e sfu.PeerEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e)
	switch e := e.(type) {
	case sfu.Slots:
		c.slots = e.Slots
	case sfu.Speakers:
		c.speakers = e.Participants
	}
}

// Offers returns how often the client negotiated.
func (c *Client) Offers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offers
}

// Slots returns what flows where, as told last.
func (c *Client) Slots() []sfu.Slot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sfu.Slot(nil), c.slots...)
}

// Mid returns the slot of a source of a participant, or "".
func (c *Client) Mid(participant string, source sfu.Source) string {
	for _, s := range c.Slots() {
		if s.Participant == participant && s.Source == source {
			return s.Mid
		}
	}
	return ""
}

// Speakers returns who speaks, as told last.
func (c *Client) Speakers() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.speakers...)
}

// Events returns what has been told so far.
func (c *Client) Events() []sfu.PeerEvent {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sfu.PeerEvent(nil), c.events...)
}

// Heard tells whether an event for which is true has been told.
func (c *Client) Heard(is func(sfu.PeerEvent) bool) bool {
	for _, e := range c.Events() {
		if is(e) {
			return true
		}
	}
	return false
}

// Track returns what has come in a slot.
func (c *Client) Track(mid string) *Track {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.received[mid]
	if t == nil {
		t = &Track{}
		c.received[mid] = t
	}
	return t
}

// From returns what has come in the slot of a source of a participant.
func (c *Client) From(participant string, source sfu.Source) *Track {
	return c.Track(c.Mid(participant, source))
}

// AskKeyFrame sends a PLI for what flows in a slot.
func (c *Client) AskKeyFrame(mid string) {
	if ssrc := c.Track(mid).ssrc.Load(); ssrc != 0 {
		_ = c.PC.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: ssrc}})
	}
}

func (c *Client) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	t := c.Track(receiver.RTPTransceiver().Mid())
	t.ssrc.Store(uint32(track.SSRC()))
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		t.add(packet, track.Kind() == webrtc.RTPCodecTypeVideo)
	}
}

// NameSSRC sends RTCP that names an SSRC, as a hostile client may.
func (c *Client) NameSSRC(ssrc uint32) {
	_ = c.PC.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: ssrc}})
}

// WriteCamera sends a packet as the lowest encoding of the camera, its sequence number set.
func (c *Client) WriteCamera(packet *rtp.Packet) {
	l := c.camera.layers[0]
	packet.SequenceNumber = l.seq
	c.camera.writePacket(0, l, packet)
}

// StopTransport lets nothing of the client reach the network any more, as a dead battery does.
func (c *Client) StopTransport() { c.gate.shut.Store(true) }

// BlockTransport is StopTransport until resume is called.
func (c *Client) BlockTransport() (resume func()) {
	c.gate.shut.Store(true)
	return func() { c.gate.shut.Store(false) }
}

// Close stops the client. The server is told by nobody but the transport.
func (c *Client) Close() {
	c.once.Do(func() {
		c.cancel()
		c.work.Wait()
		_ = c.PC.GracefulClose()
	})
}

// Wait waits for a condition, and fails the test if it does not come true.
func Wait(t testing.TB, what string, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
