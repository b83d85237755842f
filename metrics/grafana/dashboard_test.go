package grafana

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"pronto/metrics"
)

var update = flag.Bool("update", false, "write the dashboards anew")

// units are Grafana's names of the units that we use.
var units = []string{"short", "s", "percentunit", "cpm", "cps", "pps", "bps", "reqps", "none", "fps", "pixel", "bytes", "Bps"}

// foreign are the metrics and labels in use that are not of our definitions.
var (
	foreignMetrics = []string{"process_cpu_seconds_total", "scrape_samples_post_metric_relabeling"}
	foreignLabels  = []string{"le", "job", "instance"}
)

func TestTheCommittedDashboardsAreFresh(t *testing.T) {
	var want []string
	for _, d := range Dashboards() {
		path := filepath.Join("dashboards", d.UID+".json")
		want = append(want, path)
		text, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s is old (%v); run: make generate", path, err)
		}
	}
	got, err := filepath.Glob("dashboards/*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the folder has %v, not %v", got, want)
	}
}

func TestDashboardsCannotBeEditedAndKeepTheirAddresses(t *testing.T) {
	want := []string{
		"pronto-overview", "pronto-quality", "pronto-network", "pronto-sfu", "pronto-turn", "pronto-signalling", "pronto-privacy",
	}
	var got []string
	for _, d := range Dashboards() {
		got = append(got, d.UID)
		if d.Editable || d.Title == "" || !strings.HasSuffix(d.Description, ".") {
			t.Errorf("%s can be edited, or does not say what it is", d.UID)
		}
		if len(d.Links) == 0 || len(d.Templating.List) != len(variables) {
			t.Errorf("%s does not lead to the others with the reader's choices", d.UID)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the uids are %v: who bookmarks a dashboard relies on %v", got, want)
	}
}

func TestEveryPanelExplainsItself(t *testing.T) {
	for _, d := range Dashboards() {
		t.Run(d.UID, func(t *testing.T) { explainsItself(t, d) })
	}
}

func explainsItself(t *testing.T, d Dashboard) {
	ids, titles := map[int]bool{}, map[string]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 {
			t.Errorf("%s: the id %d is not its own", p.Title, p.ID)
		}
		ids[p.ID] = true
		if p.Title == "" || titles[p.Title] {
			t.Errorf("panel %d has no title, or %q twice", p.ID, p.Title)
		}
		titles[p.Title] = true
		if p.Type == "row" {
			continue
		}
		if !strings.HasSuffix(p.Description, ".") {
			t.Errorf("%s: the description is not a sentence", p.Title)
		}
		if !slices.Contains(units, p.FieldConfig.Defaults.Unit) {
			t.Errorf("%s: %q is no known unit", p.Title, p.FieldConfig.Defaults.Unit)
		}
		if len(p.Targets) == 0 || *p.Datasource != *source {
			t.Errorf("%s asks nothing, or not the reader's data source", p.Title)
		}
		refs := map[string]bool{}
		for _, q := range p.Targets {
			if *q.Datasource != *source || q.LegendFormat == "" || refs[q.RefID] {
				t.Errorf("%s: query %s has another data source, no legend or a name twice", p.Title, q.RefID)
			}
			refs[q.RefID] = true
		}
	}
}

func TestPanelsDoNotOverlap(t *testing.T) {
	for _, d := range Dashboards() {
		taken := map[[2]int]string{}
		for _, p := range d.Panels {
			if p.GridPos.X < 0 || p.GridPos.X+p.GridPos.W > columns || p.GridPos.W < 1 || p.GridPos.H < 1 {
				t.Errorf("%s does not fit into %d columns", p.Title, columns)
			}
			for x := range p.GridPos.W {
				for y := range p.GridPos.H {
					cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
					if other, ok := taken[cell]; ok {
						t.Fatalf("%s: %s lies on %s", d.UID, p.Title, other)
					}
					taken[cell] = p.Title
				}
			}
		}
	}
}

var (
	nameInQuery  = regexp.MustCompile(`\b(?:pronto|process|go|scrape)_[a-z0-9_]+`)
	selector     = regexp.MustCompile(`\b((?:pronto|process|go|scrape)_[a-z0-9_]+)\{([^}]*)\}`)
	labelMatcher = regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)"([^"]*)"`)
	grouping     = regexp.MustCompile(`by \(([^)]*)\)`)
	overTime     = regexp.MustCompile(`\b(rate|increase)\((pronto_[a-z0-9_]+|process_[a-z0-9_]+)\{[^}]*\}\[([^\]]+)\]\)`)
)

