package metrics

import "slices"

// Type is the kind of a metric, in Prometheus's words.
type Type string

// The types.
const (
	Counter   Type = "counter"
	Gauge     Type = "gauge"
	Histogram Type = "histogram"
)

// Other is the value of every label of what does not fit the definition.
const Other = "other"

// MaxSets is how many sets of label values one metric may have, the one of
// [Other] included.
const MaxSets = 60

// Label is a label and all its values.
type Label struct {
	Name   string
	Values []string
}

// Definition is all there is to know of one metric.
type Definition struct {
	// Name is the whole name: pronto_, base units, _total for counters.
	Name string
	// Type is what it is.
	Type Type
	// Help says what one means, in a sentence.
	Help string
	// Labels are its labels; none if empty.
	Labels []Label
	// Buckets are a histogram's upper bounds, in the unit of the name.
	Buckets []float64

	// Grows says that its sets are not there from the start: they come as they
	// are first counted, up to MaxSets. A label of it that lists no values takes
	// those of this server's own code.
	Grows bool

	// possible tells which values go together, in the order of Labels; nil
	// means all.
	possible func(values []string) bool
}

// Sets lists all sets of label values that go together, in the order of
// Labels, without the one of [Other].
func (d *Definition) Sets() [][]string {
	sets := [][]string{nil}
	for _, label := range d.Labels {
		var longer [][]string
		for _, set := range sets {
			for _, value := range label.Values {
				longer = append(longer, append(slices.Clone(set), value))
			}
		}
		sets = longer
	}
	if d.Grows {
		return nil
	}
	if d.possible == nil {
		return sets
	}
	return slices.DeleteFunc(sets, func(set []string) bool { return !d.possible(set) })
}

// Definitions lists all metrics of ours, in the order of METRICS.md. Beside
// them /metrics has those of the Go runtime and of the process.
func Definitions() []Definition {
	return slices.Concat(callDefinitions, qualityDefinitions, experimentDefinitions, keyDefinitions, linkDefinitions, sfuDefinitions, turnDefinitions, socketDefinitions, serviceDefinitions, ownDefinitions())
}
