package turn

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

func TestConfigSaysWhatIsWrong(t *testing.T) {
	good := func() Config {
		return Config{
			ListenAddr: "127.0.0.1:0", PublicIPs: []netip.Addr{loopback4}, Realm: testRealm,
			Secret: testSecret, Logger: slog.New(slog.DiscardHandler),
		}
	}
	if err := good().Validate(); err != nil {
		t.Fatalf("the example is refused: %v", err)
	}
	for name, spoil := range map[string]func(*Config){
		"no port":                  func(c *Config) { c.ListenAddr = "127.0.0.1" },
		"a port out of range":      func(c *Config) { c.ListenAddr = "127.0.0.1:70000" },
		"a host by name":           func(c *Config) { c.ListenAddr = "localhost:0" },
		"no public address":        func(c *Config) { c.PublicIPs = nil },
		"an unspecified address":   func(c *Config) { c.PublicIPs = []netip.Addr{netip.IPv4Unspecified()} },
		"an invalid address":       func(c *Config) { c.PublicIPs = []netip.Addr{{}} },
		"a mapped address":         func(c *Config) { c.PublicIPs = []netip.Addr{netip.MustParseAddr("::ffff:1.2.3.4")} },
		"two of one family":        func(c *Config) { c.PublicIPs = []netip.Addr{loopback4, loopback4.Next()} },
		"no realm":                 func(c *Config) { c.Realm = "" },
		"a short secret":           func(c *Config) { c.Secret = []byte("short") },
		"a long TTL":               func(c *Config) { c.CredentialTTL = time.Hour + 1 },
		"ports of services":        func(c *Config) { c.MinPort, c.MaxPort = 80, 90 },
		"ports the wrong way":      func(c *Config) { c.MinPort, c.MaxPort = 5000, 4000 },
		"a last port alone":        func(c *Config) { c.MaxPort = 5000 },
		"a network that is none":   func(c *Config) { c.DenyPeers = []netip.Prefix{{}} },
		"a media address, no port": func(c *Config) { c.MediaAddrs = []netip.AddrPort{netip.AddrPortFrom(loopback4, 0)} },
		"a negative quota":         func(c *Config) { c.Quotas.Connections = -1 },
		"hardly any bandwidth":     func(c *Config) { c.Quotas.BitsPerSecondPerUser = 99_999 },
		"answers without end":      func(c *Config) { c.Quotas.AnswersPerSecond = 1_000_001 },
		"a negative timeout":       func(c *Config) { c.Timeouts.Idle = -1 },
		"no logger":                func(c *Config) { c.Logger = nil },
	} {
		cfg := good()
		spoil(&cfg)
		if cfg.Validate() == nil {
			t.Errorf("%s is accepted", name)
		}
		if s, err := New(cfg); err == nil {
			t.Errorf("%s: a server was made", name)
			_ = s.Close()
		}
	}
}
