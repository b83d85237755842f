package enrol

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"pronto/signalling/hook"
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
	client *hook.Client
}

// NewWebhook makes a sender. Close it.
func NewWebhook(cfg WebhookConfig) (*Webhook, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Webhook{cfg, hook.New(hook.Config{Timeout: sendWithin, AllowPrivate: cfg.AllowPrivate})}, nil
}

// Close closes idle connections.
func (w *Webhook) Close() { w.client.Close() }

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
	answer, err := w.client.Post(ctx, w.cfg.URL, hook.Message{ID: "msg_" + rand.Text(), Body: body, Secrets: [][]byte{w.cfg.Secret}})
	switch {
	case err != nil:
		return fmt.Errorf("send a code: the webhook: %w", err)
	case !answer.OK():
		return fmt.Errorf("send a code: the webhook answered %d", answer.Status)
	}
	return nil
}
