package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// selfSigned writes a certificate that vouches for itself, and its key.
func selfSigned(t *testing.T, dir string, serial int64, names ...string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

// trusting is a client that believes the certificates in pem only, and comes to
// address whatever name it asks for. It does not follow redirects.
func trusting(t *testing.T, roots []byte, address string) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(roots) {
		t.Fatal("no root certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	if address != "" {
		dialer := &net.Dialer{}
		transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func TestACertificateFromFilesServesThePage(t *testing.T) {
	dir := t.TempDir()
	cert, key := selfSigned(t, dir, 1, "127.0.0.1", "localhost")
	roots, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	plain := freePort(t)
	server := startProcess(t, t.TempDir(), freePort(t),
		"PRONTO_TLS=file", "PRONTO_TLS_CERT="+cert, "PRONTO_TLS_KEY="+key, "PRONTO_HTTP_LISTEN="+plain)
	if !strings.HasPrefix(server.page, "https://") {
		t.Fatalf("the page is at %s", server.page)
	}
	response, err := trusting(t, roots, "").Get(server.page + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.ProtoMajor != 2 || response.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("it answered HTTP/%d with Strict-Transport-Security %q", response.ProtoMajor, response.Header.Get("Strict-Transport-Security"))
	}
	if response, err = trusting(t, roots, "").Get("http://" + plain + "/j/abc?x=1"); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(server.page, "https://"))
	if want := "https://127.0.0.1:" + port + "/j/abc?x=1"; response.StatusCode != http.StatusPermanentRedirect || response.Header.Get("Location") != want {
		t.Errorf("who comes without TLS is told %s %s", response.Status, response.Header.Get("Location"))
	}
}

func TestARenewedCertificateIsTakenUpAndABrokenOneIsNot(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		cert, key := selfSigned(t, dir, 1, "localhost")
		files, err := openCertFile(cert, key, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		serial := func() int64 {
			c, err := files.get(nil)
			if err != nil {
				t.Fatal(err)
			}
			return c.Leaf.SerialNumber.Int64()
		}
		later := func() { // files of this test are written at one time of its own clock
			time.Sleep(certRecheck)
			if err := os.Chtimes(cert, time.Now(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if serial() != 1 {
			t.Error("the first certificate is not served")
		}
		selfSigned(t, dir, 2, "localhost")
		later()
		if serial() != 2 {
			t.Error("the renewed certificate is not served")
		}
		if err := os.WriteFile(cert, []byte("half a certif"), 0o600); err != nil {
			t.Fatal(err)
		}
		later()
		if serial() != 2 {
			t.Error("the old certificate did not stay")
		}
	})
}

func TestOnlyReadingIsLedToTLS(t *testing.T) {
	for _, test := range []struct {
		listen, method, url string
		status              int
		location            string
	}{
		{":443", http.MethodGet, "http://calls.example.com/", http.StatusPermanentRedirect, "https://calls.example.com/"},
		{":443", http.MethodHead, "http://calls.example.com:80/j/abc", http.StatusPermanentRedirect, "https://calls.example.com/j/abc"},
		{":8443", http.MethodGet, "http://[::1]:8080/a?b=c", http.StatusPermanentRedirect, "https://[::1]:8443/a?b=c"},
		{":443", http.MethodPost, "http://calls.example.com/v1/links", http.StatusForbidden, ""},
	} {
		answer := httptest.NewRecorder()
		leadToTLS(test.listen).ServeHTTP(answer, httptest.NewRequest(test.method, test.url, nil))
		if got := answer.Result(); got.StatusCode != test.status || got.Header.Get("Location") != test.location {
			t.Errorf("%s %s: %s to %q", test.method, test.url, got.Status, got.Header.Get("Location"))
		}
	}
}

func TestSettingsOfTLSThatMakeNoSense(t *testing.T) {
	dir := t.TempDir()
	cert, key := selfSigned(t, dir, 1, "localhost")
	for _, test := range []struct{ variable, environment string }{
		{"PRONTO_TLS", "PRONTO_TLS=on"},
		{"PRONTO_TLS", "PRONTO_TLS=file PRONTO_TLS_CERT=" + cert},
		{"PRONTO_TLS", "PRONTO_TLS=acme"},
		{"PRONTO_TLS", "PRONTO_TLS=acme PRONTO_PUBLIC_URL=http://calls.example.com"},
		{"PRONTO_TLS", "PRONTO_TLS=acme PRONTO_PUBLIC_URL=https://203.0.113.7"},
		{"PRONTO_ACME_DIRECTORY", "PRONTO_TLS=acme PRONTO_PUBLIC_URL=https://calls.example.com PRONTO_ACME_DIRECTORY=http://acme.example.com"},
		{"PRONTO_HTTP_LISTEN", "PRONTO_HTTP_LISTEN=:80"},
		{"PRONTO_HTTP_LISTEN", "PRONTO_HTTP_LISTEN=80 PRONTO_TLS=file PRONTO_TLS_CERT=" + cert + " PRONTO_TLS_KEY=" + key},
	} {
		_, err := loadConfig(strings.Fields(test.environment))
		if err == nil || !isConfig(err) || !strings.HasPrefix(err.Error(), test.variable+" ") {
			t.Errorf("%s: %v", test.environment, err)
		}
	}
	for _, environment := range []string{
		"PRONTO_TLS=file PRONTO_TLS_CERT=" + cert + " PRONTO_TLS_KEY=" + cert,
		"PRONTO_TLS=file PRONTO_TLS_CERT=" + filepath.Join(dir, "none") + " PRONTO_TLS_KEY=" + key,
		"PRONTO_TLS=acme PRONTO_PUBLIC_URL=https://calls.example.com PRONTO_ACME_ROOTS=" + key,
	} {
		cfg, err := loadConfig(strings.Fields(environment))
		if err != nil {
			t.Errorf("%s: %v", environment, err)
			continue
		}
		if _, err := cfg.secure(slog.New(slog.DiscardHandler)); err == nil || !isConfig(err) {
			t.Errorf("%s: %v", environment, err)
		}
	}
}

// body reads an answer whole.
func body(t *testing.T, response *http.Response) []byte {
	t.Helper()
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
