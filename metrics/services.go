package metrics

import (
	"cmp"
	"net/http"
	"strconv"
	"time"
)

// services measures what serves integrators and devices: HTTP, webhooks,
// pushes, lobbies.
type services struct {
	requests, webhooks, pushes *counter
	took, pushTook, lobby      *histogram
}

func newServices(b *builder) services {
	return services{
		requests: b.counter("pronto_http_requests_total"),
		webhooks: b.counter("pronto_webhook_attempts_total"),
		pushes:   b.counter("pronto_push_sends_total"),
		took:     b.histogram("pronto_http_request_seconds"),
		pushTook: b.histogram("pronto_push_seconds"),
		lobby:    b.histogram("pronto_lobby_wait_seconds"),
	}
}

// Webhook counts an attempt to deliver a webhook. event is one of
// [WebhookEvents], result one of [WebhookResults]; others are counted as
// [Other].
func (m *Metrics) Webhook(event, result string) { m.services.webhooks.inc(event, result) }

// Pushed counts a push. provider is one of [PushProviders], result one of
// [PushResults].
func (m *Metrics) Pushed(provider, result string, took time.Duration) {
	m.services.pushes.inc(provider, result)
	m.services.pushTook.observe(took.Seconds(), provider)
}

// Measure counts what a handler with patterns answers, by the pattern that
// served it. WebSockets, which last, have their own metrics.
func (m *Metrics) Measure(to http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			to.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		watched := &status{ResponseWriter: w}
		to.ServeHTTP(watched, r)
		code := cmp.Or(watched.code, http.StatusOK)
		route := routeOf(r.Pattern)
		m.services.requests.inc(route, r.Method, strconv.Itoa(code/100)+"xx")
		m.services.took.observe(time.Since(start).Seconds(), route)
		if code == http.StatusTooManyRequests {
			m.sockets.limited.inc("http")
		}
	})
}

// status remembers how a request was answered.
type status struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements [http.ResponseWriter].
func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap is for [http.ResponseController].
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
