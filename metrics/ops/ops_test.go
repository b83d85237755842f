package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pronto/metrics"
	"pronto/metrics/grafana"
	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/signalling/wire"
	"pronto/turn"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// busy fills a history with 15 minutes of a server where much happens, the
// last sample taken at end. In the middle the process begins anew.
func busy(end time.Time) *history {
	h := newHistory()
	chance := rand.New(rand.NewPCG(1, 2))
	m := metrics.New(metrics.Options{})
	for i := range maxSamples + 5 {
		if i == maxSamples/2 {
			m = metrics.New(metrics.Options{})
		}
		for range 5 {
			happen(m, chance)
		}
		h.sample(m.Gatherer(), end.Add(time.Duration(i-maxSamples-4)*sampleEvery))
	}
	return h
}

func happen(m *metrics.Metrics, chance *rand.Rand) {
	kind, topology, path := wire.KindVideo, wire.TopologySFU, wire.PathHost
	if chance.IntN(3) == 0 {
		kind, path = wire.KindVoice, wire.PathRelay
	}
	outcome, cause := call.OutcomeConnected, call.CauseNone
	if chance.IntN(10) == 0 {
		outcome, cause = call.OutcomeFailed, call.CauseICE
	}
	wait := time.Duration(chance.ExpFloat64() * float64(time.Second))
	m.Call(call.SetUpEnded{Kind: kind, Topology: topology, Via: call.ViaContact, Outcome: outcome, Cause: cause})
	m.Call(call.MediaBegan{Kind: kind, Topology: topology, Path: path, After: wait})
	m.Call(call.RingingBegan{After: wait})
	m.Call(call.Ended{Kind: kind, Topology: topology, Cause: call.EndHangup, Talked: 100 * wait, Peak: chance.IntN(20)})
	m.Call(call.Connected{Path: path, Transport: wire.TransportUDP, Relay: wait, ICE: wait, DTLS: wait})
	m.Call(call.Reported{
		Path: path, RTT: wait / 4,
		Sound: &wire.HeardSound{PlayedMs: 10_000, ConcealedMs: uint32(chance.IntN(900)), Packets: 500, Lost: uint32(chance.IntN(60)), BufferMs: 40},
		Pictures: []wire.SeenPictures{{
			Source: wire.SourceCamera, GoodMs: 8000, FairMs: 1000, PoorMs: uint32(chance.IntN(1000)), FramesPerSecond: uint32(chance.IntN(30)),
			Height: 360, Freezes: uint32(chance.IntN(3)), FrozenMs: uint32(chance.IntN(900)), Packets: 900,
		}},
		Sent: &wire.SentPicture{SentMs: 10_000, CPUMs: uint32(chance.IntN(5000))},
	})
	m.Turn(turn.AllocationOpened{Transport: turn.UDP})
	m.Turn(turn.Relayed{Transport: turn.UDP, BytesToPeers: chance.Uint64N(90_000), BytesToClient: chance.Uint64N(9000)})
	m.Signalling(signalling.SocketOpened{})
	m.Signalling(signalling.Handled{Type: "ring", After: wait / 100})
}

// Prometheus gets the very same samples, and answers every query of the
// dashboards with the very same numbers.
func TestEveryQueryOfTheDashboardsIsAnsweredAsPrometheusDoes(t *testing.T) {
	end := time.Now().Add(-time.Minute).Truncate(time.Second)
	h := busy(end)
	address := prometheusOf(t, h)
	// Between the samples: whether a range has the sample at its very start
	// differs between Prometheus 2 and 3.
	end = end.Add(-3 * time.Second)
	from, step := end.Add(-10*time.Minute), 30*time.Second
	compared := 0
	for _, d := range grafana.Dashboards() {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				query := filled(q.Expr)
				e, err := parse(query)
				if err != nil {
					t.Errorf("%s, %s: %v in %s", d.UID, p.Title, err, query)
					continue
				}
				compared += compare(t, query, h.over(e, from, end, step), ask(t, address, query, from, end, step))
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d numbers were compared", compared)
	}
	t.Logf("%d numbers were compared", compared)
}

