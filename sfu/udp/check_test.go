package udp_test

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/pion/stun/v4"

	"pronto/sfu/udp"
)

func check(t testing.TB, password string) []byte {
	t.Helper()
	m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("here:there"),
		stun.NewSoftware("odd"), stun.NewShortTermIntegrity(password), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

func TestACheckProvesThatItsMakerKnowsThePassword(t *testing.T) {
	b := check(t, "secret")
	c, ok := udp.ParseCheck(b)
	if !ok || string(c.Fragment()) != "here" || !c.Proves("secret") || c.Proves("another") {
		t.Fatalf("%v, %q", ok, c.Fragment())
	}
	for at := range len(b) - 8 { // behind is the fingerprint
		forged := bytes.Clone(b)
		forged[at] ^= 1
		if c, ok := udp.ParseCheck(forged); ok && c.Proves("secret") {
			t.Errorf("byte %d changed and nobody minds", at)
		}
		if _, ok := udp.ParseCheck(b[:at]); ok {
			t.Errorf("%d bytes were taken for a check", at)
		}
	}
	response, err := stun.Build(stun.BindingSuccess, stun.TransactionID, stun.NewUsername("here:there"), stun.NewShortTermIntegrity("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := udp.ParseCheck(response.Raw); ok {
		t.Error("an answer was taken for a check")
	}
}

func TestAnAnswerToACheckIsOneToOthersAlso(t *testing.T) {
	m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("here:there"),
		stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.RawAttribute{Type: stun.AttrPriority, Value: make([]byte, 4)},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)},
		stun.NewShortTermIntegrity("secret"), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := udp.ParseCheck(m.Raw)
	if !ok || !c.Nominates || c.Controlled {
		t.Fatalf("%+v", c)
	}
	for _, from := range []string{"192.0.2.7:4711", "[::ffff:192.0.2.7]:4711", "[2001:db8::9]:65535"} {
		from := netip.MustParseAddrPort(from)
		b := c.Answer([]byte("before"), from, "secret")[len("before"):]
		if len(b) > udp.AnswerSize || len(b) > len(m.Raw) {
			t.Errorf("%d bytes for a check of %d", len(b), len(m.Raw))
		}
		answer := &stun.Message{Raw: b}
		if err := answer.Decode(); err != nil {
			t.Fatal(err)
		}
		var mapped stun.XORMappedAddress
		if err := mapped.GetFrom(answer); err != nil {
			t.Fatal(err)
		}
		at, _ := netip.AddrFromSlice(mapped.IP)
		if got := netip.AddrPortFrom(at.Unmap(), uint16(mapped.Port)); got != netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) {
			t.Errorf("%v, not %v", got, from)
		}
		if answer.Type != stun.BindingSuccess || answer.TransactionID != m.TransactionID {
			t.Errorf("%v", answer)
		}
		if err := stun.NewShortTermIntegrity("secret").Check(answer); err != nil {
			t.Error(err)
		}
		if err := stun.Fingerprint.Check(answer); err != nil {
			t.Error(err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(check(f, "secret"))
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, ok := udp.ParseCheck(b)
		if ok && (len(c.Fragment()) > len(b) || c.Proves("a password that nobody guesses")) {
			t.Fatal("nobody made this check")
		}
		if ok && len(c.Answer(nil, netip.MustParseAddrPort("[2001:db8::9]:9"), "secret")) > udp.AnswerSize {
			t.Fatal("the answer is longer than an answer may be")
		}
	})
}
