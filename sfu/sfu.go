package sfu

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
)

// What a caller of this package may have to tell apart.
var (
	// ErrClosed is returned by what is closed already.
	ErrClosed = errors.New("sfu: closed")
	// ErrFull is returned where a limit on rooms or peers is reached.
	ErrFull = errors.New("sfu: full")
)

// SFU is one selective forwarding middlebox on one UDP port.
type SFU struct {
	// Set by New.
	mux     mux
	workers []*worker
	worker  *worker // the first
	addrs   []netip.AddrPort
	lines   []string // that announce addrs in an answer
	logger  *slog.Logger
	events  func(Event)
	limits  Limits
	count   counters
	certs   certificates
	running sync.WaitGroup // goroutines of rooms and peers

	mu     sync.Mutex // guards what follows; held for map access only
	rooms  map[string]*Room
	closed bool
}

// New starts an SFU on cfg.Conn. It fails when cfg is not valid or the addresses of
// this machine cannot be listed.
func New(cfg Config) (*SFU, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	addrs, err := announced(cfg.Conn, cfg.PublicIPs)
	if err != nil {
		return nil, err
	}
	if _, err := newMediaEngine(); err != nil { // so that it cannot fail for a peer
		return nil, err
	}
	s := &SFU{
		addrs: addrs, lines: candidates(addrs),
		logger: cfg.Logger, events: cfg.Events, limits: cfg.Limits.withDefaults(), rooms: map[string]*Room{},
	}
	if s.workers, err = newWorkers(append([]net.PacketConn{cfg.Conn}, cfg.More...), &s.count, cfg.Logger); err != nil {
		return nil, err
	}
	s.worker = s.workers[0]
	s.mux = newMux(s.worker.aside)
	for _, w := range s.workers {
		go w.run()
	}
	s.logger.Info("sfu is ready", "addresses", len(addrs))
	return s, nil
}

// Addrs returns the addresses that answers announce, in their order. A TURN server
// on the same machine must let clients reach them.
func (s *SFU) Addrs() []netip.AddrPort { return slices.Clone(s.addrs) }

// Room returns the room of that id and makes it if there is none. A room without
// peers stays until [Room.Close]. ErrFull or ErrClosed where there cannot be one.
func (s *SFU) Room(id string) (*Room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if r := s.rooms[id]; r != nil {
		return r, nil
	}
	if len(s.rooms) >= s.limits.Rooms {
		return nil, ErrFull
	}
	r := newRoom(s, id)
	s.rooms[id] = r
	s.count.rooms.Add(1)
	s.running.Go(r.run)
	return r, nil
}

// leastLoaded returns the worker with the fewest rooms and peers, and gives it one more room. The caller holds s.mu.
func (s *SFU) leastLoaded() *worker {
	least := slices.MinFunc(s.workers, func(a, b *worker) int { return cmp.Compare(a.load.Load(), b.load.Load()) })
	least.load.Add(1)
	return least
}

// forget removes a room that is closed.
func (s *SFU) forget(r *Room) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rooms[r.id] == r {
		delete(s.rooms, r.id)
		s.count.rooms.Add(-1)
		r.worker.load.Add(-1)
	}
}

// Stats returns a snapshot of the counters; it is cheap enough for each scrape.
func (s *SFU) Stats() Stats { return s.count.snapshot() }

// Close closes every room and the socket, and returns when all goroutines are gone.
// It waits for callbacks that are running, so it must not be called from one.
func (s *SFU) Close() error {
	s.mu.Lock()
	s.closed = true
	rooms := slices.Collect(maps.Values(s.rooms))
	s.mu.Unlock()
	for _, r := range rooms {
		r.Close()
	}
	s.running.Wait()
	err := s.mux.Close()
	for _, w := range s.workers {
		<-w.done
	}
	if err != nil {
		return fmt.Errorf("close the media socket: %w", err)
	}
	return nil
}

func (s *SFU) emit(e Event) {
	if s.events != nil {
		s.events(e)
	}
}

// newConnection makes the PeerConnection of one peer, with settings of its own: the keyring is for this peer
// only.
func (s *SFU) newConnection(keys *keyring) (*webrtc.PeerConnection, error) {
	media, err := newMediaEngine()
	if err != nil {
		return nil, err
	}
	settings, err := s.settings(keys)
	if err != nil {
		return nil, err
	}
	certificate, err := s.certs.get(time.Now())
	if err != nil {
		return nil, err
	}
	pc, err := webrtc.NewAPI(
		webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}), // none: media does not go through pion
		webrtc.WithSettingEngine(settings),
	).NewPeerConnection(webrtc.Configuration{
		BundlePolicy: webrtc.BundlePolicyMaxBundle, Certificates: []webrtc.Certificate{certificate},
	})
	if err != nil {
		return nil, fmt.Errorf("make a PeerConnection: %w", err)
	}
	return pc, nil
}
