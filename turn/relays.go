package turn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"time"

	pion "github.com/pion/turn/v5"
)

// portTries is how many ports are tried for one relay. With that many in a row
// taken the server is as good as full.
const portTries = 128

var (
	errNoRelayOverTCP = errors.New("turn: no relays over TCP")
	errNoUser         = errors.New("turn: a relay without a user")
	errNoFamily       = errors.New("turn: no relays of this address family")
	errQuota          = errors.New("turn: the user has too many allocations")
)

// relayRange is where the relays of one address family live.
type relayRange struct {
	network   string     // udp4 or udp6
	announced netip.Addr // what clients are told
	bound     netip.Addr // what sockets listen on
	min, max  uint16
}

// newRelayRange finds out whether this machine has the announced address. If not,
// it is the outside of a NAT, and relays listen on all addresses.
func newRelayRange(announced netip.Addr, minPort, maxPort uint16) (*relayRange, error) {
	r := &relayRange{network: "udp6", announced: announced, bound: announced, min: minPort, max: maxPort}
	if announced.Is4() {
		r.network = "udp4"
	}
	probe, err := r.listen(0)
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		r.bound = netip.IPv6Unspecified()
		if announced.Is4() {
			r.bound = netip.IPv4Unspecified()
		}
		probe, err = r.listen(0)
	}
	if err != nil {
		return nil, fmt.Errorf("listen for relays: %w", err)
	}
	return r, probe.Close()
}

func (r *relayRange) listen(port uint16) (*net.UDPConn, error) {
	return net.ListenUDP(r.network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.bound, port)))
}

// open binds a free port, chosen so that nobody can predict it; an even one if even.
func (r *relayRange) open(even bool) (*net.UDPConn, uint16, error) {
	span := int(r.max) - int(r.min) + 1
	first := rand.IntN(span)
	for i := range min(span, portTries) {
		port := r.min + uint16((first+i)%span)
		if even && port%2 != 0 {
			continue
		}
		conn, err := r.listen(port)
		if err == nil {
			return conn, port, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, 0, fmt.Errorf("open relay: %w", err)
		}
	}
	return nil, 0, errors.New("open relay: no free port")
}

// generator opens relays for the clients of one transport.
type generator struct {
	server    *Server
	transport Transport
}

// Validate implements [pion.RelayAddressGenerator].
func (g generator) Validate() error { return nil }

// AllocateListener refuses relays over TCP (RFC 6062).
func (g generator) AllocateListener(pion.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoRelayOverTCP
}

// AllocateConn refuses relays over TCP (RFC 6062).
func (g generator) AllocateConn(pion.AllocateConnConfig) (net.Conn, error) {
	return nil, errNoRelayOverTCP
}

// AllocatePacketConn opens a relay. Without a user it is EVEN-PORT that asks: the
// library opens and closes sockets until one is even, and then asks for that port.
func (g generator) AllocatePacketConn(conf pion.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	family := g.server.relays4
	if conf.Network == "udp6" {
		family = g.server.relays6
	}
	if family == nil {
		return nil, nil, errNoFamily
	}
	if conf.UserID == "" {
		conn, port, err := family.open(true)
		if err != nil {
			return nil, nil, err
		}
		return conn, net.UDPAddrFromAddrPort(netip.AddrPortFrom(family.announced, port)), nil
	}
	p, ok := pairOf(conf.UserID)
	if !ok {
		return nil, nil, errNoUser
	}
	r, err := g.server.open(g.transport, p, family, uint16(conf.RequestedPort))
	if err != nil {
		return nil, nil, err
	}
	return r, net.UDPAddrFromAddrPort(r.announced), nil
}

// open makes an allocation's relay and its record. A port of 0 means any.
func (s *Server) open(t Transport, p pair, family *relayRange, port uint16) (*relayConn, error) {
	now := time.Now()
	owner := s.table.reserve(p.user, s.cfg.Quotas.AllocationsPerUser, s.cfg.Quotas.BitsPerSecondPerUser)
	if owner == nil {
		s.refused(t, ReasonQuota)
		return nil, errQuota
	}
	var conn *net.UDPConn
	var err error
	if port != 0 {
		conn, err = family.listen(port)
	} else {
		conn, port, err = family.open(false)
	}
	if err != nil {
		s.table.giveBack(owner, now)
		s.refused(t, ReasonCapacity)
		return nil, err
	}
	a := &allocation{
		transport:   t,
		pair:        p,
		owner:       owner,
		conn:        conn,
		bound:       family.bound,
		announced:   netip.AddrPortFrom(family.announced, port),
		opened:      now,
		line:        new(line), // until it is bound
		permissions: make(map[netip.Addr]time.Time),
		channels:    make(map[uint16]struct{}),
	}
	a.extend(now.Add(minLifetime - lifetimeMargin)) // until the response says how long
	s.relays.Add(1)
	s.table.add(a)
	return &relayConn{allocation: a, server: s}, nil
}
