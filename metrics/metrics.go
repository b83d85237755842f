package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"pronto/sfu"
	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/turn"
)

// Metrics is the registry and its collectors.
type Metrics struct{ registry *prometheus.Registry }

// Sources are counters that others keep; they are read at each scrape.
type Sources struct {
	// SFU returns the SFU's counters.
	SFU func() sfu.Stats
	// Calls returns the calls that go on.
	Calls func() []call.Shape
	// BusDropped returns how often messages were lost on the bus.
	BusDropped func() uint64
}

// New makes the metrics.
func New() *Metrics { return &Metrics{registry: prometheus.NewRegistry()} }

// Watch adds what is read at each scrape.
func (m *Metrics) Watch(s Sources) {}

// Call takes an event of a call.
func (m *Metrics) Call(e call.Event) {}

// Signalling takes an event of the WebSocket endpoint.
func (m *Metrics) Signalling(e signalling.Event) {}

// Turn takes an event of the TURN server.
func (m *Metrics) Turn(e turn.Event) {}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
