package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// The ways to a certificate, as PRONTO_TLS names them.
const (
	tlsOff  = "off"
	tlsFile = "file"
	tlsACME = "acme"
)

// checkTLS says which variable of the certificate is wrong.
func (c config) checkTLS() error {
	switch c.TLS {
	case tlsOff:
	case tlsFile:
		if c.TLSCert == "" || c.TLSKey == "" {
			return badVariable("PRONTO_TLS", "is file, but PRONTO_TLS_CERT or PRONTO_TLS_KEY is empty")
		}
	case tlsACME:
		if c.acmeHost() == "" {
			return badVariable("PRONTO_TLS", "is acme, which needs PRONTO_PUBLIC_URL with https:// and a host name, not an address")
		}
		if u, err := url.Parse(c.ACME); err != nil || u.Scheme != "https" || u.Host == "" {
			return badVariable("PRONTO_ACME_DIRECTORY", "is %q, not an address such as https://acme.example.com/directory", c.ACME)
		}
	default:
		return badVariable("PRONTO_TLS", "is %q, none of off, file and acme", c.TLS)
	}
	if c.HTTP == "off" {
		return nil
	}
	if c.TLS == tlsOff {
		return badVariable("PRONTO_HTTP_LISTEN", "is %q, but without PRONTO_TLS there is nothing to lead people to", c.HTTP)
	}
	if _, _, err := net.SplitHostPort(c.HTTP); err != nil {
		return badVariable("PRONTO_HTTP_LISTEN", "is %q, not host:port: %v", c.HTTP, err)
	}
	return nil
}

// acmeHost is the name that a certificate is asked for; empty if there is none
// that one could be had for.
func (c config) acmeHost() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Scheme != "https" || net.ParseIP(u.Hostname()) != nil || !strings.Contains(u.Hostname(), ".") {
		return ""
	}
	return u.Hostname()
}

// secured is how a server is reached by TLS.
type secured struct {
	// config is nil where a proxy in front has the certificate.
	config *tls.Config
	// plain answers whoever comes without TLS: a certificate authority that
	// checks the name (RFC 8555, section 8.3), and people, who are led on.
	plain http.Handler
}

// secure finds the server's certificate, or who gives it one.
func (c config) secure(log *slog.Logger) (secured, error) {
	lead := leadToTLS(c.Listen)
	switch c.TLS {
	case tlsFile:
		files, err := openCertFile(c.TLSCert, c.TLSKey, log)
		if err != nil {
			return secured{}, badVariable("PRONTO_TLS_CERT", "and PRONTO_TLS_KEY cannot be used: %v", err)
		}
		return secured{&tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: files.get}, lead}, nil
	case tlsACME:
		client, err := c.acmeClient()
		if err != nil {
			return secured{}, err
		}
		manager := &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(c.acmeHost()), Email: c.ACMEMail, Client: client,
			Cache: autocert.DirCache(filepath.Join(c.Data, "acme")),
		}
		settings := manager.TLSConfig()
		settings.MinVersion = tls.VersionTLS12
		return secured{settings, manager.HTTPHandler(lead)}, nil
	}
	return secured{}, nil
}

// acmeClient speaks with the certificate authority (RFC 8555).
func (c config) acmeClient() (*acme.Client, error) {
	client := &acme.Client{DirectoryURL: c.ACME, UserAgent: "pronto"}
	if c.ACMERoots == "" {
		return client, nil
	}
	pem, err := os.ReadFile(c.ACMERoots)
	if err != nil {
		return nil, badVariable("PRONTO_ACME_ROOTS", "cannot be read: %v", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, badVariable("PRONTO_ACME_ROOTS", "has no certificate as PEM")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	client.HTTPClient = &http.Client{Transport: transport}
	return client, nil
}

// leadToTLS answers each GET and HEAD with the same address under https, at the
// port of listen. Other requests may have a body that was meant to be secret:
// they fail, so that their senders notice.
func leadToTLS(listen string) http.Handler {
	_, port, _ := net.SplitHostPort(listen) // checked before
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "use https", http.StatusForbidden)
			return
		}
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if port != "443" && port != "https" {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), http.StatusPermanentRedirect)
	})
}

// strictTransport tells browsers to come by TLS only from now on (RFC 6797).
func strictTransport(next http.Handler) http.Handler {
	const year = "max-age=31536000"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", year)
		next.ServeHTTP(w, r)
	})
}

// errNoCertificate says that the first certificate has not been had yet.
var errNoCertificate = errors.New("no certificate")

// certify asks for the certificate before anybody needs it, so that a mistake
// is in the log at the start and not at the first visitor's.
func (c config) certify(settings *tls.Config) error {
	hello := &tls.ClientHelloInfo{
		ServerName: c.acmeHost(), SupportedVersions: []uint16{tls.VersionTLS13},
		SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256},
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	}
	if _, err := settings.GetCertificate(hello); err != nil {
		return fmt.Errorf("%w for PRONTO_PUBLIC_URL: %w", errNoCertificate, err)
	}
	return nil
}
