package enrol

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// sendWithin is how long a sender may take.
const sendWithin = 15 * time.Second

// SMTP sends codes as e-mail (RFC 5321) through a submission server, always
// encrypted by STARTTLS (RFC 3207): one that does not offer it gets nothing.
type SMTP struct {
	// Address is the server's host:port; 587 is usual.
	Address string
	// From is the sender's e-mail address.
	From string
	// User and Password sign in (RFC 4954, PLAIN); empty does not.
	User, Password string
	// TLS is for tests; nil trusts the system's authorities.
	TLS *tls.Config
}

// Validate says what is wrong.
func (s SMTP) Validate() error {
	if _, _, err := net.SplitHostPort(s.Address); err != nil {
		return fmt.Errorf("the SMTP server is not host:port: %w", err)
	}
	if _, err := ParseEmail(s.From); err != nil {
		return fmt.Errorf("the e-mail sender: %w", err)
	}
	if (s.User == "") != (s.Password == "") {
		return errors.New("the SMTP user and password go together")
	}
	return nil
}

// Send implements [Sender].
func (s SMTP) Send(ctx context.Context, m Message) error {
	if m.To.Kind != Email {
		return ErrKind
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return errors.New("send a code: the SMTP server cannot be reached")
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if err := s.deliver(conn, m); err != nil {
		return fmt.Errorf("send a code: %s", withoutAddress(err))
	}
	return nil
}

func (s SMTP) deliver(conn net.Conn, m Message) error {
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		return err
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if ok, _ := c.Extension("STARTTLS"); !ok {
		return errNoTLS
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		config = s.TLS.Clone()
	}
	config.ServerName = host
	if err := c.StartTLS(config); err != nil {
		return err
	}
	if s.User != "" {
		if err := c.Auth(smtp.PlainAuth("", s.User, s.Password, host)); err != nil {
			return err
		}
	}
	if err := c.Mail(s.From); err != nil {
		return err
	}
	if err := c.Rcpt(m.To.Text); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(s.text(m, time.Now())); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.Quit()
}

// text is the message (RFC 5322). The subject is without the code, because
// subjects are shown on locked screens.
func (s SMTP) text(m Message, now time.Time) []byte {
	_, domain, _ := strings.Cut(s.From, "@")
	var b bytes.Buffer
	for _, line := range []string{
		"From: " + s.From,
		"To: " + m.To.Text,
		"Subject: Your sign-in code",
		"Date: " + now.UTC().Format(time.RFC1123Z),
		"Message-ID: <" + rand.Text() + "@" + domain + ">",
		"Auto-Submitted: auto-generated", // RFC 3834: no out-of-office replies
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"",
		"Your sign-in code is " + m.Code + ".",
		"",
		fmt.Sprintf("It is good once, for %d minutes. If you did not ask for it, somebody has", int(m.For.Minutes())),
		"mistyped an address: do nothing, and give the code to nobody.",
	} {
		b.WriteString(line + "\r\n")
	}
	return b.Bytes()
}

// errNoTLS means that a server would take the code in the open.
var errNoTLS = errors.New("the SMTP server does not offer STARTTLS")

// withoutAddress is the error of an SMTP conversation without the server's words,
// which may repeat the address.
func withoutAddress(err error) string {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Sprintf("the SMTP server answered %d", reply.Code)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the SMTP server's certificate is not valid"
	}
	if errors.Is(err, errNoTLS) {
		return errNoTLS.Error()
	}
	return "the conversation with the SMTP server broke off"
}
