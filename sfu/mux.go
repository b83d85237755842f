package sfu

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
)

// mux shares one socket among all peers. It names one local address for each
// address family: ICE needs one to hear on, whichever it is, and each more would cost
// every peer a goroutine. What clients are told is made by [candidates].
type mux struct {
	*ice.UDPMuxDefault
	listen []net.Addr
}

// GetListenAddresses implements [ice.UDPMux].
func (m mux) GetListenAddresses() []net.Addr { return m.listen }

func newMux(conn net.PacketConn) mux {
	local := conn.LocalAddr().(*net.UDPAddr) // Config.Validate has looked
	m := mux{
		UDPMuxDefault: ice.NewUDPMuxDefault(ice.UDPMuxParams{
			UDPConn: conn,
			Logger:  silentLogs().NewLogger("ice"),
		}),
		listen: []net.Addr{local},
	}
	if local.IP.IsUnspecified() {
		m.listen = []net.Addr{&net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: local.Port}}
		if local.IP.To4() == nil {
			m.listen = append(m.listen, &net.UDPAddr{IP: net.IPv6loopback, Port: local.Port})
		}
	}
	return m
}

// announced returns the addresses that clients are told.
func announced(conn net.PacketConn, public []netip.Addr) ([]netip.AddrPort, error) {
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	addr, port := local.Addr().Unmap(), local.Port()
	ips := public
	switch {
	case len(ips) > 0:
	case !addr.IsUnspecified():
		ips = []netip.Addr{addr}
	default:
		var err error
		if ips, err = interfaceAddrs(addr.Is4()); err != nil {
			return nil, err
		}
	}
	addrs := make([]netip.AddrPort, len(ips))
	for i, ip := range ips {
		addrs[i] = netip.AddrPortFrom(ip.Unmap(), port)
	}
	return addrs, nil
}

// interfaceAddrs returns the addresses of this machine but link-local ones.
func interfaceAddrs(only4 bool) ([]netip.Addr, error) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list the addresses of this machine: %w", err)
	}
	var ips []netip.Addr
	for _, a := range all {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		ip := prefix.Addr().Unmap()
		if ip.IsLinkLocalUnicast() || ip.IsMulticast() || only4 && !ip.Is4() {
			continue
		}
		ips = append(ips, ip)
	}
	return ips, nil
}

// candidates returns the lines of an answer that announce host candidates
// (RFC 8839, section 5.1), the first with the highest priority.
func candidates(addrs []netip.AddrPort) []string {
	const hostPreference = 126 << 24 // RFC 8445, section 5.1.2.1
	lines := make([]string, 0, len(addrs)+1)
	for i, a := range addrs {
		priority := hostPreference | max(0, 65535-i)<<8 | (256 - 1)
		lines = append(lines, fmt.Sprintf("a=candidate:%d 1 udp %d %s %d typ host",
			i+1, priority, a.Addr(), a.Port()))
	}
	return append(lines, "a=end-of-candidates")
}
