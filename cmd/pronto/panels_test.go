package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"pronto/metrics"
	"pronto/metrics/grafana"
)

// mayBeEmpty are the panels that show nothing while bots call each other, with
// the reason.
var mayBeEmpty = map[string]string{
	"Signalling › HTTP errors":               "the server makes none",
	"Signalling › Webhooks delivered":        "nobody has asked for webhooks",
	"Signalling › Ping, p95":                 "pages tell it, bots do not",
	"Quality › Interruptions, p95":           "no bot loses its network for a second",
	"Quality › Screens by grade":             "no bot shares a screen",
	"Quality › What limits senders":          "Chromium alone tells",
	"SFU › What ways carry":                  "it is estimated from feedback that pages give, and bots do not",
	"Network › Relay and DTLS, p95":          "no bot needs a relay on one machine",
	"Quality › Set-ups that succeed, by arm": "nothing is tried out",
	"Quality › First sound, p95, by arm":     "nothing is tried out",
	"Quality › Good sound, by arm":           "nothing is tried out",
	"Privacy and abuse › Wait in the lobby":  "the links of bots have no lobby",
}

// A demo with bots, of whom one in ten loses 8 % of what is sent to him, is
// scraped by a real Prometheus, which answers every query of every panel, and
// with numbers. The engineer who is woken finds the cause.
func TestADemoFillsEveryPanel(t *testing.T) {
	t.Parallel()
	listen := freePort(t)
	page, stop := demo(t, &demoCmd{Bots: 10, Groups: 2, Bad: 1, Loss: 8}, "PRONTO_METRICS_LISTEN="+listen)
	defer func() {
		if _, err := stop(); err != nil {
			t.Errorf("the demo ended by: %v", err)
		}
	}()
	p := startPrometheus(t, soonerRules(t), listen)
	// Calls last 15 to 40 s, and the ends of some are among what is shown.
	p.until(t, `sum(pronto_ratings_stars_count) > 3`, 2*time.Minute)
	p.until(t, `sum(pronto_sfu_rtt_seconds_count) > 3 and sum(pronto_group_peak_participants_count) > 0`, 2*time.Minute)
	looking, stopLooking := context.WithCancel(t.Context())
	defer stopLooking()
	go func() { // somebody looks at the page
		for looking.Err() == nil {
			if response, err := http.Get(page + "/"); err == nil {
				response.Body.Close()
			}
			time.Sleep(time.Second)
		}
	}()
	p.until(t, `sum(rate(pronto_http_requests_total[15s])) > 0`, time.Minute)
	shown, names, patient := 0, map[string]bool{}, time.Now().Add(2*time.Minute)
	for _, d := range grafana.Dashboards() {
		for _, panel := range d.Panels {
			name := strings.TrimPrefix(d.Title, "Pronto: ") + " › " + panel.Title
			names[name] = true
			for _, q := range panel.Targets {
				shown++
				for mayBeEmpty[name] == "" && p.numbers(t, q.Expr) == 0 { // calls begin and end when they will
					if time.Now().Before(patient) {
						time.Sleep(time.Second)
						continue
					}
					t.Errorf("%s, query %s shows nothing: %s", name, q.RefID, q.Expr)
					break
				}
			}
		}
	}
	for name := range mayBeEmpty {
		if !names[name] {
			t.Errorf("there is no panel %s", name)
		}
	}
	if shown < 80 {
		t.Errorf("only %d queries were run", shown)
	}
	walk(t, p)
	boundedScrape(t, listen)
}

// boundedScrape checks that a scrape is small, soon there and has few series.
func boundedScrape(t testing.TB, listen string) {
	best, text := time.Hour, []byte(nil)
	for range 5 { // the machine has other work
		began := time.Now()
		response, err := http.Get("http://" + listen + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err = io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(began))
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for name, family := range families {
		if n := len(family.Metric); n > metrics.MaxSets {
			t.Errorf("%s has %d series", name, n)
		}
		for _, metric := range family.Metric {
			total += 1 + len(metric.GetHistogram().GetBucket())
		}
	}
	t.Logf("a scrape has %d bytes and %d series, and takes %s", len(text), total, best)
	if total > 6000 || len(text) > 1_000_000 || best > 50*time.Millisecond && !raceEnabled {
		t.Errorf("a scrape has %d bytes and %d series, and takes %s", len(text), total, best)
	}
}

// promServer is a running Prometheus.
type promServer struct{ url string }

// startPrometheus runs one that scrapes servers every second until the test
// ends, with a file of rules or, if that is empty, none.
func startPrometheus(t *testing.T, rules string, targets ...string) *promServer {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {evaluation_interval: 1s}\nrule_files: [%s]\nscrape_configs:\n- {job_name: pronto, scrape_interval: 2s, scrape_timeout: 2s, static_configs: [{targets: [\"%s\"]}]}\n", rules, strings.Join(targets, `", "`))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freePort(t)
	logs, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, logs, logs
	if err := cmd.Start(); err != nil {
		t.Fatalf("prometheus cannot be started; make deps installs it: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // what it thought is in the log
		_ = logs.Close()
	})
	return &promServer{"http://" + address}
}

// until waits until a query has an answer.
func (p *promServer) until(t *testing.T, query string, within time.Duration) {
	t.Helper()
	deadline := time.Now().Add(within)
	for p.instant(query) == nil {
		if time.Now().After(deadline) {
			t.Fatalf("after %s there is no answer to %s", within, query)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

type promAnswer struct {
	Status, Error string
	Data          struct {
		Result []struct {
			Metric map[string]string
			Value  [2]any
			Values [][2]any
		}
	}
}

// instant asks for numbers of now, by the labels of each; nil while there are none.
func (p *promServer) instant(query string) map[string]float64 {
	response, err := http.PostForm(p.url+"/api/v1/query", url.Values{"query": {filledQuery(query)}})
	if err != nil {
		return nil // it does not listen yet
	}
	defer response.Body.Close()
	var answer promAnswer
	if json.NewDecoder(response.Body).Decode(&answer) != nil {
		return nil
	}
	var got map[string]float64
	for _, series := range answer.Data.Result {
		text, _ := series.Value[1].(string)
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) {
			continue
		}
		var labels []string
		for _, value := range series.Metric {
			labels = append(labels, value)
		}
		slices.Sort(labels)
		if got == nil {
			got = map[string]float64{}
		}
		got[strings.Join(labels, " ")] = x
	}
	return got
}

// numbers asks a panel's query over the last minute, and returns how many
// numbers came.
func (p *promServer) numbers(t *testing.T, query string) (n int) {
	t.Helper()
	now := time.Now()
	response, err := http.PostForm(p.url+"/api/v1/query_range", url.Values{
		"query": {filledQuery(query)}, "step": {"5"},
		"start": {strconv.FormatInt(now.Add(-time.Minute).Unix(), 10)}, "end": {strconv.FormatInt(now.Unix(), 10)},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer promAnswer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer.Status != "success" {
		t.Errorf("%s: %s", query, answer.Error)
	}
	for _, series := range answer.Data.Result {
		for _, pair := range series.Values {
			text, _ := pair[1].(string)
			if x, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
				n++
			}
		}
	}
	return n
}

func filledQuery(expr string) string {
	return strings.NewReplacer("$__rate_interval", "15s", "$__range", "2m", "$job", ".+", "$instance", ".+").Replace(expr)
}
