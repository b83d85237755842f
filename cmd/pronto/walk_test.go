package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// sooner are the times and amounts of the rules, which are of hours and days,
// and those of a test in their place.
var sooner = strings.NewReplacer(
	"[5m]", "[20s]", "[10m]", "[30s]", "[15m]", "[30s]", "[30m]", "[40s]", "[1h]", "[1m]", "[6h]", "[90s]", "[3d]", "[2m]", "interval: 30s", "interval: 1s",
	">= 1800", ">= 60", ">= 7200", ">= 60", ">= 360", ">= 6",
)

// soonerRules writes the rules that we ship for a Prometheus that has a minute.
func soonerRules(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../metrics/prometheus/pronto.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rules.yml")
	quick := regexp.MustCompile(`for: \d+[mh]`).ReplaceAllString(sooner.Replace(string(text)), "for: 2s")
	if err := os.WriteFile(path, []byte(quick), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const lossyWays = "Network › Legs with loss over 5 %, by the SFU"

// walk goes the way of an engineer who is told that packets are lost on the way
// to people: from the alert to its runbook, to the panel that it names, to the
// cause. Nothing but the quality of media gives an alert.
func walk(t *testing.T, p *promServer) {
	t.Helper()
	p.until(t, `ALERTS{alertname="ProntoLossOnTheWay", alertstate="firing", direction="down"}`, 3*time.Minute)
	for labels := range p.instant(`ALERTS{alertstate="firing"}`) {
		if !regexp.MustCompile(`ProntoLossOnTheWay.* down |ProntoMediaBudgetLeaks|ProntoPoorMedia`).MatchString(labels + " ") {
			t.Errorf("there is an alert, too, of %s", labels)
		}
	}
	page, err := os.ReadFile("../../metrics/runbooks/poor-media.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"ProntoLossOnTheWay", "**" + lossyWays + "**", "`down` shows loss, `up` none"} {
		if !strings.Contains(string(page), word) {
			t.Errorf("the runbook does not say %s", word)
		}
	}
	if lit := p.lit(t, lossyWays, ".+", nil); !slices.Equal(lit, []string{"down"}) {
		t.Errorf("%s shows %v", lossyWays, lit)
	}
	share := slices.Collect(maps.Values(p.instant(`pronto:lossy_ways:ratio_rate1h{direction="down"}`)))
	t.Logf("of the ways to people %.0f %% lose packets", 100*share[0])
	if share[0] > .4 {
		t.Errorf("%.0f %% of the ways lose packets, which is not some people's networks", 100*share[0])
	}
}
