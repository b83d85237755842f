package prometheus

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"pronto/metrics"
	"pronto/metrics/grafana"
)

const root = "../.."

// rules is the part of a file of rules that the tests read.
type rules struct {
	Groups []struct {
		Rules []struct {
			Record, Alert, Expr string
			Annotations         map[string]string
		}
	}
}

func read(t *testing.T) (r rules) {
	t.Helper()
	text, err := os.ReadFile("pronto.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPrometheusAcceptsTheRulesAndTheyDoWhatTheirTestsSay(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", "pronto.rules.yml"}, {"test", "rules", "pronto.rules.test.yml"}} {
		if out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s (make deps installs it): %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

func TestEveryAlertIsTestedAndHasARunbookThatNamesIt(t *testing.T) {
	tests, err := os.ReadFile("pronto.rules.test.yml")
	if err != nil {
		t.Fatal(err)
	}
	alerts := 0
	for _, g := range read(t).Groups {
		for _, rule := range g.Rules {
			if rule.Alert == "" {
				continue
			}
			alerts++
			if !regexp.MustCompile(`alertname: ` + rule.Alert + `\n *exp_alerts:\n`).Match(tests) {
				t.Errorf("no test has %s fire", rule.Alert)
			}
			page, err := os.ReadFile(filepath.Join(root, rule.Annotations["runbook"]))
			if err != nil || !strings.Contains(string(page), rule.Alert) {
				t.Errorf("the runbook of %s is missing, or does not name it: %v", rule.Alert, err)
			}
			if rule.Annotations["summary"] == "" {
				t.Errorf("%s does not say what it is about", rule.Alert)
			}
		}
	}
	if alerts < 10 {
		t.Errorf("only %d alerts were found", alerts)
	}
}

func TestTheRulesUseOnlyMetricsThatThereAre(t *testing.T) {
	known := map[string]bool{}
	for _, d := range metrics.Definitions() {
		known[d.Name] = true
		if d.Type == metrics.Histogram {
			known[d.Name+"_bucket"], known[d.Name+"_count"] = true, true
		}
	}
	recorded := map[string]bool{}
	for _, g := range read(t).Groups {
		for _, rule := range g.Rules {
			recorded[rule.Record] = true
			for _, name := range regexp.MustCompile(`\bpronto_[a-z0-9_]+`).FindAllString(rule.Expr, -1) {
				if !known[name] {
					t.Errorf("%s%s asks for %s, which nobody measures", rule.Record, rule.Alert, name)
				}
			}
			for _, name := range regexp.MustCompile(`\bpronto:[a-z0-9_:]+`).FindAllString(rule.Expr, -1) {
				if !recorded[name] {
					t.Errorf("%s asks for %s, which no rule before it records", rule.Alert, name)
				}
			}
		}
	}
}

func TestRunbooksNamePanelsThatThereAre(t *testing.T) {
	var panels []string
	for _, d := range grafana.Dashboards() {
		for _, p := range d.Panels {
			panels = append(panels, strings.TrimPrefix(d.Title, "Pronto: ")+" › "+p.Title)
		}
	}
	pages, err := filepath.Glob(filepath.Join(root, "metrics/runbooks/*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no runbooks: %v", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\*\*([^*]+ › [^*]+)\*\*`).FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(panels, m[1]) {
				t.Errorf("%s sends its reader to %q, which there is not", filepath.Base(page), m[1])
			}
		}
	}
}
