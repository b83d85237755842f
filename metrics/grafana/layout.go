package grafana

import "strings"

// Sizes of panels, in grid units.
const (
	columns    = 24
	statHeight = 4
	statWidth  = 4
	lineHeight = 8
	lineWidth  = 8
)

// query is one line, or a family of lines, of a panel.
type query struct{ expr, legend string }

// picture is what the author of a panel says; the rest follows from it.
type picture struct {
	title, about, unit string
	stacked            bool
	heat               bool // a heat map of buckets
	queries            []query
	good               *goal // colours a number
	from               start // of the scale
}

// start is where a scale begins.
type start int

const (
	zero  start = iota
	below       // there are numbers under zero
)

// goal says from where on a number is fine, and from where on it is bad.
type goal struct{ fine, bad float64 }

// row is a heading with the pictures under it.
type row struct {
	title    string
	numbers  bool // one number each instead of lines
	pictures []picture
}

// source is the variable in which a dashboard's reader picks a data source.
var source = &Datasource{Type: "prometheus", UID: "${datasource}"}

// jobs keeps a query to the servers that the reader picked.
const jobs = `job=~"$job",instance=~"$instance"`

// lay gives every panel its id and its place.
func lay(rows []row) []Panel {
	var panels []Panel
	y, expanded := 0, false
	for _, r := range rows {
		panels = append(panels, Panel{
			ID: len(panels) + 1, Type: "row", Title: r.title, GridPos: GridPos{0, y, columns, 1}, Collapsed: &expanded,
		})
		y++
		width, height, x := lineWidth, lineHeight, 0
		if r.numbers {
			width, height = statWidth, statHeight
		}
		for _, p := range r.pictures {
			if x+width > columns {
				x, y = 0, y+height
			}
			panels = append(panels, p.panel(len(panels)+1, r.numbers, GridPos{x, y, width, height}))
			x += width
		}
		y += height
	}
	return panels
}

func (p picture) panel(id int, number bool, at GridPos) Panel {
	panel := Panel{
		ID: id, Type: "timeseries", Title: p.title, Description: p.about, Datasource: source, GridPos: at,
		FieldConfig: &FieldConfig{Defaults: Defaults{Unit: p.unit}, Overrides: []string{}},
	}
	if p.from == zero {
		panel.FieldConfig.Defaults.Min = new(float64)
	}
	switch {
	case number:
		panel.Type = "stat"
		panel.Options = &Options{
			ReduceOptions: &Reduce{Calcs: []string{"lastNotNull"}}, ColorMode: "value", GraphMode: "area",
		}
		panel.FieldConfig.Defaults.Thresholds = p.good.thresholds()
	case p.heat:
		panel.Type = "heatmap"
		panel.Options = &Options{Calculate: new(bool), YAxis: &Axis{p.unit}}
	default:
		stack := Stack{"none"}
		if p.stacked {
			stack.Mode = "normal"
		}
		panel.FieldConfig.Defaults.Custom = &Custom{LineWidth: 1, FillOpacity: 10, Stacking: stack}
		panel.Options = &Options{
			Legend:  &Legend{DisplayMode: "list", Placement: "bottom", ShowLegend: true, Calcs: []string{}},
			Tooltip: &Tooltip{Mode: "multi", Sort: "desc"},
		}
	}
	for i, q := range p.queries {
		panel.Targets = append(panel.Targets, Target{
			RefID: string(rune('A' + i)), Datasource: source, Range: true, LegendFormat: q.legend,
			Expr: strings.ReplaceAll(q.expr, "{}", "{"+jobs+"}"), Format: p.format(),
		})
	}
	return panel
}

// format is that of the answers: of a heat map's buckets Grafana must know
// that they are such.
func (p picture) format() string {
	if p.heat {
		return "heatmap"
	}
	return ""
}

func (g *goal) thresholds() *Thresholds {
	t := &Thresholds{Mode: "absolute", Steps: []Step{{Color: "blue"}}}
	switch {
	case g == nil:
	case g.fine > g.bad: // more is better
		t.Steps = []Step{{Color: "red"}, {"yellow", &g.bad}, {"green", &g.fine}}
	default:
		t.Steps = []Step{{Color: "green"}, {"yellow", &g.fine}, {"red", &g.bad}}
	}
	return t
}
