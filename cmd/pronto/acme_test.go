package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// pebble is the certificate authority that Let's Encrypt has for such tests.
const pebble = "github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.3"

func TestACertificateIsHadFromAnAuthority(t *testing.T) {
	const name = "calls.pronto.test"
	listen := freePort(t)
	ca := startAuthority(t, listen)
	dir := t.TempDir()
	server := startProcess(t, dir, listen, "PRONTO_DEMO=false", "PRONTO_TLS=acme", "PRONTO_PUBLIC_URL=https://"+name,
		"PRONTO_ACME_DIRECTORY="+ca.directory, "PRONTO_ACME_ROOTS="+ca.certificate)
	visit := trusting(t, ca.root(t), listen)
	deadline := time.Now().Add(time.Minute)
	for {
		response, err := visit.Get("https://" + name + "/livez")
		if err == nil {
			if got := string(body(t, response)); got != "alive\n" {
				t.Errorf("the server answers %q", got)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no certificate: %v\n%s", err, server.log())
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, err := os.Stat(filepath.Join(dir, "acme", name)); err != nil {
		t.Errorf("the certificate is not kept: %v", err)
	}
	if _, err := trusting(t, ca.root(t), listen).Get("https://other.pronto.test/livez"); err == nil {
		t.Error("a certificate was had for a name that is not the server's")
	}
}

// authority is a certificate authority of the test's own.
type authority struct {
	directory   string // address, for clients
	certificate string // file that its own address is checked by
	management  string // address, for the test
}

// startAuthority runs an authority that finds every name on this machine, and
// checks it at the port of listen.
func startAuthority(t *testing.T, listen string) authority {
	t.Helper()
	dir := t.TempDir()
	install := exec.Command("go", "install", pebble)
	install.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("install %s: %v\n%s", pebble, err, out)
	}
	cert, key := selfSigned(t, dir, 1, "127.0.0.1")
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		t.Fatal(err)
	}
	tlsPort, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	clients, management := freePort(t), freePort(t)
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": clients, "managementListenAddress": management, "certificate": cert, "privateKey": key,
		"httpPort": 1, "tlsPort": tlsPort, "profiles": map[string]any{"default": map[string]any{"validityPeriod": 86400}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, settings, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(dir, "pebble"), "-config", file, "-dnsserver", namesHere(t))
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // so that what it said is whole
		if t.Failed() {
			t.Logf("the authority said %s", said.String())
		}
	})
	a := authority{directory: "https://" + clients + "/dir", certificate: cert, management: "https://" + management}
	deadline := time.Now().Add(30 * time.Second)
	for {
		response, err := a.client(t).Get(a.directory)
		if err == nil {
			response.Body.Close()
			return a
		}
		if time.Now().After(deadline) {
			t.Fatalf("the authority does not answer: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// client speaks with the authority itself.
func (a authority) client(t *testing.T) *http.Client {
	t.Helper()
	roots, err := os.ReadFile(a.certificate)
	if err != nil {
		t.Fatal(err)
	}
	return trusting(t, roots, "")
}

// root is the certificate that the authority signs by.
func (a authority) root(t *testing.T) []byte {
	t.Helper()
	response, err := a.client(t).Get(a.management + "/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	return body(t, response)
}

// namesHere is a name server, by TCP as the authority asks (RFC 7766), for which
// every name has the address 127.0.0.1, and nothing else is known of any.
func namesHere(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var asking sync.WaitGroup
	asking.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			asking.Go(func() {
				defer conn.Close()
				_ = answerNames(conn) // who asks asks again
			})
		}
	})
	t.Cleanup(func() { l.Close(); asking.Wait() })
	return l.Addr().String()
}

// answerNames answers the questions of one connection until it is closed.
func answerNames(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return err
		}
		packet := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, packet); err != nil {
			return err
		}
		answer, err := nameAnswer(packet)
		if err != nil {
			return err
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return err
		}
	}
}

// nameAnswer answers one question.
func nameAnswer(packet []byte) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil {
		return nil, err
	}
	m.Response, m.Authoritative = true, true
	m.Additionals = nil
	for _, q := range m.Questions {
		if q.Type == dnsmessage.TypeA {
			header := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}})
		}
	}
	return m.Pack()
}
