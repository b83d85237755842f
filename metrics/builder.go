package metrics

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// builder makes the collectors of the definitions. A name that has none, or
// one that is made twice, is a fault of this package, found by any test that
// calls New.
type builder struct {
	registry   *prometheus.Registry
	suppressed prometheus.Counter // samples of unknown labels
	folded     prometheus.Counter // samples that too few calls had
	options    Options
	left       map[string]Definition // not made yet
}

func newBuilder(registry *prometheus.Registry, o Options) *builder {
	b := &builder{registry: registry, options: o, left: map[string]Definition{}}
	for _, def := range Definitions() {
		b.left[def.Name] = def
	}
	vec := b.counter("pronto_telemetry_suppressed_total").vec
	b.suppressed, b.folded = vec.WithLabelValues("unknown_label"), vec.WithLabelValues("k_anonymity")
	return b
}

func (b *builder) take(name string, kind Type) *bounds {
	def, ok := b.left[name]
	if !ok || def.Type != kind {
		panic(fmt.Sprintf("metrics: %s is no %s of the definitions, or is made twice", name, kind))
	}
	delete(b.left, name)
	return newBounds(def, b.suppressed)
}

func (b *builder) counter(name string) *counter {
	c := &counter{bounds: b.take(name, Counter)}
	c.vec = prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: c.def.Help}, c.names())
	for _, set := range c.def.Sets() {
		c.vec.WithLabelValues(set...)
	}
	b.registry.MustRegister(c.vec)
	return c
}

func (b *builder) gauge(name string) *gauge {
	g := &gauge{bounds: b.take(name, Gauge)}
	g.vec = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: g.def.Help}, g.names())
	for _, set := range g.def.Sets() {
		g.vec.WithLabelValues(set...)
	}
	b.registry.MustRegister(g.vec)
	return g
}

func (b *builder) histogram(name string) *histogram {
	h := &histogram{bounds: b.take(name, Histogram), exemplars: b.options.Exemplars}
	opts := prometheus.HistogramOpts{Name: name, Help: h.def.Help, Buckets: h.def.Buckets}
	if b.options.Native {
		opts.NativeHistogramBucketFactor, opts.NativeHistogramMaxBucketNumber = nativeFactor, nativeBuckets
	}
	h.vec = prometheus.NewHistogramVec(opts, h.names())
	for _, set := range h.def.Sets() {
		h.vec.WithLabelValues(set...)
	}
	b.registry.MustRegister(h.vec)
	return h
}

// scraped makes a metric that a prometheus.Collector of ours emits.
func (b *builder) scraped(name string, kind Type) *scraped {
	s := &scraped{bounds: b.take(name, kind), kind: prometheus.GaugeValue}
	if kind == Counter {
		s.kind = prometheus.CounterValue
	}
	s.desc = prometheus.NewDesc(name, s.def.Help, s.names(), nil)
	return s
}

// Native histograms: each bucket is a tenth wider than the one before, and there
// are at most so many.
const (
	nativeFactor  = 1.1
	nativeBuckets = 100
)
