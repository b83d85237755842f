package metrics

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pronto/signalling"
	"pronto/signalling/call"
)

// A kind of client that one person alone has is counted among the others, until
// ten different calls of the last hour had it.
func TestAKindOfClientIsNamedOnlyWhileTenCallsHadIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Options{})
		m.Signalling(signalling.SocketOpened{Client: call.ClientSafari})
		named := func() bool { return m.clients.sockets(time.Now())[call.ClientSafari] == 1 }
		for range 50 { // one call, over and over
			m.Call(call.Entered{Client: call.ClientSafari, Distinct: 1})
		}
		for i := range enoughCalls - 1 {
			if named() {
				t.Fatalf("it is named after %d calls", i+1)
			}
			m.Call(call.Entered{Client: call.ClientSafari, Distinct: uint64(i) + 2})
		}
		if !named() {
			t.Error("it is not named after ten calls")
		}
		time.Sleep(countedFor)
		if named() {
			t.Error("it is named an hour later")
		}
		if n := len(m.clients.calls[call.ClientSafari]); n > enoughCalls {
			t.Errorf("%d calls are remembered", n)
		}
	})
}

func TestMetricsWantTheirToken(t *testing.T) {
	const token = "0123456789abcdef"
	handler := New(Options{Token: token}).Handler()
	for name, row := range map[string]struct {
		set  func(*http.Request)
		want int
	}{
		"none":     {func(*http.Request) {}, http.StatusUnauthorized},
		"another":  {func(r *http.Request) { r.Header.Set("Authorization", "Bearer 0123456789abcdeg") }, http.StatusUnauthorized},
		"bearer":   {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }, http.StatusOK},
		"password": {func(r *http.Request) { r.SetBasicAuth("anybody", token) }, http.StatusOK},
	} {
		r, w := httptest.NewRequest(http.MethodGet, "/metrics", nil), httptest.NewRecorder()
		row.set(r)
		handler.ServeHTTP(w, r)
		if w.Code != row.want {
			t.Errorf("with %s it answers %d", name, w.Code)
		}
	}
}

func TestExemplarsCarryARandomTraceAndNativeHistogramsComeByOption(t *testing.T) {
	scrape := func(o Options) string {
		m := New(o)
		m.Call(call.MediaBegan{Trace: "00112233aabbccdd", Via: call.ViaContact, Kind: "voice", Topology: "direct", Path: "host", After: time.Second})
		r, w := httptest.NewRequest(http.MethodGet, "/metrics", nil), httptest.NewRecorder()
		r.Header.Set("Accept", "application/openmetrics-text")
		m.Handler().ServeHTTP(w, r)
		return w.Body.String()
	}
	if text := scrape(Options{}); strings.Contains(text, "trace_id") {
		t.Error("there are exemplars without being asked for")
	}
	if text := scrape(Options{Exemplars: true}); !strings.Contains(text, `# {trace_id="00112233aabbccdd"} 1`) {
		t.Error("there is no exemplar")
	}
	m := New(Options{Native: true})
	m.Call(call.RingingEnded{Outcome: call.OutcomeDeclined, After: time.Second})
	for _, family := range gather(t, m) {
		if family.GetName() == "pronto_ring_seconds" && family.Metric[0].GetHistogram().Schema == nil {
			t.Error("the histogram is classic only")
		}
	}
}

func TestRoutesAreCountedByPatternAndKeptFew(t *testing.T) {
	m, mux := New(Options{}), http.NewServeMux()
	mux.HandleFunc("GET /v1/links/{id}", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusTooManyRequests) })
	handler := m.Measure(mux)
	for i := range 100 {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, fmt.Sprintf("/v1/links/canary-%d", i), nil))
		m.services.requests.inc(fmt.Sprintf("/v1/route%d", i), "GET", "2xx")
	}
	for _, family := range gather(t, m) {
		if family.GetName() != "pronto_http_requests_total" {
			continue
		}
		if n := len(family.Metric); n > MaxSets {
			t.Errorf("there are %d series", n)
		}
		for _, metric := range family.Metric {
			if strings.Contains(metric.String(), "canary") {
				t.Errorf("a path became a label: %s", metric)
			}
			if strings.Contains(metric.String(), `"/v1/links"`) && metric.GetCounter().GetValue() != 100 {
				t.Errorf("it counts %v", metric.GetCounter().GetValue())
			}
		}
	}
}
