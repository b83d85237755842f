package enrol

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// WebhookConfig is what a [Webhook] needs.
type WebhookConfig struct {
	// URL is where codes are posted to. https, unless AllowPrivate.
	URL string
	// Secret signs what is posted; at least 16 bytes.
	Secret []byte
	// AllowPrivate lets URL lead to this machine and into private networks.
	AllowPrivate bool
}

// Validate says what is wrong.
func (c WebhookConfig) Validate() error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		return errors.New("the code webhook is not an address such as https://example.com/codes")
	case u.Scheme != "https" && !(c.AllowPrivate && u.Scheme == "http"):
		return errors.New("the code webhook does not begin with https://")
	case len(c.Secret) < 16:
		return errors.New("the code webhook's secret is shorter than 16 bytes")
	}
	return nil
}

// Webhook posts codes to a service that delivers them, as e-mail, text message
// or call. The body is {"type":"code","kind","address","code","forSeconds"};
// the headers webhook-id, webhook-timestamp and webhook-signature are those of
// Standard Webhooks: "v1," and the base64 of an HMAC-SHA-256 of
// "<id>.<timestamp>.<body>".
type Webhook struct {
	cfg    WebhookConfig
	client *http.Client
}

// NewWebhook makes a sender. Close it.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !cfg.AllowPrivate {
		dialer.Control = dialOutside
	}
	return &Webhook{cfg, &http.Client{
		Timeout: sendWithin,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, // and no proxy, which would resolve names itself
			MaxConnsPerHost: 16, MaxIdleConns: 4, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close closes idle connections.
func (w *Webhook) Close() { w.client.CloseIdleConnections() }

type webhookBody struct {
	Type       string `json:"type"`
	Kind       Kind   `json:"kind"`
	Address    string `json:"address"`
	Code       string `json:"code"`
	ForSeconds int    `json:"forSeconds"`
}

// Send implements [Sender].
func (w *Webhook) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(webhookBody{"code", m.To.Kind, m.To.Text, m.Code, int(m.For.Seconds())})
	if err != nil {
		return errors.New("send a code: it cannot be encoded")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.cfg.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("send a code: the webhook's address cannot be used")
	}
	id, at := "msg_"+rand.Text(), strconv.FormatInt(time.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", at)
	request.Header.Set("webhook-signature", sign(w.cfg.Secret, id, at, body))
	response, err := w.client.Do(request)
	switch {
	case errors.Is(err, errInside):
		return fmt.Errorf("send a code: the webhook: %w", errInside)
	case err != nil:
		return errors.New("send a code: the webhook cannot be reached") // err may hold the address
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 4<<10)) // so that the connection can be used again
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("send a code: the webhook answered %d", response.StatusCode)
	}
	return nil
}

func sign(secret []byte, id, at string, body []byte) string {
	m := hmac.New(sha256.New, secret)
	fmt.Fprintf(m, "%s.%s.%s", id, at, body)
	return "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
}
