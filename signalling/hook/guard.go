package hook

import (
	"errors"
	"net/netip"
	"syscall"
)

// ErrInside means that a name led to an address that is not of the open
// internet.
var ErrInside = errors.New("the address is inside a private network")

// inside are special-purpose networks (IANA's registries, RFC 6890) that
// netip's own questions leave out.
var inside = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carriers' NAT (RFC 6598)
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
	netip.MustParsePrefix("64:ff9b::/96"),    // NAT64: an IPv4 address in disguise
	netip.MustParsePrefix("64:ff9b:1::/48"),  // local NAT64
	netip.MustParsePrefix("100::/64"),        // discard
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4: an IPv4 address in disguise
	netip.MustParsePrefix("fec0::/10"),       // site-local, once
}

// Outside tells whether an address is of the open internet.
func Outside(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsValid() || a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false // loopback, link-local, multicast and unspecified are no global unicast
	}
	for _, p := range inside {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// dialOutside is a [net.Dialer]'s Control: it looks at the address that is
// really dialled, after the name was resolved, so that a name which answers
// differently the second time leads nowhere either.
func dialOutside(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !Outside(ap.Addr()) {
		return ErrInside
	}
	return nil
}
