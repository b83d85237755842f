package turn

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	pion "github.com/pion/turn/v5"

	"pronto/turn/credential"
)

// dialClient allocates with the library's own client and returns its relay.
func dialClient(t *testing.T, s running, network string, cred credential.Credential) net.PacketConn {
	t.Helper()
	var conn net.PacketConn
	if network == "tcp" {
		conn = pion.NewSTUNConn(dialTCP(t, s))
	} else {
		udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = udp.Close() })
		conn = udp
	}
	client, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: s.Addr().String(), TURNServerAddr: s.Addr().String(),
		Username: cred.Username, Password: cred.Password, Realm: testRealm,
		Conn: conn, LoggerFactory: libraryLogger{s.cfg.Logger},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relay, err := client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	return relay
}

// exchange sends from one relay to the other until it arrives, and returns as
// from whom.
func exchange(t *testing.T, from, to net.PacketConn, payload []byte) net.Addr {
	t.Helper()
	buf := make([]byte, 2048)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if _, err := from.WriteTo(payload, to.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if err := to.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, addr, err := to.ReadFrom(buf)
		if err == nil && bytes.Equal(buf[:n], payload) {
			return addr
		}
	}
	t.Fatalf("nothing arrived within %v", patience)
	return nil
}

func TestTwoUsersOfOneCallMeetRelayToRelay(t *testing.T) {
	for name, public := range map[string]string{
		"with a public address of its own": "127.0.0.1",
		"behind a NAT":                     "203.0.113.5",
	} {
		for _, network := range []string{"udp", "tcp"} {
			s := start(t, func(c *Config) { c.PublicIPs = []netip.Addr{netip.MustParseAddr(public)} })
			ana := dialClient(t, s, network, issue(t, "call", "ana"))
			bia := dialClient(t, s, "udp", issue(t, "call", "bia"))
			// Each opens the way for the other, as ICE does.
			if _, err := bia.WriteTo([]byte("open"), ana.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			if from := exchange(t, ana, bia, []byte("hello")); from.String() != ana.LocalAddr().String() {
				t.Errorf("%s, %s: heard from %s, want %s", name, network, from, ana.LocalAddr())
			}
			if from := exchange(t, bia, ana, bytes.Repeat([]byte("x"), 1200)); from.String() != bia.LocalAddr().String() {
				t.Errorf("%s, %s: heard from %s, want %s", name, network, from, bia.LocalAddr())
			}
		}
	}
}

func TestRelaysOfDifferentCallsDoNotMeet(t *testing.T) {
	// Private peers are allowed here: that must not open other people's relays.
	for _, private := range []bool{false, true} {
		s := start(t, func(c *Config) { c.AllowPrivatePeers = private })
		ana, bia := issue(t, "call", "ana"), issue(t, "other", "bia")
		a, b := dialRaw(t, s, "udp", ana), dialRaw(t, s, "udp", bia)
		relayA, relayB := a.mustAllocate(), b.mustAllocate()
		codeA, codeB := a.permission(relayB), b.permission(relayA)
		if refused := codeA == 403 && codeB == 403; refused == private {
			t.Errorf("private peers %v: permissions were answered %d and %d", private, codeA, codeB)
		}
		a.indicate(relayB, []byte("hello"))
		// Were it sent by other ways, it would not be taken as from a peer either.
		if _, ok := s.fromPeer(s.relayAt(relayB), relayA); ok {
			t.Errorf("private peers %v: a datagram from the relay of another call is passed on", private)
		}
		// The same user twice would be a loop.
		twin := dialRaw(t, s, "udp", ana)
		relayTwin := twin.mustAllocate()
		if refused := a.permission(relayTwin) == 403; refused == private {
			t.Errorf("private peers %v: a permission for one's own other relay, refused %v", private, refused)
		}
		twin.permission(relayA)
		a.indicate(relayTwin, []byte("hello"))
		if code := codeOf(a.signed(stun.MethodRefresh)); code != 0 {
			t.Fatal(code)
		}
		for _, c := range []*rawClient{b, twin} {
			if m := c.read(50 * time.Millisecond); m != nil {
				t.Errorf("private peers %v: a client heard % x", private, m)
			}
		}
	}
}

func TestOnlyTheMediaPortOfThisMachineIsReached(t *testing.T) {
	media, at := peerSocket(t)
	other, elsewhere := peerSocket(t)
	s := start(t, func(c *Config) { c.MediaAddrs = []netip.AddrPort{at} })
	c := dialRaw(t, s, "udp", issue(t, "call", "ana"))
	relayed := c.mustAllocate()
	if code := c.bindChannel(0x4000, at); code != 0 {
		t.Fatalf("a channel to the SFU was answered %d", code)
	}
	// The permission is for the address; the port is looked at for each datagram.
	c.indicate(elsewhere, []byte("to another service"))
	c.indicate(netip.AddrPortFrom(at.Addr(), 53), []byte("to another service"))
	c.channelData(0x4000, []byte("to the SFU"))
	if got, from := hears(t, media, patience); got != "to the SFU" || from != relayed {
		t.Errorf("the SFU heard %q from %s", got, from)
	}
	if got, _ := hears(t, other, 50*time.Millisecond); got != "" {
		t.Errorf("another service heard %q", got)
	}
	// And back: the SFU's datagram arrives, though another's was sent before it.
	if _, err := other.WriteToUDPAddrPort([]byte("from another service"), relayed); err != nil {
		t.Fatal(err)
	}
	if _, err := media.WriteToUDPAddrPort([]byte("from the SFU"), relayed); err != nil {
		t.Fatal(err)
	}
	if got := c.read(patience); !bytes.Contains(got, []byte("from the SFU")) {
		t.Errorf("the client heard %q", got)
	}
	if code := codeOf(c.signed(stun.MethodRefresh, lifetime(0))); code != 0 {
		t.Fatal(code)
	}
	eventually(t, "the end is told", func() bool { return len(s.all()) == 3 })
	events := s.all()
	closed, ok := events[2].(AllocationClosed)
	if !ok || events[0] != (AllocationOpened{UDP}) || events[1] != (Relayed{UDP, 10, 12}) ||
		closed.Transport != UDP || closed.BytesToPeers != 10 || closed.BytesToClient != 12 || closed.Duration <= 0 {
		t.Errorf("events %+v", events)
	}
}

func TestAUserRelaysNoMoreThanHisRate(t *testing.T) {
	const bps = 1_600_000 // 200 kB a second, and 64 kB at once
	s := start(t, func(c *Config) {
		c.AllowPrivatePeers = true
		c.Quotas.BitsPerSecondPerUser = bps
	})
	peer, at := peerSocket(t)
	c := dialRaw(t, s, "udp", issue(t, "call", "ana"))
	relayed := c.mustAllocate()
	if code := c.bindChannel(0x4000, at); code != 0 {
		t.Fatal(code)
	}
	payload := make([]byte, 1000)
	begun := time.Now()
	for sent := 0; time.Since(begun) < time.Second; sent++ { // several times the rate, up and down
		c.channelData(0x4000, payload)
		if _, err := peer.WriteToUDPAddrPort(payload, relayed); err != nil {
			t.Fatal(err)
		}
		if sent%8 == 0 {
			runtime.Gosched()
		}
	}
	if code := codeOf(c.signed(stun.MethodRefresh)); code != 0 { // all has been handled by now
		t.Fatal(code)
	}
	a := s.relayAt(relayed)
	limit := uint64(time.Since(begun).Seconds()*bps/8*1.1) + 64<<10
	for direction, relayedBytes := range map[string]uint64{"to peers": a.toPeers.Load(), "to the client": a.toClient.Load()} {
		if relayedBytes > limit || relayedBytes < 64<<10 {
			t.Errorf("%s: %d bytes in %v, want 65536 to %d", direction, relayedBytes, time.Since(begun), limit)
		}
	}
	if n := s.count(AllocationRefused{UDP, ReasonBandwidth}); n < 1 || n > 3 {
		t.Errorf("%d events tell of it, want one a second", n)
	}
	s.keepHouse()
	found := false
	for _, e := range s.all() {
		if r, ok := e.(Relayed); ok && r.BytesToPeers > 0 && r.BytesToClient > 0 {
			found = true
		}
	}
	if !found {
		t.Error("nothing tells how much was relayed while the allocation lives")
	}
}

// The library's reader of a deleted relay would delete whatever allocation its
// client has by then.
func TestAClientMayAllocateAgainAtOnce(t *testing.T) {
	s := start(t, nil)
	for _, network := range []string{"udp", "tcp"} {
		c := dialRaw(t, s, network, issue(t, "call", "ana"))
		for i := range 200 {
			c.mustAllocate()
			if code := codeOf(c.signed(stun.MethodRefresh)); code != 0 {
				t.Fatalf("%s: refreshing allocation %d was answered %d", network, i, code)
			}
			if code := codeOf(c.signed(stun.MethodRefresh, lifetime(0))); code != 0 {
				t.Fatalf("%s: ending allocation %d was answered %d", network, i, code)
			}
		}
	}
	eventually(t, "no allocation is left", func() bool { return s.Allocations() == 0 })
}
