package turn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/turn/v5"
	"golang.org/x/time/rate"
)

const (
	// newsEvery is how often [Relayed] is told of allocations that live.
	newsEvery = 5 * time.Second
	// bindTries is how many free ports are tried until one is free for UDP and TCP.
	bindTries = 10
	// readBuffer is what the kernel is asked to hold for the UDP socket, in bytes.
	readBuffer = 4 << 20
	// evenPortsPerSecond is how many allocations may ask for an even port: browsers
	// never do, the test programs of others do.
	evenPortsPerSecond = 100
)

// ErrStarted says that Run was called twice.
var ErrStarted = errors.New("turn: the server has been started already")

// Server is a TURN server (RFC 8656). Its methods may be called from any goroutine.
type Server struct {
	// Set by New.
	cfg              Config
	policy           *peerPolicy
	budget           *budget
	revoked          *revocations
	table            *table
	relays4, relays6 *relayRange // nil if the family is not served
	datagrams        *datagrams
	frames           *frames
	evenPorts        *rate.Limiter // allocations with EVEN-PORT

	relays  sync.WaitGroup // relays that are being read; added to while lines are read
	started atomic.Bool    // by Run, or by Close without Run
	quit    chan struct{}  // closed by Close
	quitNow sync.Once
	done    chan struct{} // closed when everything has stopped
}

// New binds the sockets; nobody is served before Run. Close must be called even if
// Run is not.
func New(cfg Config) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &Server{
		cfg:       cfg,
		budget:    newBudget(cfg.Quotas.AnswersPerSecond, time.Now()),
		revoked:   newRevocations(maxRevocations),
		table:     newTable(),
		evenPorts: rate.NewLimiter(evenPortsPerSecond, evenPortsPerSecond),
		quit:      make(chan struct{}),
		done:      make(chan struct{}),
	}
	for _, ip := range cfg.PublicIPs {
		relays, err := newRelayRange(ip, cfg.MinPort, cfg.MaxPort)
		if err != nil {
			return nil, fmt.Errorf("turn: %w", err)
		}
		if ip.Is4() {
			s.relays4 = relays
		} else {
			s.relays6 = relays
		}
	}
	udp, tcp, err := listen(cfg.ListenAddr)
	if err != nil {
		return nil, fmt.Errorf("turn: %w", err)
	}
	s.datagrams, s.frames = newDatagrams(udp, s), newFrames(tcp, s)
	if s.policy, err = newPeerPolicy(cfg, s.Addr().Port()); err != nil {
		return nil, errors.Join(fmt.Errorf("turn: %w", err), udp.Close(), tcp.Close())
	}
	return s, nil
}

// listen binds UDP and TCP to one port.
func listen(addr string) (udp *net.UDPConn, tcp net.Listener, err error) {
	at, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	for range bindTries {
		if udp, err = net.ListenUDP("udp", at); err != nil {
			return nil, nil, fmt.Errorf("listen on UDP: %w", err)
		}
		port := udp.LocalAddr().(*net.UDPAddr).Port
		tcp, err = net.Listen("tcp", (&net.TCPAddr{IP: at.IP, Port: port, Zone: at.Zone}).String())
		if err == nil {
			// A smaller buffer than asked for only loses more in a burst.
			_ = udp.SetReadBuffer(readBuffer)
			return udp, tcp, nil
		}
		err = errors.Join(fmt.Errorf("listen on TCP: %w", err), udp.Close())
		if at.Port != 0 {
			break
		}
	}
	return nil, nil, err
}

// Addr is where clients are served, over UDP and TCP alike, with the real port.
func (s *Server) Addr() netip.AddrPort {
	return unmap(s.datagrams.LocalAddr().(*net.UDPAddr).AddrPort())
}

// Allocations is how many allocations live now.
func (s *Server) Allocations() int { return len(s.table.all()) }

