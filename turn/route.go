package turn

import (
	"net"
	"net/netip"
	"time"
)

// relayAt is the allocation whose relay a datagram to or from at would meet on
// this machine, nil if none.
func (s *Server) relayAt(at netip.AddrPort) *allocation {
	if !s.policy.isOwn(at.Addr()) {
		return nil
	}
	a := s.table.atPort(at)
	if a == nil || a.announced.Addr() != at.Addr() && a.bound != at.Addr() && !a.bound.IsUnspecified() {
		return nil
	}
	return a
}

// mayTalk reports whether two relays may exchange datagrams: those of two users
// of one call, who both hide their addresses. Between the relays of one user it
// would be a loop, and across calls a way to reach people who did not agree to it.
func mayTalk(a, b *allocation) bool {
	return a.pair.call == b.pair.call && a.pair.user != b.pair.user
}

// toPeer decides about a datagram from a's client to the peer at, and says where
// to send it: the relay of a companion is reached directly, also behind a NAT that
// does not turn packets around.
func (s *Server) toPeer(a *allocation, at netip.AddrPort) (netip.AddrPort, bool) {
	other := s.relayAt(at)
	if other == nil {
		return at, s.policy.allows(at)
	}
	to := other.bound
	if to.IsUnspecified() {
		to = loopbackOf(to)
	}
	return netip.AddrPortFrom(to, at.Port()), mayTalk(a, other)
}

// fromPeer decides about a datagram that has come from at to a's relay, and says
// as whose it is passed on: that of a companion as from its announced address.
func (s *Server) fromPeer(a *allocation, at netip.AddrPort) (netip.AddrPort, bool) {
	other := s.relayAt(at)
	if other == nil {
		return at, s.policy.allows(at)
	}
	return other.announced, mayTalk(a, other)
}

// permit decides about a permission (RFC 8656, section 9), where the peer's port
// does not count. It is the library's [pion.PermissionHandler].
func (s *Server) permit(src net.Addr, ip net.IP) bool {
	a := s.table.ofClient(clientOf(src))
	peer, ok := netip.AddrFromSlice(ip)
	if a == nil || !ok {
		return false
	}
	peer = peer.Unmap()
	if !s.policy.allowsAddr(peer) && !s.table.hasCompanion(a, peer) {
		s.refused(a.transport, ReasonPeerDenied)
		return false
	}
	if !a.takesPermission(peer, s.cfg.Quotas.PermissionsPerAllocation, time.Now()) {
		s.refused(a.transport, ReasonQuota)
		return false
	}
	return true
}

// overRate tells that a user's datagrams are being dropped, at most once a second.
func (s *Server) overRate(a *allocation, now time.Time) {
	last := a.owner.complained.Load()
	if now.UnixNano()-last >= int64(time.Second) && a.owner.complained.CompareAndSwap(last, now.UnixNano()) {
		s.refused(a.transport, ReasonBandwidth)
	}
}

// clientOf names the client behind an address of the library's.
func clientOf(addr net.Addr) client {
	switch addr := addr.(type) {
	case *net.UDPAddr:
		return client{UDP, unmap(addr.AddrPort())}
	case *net.TCPAddr:
		return client{TCP, unmap(addr.AddrPort())}
	}
	return client{}
}

func loopbackOf(unspecified netip.Addr) netip.Addr {
	if unspecified.Is4() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}