func TestQueriesUseOnlyWhatIsDefined(t *testing.T) {
	everyQuery(t, func(t *testing.T, q Target) {
		var known []string
		for _, match := range selector.FindAllStringSubmatch(q.Expr, -1) {
			def, ok := definition(match[1])
			if !ok {
				t.Errorf("there is no metric %s", match[1])
				continue
			}
			labels := slices.Clone(foreignLabels)
			for _, l := range def.Labels {
				labels = append(labels, l.Name)
			}
			for _, m := range labelMatcher.FindAllStringSubmatch(match[2], -1) {
				if !slices.Contains(labels, m[1]) {
					t.Errorf("%s has no label %s", match[1], m[1])
				}
				if i := slices.IndexFunc(def.Labels, func(l metrics.Label) bool { return l.Name == m[1] }); i >= 0 {
					for value := range strings.SplitSeq(m[2], "|") {
						if !slices.Contains(def.Labels[i].Values, value) {
							t.Errorf("%s of %s is never %q", m[1], match[1], value)
						}
					}
				}
			}
			if !strings.Contains(match[2], jobs) {
				t.Errorf("%s is not kept to the reader's servers", match[1])
			}
			known = append(known, labels...)
		}
		if len(known) == 0 {
			t.Error("it asks for no metric")
		}
		for _, group := range grouping.FindAllStringSubmatch(q.Expr, -1) {
			for l := range strings.SplitSeq(group[1], ", ") {
				if !slices.Contains(known, l) {
					t.Errorf("it groups by %s, which is no label of what it asks for", l)
				}
			}
		}
		if a, b := len(nameInQuery.FindAllString(q.Expr, -1)), len(selector.FindAllString(q.Expr, -1)); a != b {
			t.Errorf("%d of %d metrics have no selector", a-b, a)
		}
	})
}

func TestCountersAreReadAsRates(t *testing.T) {
	everyQuery(t, func(t *testing.T, q Target) {
		rated := map[string]bool{}
		for _, m := range overTime.FindAllStringSubmatch(q.Expr, -1) {
			rated[m[2]] = true
			if m[1] == "rate" && m[3] != "$__rate_interval" {
				t.Errorf("the rate of %s is over %s, which may be shorter than the time between two scrapes", m[2], m[3])
			}
		}
		for _, name := range nameInQuery.FindAllString(q.Expr, -1) {
			counts := strings.HasSuffix(name, "_total") || strings.HasSuffix(name, "_bucket") || strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_sum")
			if counts != rated[name] {
				t.Errorf("%s: counters and buckets, and nothing else, stand in rate or increase", name)
			}
		}
		if strings.Contains(q.Expr, "histogram_quantile") && !strings.Contains(q.Expr, "by (le") {
			t.Error("a quantile needs le")
		}
	})
}

func TestPrometheusCanReadEveryQuery(t *testing.T) {
	type rule struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	type group struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	}
	all := group{Name: "panels"}
	n := 0
	for _, d := range Dashboards() {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				n++
				all.Rules = append(all.Rules, rule{"panel:" + strconv.Itoa(n), filled(q.Expr)})
			}
		}
		for _, a := range d.Annotations.List {
			n++
			all.Rules = append(all.Rules, rule{"mark:" + strconv.Itoa(n), filled(a.Expr)})
		}
	}
	text, err := yaml.Marshal(map[string][]group{"groups": {all}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", path)
}

func TestTheConfigurationOfPrometheusIsGood(t *testing.T) {
	promtool(t, "check", "config", "../prometheus/prometheus.yml")
}

func TestGrafanaIsToldTheSameDataSource(t *testing.T) {
	var file struct {
		Datasources []struct {
			Name, UID, Type, URL string
			Editable             bool
		}
	}
	text, err := os.ReadFile("provisioning/datasources/prometheus.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Datasources) != 1 {
		t.Fatalf("there are %d data sources", len(file.Datasources))
	}
	got, want := file.Datasources[0], variables[0]
	if got.UID != want.Current.Value || got.Name != want.Current.Text || got.Type != want.Query || got.Editable {
		t.Errorf("%+v is provisioned, but the dashboard starts with %+v", got, *want.Current)
	}
}

func everyQuery(t *testing.T, check func(*testing.T, Target)) {
	for _, d := range Dashboards() {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				t.Run(d.UID+"/"+p.Title+"/"+q.RefID, func(t *testing.T) { check(t, q) })
			}
		}
	}
}

// definition finds the metric of a name in a query, which may be a part of a
// histogram.
func definition(name string) (metrics.Definition, bool) {
	if slices.Contains(foreignMetrics, name) {
		return metrics.Definition{Name: name}, true
	}
	for _, def := range metrics.Definitions() {
		if def.Type == metrics.Histogram && (name == def.Name+"_bucket" || name == def.Name+"_count" || name == def.Name+"_sum") || def.Type != metrics.Histogram && name == def.Name {
			return def, true
		}
	}
	return metrics.Definition{}, false
}

// filled is a query with Grafana's variables as it fills them in.
func filled(expr string) string {
	return strings.NewReplacer("$__rate_interval", "5s", "$__range", "30s", "$job", ".+", "$instance", ".+").Replace(expr)
}

func promtool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput(); err != nil {
		t.Errorf("promtool (from the package prometheus; make deps installs it): %v\n%s", err, out)
	}
}
