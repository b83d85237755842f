package api

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"pronto/signalling/source"
)

func TestOnlyKnownProxiesSayWhereARequestComesFrom(t *testing.T) {
	s := &server{cfg: Config{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}}
	for name, c := range map[string]struct {
		remote    string
		forwarded []string
		want      string
	}{
		"no proxy":                 {"192.0.2.1:5000", nil, "192.0.2.1"},
		"a lie without a proxy":    {"192.0.2.1:5000", []string{"203.0.113.9"}, "192.0.2.1"},
		"a proxy":                  {"10.0.0.1:5000", []string{"192.0.2.1"}, "192.0.2.1"},
		"a proxy on this machine":  {"[::1]:5000", []string{"192.0.2.1"}, "192.0.2.1"},
		"a lie through a proxy":    {"10.0.0.1:5000", []string{"203.0.113.9, 192.0.2.1"}, "192.0.2.1"},
		"a lie in its own header":  {"10.0.0.1:5000", []string{"203.0.113.9", "192.0.2.1"}, "192.0.2.1"},
		"two proxies":              {"10.0.0.1:5000", []string{"203.0.113.9, 192.0.2.1, 10.0.0.2"}, "192.0.2.1"},
		"a proxy that says no one": {"10.0.0.1:5000", nil, "10.0.0.1"},
		"nonsense":                 {"10.0.0.1:5000", []string{"192.0.2.1, unknown"}, "10.0.0.1"},
		"with a port":              {"10.0.0.1:5000", []string{"192.0.2.1:6000"}, "192.0.2.1"},
		"a household":              {"[2001:db8:1:2:3::4]:5000", nil, "2001:db8:1:2::/64"},
		"IPv4 inside IPv6":         {"[::ffff:192.0.2.1]:5000", nil, "192.0.2.1"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.RemoteAddr = c.remote
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := source.Household(s.remote(humago.NewContext(nil, r, httptest.NewRecorder()))); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
