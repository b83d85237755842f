package turn

import "net/netip"

// Special-purpose networks that are never a peer (IANA special-purpose address
// registries, RFC 6890), by whether AllowPrivatePeers lifts the refusal.
var (
	privateNets = prefixes(
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // RFC 1918
		"100.64.0.0/10", // shared by carriers, RFC 6598
		"127.0.0.0/8", "::1/128",
		"fc00::/7", // unique local, RFC 4193
	)
	// forbiddenNets win over privateNets.
	forbiddenNets = prefixes(
		"0.0.0.0/8",
		"169.254.0.0/16",  // link-local, where clouds serve their metadata
		"192.0.0.0/24",    // IETF protocol assignments
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // 6to4 relays
		"198.18.0.0/15",   // benchmarks
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, and broadcast
		"fe80::/10",       // link-local
		"fec0::/10",       // site-local
		"ff00::/8",        // multicast
		"2001::/23",       // IETF protocol assignments, without Teredo, which is reduced before
		"2001:db8::/32",   // documentation
		"3fff::/20",       // documentation, RFC 9637
		"100::/64",        // discard, RFC 6666
		// Metadata services of clouds that live inside private networks.
		"100.100.100.200/32", "fd00:ec2::/32",
	)
	// globalV6 is what IANA has given out as global unicast; all else is refused.
	globalV6 = netip.MustParsePrefix("2000::/3")
	linkNets = prefixes("169.254.0.0/16", "fe80::/10")
)

// Networks of IPv6 that carry an IPv4 address inside.
var (
	compatibleNet = netip.MustParsePrefix("::/96")
	translatedNet = netip.MustParsePrefix("::ffff:0:0:0/96") // RFC 2765
	nat64Net      = netip.MustParsePrefix("64:ff9b::/96")    // RFC 6052
	localNAT64Net = netip.MustParsePrefix("64:ff9b:1::/48")  // RFC 8215
	teredoNet     = netip.MustParsePrefix("2001::/32")       // RFC 4380
	sixToFourNet  = netip.MustParsePrefix("2002::/16")       // RFC 3056
)

// embedded returns the IPv4 addresses at which a packet to addr may come out of a
// translator or tunnel; n is 0 when addr is native. IPv4-mapped addresses are for
// the caller to unmap.
func embedded(addr netip.Addr) (inner [2]netip.Addr, n int) {
	if !addr.Is6() {
		return inner, 0
	}
	b := addr.As16()
	last := netip.AddrFrom4([4]byte(b[12:16]))
	switch {
	case addr == netip.IPv6Loopback():
		return inner, 0
	case compatibleNet.Contains(addr), translatedNet.Contains(addr), nat64Net.Contains(addr):
		inner[0], n = last, 1
	case localNAT64Net.Contains(addr):
		// Where in the address IPv4 sits is for that network to choose (RFC 6052,
		// section 2.2), so both places must be fit.
		inner[0], inner[1], n = last, netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}), 2
	case sixToFourNet.Contains(addr):
		inner[0], n = netip.AddrFrom4([4]byte(b[2:6])), 1
	case teredoNet.Contains(addr):
		// The server's address, and the client's with its bits turned.
		inner[0] = netip.AddrFrom4([4]byte(b[4:8]))
		inner[1] = netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})
		n = 2
	}
	return inner, n
}

// global reports whether a native, unmapped address may be a peer, as far as its
// number alone tells.
func global(addr netip.Addr, allowPrivate bool) bool {
	if contains(forbiddenNets, addr) {
		return false
	}
	if contains(privateNets, addr) {
		return allowPrivate
	}
	return addr.Is4() || globalV6.Contains(addr)
}

func contains(nets []netip.Prefix, addr netip.Addr) bool {
	for _, p := range nets {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

func prefixes(list ...string) []netip.Prefix {
	nets := make([]netip.Prefix, len(list))
	for i, s := range list {
		nets[i] = netip.MustParsePrefix(s)
	}
	return nets
}
