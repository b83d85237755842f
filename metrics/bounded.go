package metrics

import (
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// bounds keeps the labels of one metric to its definition, whatever it is
// given: a client that invents message types makes no series.
type bounds struct {
	def        Definition
	sets       map[string]struct{} // the sets that there may be, joined
	other      []string            // what stands for all that are not in sets
	suppressed prometheus.Counter  // counts those

	mu sync.Mutex // guards sets of a definition that grows
}

const joint = "\x00"

func newBounds(def Definition, suppressed prometheus.Counter) *bounds {
	b := &bounds{def: def, sets: map[string]struct{}{}, suppressed: suppressed}
	for _, set := range def.Sets() {
		b.sets[strings.Join(set, joint)] = struct{}{}
	}
	for range def.Labels {
		b.other = append(b.other, Other)
	}
	return b
}

// keep returns the values if the definition has them, and else those of Other.
func (b *bounds) keep(values []string) []string {
	if b.def.Grows {
		b.mu.Lock()
		defer b.mu.Unlock()
	}
	set := strings.Join(values, joint)
	if _, ok := b.sets[set]; ok {
		return values
	}
	if b.def.Grows && len(b.sets) < MaxSets-1 && b.fits(values) {
		b.sets[set] = struct{}{}
		return values
	}
	b.suppressed.Inc()
	return b.other
}

// fits tells whether each value is one of its label.
func (b *bounds) fits(values []string) bool {
	for i, label := range b.def.Labels {
		if len(label.Values) > 0 && !slices.Contains(label.Values, values[i]) {
			return false
		}
	}
	return true
}

func (b *bounds) names() []string {
	names := make([]string, len(b.def.Labels))
	for i, l := range b.def.Labels {
		names[i] = l.Name
	}
	return names
}

// counter counts within bounds. All its series are there from the start, so
// that the first event of a kind is seen as an increase.
type counter struct {
	*bounds
	vec *prometheus.CounterVec
}

func (c *counter) add(n float64, values ...string) {
	c.vec.WithLabelValues(c.keep(values)...).Add(n)
}

func (c *counter) inc(values ...string) { c.add(1, values...) }

// gauge goes up and down within bounds.
type gauge struct {
	*bounds
	vec *prometheus.GaugeVec
}

func (g *gauge) add(n float64, values ...string) { g.vec.WithLabelValues(g.keep(values)...).Add(n) }

// histogram observes within bounds.
type histogram struct {
	*bounds
	vec       *prometheus.HistogramVec
	exemplars bool
}

func (h *histogram) observe(x float64, values ...string) {
	h.vec.WithLabelValues(h.keep(values)...).Observe(x)
}

// observeIn is observe of something that happened in a call: its trace id, which
// is random, leads to the lines of the log, if the operator wants exemplars.
func (h *histogram) observeIn(trace string, x float64, values ...string) {
	one := h.vec.WithLabelValues(h.keep(values)...)
	if with, ok := one.(prometheus.ExemplarObserver); ok && h.exemplars && trace != "" {
		with.ObserveWithExemplar(x, prometheus.Labels{"trace_id": trace})
		return
	}
	one.Observe(x)
}

// scraped is a metric whose value somebody else keeps; it is read at each scrape.
type scraped struct {
	*bounds
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func (s *scraped) emit(ch chan<- prometheus.Metric, x float64, values ...string) {
	ch <- prometheus.MustNewConstMetric(s.desc, s.kind, x, s.keep(values)...)
}
