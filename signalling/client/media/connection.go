package media

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"pronto/signalling/wire"
)

// sources are what the first media sections carry, in their order.
var sources = [...]wire.Source{wire.SourceMicrophone, wire.SourceCamera, wire.SourceScreen, wire.SourceScreenAudio}

// maxFlows is how many flows are told apart; what is above counts as nobody's.
const maxFlows = 4 * wire.MaxParticipants

// Options say what a connection sends and who hears of it.
type Options struct {
	// ICE is what the connection may use.
	ICE wire.ICE
	// Clip is what is sent. Required.
	Clip *Clip
	// Media says which of it is sent at first. Screens are never sent.
	Media wire.Media
	// Echo sends back what comes from the other person, a second later, instead of
	// the clip. Only Direct does that.
	Echo bool
	// Cipher seals what is sent and opens what comes; nil if the call is not encrypted.
	Cipher Cipher
	// On hears events. Required; see [Event].
	On func(Event)
}

// connection is what Direct and Routed have in common.
type connection struct {
	// Set by open.
	engine *Engine
	pc     *webrtc.PeerConnection
	on     func(Event)
	voice  *voice
	films  []*film
	whose  func(mid string) Flow // whose media comes in a section
	echo   *echo                 // nil for most
	cipher Cipher                // nil if the call is not encrypted

	sent     [len(sources)]Counter
	heard    atomic.Bool
	unopened atomic.Uint64
	work     sync.WaitGroup // goroutines that read
	looks    sync.WaitGroup // who reads pion's counters, which must not be read while it closes

	mu        sync.Mutex // guards what follows; held for map access only
	receivers map[string]*receiver
	flows     map[Flow]*Counter
	jobs      []*job
	closed    bool
}

// Flow names something that is received.
type Flow struct {
	// Participant is whose it is; empty while that is not known.
	Participant wire.ParticipantID
	// Source is what of his.
	Source wire.Source
}

// openConnection makes a connection that has no media section yet. encodings is how many
// simulcast encodings the camera has.
func (e *Engine) openConnection(o Options, encodings int) (*connection, error) {
	c := &connection{engine: e, on: o.On, cipher: o.Cipher, receivers: map[string]*receiver{}, flows: map[Flow]*Counter{}}
	c.voice = &voice{clip: o.Clip, cipher: o.Cipher, track: newTrack(webrtc.RTPCodecTypeAudio, string(wire.SourceMicrophone), "", &c.sent[0])}
	for i := range encodings {
		rid, p := "", &o.Clip.pictures[len(rids)-1]
		if encodings > 1 {
			rid, p = rids[i], &o.Clip.pictures[i]
		}
		film := newFilm(p, newTrack(webrtc.RTPCodecTypeVideo, string(wire.SourceCamera), rid, &c.sent[1]))
		film.cipher = o.Cipher
		c.films = append(c.films, film)
	}
	c.SetMedia(o.Media)

	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, ErrClosed
	}
	pc, err := e.api.NewPeerConnection(configuration(o.ICE))
	if err != nil {
		return nil, fmt.Errorf("make a PeerConnection: %w", err)
	}
	c.pc = pc
	e.open[c] = struct{}{}
	pc.OnTrack(c.onTrack)
	pc.OnConnectionStateChange(c.onState)
	return c, nil
}

// addSenders makes the four media sections that send, in the order of sources.
func (c *connection) addSenders(direction webrtc.RTPTransceiverDirection) error {
	idle := func(i int, kind webrtc.RTPCodecType) *track {
		return newTrack(kind, string(sources[i]), "", &c.sent[i])
	}
	tracks := [len(sources)]*track{
		c.voice.track, c.films[0].track, idle(2, webrtc.RTPCodecTypeVideo), idle(3, webrtc.RTPCodecTypeAudio),
	}
	for i, track := range tracks {
		transceiver, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: direction})
		if err != nil {
			return fmt.Errorf("add %s: %w", sources[i], err)
		}
		track.mid = transceiver.Mid
		if sources[i] != wire.SourceCamera {
			c.listen(transceiver.Sender(), track)
			continue
		}
		for k, film := range c.films {
			film.track.mid = transceiver.Mid
			if k > 0 {
				if err := transceiver.Sender().AddEncoding(film.track); err != nil {
					return fmt.Errorf("add an encoding: %w", err)
				}
			}
			c.listen(transceiver.Sender(), film.track)
		}
	}
	return nil
}

// listen reads what the receiver says about a track; pion answers NACKs while
// somebody reads.
func (c *connection) listen(sender *webrtc.RTPSender, t *track) {
	read := sender.ReadRTCP
	if t.rid != "" {
		read = func() ([]rtcp.Packet, interceptor.Attributes, error) { return sender.ReadSimulcastRTCP(t.rid) }
	}
	if !c.begin() {
		return
	}
	go func() {
		defer c.work.Done()
		for {
			packets, _, err := read()
			if err != nil {
				return
			}
			for _, p := range packets {
				switch p.(type) {
				case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
					t.keyWanted.Store(true)
				}
			}
		}
	}()
}

// begin counts a goroutine in c.work, unless the connection is closed.
func (c *connection) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.work.Add(1) // Close waits after it has set closed
	return true
}

// SetMedia says what is sent from now on. What is off does not leave at all.
func (c *connection) SetMedia(m wire.Media) {
	c.voice.on.Store(m.Microphone)
	for _, f := range c.films {
		f.on.Store(m.Camera)
	}
}

