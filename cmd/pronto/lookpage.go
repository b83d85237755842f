package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling"
)

// anyCertificate is for questions to this very machine, whose certificate is
// for another name.
var anyCertificate = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}

// clockSkew is how far clocks may be apart: tokens forgive 30 s.
const clockSkew = 10 * time.Second

// lookAtPage comes to the server as people do, by its public address.
func lookAtPage(ctx context.Context, cfg config) []diagnosis {
	return lookAtPageTrusting(ctx, cfg, nil)
}

// lookAtPageTrusting believes certificates of these roots; nil are the system's.
func lookAtPageTrusting(ctx context.Context, cfg config, roots *x509.CertPool) []diagnosis {
	const check = "public URL"
	if cfg.PublicURL == "" {
		return []diagnosis{unwell(doubt, check, "Set PRONTO_PUBLIC_URL if others than you should call.", "none is set: the page is for this machine")}
	}
	at, err := url.Parse(strings.TrimSuffix(cfg.PublicURL, "/"))
	if err != nil { // loadConfig has read it
		return []diagnosis{unwell(ill, check, "Set PRONTO_PUBLIC_URL.", "%v", err)}
	}
	if _, err := net.DefaultResolver.LookupHost(ctx, at.Hostname()); err != nil {
		return []diagnosis{unwell(ill, check, "Give the name an address record that leads to this machine.", "its name leads nowhere: %v", err)}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String()+"/readyz", nil)
	if err != nil {
		return []diagnosis{unwell(ill, check, "Set PRONTO_PUBLIC_URL.", "%v", err)}
	}
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true, ForceAttemptHTTP2: true,
	}}
	answer, err := client.Do(request)
	if err != nil {
		return []diagnosis{pageProblem(check, err)}
	}
	defer answer.Body.Close()
	text, err := readSome(answer.Body)
	if err != nil || strings.TrimSpace(text) != "ready" {
		return []diagnosis{unwell(ill, check, "Have the proxy pass everything on to PRONTO_LISTEN, and look at the server's log.", "it answers %s, not as a ready server does", answer.Status)}
	}
	diagnoses := []diagnosis{well(check, "a ready server answers")}
	if answer.TLS != nil {
		diagnoses = append(diagnoses, lookAtCertificate(answer.TLS))
	} else {
		diagnoses = append(diagnoses, unwell(doubt, "certificate", "Set PRONTO_TLS, or put a TLS proxy before it.", "none: browsers give no camera to this page"))
	}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		if skew := time.Since(date).Abs(); skew > clockSkew {
			diagnoses = append(diagnoses, unwell(ill, "clock of the public URL", "Set the clocks of both machines by NTP.", "it differs by %v: tokens will be refused", skew.Round(time.Second)))
		}
	}
	return append(diagnoses, lookAtSocket(ctx, client, at))
}

// pageProblem tells a certificate that is no good from a door that is shut.
func pageProblem(check string, err error) diagnosis {
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		next := "Get one for this name: PRONTO_TLS=acme does."
		if _, ok := errors.AsType[x509.UnknownAuthorityError](bad.Err); ok {
			next = "Serve the whole chain up to an authority that browsers know; PRONTO_TLS=acme does."
		}
		if why, ok := errors.AsType[x509.CertificateInvalidError](bad.Err); ok && why.Reason == x509.Expired {
			next = "Renew it; PRONTO_TLS=acme does so by itself."
		}
		return unwell(ill, "certificate", next, "browsers refuse it: %v", bad.Err)
	}
	return unwell(ill, check, "Open the port in the firewall, and see that the proxy runs.", "nobody answers: %v", err)
}

func lookAtCertificate(state *tls.ConnectionState) diagnosis {
	const check, soon = "certificate", 14 * 24 * time.Hour
	left := time.Until(state.PeerCertificates[0].NotAfter)
	days := int(left.Hours() / 24)
	if left < soon {
		return unwell(doubt, check, "Renew it; PRONTO_TLS=acme does so by itself.", "it is good for %d more days", days)
	}
	return well(check, "it is good for %d more days", days)
}

// lookAtSocket sees whether a proxy passes WebSockets on (RFC 6455).
func lookAtSocket(ctx context.Context, client *http.Client, at *url.URL) diagnosis {
	const check = "WebSocket"
	socket := *at
	socket.Scheme = strings.Replace(at.Scheme, "http", "ws", 1)
	socket.Path = "/v1/ws"
	conn, _, err := websocket.Dial(ctx, socket.String(), &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{signalling.Subprotocol}})
	if err != nil {
		return unwell(ill, check, "Have the proxy pass on Upgrade and Connection, and keep such connections open.", "it is refused: %v", err)
	}
	defer conn.CloseNow()
	return well(check, "it opens")
}

// readSome reads the short answers of a server.
func readSome(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, 4<<10))
	return string(text), err
}
