package source_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"pronto/signalling/source"
)

func TestNetworksAreTakenTogether(t *testing.T) {
	for remote, want := range map[string]struct{ household, prefix string }{
		"192.0.2.7:5000":           {"192.0.2.7", "192.0.2.0/24"},
		"192.0.2.9":                {"192.0.2.9", "192.0.2.0/24"},
		"[::ffff:192.0.2.7]:5000":  {"192.0.2.7", "192.0.2.0/24"},
		"[2001:db8:1:2:3::4]:5000": {"2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		"[fe80::1%eth0]:5000":      {"fe80::/64", "fe80::/64"},
		"127.0.0.1:5000":           {"127.0.0.1", ""},
		"[::1]:5000":               {"::/64", ""},
		"nonsense":                 {"invalid IP", ""},
		"":                         {"invalid IP", ""},
	} {
		if got := source.Household(remote); got != want.household {
			t.Errorf("the household of %q is %q, want %q", remote, got, want.household)
		}
		if got := source.Prefix(remote); got != want.prefix {
			t.Errorf("the prefix of %q is %q, want %q", remote, got, want.prefix)
		}
	}
}

func TestOfARequestOnlyAKnownProxyIsBelieved(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for remote, want := range map[string]string{"10.0.0.1:5000": "192.0.2.1", "203.0.113.5:5000": "203.0.113.5:5000"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header.Add("X-Forwarded-For", "198.51.100.1, 192.0.2.1")
		r.Header.Add("X-Forwarded-For", "10.0.0.9")
		if got := source.OfRequest(r, proxies); got != want {
			t.Errorf("a request of %s comes from %s, want %s", remote, got, want)
		}
	}
}
