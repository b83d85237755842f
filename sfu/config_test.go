package sfu

import (
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
)

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	good := Config{Conn: conn, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(*Config){
		"Conn":      func(c *Config) { c.Conn = nil },
		"Logger":    func(c *Config) { c.Logger = nil },
		"nobody":    func(c *Config) { c.PublicIPs = []netip.Addr{netip.IPv4Unspecified()} },
		"negative":  func(c *Config) { c.Limits.SSRCs = -1 },
		"UplinkBps": func(c *Config) { c.Limits.UplinkBps = 5 },
		"duration":  func(c *Config) { c.Limits.FailedAfter = -1 },
	} {
		c := good
		spoil(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAnUnspecifiedAddressAnnouncesThoseOfTheMachine(t *testing.T) {
	conn, err := net.ListenUDP("udp", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	addrs, err := announced(conn, nil)
	if err != nil {
		t.Fatal(err)
	}
	loopback := false
	for _, a := range addrs {
		loopback = loopback || a.Addr() == netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if a.Addr().IsUnspecified() || a.Port() == 0 {
			t.Errorf("%v is announced", a)
		}
	}
	if !loopback {
		t.Error("loopback is not announced")
	}
	public, err := announced(conn, []netip.Addr{netip.MustParseAddr("203.0.113.7")})
	if err != nil || len(public) != 1 || public[0].Addr().String() != "203.0.113.7" {
		t.Errorf("public: %v, %v", public, err)
	}
}
