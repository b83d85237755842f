package turn

import (
	"bytes"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"pronto/turn/credential"
)

// syncBuffer is a log that goroutines write to.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestNoIDAndNoAddressIsLoggedEvenAtDebug(t *testing.T) {
	var log syncBuffer
	s := start(t, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Realm = testRealm
	})
	cred := issue(t, "canary-call", "canary-user")
	for _, network := range []string{"udp", "tcp"} {
		c := dialRawFrom(t, s, network, "127.0.4.2", cred)
		c.mustAllocate()
		c.permission(netip.MustParseAddrPort("10.9.8.7:5000"))
		c.permission(netip.MustParseAddrPort("8.8.4.4:5000"))
		c.bindChannel(0x4000, netip.MustParseAddrPort("8.8.4.4:5000"))
		c.bindChannel(0x4001, netip.MustParseAddrPort("8.8.4.4:5000"))
		c.signed(0x004, familyV6)
		dialRawFrom(t, s, network, "127.0.4.2", credential.Credential{Username: cred.Username, Password: "canary-word"}).allocate()
	}
	s.Revoke("canary-call", "")
	eventually(t, "all is over", func() bool { return s.Allocations() == 0 })
	logged := log.String()
	if !strings.Contains(logged, "turn library") {
		t.Error("the library said nothing, so nothing was tested")
	}
	for _, secret := range []string{"canary", "127.0.", "10.9.8.7", "8.8.4.4", cred.Password, testRealm} {
		if strings.Contains(logged, secret) {
			t.Errorf("%q is in the log:\n%s", secret, logged)
		}
	}
}
