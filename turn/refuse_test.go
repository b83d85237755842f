package turn

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// atOnce is how soon a refusal must come; under the race detector on a busy machine.
const atOnce = 50 * time.Millisecond

func TestRelaysOverTCPAreRefusedAtOnce(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		s := start(t, nil)
		c := dialRaw(t, s, network, issue(t, "call", "ana"))
		c.challenge()
		for name, ask := range map[string]func() *stun.Message{
			"Allocate": func() *stun.Message { return c.signed(stun.MethodAllocate, transportTCP) },
			"Connect": func() *stun.Message {
				return c.signed(stun.MethodConnect, peerAddr(netip.MustParseAddrPort("127.0.0.9:9999")))
			},
			"ConnectionBind": func() *stun.Message {
				return c.signed(stun.MethodConnectionBind, raw{stun.AttrConnectionID, []byte{1, 2, 3, 4}})
			},
		} {
			best := patience
			for range 3 { // the best of three: others use this machine too
				begun := time.Now()
				code := codeOf(ask())
				best = min(best, time.Since(begun))
				if want := map[bool]int{true: 442, false: 400}[name == "Allocate"]; code != want {
					t.Errorf("%s: %s was answered %d, want %d", network, name, code, want)
				}
			}
			if best > atOnce {
				t.Errorf("%s: %s was answered after %v", network, name, best)
			}
		}
		if n := s.Allocations(); n != 0 {
			t.Errorf("%s: there are %d allocations", network, n)
		}
		c.mustAllocate()
		if code := codeOf(c.signed(stun.MethodConnect, peerAddr(netip.MustParseAddrPort("127.0.0.9:9999")))); code != 400 {
			t.Errorf("%s: Connect on an allocation was answered %d, want 400", network, code)
		}
	}
}

func TestAFamilyWithoutPublicAddressIsRefused(t *testing.T) {
	s := start(t, nil)
	c := dialRaw(t, s, "udp", issue(t, "call", "ana"))
	if _, code := c.allocate(familyV6); code != 440 {
		t.Errorf("a relay on IPv6 was answered %d, want 440", code)
	}
	six := start(t, func(c *Config) { c.PublicIPs = []netip.Addr{loopback6}; c.ListenAddr = "[::1]:0" })
	conn, err := net.Dial("udp", six.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c = &rawClient{t: t, conn: conn, cred: issue(t, "call", "ana"), realm: testRealm}
	if _, code := c.allocate(raw{stun.AttrRequestedAddressFamily, []byte{1, 0, 0, 0}}); code != 440 {
		t.Errorf("a relay on IPv4 was answered %d, want 440", code)
	}
	if relayed := c.mustAllocate(); relayed.Addr() != loopback6 {
		t.Errorf("relayed address %s, want one of %s", relayed, loopback6)
	}
}

func TestWhatTheServerDoesNotGrantIsAnswered(t *testing.T) {
	s := start(t, nil)
	c := dialRaw(t, s, "udp", issue(t, "call", "ana"))
	peer := peerAddr(netip.MustParseAddrPort("8.8.8.8:5000"))
	for _, tt := range []struct {
		name   string
		method stun.Method
		attrs  []stun.Setter
		want   int
	}{
		{"Refresh without an allocation", stun.MethodRefresh, nil, 437},
		{"CreatePermission without an allocation", stun.MethodCreatePermission, []stun.Setter{peer}, 437},
		{"ChannelBind without an allocation", stun.MethodChannelBind, []stun.Setter{channel(0x4000), peer}, 437},
		{"a lifetime of a second", stun.MethodAllocate, []stun.Setter{transportUDP, lifetime(time.Second)}, 400},
		{"an even port and the next", stun.MethodAllocate, []stun.Setter{transportUDP, raw{stun.AttrEvenPort, []byte{0x80}}}, 508},
		{"a reserved port", stun.MethodAllocate, []stun.Setter{transportUDP, raw{stun.AttrReservationToken, []byte("12345678")}}, 508},
		{"an allocation", stun.MethodAllocate, []stun.Setter{transportUDP}, 0},
		{"a second allocation", stun.MethodAllocate, []stun.Setter{transportUDP}, 437},
		{"a refresh for a second", stun.MethodRefresh, []stun.Setter{lifetime(time.Second)}, 400},
		{"a refresh for ten minutes", stun.MethodRefresh, []stun.Setter{lifetime(10 * time.Minute)}, 0},
		{"the end of it", stun.MethodRefresh, []stun.Setter{lifetime(0)}, 0},
		{"a refresh after the end", stun.MethodRefresh, nil, 437},
		{"an even port", stun.MethodAllocate, []stun.Setter{transportUDP, raw{stun.AttrEvenPort, []byte{0}}}, 0},
	} {
		if code := codeOf(c.signed(tt.method, tt.attrs...)); code != tt.want {
			t.Errorf("%s was answered %d, want %d", tt.name, code, tt.want)
		}
	}
}

func TestNonsenseIsNotAnswered(t *testing.T) {
	s := start(t, nil)
	c := dialRaw(t, s, "udp", issue(t, "call", "ana"))
	response, err := stun.Build(stun.TransactionID, stun.BindingSuccess)
	if err != nil {
		t.Fatal(err)
	}
	unknown, err := stun.Build(stun.TransactionID, stun.NewType(stun.Method(0xee), stun.ClassRequest))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{
		{}, {0}, {0x40, 0, 0, 0}, make([]byte, 20), make([]byte, 1600), response.Raw, unknown.Raw,
		append([]byte("GET / HTTP/1.1\r\n\r\n"), make([]byte, 100)...),
	} {
		c.send(b)
	}
	c.indicate(netip.MustParseAddrPort("127.0.0.1:5000"), []byte("x"))
	c.channelData(0x4000, []byte("x"))
	// The next message that comes must be the answer to the last question.
	question, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	if err != nil {
		t.Fatal(err)
	}
	c.send(question.Raw)
	answer := &stun.Message{Raw: c.read(patience)}
	if err := answer.Decode(); err != nil || answer.TransactionID != question.TransactionID {
		t.Errorf("something else was answered: %v, %v", answer, err)
	}
}