// Run serves clients until ctx is done or Close is called, then ends all
// allocations and returns when everything has stopped; nil unless it could not
// start. It may be called once; after Close it returns nil at once, for whoever
// starts it in a goroutine cannot know which of the two comes first.
func (s *Server) Run(ctx context.Context) error {
	if !s.started.CompareAndSwap(false, true) {
		select {
		case <-s.quit:
			return nil
		default:
			return ErrStarted
		}
	}
	defer close(s.done)
	library, err := pion.NewServer(s.libraryConfig())
	if err != nil {
		return errors.Join(fmt.Errorf("turn: start: %w", err), s.closeSockets())
	}
	s.cfg.Logger.Info("TURN server runs")
	ticker := time.NewTicker(newsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.keepHouse()
			continue
		case <-ctx.Done():
		case <-s.quit:
		}
		break
	}
	err = library.Close()
	// The library does not say when its goroutines are gone. These three are the
	// last that each kind of them does.
	<-s.datagrams.ended
	<-s.frames.ended
	s.relays.Wait()
	s.cfg.Logger.Info("TURN server has stopped")
	if err != nil {
		return fmt.Errorf("turn: stop: %w", err)
	}
	return nil
}

// Close stops the server and returns when Run has; without Run it closes the sockets.
func (s *Server) Close() error {
	s.quitNow.Do(func() { close(s.quit) })
	if s.started.CompareAndSwap(false, true) {
		defer close(s.done)
		return s.closeSockets()
	}
	<-s.done
	return nil
}

func (s *Server) closeSockets() error {
	return errors.Join(s.datagrams.Close(), s.frames.Close())
}

// Revoke ends the live allocations of user in call, or of everybody in call if
// user is empty, at once, and refuses the credentials that have been issued for
// them so far. Credentials issued later, with the TTL of [Config.CredentialTTL],
// are accepted again; as expiries are whole seconds, one that is issued within
// the same second is not.
func (s *Server) Revoke(call, user string) {
	now := time.Now()
	p := pair{call, user}
	s.revoked.add(p, now, time.Unix(now.Add(s.cfg.CredentialTTL).Unix(), 0))
	for _, a := range s.table.of(p) {
		a.end()
		if a.line.hangUp != nil {
			a.line.hangUp() // its writer may be waiting for a client who does not read
		}
	}
}

func (s *Server) libraryConfig() pion.ServerConfig {
	return pion.ServerConfig{
		PacketConnConfigs: []pion.PacketConnConfig{{
			PacketConn:            s.datagrams,
			RelayAddressGenerator: generator{s, UDP},
			PermissionHandler:     s.permit,
		}},
		ListenerConfigs: []pion.ListenerConfig{{
			Listener:              s.frames,
			RelayAddressGenerator: generator{s, TCP},
			PermissionHandler:     s.permit,
		}},
		LoggerFactory: libraryLogger{s.cfg.Logger},
		Realm:         s.cfg.Realm,
		AuthHandler:   s.authenticate,
		QuotaHandler:  s.withinQuota,
		EventHandler: pion.EventHandler{
			OnAuth:              s.authenticated,
			OnAllocationCreated: s.created,
			OnChannelCreated:    s.channelBound,
			OnChannelDeleted:    s.channelGone,
		},
		PermissionTimeout:   permissionLifetime,
		StrictAddressFamily: s.relays4 != nil,
	}
}

// keepHouse tells what has been relayed, forgets idle users and looks for new
// addresses of this machine.
func (s *Server) keepHouse() {
	news := map[Transport]Relayed{}
	for _, a := range s.table.all() {
		n, sum := a.news(), news[a.transport]
		sum.Transport = a.transport
		sum.BytesToPeers += n.BytesToPeers
		sum.BytesToClient += n.BytesToClient
		news[a.transport] = sum
	}
	for _, n := range news {
		if n.BytesToPeers+n.BytesToClient > 0 {
			s.cfg.Events(n)
		}
	}
	s.table.forgetUsers(time.Now())
	if err := s.policy.refresh(); err != nil {
		s.cfg.Logger.Warn("TURN server keeps its old list of own addresses", "err", err)
	}
}
