package sfu

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"pronto/sfu/udp"
)

// maxView is how many items of a view are heeded.
const maxView = 2 * maxVideoSlots

// Peer is one participant's PeerConnection.
type Peer struct {
	// Set by newPeer.
	id          string
	room        *Room
	sfu         *SFU
	joined      time.Time
	events      *mailbox
	link        *link         // owned by the SFU's worker
	keys        *keyring      // of its DTLS handshake
	negotiating chan struct{} // holds one token while an offer is being answered
	closing     chan struct{} // closed by close
	done        chan struct{} // closed when all goroutines are gone
	end         sync.Once

	// Read by the media path.
	connected  atomic.Bool // ICE and DTLS are up
	sending    atomic.Bool // its media may go to others
	receiving  atomic.Bool // media of others may come to it
	firstHeard atomic.Bool
	seal       atomic.Uint32 // a seal.Want

	// Owned by who holds negotiating.
	sections []section
	pc       *webrtc.PeerConnection

	startMu sync.Mutex     // guards the beginning of work against the end
	stopped bool           // no further work may begin
	work    sync.WaitGroup // goroutines that close the peer

	// Set by the first offer, before there is a connection.
	offeredAt atomic.Int64                          // ns of the Unix epoch; 0 before
	conn      atomic.Pointer[webrtc.PeerConnection] // pc, for who does not negotiate

	// Guarded by Room.mu.
	streams    []*stream
	audioSlots []*slot
	videoSlots []*slot
	view       []ViewItem // nil before the first View
	apart      []string   // peers of whom nothing comes here
	late       bool       // Failed was told because no connection came
	everUp     bool
	hearing    hearing
	paused     []Pause // as last told
	use        use
}