// filled is a query with Grafana's variables as the page fills them in.
func filled(expr string) string {
	return strings.NewReplacer("$__rate_interval", "1m", "$__range", "5m", "$job", ".+", "$instance", ".+").Replace(expr)
}

func compare(t *testing.T, query string, got, want []ranged) int {
	t.Helper()
	numbers := func(list []ranged) map[string]float64 {
		m := map[string]float64{}
		for _, s := range list {
			for _, v := range s.Values {
				if x, err := strconv.ParseFloat(v[1].(string), 64); err == nil && !math.IsNaN(x) {
					m[fmt.Sprintf("%s@%.0f", s.Metric.key(), v[0].(float64))] = x
				}
			}
		}
		return m
	}
	ours, theirs := numbers(got), numbers(want)
	if len(ours) != len(theirs) {
		t.Errorf("%s: we have %d numbers, Prometheus has %d", query, len(ours), len(theirs))
		return 0
	}
	for at, x := range theirs {
		if y, ok := ours[at]; !ok || math.Abs(x-y) > 1e-6*max(1, math.Abs(x)) {
			t.Errorf("%s: we say %v, Prometheus says %v at %q", query, y, x, at)
			return 0
		}
	}
	return len(ours)
}

// prometheusOf starts a Prometheus that has the samples of a history and no
// others.
func prometheusOf(t *testing.T, h *history) string {
	t.Helper()
	dir := t.TempDir()
	dump := filepath.Join(dir, "samples")
	if err := os.WriteFile(dump, []byte(openMetrics(h)), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	if out, err := exec.CommandContext(t.Context(), "promtool", "tsdb", "create-blocks-from", "openmetrics", dump, data).CombinedOutput(); err != nil {
		t.Fatalf("promtool (make deps installs it): %v\n%s", err, out)
	}
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("scrape_configs: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+data, "--web.listen-address="+address, "--log.level=warn")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatalf("prometheus cannot be started; make deps installs it: %v", err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	for until := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if response, err := http.Get("http://" + address + "/-/ready"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return "http://" + address
			}
		}
		if time.Now().After(until) {
			t.Fatal("prometheus is not ready after a minute")
		}
	}
}

// openMetrics writes the samples down as promtool reads them. Everything is a
// gauge there: what a series is does not matter to a query.
func openMetrics(h *history) string {
	var b strings.Builder
	var names []string
	for name := range h.series {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, "# TYPE %s gauge\n", name)
		for _, one := range h.series[name] {
			var pairs []string
			for label, value := range one.labels {
				pairs = append(pairs, fmt.Sprintf("%s=%q", label, value))
			}
			sort.Strings(pairs)
			for i, value := range one.values {
				if !math.IsNaN(value) {
					at := float64(h.times[one.first+i-h.first].UnixMilli()) / 1000
					fmt.Fprintf(&b, "%s{%s} %v %.3f\n", name, strings.Join(pairs, ","), value, at)
				}
			}
		}
	}
	b.WriteString("# EOF\n")
	return b.String()
}

