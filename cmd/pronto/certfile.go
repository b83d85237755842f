package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certRecheck is how old what is known of the certificate's files may be. Who
// renews the certificate need not restart the server.
const certRecheck = 10 * time.Second

// certFile is a certificate that lies in files, and is read again when they change.
type certFile struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex // guards what follows
	current *tls.Certificate
	changed [2]time.Time // of the files that current was read from
	checked time.Time
}

// openCertFile reads a certificate and its key, both as PEM.
func openCertFile(cert, key string, log *slog.Logger) (*certFile, error) {
	c := &certFile{cert: cert, key: key, log: log}
	return c, c.read(time.Now())
}

// get is for [tls.Config.GetCertificate]. Files that are broken, or half
// written, leave the certificate that was there before.
func (c *certFile) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= certRecheck {
		if err := c.read(now); err != nil {
			c.log.Error("the new certificate cannot be used; the old one stays", "err", err)
		}
	}
	return c.current, nil
}

// read reads the files if they have changed.
func (c *certFile) read(now time.Time) error {
	c.checked = now
	var changed [2]time.Time
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("find the certificate: %w", err)
		}
		changed[i] = info.ModTime()
	}
	if c.current != nil && changed == c.changed {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("read the certificate: %w", err)
	}
	c.current, c.changed = &pair, changed
	return nil
}
