package enrol

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pronto/signalling/hook"
)

var webhookSecret = []byte("0123456789abcdef")

// startHook runs a service with one answer, and returns what it was asked.
func startHook(t *testing.T, answer http.HandlerFunc) (*httptest.Server, chan *http.Request) {
	t.Helper()
	asked := make(chan *http.Request, 4)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		asked <- r
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s, asked
}

func sender(t *testing.T, url string, private bool) *Webhook {
	t.Helper()
	w, err := NewWebhook(WebhookConfig{URL: url, Secret: webhookSecret, AllowPrivate: private})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func TestACodeIsPostedWithASignature(t *testing.T) {
	s, asked := startHook(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	m := Message{To: Address{Phone, "+3906123456"}, Code: "123456", For: 10 * time.Minute}
	if err := sender(t, s.URL, true).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	r := <-asked
	body, _ := io.ReadAll(r.Body)
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil || got["type"] != "code" || got["kind"] != "phone" || got["address"] != "+3906123456" ||
		got["code"] != "123456" || got["forSeconds"] != 600.0 {
		t.Errorf("the body is %s (%v)", body, err)
	}
	h := hmac.New(sha256.New, webhookSecret)
	h.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + string(body)))
	if want := "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)); r.Header.Get("webhook-signature") != want {
		t.Errorf("the signature is %q, want %q", r.Header.Get("webhook-signature"), want)
	}
}

func TestTheWebhookDoesNotReachInside(t *testing.T) {
	s, asked := startHook(t, func(http.ResponseWriter, *http.Request) {})
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"} { // names are looked at after they are resolved
		err := sender(t, "https://"+host+":"+port, false).Send(t.Context(), message)
		if err == nil || host != "localhost" && !errors.Is(err, hook.ErrInside) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if len(asked) != 0 {
		t.Error("it was asked")
	}
}

func TestTheWebhookFollowsNobodyAndTellsNothing(t *testing.T) {
	other, asked := startHook(t, func(http.ResponseWriter, *http.Request) {})
	for name, answer := range map[string]http.HandlerFunc{
		"a redirection": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
		"a failure": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "no ana@example.org", http.StatusInternalServerError)
		},
	} {
		s, _ := startHook(t, answer)
		err := sender(t, s.URL, true).Send(t.Context(), message)
		if err == nil || strings.Contains(err.Error(), "ana") || strings.Contains(err.Error(), message.Code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(asked) != 0 {
		t.Error("it went where it was sent to")
	}
	gone, _ := startHook(t, func(http.ResponseWriter, *http.Request) {})
	gone.Close()
	if err := sender(t, gone.URL+"/secret-path", true).Send(t.Context(), message); err == nil || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestTheLogHasTheCodeAndNotTheAddress(t *testing.T) {
	var b bytes.Buffer
	if err := (Log{slog.New(slog.NewTextHandler(&b, nil))}).Send(context.Background(), message); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.Contains(text, message.Code) || strings.Contains(text, "ana") {
		t.Errorf("the log has %q", text)
	}
}