func newPeer(r *Room, id string) *Peer {
	p := &Peer{
		id: id, room: r, sfu: r.sfu, joined: time.Now(), events: newMailbox(),
		negotiating: make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
	p.link, p.keys = newLink(p, r.sfu.limits), new(keyring)
	p.sending.Store(true)
	p.receiving.Store(true)
	return p
}

// ID returns the id that the peer joined with.
func (p *Peer) ID() string { return p.id }

// View says what the client shows, most important first; it replaces the view before.
// At most as many items as there are video slots get one, and a stream keeps its slot as long
// as it is shown. Until the first call, screens come first, then cameras in the order in which their
// senders joined, at a height of 360. An empty list that is not nil shows nothing; nil
// restores the default.
func (p *Peer) View(items []ViewItem) {
	var view []ViewItem
	if items != nil {
		view = append(make([]ViewItem, 0, len(items)), items[:min(len(items), maxView)]...)
	}
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	p.view = view
	r.assign(time.Now())
	r.kick()
}

// Allow says whether media of this peer is forwarded to others (send) and media of
// others to it (receive). Both are allowed at first. Hold is neither; a newcomer who has no keys
// yet does not receive. Who may not send has no slots at others.
func (p *Peer) Allow(send, receive bool) {
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if resumed := receive && !p.receiving.Load(); resumed {
		p.restartSlots()
	}
	p.sending.Store(send)
	p.receiving.Store(receive)
	r.assign(time.Now())
	r.kick()
}

// Close removes the peer from its room at once. It does not wait for the peer's
// goroutines: see [Peer.Done]. It may be called from the callback given to [Room.Join].
func (p *Peer) Close() { p.close(ReasonClosed) }

// Done is closed when all goroutines of the peer are gone but the one that calls back.
func (p *Peer) Done() <-chan struct{} { return p.done }

// close ends the peer for a reason; the first reason counts.
func (p *Peer) close(reason Reason) {
	p.end.Do(func() {
		close(p.closing)
		// First, while the goroutine that calls back is counted: SFU.Close may be waiting.
		p.sfu.running.Go(func() { p.shutDown(reason) })
		var last PeerEvent
		if reason != ReasonClosed {
			last = Failed{reason}
		}
		p.events.end(last)
		p.room.remove(p)
	})
}

// closeLater is close for callers that hold locks.
func (p *Peer) closeLater(reason Reason) {
	if p.gone() || !p.begin() {
		return
	}
	go func() {
		defer p.work.Done()
		p.close(reason)
	}()
}

// shutDown closes the connection and waits for the peer's goroutines.
func (p *Peer) shutDown(reason Reason) {
	defer close(p.done)
	p.negotiating <- struct{}{} // kept for good
	p.startMu.Lock()
	p.stopped = true
	p.startMu.Unlock()
	p.link.worker.do(func() { p.link.worker.remove(p.link) })
	if p.pc != nil {
		if err := p.pc.GracefulClose(); err != nil {
			p.sfu.logger.Debug("a PeerConnection did not close cleanly", "error", err)
		}
	}
	p.work.Wait()
	p.pc = nil // who still knows the peer keeps no more of it than that
	p.conn.Store(nil)
	if p.connected.Swap(false) {
		p.sfu.count.connected.Add(-1)
	}
	for _, s := range p.streams { // nobody writes them any more
		for i := range s.encodings {
			if s.encodings[i].Load() != nil {
				p.sfu.count.tracks.Add(-1)
				if s.source.Audio() {
					p.sfu.count.audioTracks.Add(-1)
				}
			}
		}
	}
	p.sfu.emit(PeerGone{Reason: reason, After: time.Since(p.joined), Bytes: p.use.bytes.Load()})
}

// begin reports whether work may begin, and if so counts it in p.work.
func (p *Peer) begin() bool {
	p.startMu.Lock()
	defer p.startMu.Unlock()
	if p.stopped {
		return false
	}
	p.work.Add(1)
	return true
}

func (p *Peer) gone() bool {
	select {
	case <-p.closing:
		return true
	default:
		return false
	}
}

// receives tells whether packets may be sent to the peer now.
func (p *Peer) receives() bool { return p.connected.Load() && p.receiving.Load() }

// stream returns what the peer sends as source, or nil. The caller holds Room.mu.
func (p *Peer) stream(source Source) *stream {
	for _, s := range p.streams {
		if s.source == source {
			return s
		}
	}
	return nil
}

// restartSlots has every video slot wait for a key frame. The caller holds Room.mu.
func (p *Peer) restartSlots() {
	for _, s := range p.videoSlots {
		s.restart()
	}
}

// tellSlots tells what flows where. The caller holds Room.mu.
func (p *Peer) tellSlots() {
	var told []Slot
	for _, s := range slices.Concat(p.audioSlots, p.videoSlots) {
		if s.stream != nil {
			told = append(told, Slot{Mid: s.mid, Participant: s.stream.peer.id, Source: s.stream.source})
		}
	}
	p.events.put(Slots{told})
}

// heard notes that media of the peer has come.
func (p *Peer) heard(now time.Time) {
	if !p.firstHeard.Load() && !p.firstHeard.Swap(true) {
		p.events.put(FirstMedia{})
		p.sfu.emit(PeerFirstMedia{After: now.Sub(time.Unix(0, p.offeredAt.Load()))})
	}
}

// onState hears how the transport is.
func (p *Peer) onState(state webrtc.PeerConnectionState) {
	if p.gone() {
		return
	}
	switch state {
	case webrtc.PeerConnectionStateConnected:
		if err := p.connectMedia(); err != nil {
			p.sfu.logger.Debug("a connected peer has no media", "error", err)
			p.closeLater(ReasonTransport)
			return
		}
		p.onConnected(time.Now())
	case webrtc.PeerConnectionStateFailed: // of DTLS; ICE is heard by the media path
		p.events.put(Failed{ReasonTransport})
	}
}

func (p *Peer) onConnected(now time.Time) {
	first := !p.connected.Swap(true)
	if first {
		p.sfu.count.connected.Add(1)
		p.sfu.emit(PeerConnected{After: now.Sub(time.Unix(0, p.offeredAt.Load()))})
	}
	p.events.put(Connected{})
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	p.everUp = true
	p.restartSlots()
	r.kick()
}

// checkConnect gives up on a client that answers no check. The caller holds Room.mu.
func (p *Peer) checkConnect(now time.Time) {
	offered := p.offeredAt.Load()
	if offered == 0 || p.everUp || p.late || now.UnixNano()-offered < int64(p.sfu.limits.ConnectWithin) {
		return
	}
	p.late = true
	p.events.put(Failed{ReasonTransport})
}

// askKeyFrame sends a PLI (RFC 4585, section 6.3.1) for one encoding of the peer.
func (p *Peer) askKeyFrame(ssrc uint32) {
	p.link.worker.post(func() { p.link.askKeyFrame(ssrc) })
}

var errNoPair = errors.New("sfu: connected without a candidate pair")

// connectMedia hands the media path the keys of the handshake and the address that ICE has found.
func (p *Peer) connectMedia() error {
	if p.connected.Load() {
		return nil // again, after an interruption
	}
	keys, err := p.keys.take()
	if err != nil {
		return err
	}
	session, err := udp.NewSession(keys)
	if err != nil {
		return fmt.Errorf("begin SRTP: %w", err)
	}
	pair, err := p.transport().GetSelectedCandidatePair()
	if err != nil {
		return fmt.Errorf("ask ICE where the peer is: %w", err)
	}
	if pair == nil {
		return errNoPair
	}
	p.link.worker.do(func() { p.link.connect(session, remoteOf(pair)) })
	return nil
}

// onPair hears where ICE has found the peer, at first or anew.
func (p *Peer) onPair(pair *webrtc.ICECandidatePair) {
	p.link.worker.post(func() { p.link.worker.direct(p.link, remoteOf(pair)) })
}

// transport returns the ICE transport of the connection, which must be there; all media sections share it.
func (p *Peer) transport() *webrtc.ICETransport {
	return p.conn.Load().SCTP().Transport().ICETransport()
}

// remoteOf returns the address of the client in a pair, not valid if it has none.
func remoteOf(pair *webrtc.ICECandidatePair) netip.AddrPort {
	ip, err := netip.ParseAddr(pair.Remote.Address)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip.Unmap(), pair.Remote.Port)
}
