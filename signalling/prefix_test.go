package signalling_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"

	"pronto/signalling/call"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// The network that counts is the one that a known proxy names, not the proxy's; who
// comes from this machine itself is not counted.
func TestRingsAreCountedByTheNetworkThatTheSocketComesFrom(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{
		Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Limits:  call.Limits{Rings: 100, PairRings: 100, PrefixRings: 2, Strangers: 1000},
	})
	signIn(t, s, "bia", "phone")
	from := func(user wire.UserID, address string) *page {
		header := http.Header{}
		if address != "" {
			header.Set("X-Forwarded-For", "203.0.113.77, "+address) // the first is the client's own invention
		}
		p := connectVia(t, s, header)
		ask[wire.Welcome](p, "hello", wire.Hello{Token: s.Token(t, user), Device: "phone"})
		return p
	}
	ring := wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}
	for i, address := range []string{"192.0.2.1", "192.0.2.200", "198.51.100.1", "2001:db8::1", "2001:db8::2", "", "", ""} {
		ask[wire.CallState](from(wire.UserID(fmt.Sprint("caller", i)), address), "ring", ring)
	}
	for i, address := range []string{"192.0.2.3", "2001:db8::ffff"} {
		if p := refused(from(wire.UserID(fmt.Sprint("spam", i)), address), "ring", ring); p.Code != wire.CodeRateLimited || p.RetryAfterMs == 0 {
			t.Errorf("from %s: %+v", address, p)
		}
	}
}
