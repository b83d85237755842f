package turn

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
)

// minPeerPort keeps relays away from the ports where machines offer services.
const minPeerPort = 1024

// peerPolicy decides by address alone whom anybody may relay to. Which relays of
// this server may talk to each other is for [Server] to add.
type peerPolicy struct {
	// Set by newPeerPolicy.
	allowPrivate bool
	deny         []netip.Prefix
	media        map[netip.AddrPort]struct{}
	mediaIPs     map[netip.Addr]struct{}
	mediaPorts   map[uint16]struct{} // of media sockets on every own address
	public       []netip.Addr
	listenPort   uint16

	own atomic.Pointer[map[netip.Addr]struct{}] // replaced whole by refresh
}

func newPeerPolicy(cfg Config, listenPort uint16) (*peerPolicy, error) {
	p := &peerPolicy{
		allowPrivate: cfg.AllowPrivatePeers,
		deny:         cfg.DenyPeers,
		media:        make(map[netip.AddrPort]struct{}),
		mediaIPs:     make(map[netip.Addr]struct{}),
		mediaPorts:   make(map[uint16]struct{}),
		public:       cfg.PublicIPs,
		listenPort:   listenPort,
	}
	for _, m := range cfg.MediaAddrs {
		if m.Addr().IsUnspecified() {
			p.mediaPorts[m.Port()] = struct{}{}
			continue
		}
		m = unmap(m)
		p.media[m] = struct{}{}
		p.mediaIPs[m.Addr()] = struct{}{}
	}
	return p, p.refresh()
}

// refresh reads this machine's addresses anew. They change when an interface comes up.
func (p *peerPolicy) refresh() error {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("read own addresses: %w", err)
	}
	own := make(map[netip.Addr]struct{}, len(addrs)+len(p.public))
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			own[prefix.Addr().Unmap().WithZone("")] = struct{}{}
		}
	}
	for _, ip := range p.public {
		own[ip] = struct{}{}
	}
	p.own.Store(&own)
	return nil
}

// isOwn reports whether a packet to addr stays on this machine.
func (p *peerPolicy) isOwn(addr netip.Addr) bool {
	_, ok := (*p.own.Load())[addr]
	return ok || addr.IsLoopback() || addr.IsUnspecified()
}

// isMedia reports whether at is a media socket of the SFU.
func (p *peerPolicy) isMedia(at netip.AddrPort) bool {
	if _, ok := p.media[at]; ok {
		return true
	}
	_, ok := p.mediaPorts[at.Port()]
	return ok && p.isOwn(at.Addr())
}

// hasMedia reports whether any media socket of the SFU has this address.
func (p *peerPolicy) hasMedia(addr netip.Addr) bool {
	if _, ok := p.mediaIPs[addr]; ok {
		return true
	}
	return len(p.mediaPorts) > 0 && p.isOwn(addr)
}

// allowsAddr decides about an address whose port is not known yet: a permission
// (RFC 8656, section 9). addr is unmapped.
func (p *peerPolicy) allowsAddr(addr netip.Addr) bool {
	return p.hasMedia(addr) || p.allowsStranger(addr)
}

// allows decides about one datagram, in either direction. at is unmapped.
func (p *peerPolicy) allows(at netip.AddrPort) bool {
	if p.isMedia(at) {
		return true
	}
	if at.Port() < minPeerPort {
		return false
	}
	if at.Port() == p.listenPort && p.isOwn(at.Addr()) {
		return false // a relay that allocates at its own server is a loop
	}
	return p.allowsStranger(at.Addr())
}

// allowsStranger decides about an address that is not the SFU's.
func (p *peerPolicy) allowsStranger(addr netip.Addr) bool {
	if addr.Zone() != "" {
		return false
	}
	inner, n := embedded(addr)
	if n == 0 {
		return p.allowsNative(addr)
	}
	if contains(p.deny, addr) {
		return false
	}
	for _, a := range inner[:n] {
		if p.isOwn(a) || !p.allowsNative(a) {
			return false
		}
	}
	return true
}

func (p *peerPolicy) allowsNative(addr netip.Addr) bool {
	if contains(p.deny, addr) {
		return false
	}
	if p.isOwn(addr) {
		return p.allowPrivate && !contains(linkNets, addr) && !addr.IsUnspecified() && !addr.IsMulticast()
	}
	return global(addr, p.allowPrivate)
}

// unmap turns an IPv4-mapped address into the IPv4 address that it is.
func unmap(at netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
