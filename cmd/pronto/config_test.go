package main

import (
	"strings"
	"testing"
)

func TestConfigurationErrorsNameTheVariable(t *testing.T) {
	for _, c := range []struct {
		name, variable string
		environ        []string
	}{
		{"not host:port", "PRONTO_LISTEN", []string{"PRONTO_LISTEN=8080"}},
		{"not a duration", "PRONTO_RING_TIMEOUT", []string{"PRONTO_RING_TIMEOUT=soon"}},
		{"too short a ring", "PRONTO_RING_TIMEOUT", []string{"PRONTO_RING_TIMEOUT=1ms"}},
		{"too long a grace", "PRONTO_GRACE", []string{"PRONTO_GRACE=1h"}},
		{"not an address", "PRONTO_PUBLIC_IPS", []string{"PRONTO_PUBLIC_IPS=here"}},
		{"not a URL", "PRONTO_PUBLIC_URL", []string{"PRONTO_PUBLIC_URL=calls.example.com"}},
		{"not a format", "PRONTO_LOG", []string{"PRONTO_LOG=xml"}},
		{"not a level", "PRONTO_LOG_LEVEL", []string{"PRONTO_LOG_LEVEL=loud"}},
		{"not a number", "PRONTO_SOCKETS_PER_ADDRESS", []string{"PRONTO_SOCKETS_PER_ADDRESS=many"}},
		{"too many workers", "PRONTO_MEDIA_WORKERS", []string{"PRONTO_MEDIA_WORKERS=65"}},
		{"ports of the system", "PRONTO_TURN_PORTS", []string{"PRONTO_TURN_PORTS=80-90"}},
		{"ports backwards", "PRONTO_TURN_PORTS", []string{"PRONTO_TURN_PORTS=50000-49152"}},
		{"one port", "PRONTO_TURN_PORTS", []string{"PRONTO_TURN_PORTS=50000"}},
		{"no port", "PRONTO_TURN_PORTS", []string{"PRONTO_TURN_PORTS=49152-70000"}},
		{"no rings", "PRONTO_RINGS_PER_MINUTE", []string{"PRONTO_RINGS_PER_MINUTE=0"}},
		{"no rings of a network", "PRONTO_RINGS_PER_NETWORK", []string{"PRONTO_RINGS_PER_NETWORK=0"}},
		{"no rings of one", "PRONTO_RINGS_PER_PAIR", []string{"PRONTO_RINGS_PER_PAIR=-1"}},
		{"too many strangers", "PRONTO_UNANSWERED_STRANGERS", []string{"PRONTO_UNANSWERED_STRANGERS=1001"}},
		{"too short a memory", "PRONTO_AUDIT_KEEP", []string{"PRONTO_AUDIT_KEEP=1h"}},
		{"too long a wait", "PRONTO_COOL_DOWN", []string{"PRONTO_COOL_DOWN=25h"}},
		{"too short a key", "PRONTO_MASTER_KEY", []string{"PRONTO_MASTER_KEY=c2hvcnQ="}},
		{"no such variable", "PRONTO_LISTNE", []string{"PRONTO_LISTNE=:80"}},
		{"a contact that is none", "PRONTO_CONTACT", []string{"PRONTO_CONTACT=ask Ana"}},
		{"a contact that runs", "PRONTO_CONTACT", []string{"PRONTO_CONTACT=javascript:alert(1)"}},
		{"complaints with a name", "PRONTO_COMPLAINTS", []string{"PRONTO_COMPLAINTS=Authority <a@authority.example>"}},
		{"terms nowhere", "PRONTO_TERMS_URL", []string{"PRONTO_TERMS_VERSION=2026-01"}},
		{"terms in the open", "PRONTO_TERMS_URL", []string{"PRONTO_TERMS_VERSION=2026-01", "PRONTO_TERMS_URL=http://example.com/terms"}},
		{"terms of another host", "PRONTO_TERMS_URL", []string{"PRONTO_TERMS_VERSION=2026-01", "PRONTO_TERMS_URL=//example.com/terms"}},
		{"terms that run", "PRONTO_TERMS_URL", []string{"PRONTO_TERMS_VERSION=2026-01", "PRONTO_TERMS_URL=javascript:alert(1)"}},
		{"terms without a version", "PRONTO_TERMS_URL", []string{"PRONTO_TERMS_URL=/terms"}},
		{"no terms that are required", "PRONTO_TERMS_REQUIRED", []string{"PRONTO_TERMS_REQUIRED=true"}},
		{"too long a version", "PRONTO_TERMS_VERSION", []string{"PRONTO_TERMS_VERSION=" + strings.Repeat("1", 65), "PRONTO_TERMS_URL=/terms"}},
		{"a version that cannot be shown", "PRONTO_TERMS_VERSION", []string{"PRONTO_TERMS_VERSION=1\n2", "PRONTO_TERMS_URL=/terms"}},
		{"a demo in public", "PRONTO_DEMO", []string{"PRONTO_DEMO=true", "PRONTO_PUBLIC_URL=https://calls.example.com"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := loadConfig(c.environ)
			if err == nil || !isConfig(err) {
				t.Fatalf("got %v, want a configuration error", err)
			}
			if !strings.Contains(err.Error(), c.variable) {
				t.Errorf("%q does not name %s", err, c.variable)
			}
			if strings.Contains(err.Error(), "c2hvcnQ") {
				t.Errorf("%q repeats a secret", err)
			}
		})
	}
}

func TestDefaultsAreValid(t *testing.T) {
	c, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Demo {
		t.Error("demo mode is on by default")
	}
	if n := c.mediaWorkers(); n < 1 || n > mostWorkers {
		t.Errorf("%d workers forward media by default", n)
	}
	if want := (portRange{49152, 65535}); c.TurnPorts != want {
		t.Errorf("TURN relays at %v by default", c.TurnPorts)
	}
	if c.Metrics != "127.0.0.1:9464" {
		t.Errorf("metrics listen on %s by default, not on loopback only", c.Metrics)
	}
}

func TestTermsAreAnAddressOrAPathOfThisServer(t *testing.T) {
	for _, at := range []string{"https://example.com/terms?of=2026", "/terms", "/j/../terms.html#top"} {
		c, err := loadConfig([]string{"PRONTO_TERMS_VERSION=2026-01", "PRONTO_TERMS_URL=" + at, "PRONTO_TERMS_REQUIRED=true"})
		if err != nil || c.TermsURL != at || !c.TermsNeeded {
			t.Errorf("%s: %v, %+v", at, err, c.TermsURL)
		}
	}
}

func TestADemoInPublicCanBeForced(t *testing.T) {
	if _, err := loadConfig([]string{"PRONTO_DEMO=true", "PRONTO_PUBLIC_URL=https://calls.example.com", "PRONTO_DEMO_FORCE=true"}); err != nil {
		t.Error(err)
	}
}

func TestEveryVariableIsExplained(t *testing.T) {
	for _, v := range variables() {
		if !strings.HasPrefix(v.Name, "PRONTO_") || !strings.HasSuffix(v.Help, ".") {
			t.Errorf("%s (%s): %q", v.Name, v.field, v.Help)
		}
	}
}
