package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Config is what a [Client] needs.
type Config struct {
	// Timeout is how long one message may take, from the look-up of the name to
	// the answer. 15 s if 0.
	Timeout time.Duration
	// AllowPrivate lets addresses lead to this machine and into private
	// networks.
	AllowPrivate bool
	// Resolver looks names up; nil is the system's.
	Resolver *net.Resolver
}

// Client posts messages. It follows no redirection, uses no proxy, and looks
// at each address that it is about to dial.
type Client struct{ http *http.Client }

// New makes a client. Close it.
func New(cfg Config) *Client { return &Client{NewHTTP(cfg)} }

// NewHTTP makes what a [Client] posts with, for other messages to addresses that
// others have chosen.
func NewHTTP(cfg Config) *http.Client {
	if cfg.Timeout == 0 {
		cfg.Timeout = 15 * time.Second
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Resolver: cfg.Resolver}
	if !cfg.AllowPrivate {
		dialer.Control = dialOutside
	}
	return &http.Client{
		Timeout: cfg.Timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, // and no proxy, which would resolve names itself
			MaxConnsPerHost: 16, MaxIdleConns: 16, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Message is what is posted.
type Message struct {
	// ID is the same each time the message is tried.
	ID string
	// Body is JSON.
	Body []byte
	// Secrets sign it, each for itself: two while one takes the other's place.
	Secrets [][]byte
}

// Answer is what a receiver said.
type Answer struct {
	Status int
	// RetryAfter is how long it asks to wait (RFC 9110, section 10.2.3); 0 if
	// it does not.
	RetryAfter time.Duration
}

// OK tells whether the message was taken.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// ErrUnreached means that there was no answer. What the library says of it is
// left out, because it may hold the address.
var ErrUnreached = errors.New("it cannot be reached")

// Post sends a message. Its errors are [ErrInside] and [ErrUnreached].
func (c *Client) Post(ctx context.Context, url string, m Message) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(m.Body))
	if err != nil {
		return Answer{}, ErrUnreached
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Pronto")
	request.Header.Set("webhook-id", m.ID)
	request.Header.Set("webhook-timestamp", at)
	request.Header.Set("webhook-signature", Sign(m.Secrets, m.ID, at, m.Body))
	response, err := c.http.Do(request)
	switch {
	case errors.Is(err, ErrInside):
		return Answer{}, ErrInside
	case err != nil:
		return Answer{}, ErrUnreached
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 4<<10)) // so that the connection can be used again
	return Answer{response.StatusCode, retryAfter(response.Header.Get("Retry-After"), time.Now())}, nil
}

// Sign makes the header webhook-signature: for each secret "v1," and the base64
// of an HMAC-SHA-256 of "<id>.<timestamp>.<body>".
func Sign(secrets [][]byte, id, at string, body []byte) string {
	var signatures []string
	for _, secret := range secrets {
		m := hmac.New(sha256.New, secret)
		fmt.Fprintf(m, "%s.%s.%s", id, at, body)
		signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
	}
	return strings.Join(signatures, " ")
}

// retryAfter reads seconds or a date.
func retryAfter(text string, now time.Time) time.Duration {
	const most = 24 * time.Hour
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(n, 0), int64(most/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), most)
	}
	return 0
}
