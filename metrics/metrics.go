package metrics

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

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
	options  Options
	clients  *clients
	crowd    *crowd

	services services
	calls    calls
	quality  quality
	keys     keys

	experiment experiment
	links      links
	media      media
	relay      relay
	sockets    sockets
	watch      *watch
}

// Options are what an operator may want besides.
type Options struct {
	// Native adds native histograms to the classic ones (Prometheus 3).
	Native bool
	// Exemplars gives some samples of histograms the random trace id of their
	// call, which is also in the log.
	Exemplars bool
	// Token must come with each request as a bearer token, if it is not empty.
	Token string
}

// New makes the metrics, all of them zero.
func New(o Options) *Metrics {
	registry := prometheus.NewRegistry()
	b := newBuilder(registry, o)
	m := &Metrics{
		registry: registry, options: o, clients: &clients{folded: b.folded}, crowd: &crowd{},
		services: newServices(b),
		calls:    newCalls(b), quality: newQuality(b), experiment: newExperiment(b), keys: newKeys(b), links: newLinks(b), media: newMedia(b), relay: newRelay(b), sockets: newSockets(b),
		watch: newWatch(b),
	}
	m.watch.clients, m.watch.crowd = m.clients, m.crowd
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
	mux.Handle("GET /metrics", Guard(m.options.Token, promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes, EnableOpenMetrics: m.options.Exemplars,
	})))
	return mux
}

// Guard lets a request through that has the token, as a bearer token (RFC 6750)
// or, for browsers, as the password of whatever user (RFC 7617). An empty token
// lets all through.
func Guard(token string, to http.Handler) http.Handler {
	if token == "" {
		return to
	}
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if _, password, basic := r.BasicAuth(); !ok && basic {
			given = password
		}
		if got := sha256.Sum256([]byte(given)); subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `Basic realm="pronto"`)
			http.Error(w, "a token is needed: PRONTO_METRICS_TOKEN", http.StatusUnauthorized)
			return
		}
		to.ServeHTTP(w, r)
	})
}
