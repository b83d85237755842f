package sfu

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// renewAfter is how old a certificate may be for a new connection; it is valid for a month.
const renewAfter = 7 * 24 * time.Hour

// certificates makes the certificate of this side of DTLS: one for all connections, so that nobody waits for one. Clients
// know it by its fingerprint, which they are told by signalling, and by nothing else.
type certificates struct {
	mu      sync.Mutex // guards what follows
	current *webrtc.Certificate
	made    time.Time
}

// get returns a certificate that is valid for some weeks.
func (c *certificates) get(now time.Time) (webrtc.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != nil && now.Sub(c.made) < renewAfter {
		return *c.current, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	made, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return webrtc.Certificate{}, fmt.Errorf("make a certificate: %w", err)
	}
	c.current, c.made = made, now
	return *made, nil
}
