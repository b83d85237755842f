package turn

import (
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"pgregory.net/rapid"
)

// neverPeers are addresses that nobody may relay to, in every spelling that has
// been used to get around a list of denied networks.
var neverPeers = strings.Fields(`127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 172.16.0.1 172.31.255.255
	192.168.0.1 100.64.0.1 169.254.169.254 192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.1
	203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
	::1 :: ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
	64:ff9b:1::a00:1 64:ff9b:1:7f00:0:100:808:808 2002:7f00:1::1 2002:a00:1::1 2001:0:7f00:1::1 2001:0:808:808::80ff:fffe
	fe80::1 fe80::1%lo fc00::1 fd00:ec2::254 fec0::1 ff02::1 2001:db8::1 2001:2::1 2001:10::1 100::1 3fff::1
	4000::1 5f00::1 ::ffff:10.0.0.1`)

func testPolicy(t testing.TB, change func(*Config)) *peerPolicy {
	t.Helper()
	cfg := Config{PublicIPs: []netip.Addr{netip.MustParseAddr("5.6.7.8")}, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	p, err := newPeerPolicy(cfg, 3478)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSpecialAddressesAreNoPeersInAnySpelling(t *testing.T) {
	p := testPolicy(t, nil)
	for _, s := range neverPeers {
		addr := netip.MustParseAddr(s).Unmap()
		if p.allowsAddr(addr) || p.allows(netip.AddrPortFrom(addr, 5000)) {
			t.Errorf("%s is allowed", s)
		}
	}
}

func TestPublicAddressesArePeers(t *testing.T) {
	p := testPolicy(t, nil)
	for _, s := range strings.Fields(`8.8.8.8 1.1.1.1 172.32.0.1 100.128.0.1 11.0.0.1 169.253.0.1 198.20.0.1
		2606:4700::1111 64:ff9b::808:808 ::ffff:8.8.8.8 2002:808:808::1 2a00::1 2001:4860::8888`) {
		addr := netip.MustParseAddr(s).Unmap()
		if !p.allowsAddr(addr) || !p.allows(netip.AddrPortFrom(addr, 1024)) {
			t.Errorf("%s is refused", s)
		}
		if p.allows(netip.AddrPortFrom(addr, 1023)) || p.allows(netip.AddrPortFrom(addr, 0)) {
			t.Errorf("%s is allowed on a port of services", s)
		}
	}
}

func TestOwnAddressesArePeersOnlyOnTheMediaPorts(t *testing.T) {
	public := netip.MustParseAddr("5.6.7.8")
	p := testPolicy(t, func(c *Config) {
		c.MediaAddrs = []netip.AddrPort{netip.AddrPortFrom(public, 7000), netip.MustParseAddrPort("10.1.2.3:443")}
	})
	own, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range own {
		addr := netip.MustParsePrefix(a.String()).Addr()
		if p.allowsAddr(addr) || p.allows(netip.AddrPortFrom(addr, 7000)) {
			t.Errorf("own address %s is allowed", addr)
		}
	}
	for at, want := range map[string]bool{
		"5.6.7.8:7000": true, "5.6.7.8:7001": false, "5.6.7.8:3478": false, "10.1.2.3:443": true, "10.1.2.3:444": false,
		"10.1.2.3:5000": false, "[64:ff9b::506:708]:7001": false,
	} {
		if got := p.allows(netip.MustParseAddrPort(at)); got != want {
			t.Errorf("%s: allowed %v, want %v", at, got, want)
		}
	}
	everywhere := testPolicy(t, func(c *Config) { c.MediaAddrs = []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:7000")} })
	if !everywhere.allows(netip.MustParseAddrPort("127.0.0.1:7000")) || everywhere.allows(netip.MustParseAddrPort("127.0.0.1:7001")) {
		t.Error("a media port on every address is not just that port on own addresses")
	}
	if everywhere.allows(netip.MustParseAddrPort("10.0.0.1:7000")) {
		t.Error("a media port on every own address opens other machines")
	}
}

func TestPrivatePeersStopShortOfLinkLocalAndMetadata(t *testing.T) {
	p := testPolicy(t, func(c *Config) {
		c.AllowPrivatePeers = true
		c.DenyPeers = []netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")}
	})
	for s, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.0.0.1": true, "192.168.1.1": true, "172.16.0.1": true, "100.64.0.1": true, "fc00::1": true,
		"10.9.1.1": false, "169.254.169.254": false, "fe80::1": false, "fd00:ec2::254": false, "100.100.100.200": false,
		"0.0.0.0": false, "::": false, "224.0.0.1": false, "255.255.255.255": false, "64:ff9b::a9fe:a9fe": false,
		"64:ff9b::7f00:1": false, "2002:a9fe:a9fe::1": false,
	} {
		addr := netip.MustParseAddr(s)
		if got := p.allowsAddr(addr) && p.allows(netip.AddrPortFrom(addr, 5000)); got != want {
			t.Errorf("%s: allowed %v, want %v", s, got, want)
		}
	}
	if p.allows(netip.MustParseAddrPort("127.0.0.1:3478")) {
		t.Error("a relay may allocate at its own server")
	}
}

// specialByBytes is a second opinion that shares nothing with the policy: octets
// and comparisons, as the registries are written.
func specialByBytes(ip net.IP) bool {
	if v4 := ip.To4(); v4 != nil {
		n := uint32(v4[0])<<24 | uint32(v4[1])<<16 | uint32(v4[2])<<8 | uint32(v4[3])
		for _, r := range [][2]uint32{
			{0, 0x00ffffff}, {0x0a000000, 0x0affffff}, {0x64400000, 0x647fffff}, {0x7f000000, 0x7fffffff},
			{0xa9fe0000, 0xa9feffff}, {0xac100000, 0xac1fffff}, {0xc0000000, 0xc00000ff}, {0xc0000200, 0xc00002ff},
			{0xc0586300, 0xc05863ff}, {0xc0a80000, 0xc0a8ffff}, {0xc6120000, 0xc613ffff}, {0xc6336400, 0xc63364ff},
			{0xcb007100, 0xcb0071ff}, {0xe0000000, 0xffffffff},
		} {
			if n >= r[0] && n <= r[1] {
				return true
			}
		}
		return false
	}
	w := func(i int) uint16 { return uint16(ip[2*i])<<8 | uint16(ip[2*i+1]) }
	v4 := func(i int) net.IP { return net.IPv4(ip[i], ip[i+1], ip[i+2], ip[i+3]) }
	zero := func(n int) bool {
		for _, b := range ip[:n] {
			if b != 0 {
				return false
			}
		}
		return true
	}
	switch {
	case zero(12), zero(8) && w(4) == 0xffff && w(5) == 0, w(0) == 0x64 && w(1) == 0xff9b && zero4to12(ip):
		return specialByBytes(v4(12))
	case w(0) == 0x64 && w(1) == 0xff9b && w(2) == 1:
		return specialByBytes(v4(12))
	case w(0) == 0x2002:
		return specialByBytes(v4(2))
	case w(0) == 0x2001 && w(1) == 0:
		return specialByBytes(v4(4)) || specialByBytes(net.IPv4(^ip[12], ^ip[13], ^ip[14], ^ip[15]))
	case w(0) == 0x2001 && w(1) == 0xdb8:
		return true
	}
	return ip[0]&0xe0 != 0x20
}

func zero4to12(ip net.IP) bool {
	for _, b := range ip[4:12] {
		if b != 0 {
			return false
		}
	}
	return true
}

func TestWhatIsAllowedIsGlobalBySecondOpinion(t *testing.T) {
	p := testPolicy(t, nil)
	prefixes := []string{"::", "::ffff:0:0", "::ffff:0:0:0", "64:ff9b::", "64:ff9b:1::", "2002::", "2001::", "2001:db8::",
		"fe80::", "fc00::", "fec0::", "ff00::", "2000::", "100::", "a9fe::"}
	bytes4 := rapid.SliceOfN(rapid.Byte(), 4, 4)
	first := rapid.OneOf(rapid.SampledFrom([]byte{0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 240, 255}), rapid.Byte())
	second := rapid.OneOf(rapid.SampledFrom([]byte{0, 16, 18, 51, 64, 88, 168, 254}), rapid.Byte())
	allowed := 0
	rapid.Check(t, func(t *rapid.T) {
		for range 200 { // of the many addresses, more for each of rapid's cases
			v4 := bytes4.Draw(t, "v4")
			v4[0], v4[1] = first.Draw(t, "first"), second.Draw(t, "second")
			addr := netip.AddrFrom4([4]byte(v4))
			if rapid.Bool().Draw(t, "v6") {
				b := netip.MustParseAddr(rapid.SampledFrom(prefixes).Draw(t, "prefix")).As16()
				if rapid.Bool().Draw(t, "random") {
					copy(b[4:], rapid.SliceOfN(rapid.Byte(), 12, 12).Draw(t, "rest"))
				}
				copy(b[rapid.SampledFrom([]int{2, 4, 6, 12}).Draw(t, "at"):], v4)
				addr = netip.AddrFrom16(b)
			}
			if !p.allowsAddr(addr.Unmap()) {
				continue
			}
			allowed++
			if specialByBytes(net.IP(addr.AsSlice())) {
				t.Fatalf("%s is allowed and special", addr)
			}
			if !net.IP(addr.AsSlice()).IsGlobalUnicast() {
				t.Fatalf("%s is allowed and not global unicast", addr)
			}
		}
	})
	if allowed == 0 {
		t.Error("nothing was allowed, so nothing was tested")
	}
}

func FuzzPeerPolicy(f *testing.F) {
	for _, s := range neverPeers {
		f.Add(netip.MustParseAddr(s).WithZone("").AsSlice(), uint16(5000))
	}
	f.Add([]byte{8, 8, 8, 8}, uint16(1023))
	f.Add([]byte{1, 2, 3}, uint16(0))
	p := testPolicy(f, nil)
	f.Fuzz(func(t *testing.T, b []byte, port uint16) {
		addr, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		if !p.allows(netip.AddrPortFrom(addr.Unmap(), port)) {
			return
		}
		if port < 1024 {
			t.Fatalf("port %d is allowed", port)
		}
		if specialByBytes(net.IP(b)) {
			t.Fatalf("%s is allowed and special", addr)
		}
	})
}

func TestNoClientGetsPermissionForSpecialAddresses(t *testing.T) {
	s := start(t, func(c *Config) {
		c.PublicIPs = []netip.Addr{loopback4, loopback6}
		c.Quotas.PermissionsPerAllocation = 1000
	})
	listener, at := peerSocket(t)
	own, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	targets := neverPeers
	for _, a := range own {
		targets = append(targets, netip.MustParsePrefix(a.String()).Addr().String())
	}
	for name, relay := range map[string]struct {
		family []stun.Setter
		public string
	}{
		"IPv4 relay": {nil, "8.8.8.8:5000"},
		"IPv6 relay": {[]stun.Setter{familyV6}, "[2606:4700::1111]:5000"},
	} {
		c := dialRaw(t, s, "udp", issue(t, "call", "ana"))
		c.mustAllocate(relay.family...)
		for i, target := range targets {
			addr := netip.MustParseAddr(target).WithZone("")
			if code := c.permission(netip.AddrPortFrom(addr, at.Port())); code != 403 && code != 443 {
				t.Errorf("%s: CreatePermission for %s was answered %d", name, target, code)
			}
			if code := c.bindChannel(0x4000+uint16(i), netip.AddrPortFrom(addr, at.Port())); code != 403 && code != 443 {
				t.Errorf("%s: ChannelBind for %s was answered %d", name, target, code)
			}
			c.indicate(netip.AddrPortFrom(addr, at.Port()), []byte("through"))
			c.channelData(0x4000+uint16(i), []byte("through"))
		}
		// Answered after all that was sent before it has been handled.
		if code := c.permission(netip.MustParseAddrPort(relay.public)); code != 0 {
			t.Errorf("%s: a permission for a public address was answered %d", name, code)
		}
		if got, from := hears(t, listener, 50*time.Millisecond); got != "" {
			t.Errorf("%s: %q arrived from %s", name, got, from)
		}
	}
	if s.count(AllocationRefused{UDP, ReasonPeerDenied}) == 0 {
		t.Error("no event tells of it")
	}
}
