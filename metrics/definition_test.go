package metrics

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"pronto/sfu"
	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/signalling/wire"
	"pronto/turn"
)

// maxSeries is how many series a whole process may have, buckets included.
const maxSeries = 6000

func TestDefinitionsKeepToTheRules(t *testing.T) {
	units := []string{"_seconds", "_bytes", "_participants", "_ratio", "_score", "_stars", "_pixels", "_per_second", "_mos"}
	for _, def := range Definitions() {
		if !strings.HasPrefix(def.Name, "pronto_") {
			t.Errorf("%s is not in the namespace", def.Name)
		}
		if (def.Type == Counter) != strings.HasSuffix(def.Name, "_total") {
			t.Errorf("%s: _total is for counters, and for all of them", def.Name)
		}
		if !strings.HasSuffix(def.Help, ".") {
			t.Errorf("%s: its help is not a sentence", def.Name)
		}
		if (def.Type == Histogram) != (len(def.Buckets) > 0) {
			t.Errorf("%s: buckets are for histograms, and for all of them", def.Name)
		}
		if def.Type == Histogram && !slices.ContainsFunc(units, func(u string) bool { return strings.HasSuffix(def.Name, u) }) {
			t.Errorf("%s does not say its unit", def.Name)
		}
		if !slices.IsSorted(def.Buckets) {
			t.Errorf("%s: its buckets are not in order", def.Name)
		}
		if n := len(def.Sets()) + 1; n > MaxSets {
			t.Errorf("%s has %d sets of labels, more than %d", def.Name, n, MaxSets)
		}
		for _, l := range def.Labels {
			if len(l.Values) == 0 && !def.Grows {
				t.Errorf("%s: %s has no values", def.Name, l.Name)
			}
		}
	}
}

func TestAScrapeHasExactlyTheDefinedMetrics(t *testing.T) {
	var want, got []string
	for _, def := range Definitions() {
		want = append(want, def.Name+" "+string(def.Type)+" "+strings.Join(slices.Sorted(maps.Keys(labelsOf(def))), ","))
	}
	m := New(Options{})
	served := httptest.NewServer(m.Measure(m.Handler()))
	response, err := served.Client().Get(served.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	served.Close() // and so waits for what is counted at the end
	for _, family := range gather(t, m) {
		labels := map[string]bool{}
		for _, pair := range family.Metric[0].Label {
			labels[pair.GetName()] = true
		}
		got = append(got, family.GetName()+" "+strings.ToLower(family.GetType().String())+" "+strings.Join(slices.Sorted(maps.Keys(labels)), ","))
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the definitions (-) and a scrape (+) differ:\n%s", diff)
	}
}

func TestPrometheusFindsNoFaultInTheNames(t *testing.T) {
	problems, err := testutil.GatherAndLint(New(Options{}).registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestNoInputMakesMoreSeriesThanDefined(t *testing.T) {
	m := New(Options{})
	m.Watch(sources)
	for i := range 5000 { // names, addresses and ids where labels are expected
		text := fmt.Sprintf("198.51.100.7-%d", i)
		m.Call(call.SetUpEnded{Kind: wire.Kind(text), Topology: wire.Topology(text), Via: call.Via(text), Outcome: call.Outcome(text), Cause: call.Cause(text)})
		m.Call(call.MediaBegan{Kind: wire.KindVideo, Path: wire.Path(text), After: time.Second})
		m.Call(call.Ended{Kind: wire.Kind(text), Topology: wire.TopologySFU, Cause: call.EndCause(text), Talked: time.Minute, Peak: i})
		m.Call(call.Refused{Reason: text})
		m.Call(call.Alerted{Alert: text})
		m.Call(call.LinkJoined{Result: call.LinkTry(text)})
		m.Call(call.Connected{Path: wire.Path(text), Transport: wire.Transport(text), Family: wire.Family(text), ICE: time.Second})
		m.Call(call.Reported{Path: wire.Path(text), RTT: time.Second, Sound: &wire.HeardSound{PlayedMs: 1, Packets: 1}})
		m.Signalling(signalling.LinkCreated{Kind: wire.Kind(text)})
		m.Signalling(signalling.Handled{Type: text, Code: wire.Code(text), After: time.Second})
		m.Signalling(signalling.Noticed{Step: signalling.NoticeStep(text)})
		m.Signalling(signalling.ReportFiled{Reason: text})
		m.Signalling(signalling.AppealFiled{})
		m.Signalling(signalling.NoteCame{Step: signalling.NoteStep(text)})
		m.Signalling(signalling.SocketOpened{Client: call.Client(text)})
		m.Signalling(signalling.SocketClosed{Client: call.Client(text), Reason: signalling.CloseReason(text)})
		m.Call(call.Entered{Client: call.Client(text), Distinct: uint64(i)})
		m.Call(call.AdmissionRefused{Reason: call.Admittance(text)})
		m.Call(call.RingingEnded{Outcome: call.Outcome(text), After: time.Second})
		m.Call(call.KindAnswered{To: wire.Kind(text), Answer: wire.KindAnswer(text)})
		m.Call(call.StayReported{Kind: wire.Kind(text), Topology: wire.Topology(text), Sent: 1})
		m.Webhook(text, text)
		m.Pushed(text, text, time.Second)
		m.Call(call.LobbyLeft{Result: call.LobbyResult(text), After: time.Second})
		m.services.requests.inc(routeOf(text), text, text)
		m.Turn(turn.AllocationOpened{Transport: turn.Transport(text)})
		m.Turn(turn.AllocationRefused{Transport: turn.Transport(text), Reason: turn.Reason(text)})
		m.Turn(turn.AllocationClosed{Transport: turn.Transport(text)})
		m.SFU(sfu.PeerGone{Reason: sfu.Reason(text)})
	}
	total := 0
	for _, family := range gather(t, m) {
		if n := len(family.Metric); n > MaxSets {
			t.Errorf("%s has %d sets of labels", family.GetName(), n)
		}
		for _, metric := range family.Metric {
			total += 1 + len(metric.GetHistogram().GetBucket())
			for _, pair := range metric.Label {
				if strings.Contains(pair.GetValue(), "198.51.100.7") {
					t.Fatalf("%s has a label from outside: %s", family.GetName(), pair.GetValue())
				}
			}
		}
	}
	if total > maxSeries {
		t.Errorf("there are %d series", total)
	}
}

func TestMetricsAreServedAtOnePathOnly(t *testing.T) {
	server := httptest.NewServer(New(Options{}).Handler())
	defer server.Close()
	for path, want := range map[string]int{"/metrics": http.StatusOK, "/": http.StatusNotFound, "/debug/pprof/": http.StatusNotFound} {
		response, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s answers %d, not %d", path, response.StatusCode, want)
		}
	}
}

func labelsOf(def Definition) map[string]bool {
	labels := map[string]bool{}
	for _, l := range def.Labels {
		labels[l.Name] = true
	}
	return labels
}

// gather returns the metrics of ours.
func gather(t *testing.T, m *Metrics) []*dto.MetricFamily {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(families, func(f *dto.MetricFamily) bool { return !strings.HasPrefix(f.GetName(), "pronto_") })
}
