package ops

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// How much the process remembers of itself: 15 minutes.
const (
	sampleEvery = 10 * time.Second
	maxSamples  = 90
)

// labels are a series' labels, its name not included.
type labels map[string]string

// key is the labels as text, equal for equal labels.
func (l labels) key() string {
	names := make([]string, 0, len(l))
	for name := range l {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name)
		b.WriteByte(0)
		b.WriteString(l[name])
		b.WriteByte(0)
	}
	return b.String()
}

// series are samples of one metric with one set of labels.
type series struct {
	labels labels
	first  int // the number of the sample that values begins with
	values []float64
}

// history holds the last samples of all metrics. Sample n was taken at
// times[n-first].
type history struct {
	mu     sync.RWMutex // guards what follows
	first  int
	times  []time.Time
	series map[string]map[string]*series // by name, by labels
}

func newHistory() *history {
	return &history{series: map[string]map[string]*series{}}
}

// run takes a sample every so often until ctx ends.
func (h *history) run(ctx context.Context, from prometheus.Gatherer) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		h.sample(from, time.Now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// sample takes one of everything. What a gatherer could not collect is
// missing, like in a scrape.
func (h *history) sample(from prometheus.Gatherer, now time.Time) {
	families, err := from.Gather()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.times = append(h.times, now)
	if len(h.times) > maxSamples {
		h.times = h.times[1:]
		h.first++
	}
	for _, f := range families {
		for _, m := range f.Metric {
			h.take(f.GetName(), m)
		}
	}
	up := 1.0
	if err != nil {
		up = 0
	}
	h.put("up", labels{}, up)
	n := 0
	for _, all := range h.series {
		n += len(all)
	}
	h.put("scrape_samples_post_metric_relabeling", labels{}, float64(n))
	h.drop()
}

func (h *history) take(name string, m *dto.Metric) {
	own := labels{}
	for _, pair := range m.Label {
		own[pair.GetName()] = pair.GetValue()
	}
	switch {
	case m.Counter != nil:
		h.put(name, own, m.Counter.GetValue())
	case m.Gauge != nil:
		h.put(name, own, m.Gauge.GetValue())
	case m.Histogram != nil:
		h.put(name+"_count", own, float64(m.Histogram.GetSampleCount()))
		h.put(name+"_sum", own, m.Histogram.GetSampleSum())
		for _, b := range m.Histogram.Bucket {
			h.put(name+"_bucket", own.with("le", strconv.FormatFloat(b.GetUpperBound(), 'g', -1, 64)), float64(b.GetCumulativeCount()))
		}
		h.put(name+"_bucket", own.with("le", "+Inf"), float64(m.Histogram.GetSampleCount()))
	}
}

// with returns the labels and one more. job and instance are those that a
// dashboard's variables choose.
func (l labels) with(name, value string) labels {
	more := labels{name: value}
	for n, v := range l {
		more[n] = v
	}
	return more
}

func (h *history) put(name string, own labels, value float64) {
	own = own.with("job", "pronto").with("instance", "this")
	all := h.series[name]
	if all == nil {
		all = map[string]*series{}
		h.series[name] = all
	}
	key := own.key()
	one := all[key]
	current := h.first + len(h.times) - 1
	if one == nil {
		one = &series{labels: own, first: current}
		all[key] = one
	}
	for one.first+len(one.values) < current { // it was missing for a while
		one.values = append(one.values, math.NaN())
	}
	one.values = append(one.values, value)
}

// drop forgets what is older than the first sample.
func (h *history) drop() {
	for name, all := range h.series {
		for key, one := range all {
			if old := min(h.first-one.first, len(one.values)); old > 0 {
				one.values = one.values[old:]
				one.first += old
			}
			if len(one.values) == 0 {
				delete(all, key)
			}
		}
		if len(all) == 0 {
			delete(h.series, name)
		}
	}
}

// point is a sample with its time, in seconds since 1970.
type point struct{ at, value float64 }

// window returns the samples of a series in (from, to].
func (h *history) window(one *series, from, to time.Time) []point {
	var list []point
	for i, value := range one.values {
		at := h.times[one.first+i-h.first]
		if at.After(from) && !at.After(to) && !math.IsNaN(value) {
			list = append(list, point{float64(at.UnixMilli()) / 1000, value})
		}
	}
	return list
}