func (c *connection) onState(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		c.roll()
		c.on(Connected{})
	case webrtc.PeerConnectionStateDisconnected:
		c.on(Disconnected{})
	case webrtc.PeerConnectionStateFailed:
		c.on(Failed{})
	}
}

// roll begins to send, the first time that the connection is up.
func (c *connection) roll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.jobs) > 0 {
		return
	}
	if c.echo != nil {
		c.jobs = append(c.jobs, c.engine.scheduler.add(echoEvery, c.echo.send))
		return
	}
	c.jobs = append(c.jobs, c.engine.scheduler.add(soundEvery, c.voice.send))
	for _, f := range c.films {
		c.jobs = append(c.jobs, c.engine.scheduler.add(frameEvery, f.send))
	}
}

func (c *connection) onTrack(remote *webrtc.TrackRemote, from *webrtc.RTPReceiver) {
	if !c.begin() {
		return
	}
	defer c.work.Done()
	mid := from.RTPTransceiver().Mid()
	r := &receiver{audio: remote.Kind() == webrtc.RTPCodecTypeAudio}
	c.readReports(from)
	c.mu.Lock()
	c.receivers[mid] = r
	r.flow.Store(c.flow(c.whose(mid)))
	c.mu.Unlock()
	r.read(remote, func(p *rtp.Packet) {
		if c.cipher != nil {
			c.open(r, c.whose(mid), p)
			return
		}
		if r.audio {
			c.hear()
		}
		if c.echo != nil {
			c.echo.take(c.whose(mid).Source, p, p.Payload, false)
		}
	})
}

// readReports reads what the sender says about what it sends: without a reader
// pion does not answer it, and the other side never learns the round-trip time.
func (c *connection) readReports(from *webrtc.RTPReceiver) {
	if !c.begin() {
		return
	}
	go func() {
		defer c.work.Done()
		buf := make([]byte, 1500)
		for {
			if _, _, err := from.Read(buf); err != nil {
				return
			}
		}
	}()
}

// hear tells of the first sound.
func (c *connection) hear() {
	if c.heard.CompareAndSwap(false, true) {
		c.on(FirstAudio{})
	}
}

// open takes in a packet of a call that is encrypted, and counts the frame that is
// whole by it for whose it is, which the frame itself says.
func (c *connection) open(r *receiver, flow Flow, p *rtp.Packet) {
	frame := p.Payload
	if !r.audio {
		frame = r.frames.add(p.SequenceNumber, p.Timestamp, p.Marker, p.Payload)
	}
	if frame == nil || flow.Source == "" {
		return
	}
	opened, from, err := c.cipher.Open(flow.Source, frame)
	if err != nil {
		c.unopened.Add(1)
		return
	}
	c.mu.Lock()
	counter := c.flow(Flow{from, flow.Source})
	c.mu.Unlock()
	counter.opened.Add(1)
	if height := heightOf(opened); !r.audio && height > 0 {
		counter.height.Store(height)
	}
	if r.audio {
		c.hear()
	}
	if c.echo != nil {
		// RFC 6386, section 9.1: the lowest bit of the first byte is 0 in a key frame.
		c.echo.take(flow.Source, p, opened, !r.audio && len(opened) > 0 && opened[0]&1 == 0)
	}
}

// heightOf is the height that a VP8 key frame tells (RFC 6386, section 9.1), 0 if
// it is none.
func heightOf(frame []byte) uint32 {
	if len(frame) < 10 || frame[0]&1 != 0 || frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a {
		return 0
	}
	return (uint32(frame[8]) | uint32(frame[9])<<8) & 0x3fff
}

// flow returns the counter of f. The caller holds c.mu.
func (c *connection) flow(f Flow) *Counter {
	if len(c.flows) >= maxFlows {
		f = Flow{}
	}
	counter := c.flows[f]
	if counter == nil {
		counter = &Counter{}
		c.flows[f] = counter
	}
	return counter
}

// Path is the kind of local candidate that carries the media now; empty if none
// does. Peer reflexive counts as server reflexive.
func (c *connection) Path() wire.Path {
	for _, s := range c.pc.GetSenders() {
		if s.Transport() == nil || s.Transport().ICETransport() == nil {
			continue
		}
		pair, err := s.Transport().ICETransport().GetSelectedCandidatePair()
		if err != nil || pair == nil {
			continue
		}
		switch pair.Local.Typ {
		case webrtc.ICECandidateTypeHost:
			return wire.PathHost
		case webrtc.ICECandidateTypeRelay:
			return wire.PathRelay
		default:
			return wire.PathSrflx
		}
	}
	return ""
}

// Close ends the connection and returns when its goroutines are gone. It must
// not be called from the listener.
func (c *connection) Close() {
	c.mu.Lock()
	already := c.closed
	c.closed = true
	jobs := c.jobs
	c.mu.Unlock()
	if !already {
		for _, j := range jobs {
			j.end()
		}
		c.looks.Wait()
		if err := c.pc.GracefulClose(); err != nil {
			c.engine.logger.Debug("a PeerConnection did not close cleanly", "error", err)
		}
	}
	c.work.Wait()
	c.engine.mu.Lock()
	delete(c.engine.open, c)
	c.engine.mu.Unlock()
}
