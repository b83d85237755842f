package enrol

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mailServer is a small submission server (RFC 5321, 3207, 4954) with a
// certificate for 127.0.0.1.
type mailServer struct {
	address  string
	trust    *tls.Config
	cert     tls.Certificate
	noTLS    bool   // does not offer STARTTLS
	answer   string // to RCPT, if not empty
	listener net.Listener

	mu    sync.Mutex
	lines []string // what it was told, with "TLS" where encryption began
	mail  string
}

func startMail(t *testing.T, change func(*mailServer)) *mailServer {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // for its certificate
	lender.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(lender.Certificate())
	m := &mailServer{address: l.Addr().String(), trust: &tls.Config{RootCAs: roots}, cert: lender.TLS.Certificates[0], listener: l}
	change(m)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			m.serve(conn)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return m
}

func (m *mailServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(conn)
	say := func(text string) { fmt.Fprintf(conn, "%s\r\n", text) }
	say("220 mail.test")
	secure := false
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		m.note(line)
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		switch verb {
		case "EHLO":
			say("250-mail.test")
			if !secure && !m.noTLS {
				say("250-STARTTLS")
			}
			if secure {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go on")
			upgraded := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{m.cert}})
			if upgraded.Handshake() != nil {
				return
			}
			conn, in, secure = upgraded, bufio.NewReader(upgraded), true
			m.note("TLS")
		case "AUTH":
			say("235 welcome")
		case "RCPT":
			if m.answer != "" {
				say(m.answer)
				continue
			}
			say("250 fine")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(line)
			}
			m.mu.Lock()
			m.mail = text.String()
			m.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 fine")
		}
	}
}

func (m *mailServer) note(line string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lines = append(m.lines, line)
}

func (m *mailServer) heard() (lines, mail string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.lines, "\n"), m.mail
}

func (m *mailServer) sender() SMTP {
	return SMTP{Address: m.address, From: "calls@example.com", User: "pronto", Password: "hush", TLS: m.trust}
}

var message = Message{To: Address{Email, "ana@example.org"}, Code: "123456", For: 10 * time.Minute}

func TestACodeIsMailedEncryptedAndSignedIn(t *testing.T) {
	m := startMail(t, func(*mailServer) {})
	if err := m.sender().Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	lines, mail := m.heard()
	open, secure, ok := strings.Cut(lines, "\nTLS\n")
	if !ok || strings.Contains(open, "AUTH") || strings.Contains(open, "RCPT") {
		t.Errorf("before encryption it was told %q", open)
	}
	auth := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00pronto\x00hush"))
	for _, want := range []string{auth, "MAIL FROM:<calls@example.com>", "RCPT TO:<ana@example.org>"} {
		if !strings.Contains(secure, want) {
			t.Errorf("it was not told %q but %q", want, secure)
		}
	}
	header, body, _ := strings.Cut(mail, "\r\n\r\n")
	for _, want := range []string{"To: ana@example.org\r\n", "From: calls@example.com\r\n", "Date: ", "Message-ID: <"} {
		if !strings.Contains(header, want) {
			t.Errorf("the header has no %q: %q", want, header)
		}
	}
	if strings.Contains(header, message.Code) || !strings.Contains(body, message.Code) || !strings.Contains(body, "10 minutes") {
		t.Errorf("the mail is %q", mail)
	}
}

func TestNothingIsMailedWhereItCouldBeRead(t *testing.T) {
	for name, m := range map[string]*mailServer{
		"no encryption":         startMail(t, func(m *mailServer) { m.noTLS = true }),
		"an unknown authority":  startMail(t, func(m *mailServer) { m.trust = nil }),
		"an address it refuses": startMail(t, func(m *mailServer) { m.answer = "550 no ana@example.org here" }),
	} {
		err := m.sender().Send(t.Context(), message)
		if err == nil {
			t.Errorf("%s: it was sent", name)
			continue
		}
		if strings.Contains(err.Error(), "ana") || strings.Contains(err.Error(), message.Code) {
			t.Errorf("%s: the error is %q", name, err)
		}
		lines, mail := m.heard()
		if mail != "" || strings.Contains(lines, "AUTH") && name != "an address it refuses" {
			t.Errorf("%s: it was told %q %q", name, lines, mail)
		}
	}
}

func TestMailGoesToMailAddressesAndEndsInTime(t *testing.T) {
	s := SMTP{Address: "127.0.0.1:1", From: "calls@example.com"}
	if err := s.Send(t.Context(), Message{To: Address{Phone, "+3906123456"}}); err != ErrKind {
		t.Errorf("a phone number: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts and never speaks
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s.Address = l.Addr().String()
	if err := s.Send(ctx, message); err == nil {
		t.Error("it was sent to nobody")
	}
}
