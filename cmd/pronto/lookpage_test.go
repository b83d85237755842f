package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// readyAt answers as a ready server does whose clock is so far off.
func readyAt(off time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
		_, _ = io.WriteString(w, "ready\n")
	})
}

// looked is what the doctor says of a page, of each thing.
func looked(t *testing.T, page string, roots *x509.CertPool) map[string]diagnosis {
	t.Helper()
	said := map[string]diagnosis{}
	for _, d := range lookAtPageTrusting(t.Context(), config{PublicURL: page}, roots) {
		said[d.Check] = d
	}
	return said
}

func TestTheDoctorComparesTheClocks(t *testing.T) {
	for name, c := range map[string]struct {
		off  time.Duration
		want diagnosis
	}{
		"slow by a minute":  {-time.Minute, diagnosis{State: ill}},
		"fast by a minute":  {time.Minute, diagnosis{State: ill}},
		"right to a second": {-time.Second, diagnosis{}}, // tokens forgive that: nothing is said
	} {
		page := httptest.NewServer(readyAt(c.off))
		said := looked(t, page.URL, nil)
		page.Close()
		if d := said["public URL"]; d.State != healthy {
			t.Errorf("%s: the page: %+v", name, d)
		}
		d := said["clock of the public URL"]
		if d.State != c.want.State || d.State == ill && (!strings.Contains(d.Next, "NTP") || !strings.Contains(d.Found, "tokens will be refused")) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// certifier signs certificates, and is believed by whoever has its file.
type certifier struct {
	file string
	own  *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCertifier(t *testing.T) *certifier {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &certifier{file: filepath.Join(t.TempDir(), "roots.pem"), key: key, own: &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-365 * 24 * time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	der, err := x509.CreateCertificate(rand.Reader, a.own, a.own, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.own, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// page serves a ready server's page at https://localhost, with a certificate for a
// name that ends in so long.
func (a *certifier) page(t *testing.T, name string, left time.Duration) string {
	t.Helper()
	end := time.Now().Add(left)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: end.Add(-90 * 24 * time.Hour), NotAfter: end,
	}, a.own, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(readyAt(0))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: a.key}}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are broken off
	s.StartTLS()
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

func TestTheDoctorReadsTheCertificateAsBrowsersDo(t *testing.T) {
	known, other := newCertifier(t), newCertifier(t)
	roots := x509.NewCertPool()
	roots.AddCert(known.own)
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		by    *certifier
		host  string
		left  time.Duration
		state health
		says  string // in what was found
		next  string // in the next step
	}{
		"good for long":            {known, "localhost", 60*day + time.Hour, healthy, "60 more days", ""},
		"about to expire":          {known, "localhost", 5*day + time.Hour, doubt, "5 more days", "Renew it"},
		"expired":                  {known, "localhost", -day, ill, "expired", "Renew it"},
		"for another name":         {known, "other.example", 60 * day, ill, "other.example", "for this name"},
		"of an authority of yours": {other, "localhost", 60 * day, ill, "unknown authority", "whole chain"},
	} {
		said := looked(t, c.by.page(t, c.host, c.left), roots)
		if d := said["certificate"]; d.State != c.state || !strings.Contains(d.Found, c.says) || !strings.Contains(d.Next, c.next) || (c.next == "") != (d.Next == "") {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
