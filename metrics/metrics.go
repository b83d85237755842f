package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes is how many requests for /metrics are answered at once; more get
// 503. A Prometheus makes one at a time.
const maxScrapes = 4

// Metrics is the registry and its collectors. All methods may be called from
// many goroutines at once; none blocks.
type Metrics struct {
	registry *prometheus.Registry

	calls   calls
	quality quality
	keys    keys
	links   links
	media   media
	relay   relay
	sockets sockets
	watch   *watch
}

// New makes the metrics, all of them zero.
func New() *Metrics {
	registry := prometheus.NewRegistry()
	b := newBuilder(registry)
	m := &Metrics{
		registry: registry,
		calls:    newCalls(b), quality: newQuality(b), keys: newKeys(b), links: newLinks(b), media: newMedia(b), relay: newRelay(b), sockets: newSockets(b),
		watch: newWatch(b),
	}
	info := b.gauge("pronto_build_info")
	info.add(1, info.def.Sets()[0]...)
	registry.MustRegister(m.watch, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if len(b.left) > 0 {
		panic("metrics: a definition has no collector") // found by any test that calls New
	}
	return m
}

// Watch tells where to read what others count; it is read at each scrape.
// Before the first call those metrics are zero.
func (m *Metrics) Watch(s Sources) { m.watch.sources.Store(&s) }

// Gatherer gives all metrics, those of the Go runtime and of the process too.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Handler serves GET /metrics, and nothing else.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes,
	}))
	return mux
}
