package ops

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"time"
)

// lookback is how old the newest sample of a series may be, as in Prometheus.
const lookback = 5 * time.Minute

// sample is one number of a vector.
type sample struct {
	labels labels
	value  float64
}

// vector are the numbers of a moment; a number alone has no labels.
type vector []sample

// at evaluates an expression for one moment. The caller holds h.mu.
func (h *history) at(e expression, now time.Time) vector {
	switch e := e.(type) {
	case number:
		return vector{{labels{}, float64(e)}}
	case selector:
		return h.newest(e, now)
	case function:
		if e.name == "histogram_quantile" {
			return quantile(float64(e.args[0].(number)), h.at(e.args[1], now))
		}
		return h.grown(e.args[0].(selector), now, e.name == "rate")
	case aggregate:
		return e.over(h.at(e.of, now))
	case binary:
		_, alone := e.right.(number)
		_, scalar := e.left.(number)
		return e.join(h.at(e.left, now), h.at(e.right, now), scalar, alone)
	}
	return nil
}

func (s *selector) picks(l labels) bool {
	for _, m := range s.matchers {
		if m.re.MatchString(l[m.label]) == m.not {
			return false
		}
	}
	return true
}

func (h *history) newest(s selector, now time.Time) (v vector) {
	for _, one := range h.series[s.name] {
		if !s.picks(one.labels) {
			continue
		}
		if points := h.window(one, now.Add(-lookback), now); len(points) > 0 {
			v = append(v, sample{one.labels, points[len(points)-1].value})
		}
	}
	return v
}

// grown is rate or increase of counters over a range, extrapolated to the
// ends of the range as Prometheus does.
func (h *history) grown(s selector, now time.Time, perSecond bool) (v vector) {
	from := now.Add(-s.within)
	for _, one := range h.series[s.name] {
		if !s.picks(one.labels) {
			continue
		}
		points := h.window(one, from, now)
		if len(points) < 2 {
			continue
		}
		value := increase(points, float64(from.UnixMilli())/1000, float64(now.UnixMilli())/1000)
		if perSecond {
			value /= s.within.Seconds()
		}
		v = append(v, sample{one.labels, value})
	}
	return v
}

func increase(points []point, from, to float64) float64 {
	first, last := points[0], points[len(points)-1]
	grown := last.value - first.value
	for i := 1; i < len(points); i++ {
		if points[i].value < points[i-1].value { // the process began anew
			grown += points[i-1].value
		}
	}
	span := last.at - first.at
	between := span / float64(len(points)-1)
	before, after := first.at-from, to-last.at
	if grown > 0 && first.value >= 0 {
		before = min(before, span*first.value/grown) // a counter is never under zero
	}
	whole := span
	for _, gap := range []float64{before, after} {
		if gap < 1.1*between {
			whole += gap
		} else {
			whole += between / 2
		}
	}
	return grown * whole / span
}

func (a *aggregate) over(v vector) (out vector) {
	groups := map[string]int{}
	for _, s := range v {
		kept := labels{}
		for _, name := range a.by {
			if value, ok := s.labels[name]; ok {
				kept[name] = value
			}
		}
		key := kept.key()
		i, ok := groups[key]
		if !ok {
			groups[key] = len(out)
			first := s.value
			if a.name == "count" {
				first = 1
			}
			out = append(out, sample{kept, first})
			continue
		}
		switch a.name {
		case "sum":
			out[i].value += s.value
		case "count":
			out[i].value++
		case "min":
			out[i].value = min(out[i].value, s.value)
		case "max":
			out[i].value = max(out[i].value, s.value)
		}
	}
	return out
}

// join matches two vectors; scalar and alone say that the left or the right is
// a number, which matches everything.
func (b *binary) join(left, right vector, scalar, alone bool) (out vector) {
	switch {
	case alone && len(right) == 1:
		for _, s := range left {
			out = append(out, sample{s.labels, operate(b.op, s.value, right[0].value)})
		}
		return out
	case scalar && len(left) == 1:
		for _, s := range right {
			out = append(out, sample{s.labels, operate(b.op, left[0].value, s.value)})
		}
		return out
	}
	ones := map[string]float64{}
	for _, s := range right {
		ones[b.matched(s.labels).key()] = s.value
	}
	for _, s := range left {
		matched := b.matched(s.labels)
		value, ok := ones[matched.key()]
		if !ok {
			continue
		}
		if b.one {
			matched = s.labels
		}
		out = append(out, sample{matched, operate(b.op, s.value, value)})
	}
	return out
}

// matched are the labels on which vectors match.
func (b *binary) matched(l labels) labels {
	kept := labels{}
	for name, value := range l {
		if !slices.Contains(b.ignoring, name) {
			kept[name] = value
		}
	}
	return kept
}

func operate(op byte, a, b float64) float64 {
	switch op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	}
	return a / b
}

// quantile is histogram_quantile of classic buckets.
func quantile(q float64, v vector) (out vector) {
	type bucket struct{ bound, count float64 }
	groups := map[string][]bucket{}
	own := map[string]labels{}
	for _, s := range v {
		bound, err := strconv.ParseFloat(s.labels["le"], 64)
		if err != nil {
			continue
		}
		kept := labels{}
		for name, value := range s.labels {
			if name != "le" {
				kept[name] = value
			}
		}
		key := kept.key()
		own[key] = kept
		groups[key] = append(groups[key], bucket{bound, s.value})
	}
	for key, buckets := range groups {
		sort.Slice(buckets, func(i, j int) bool { return buckets[i].bound < buckets[j].bound })
		last := len(buckets) - 1
		total := buckets[last].count
		if last < 1 || !math.IsInf(buckets[last].bound, 1) || total == 0 {
			out = append(out, sample{own[key], math.NaN()})
			continue
		}
		rank := q * total
		i := sort.Search(last, func(i int) bool { return buckets[i].count >= rank })
		if i == last {
			out = append(out, sample{own[key], buckets[last-1].bound})
			continue
		}
		start, below := 0.0, 0.0
		if i > 0 {
			start, below = buckets[i-1].bound, buckets[i-1].count
		} else if buckets[0].bound <= 0 {
			start = buckets[0].bound
		}
		value := buckets[i].bound
		if in := buckets[i].count - below; in > 0 {
			value = start + (buckets[i].bound-start)*(rank-below)/in
		}
		out = append(out, sample{own[key], value})
	}
	return out
}
