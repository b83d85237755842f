package udp_test

import (
	"bytes"
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

func FuzzCheck(f *testing.F) {
	f.Add(check(f, "secret"))
	f.Add([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, ok := udp.ParseCheck(b)
		if ok && (len(c.Fragment()) > len(b) || c.Proves("a password that nobody guesses")) {
			t.Fatal("nobody made this check")
		}
	})
}