func ask(t *testing.T, address, query string, from, to time.Time, step time.Duration) []ranged {
	t.Helper()
	form := url.Values{
		"query": {query}, "step": {strconv.Itoa(int(step.Seconds()))},
		"start": {strconv.FormatInt(from.Unix(), 10)}, "end": {strconv.FormatInt(to.Unix(), 10)},
	}
	response, err := http.PostForm(address+"/api/v1/query_range", form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body answer
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil || body.Status != "success" {
		t.Fatalf("%s: %v %s", query, err, body.Error)
	}
	return body.Data.Result
}

func viewer(t *testing.T, cfg Config) *httptest.Server {
	t.Helper()
	cfg.Metrics, cfg.Page, cfg.Logger = metrics.New(metrics.Options{}).Gatherer(), http.NotFoundHandler(), slog.New(slog.DiscardHandler)
	if cfg.Timeline == nil {
		cfg.Timeline = func(_ context.Context, code string) (string, bool, error) {
			return `{"steps":[]}`, code == "GOOD-CODE", nil
		}
	}
	v, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(v)
	t.Cleanup(func() { server.Close(); v.Close() })
	return server
}

func get(t *testing.T, address string) (status int, body answer) {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

func TestTheProcessAnswersForItself(t *testing.T) {
	server := viewer(t, Config{})
	until := time.Now().Add(time.Minute)
	for {
		now := strconv.FormatInt(time.Now().Unix()+1, 10)
		status, body := get(t, server.URL+"/ops/api/v1/query_range?query=sum(up)&step=10&start="+now+"&end="+now)
		if status == http.StatusOK && len(body.Data.Result) == 1 && body.Data.Result[0].Values[0][1] == "1" {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("it answers %d %+v", status, body)
		}
	}
}

func TestABadQueryIsToldWhatIsWrong(t *testing.T) {
	server := viewer(t, Config{})
	for query, want := range map[string]string{
		"query=sum(&start=1&end=2&step=1":                              "query: at 4",
		"query=up&start=x&end=2&step=1":                                "start is no time",
		"query=up&start=1&end=2&step=0":                                "step is not",
		"query=up&start=1&end=900000&step=1":                           "more than 400 steps",
		"query=up&start=3&end=2&step=1":                                "end is before start",
		"query=rate(up)&start=1&end=2&step=1":                          "rate takes a metric over some time",
		"query=" + strings.Repeat("(", 100) + "&start=1&end=2&step=1":  "it goes too deep",
		"query=" + strings.Repeat("a", 5000) + "&start=1&end=2&step=1": "longer than",
		`query=up{job%3D~"("}&start=1&end=2&step=1`:                    "error parsing regexp",
		"query=histogram_quantile(up,up)&start=1&end=2&step=1":         "takes a number and a vector",
		"query=label_replace(up)&start=1&end=2&step=1":                 "nothing more is expected",
	} {
		if status, body := get(t, server.URL+"/ops/api/v1/query_range?"+query); status != http.StatusBadRequest || !strings.Contains(body.Error, want) {
			t.Errorf("%.60s is answered with %d %q, not with %q", query, status, body.Error, want)
		}
	}
}

func TestAPrometheusIsAskedForRangesAndNothingElse(t *testing.T) {
	var asked []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.String()+" "+r.Header.Get("Cookie"))
		w.Write([]byte(`{"status":"success","data":{"resultType":"matrix","result":[]}}`))
	}))
	defer other.Close()
	address, err := url.Parse(other.URL + "/prom")
	if err != nil {
		t.Fatal(err)
	}
	server := viewer(t, Config{Prometheus: address})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/ops/prometheus/query_range?query=up&step=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Cookie", "secret=1")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if len(asked) != 1 || asked[0] != "/prom/api/v1/query_range?query=up&step=1 " {
		t.Errorf("it was asked %q", asked)
	}
	response, err = http.Get(server.URL + "/ops/prometheus/admin/tsdb/delete_series")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusNotFound || len(asked) != 1 {
		t.Errorf("other addresses are passed on: %d, %q", response.StatusCode, asked)
	}
	other.Close()
	if status, body := get(t, server.URL+"/ops/prometheus/query_range?query=up"); status != http.StatusBadGateway || body.Error == "" {
		t.Errorf("a Prometheus that is away is answered with %d %+v", status, body)
	}
}

func TestATimelineIsFoundByItsCodeAndGuessesAreFew(t *testing.T) {
	server := viewer(t, Config{})
	response, err := http.Get(server.URL + "/ops/timeline?code=GOOD-CODE")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("a good code is answered with %d", response.StatusCode)
	}
	refused := 0
	for range 30 {
		status, _ := get(t, server.URL+"/ops/timeline?code=AAAA-AAAA")
		if status == http.StatusTooManyRequests {
			refused++
		} else if status != http.StatusNotFound {
			t.Fatalf("a wrong code is answered with %d", status)
		}
	}
	if refused == 0 {
		t.Error("thirty guesses in a moment are answered")
	}
}

func FuzzQuery(f *testing.F) {
	for _, d := range grafana.Dashboards() {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				f.Add(filled(q.Expr))
			}
		}
	}
	h := busy(time.Now())
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := parse(text); err == nil {
			h.at(e, time.Now())
		}
	})
}
