package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"pronto/metrics/grafana"
)

// Config is what a viewer needs.
type Config struct {
	// Metrics is where the process's own samples come from.
	Metrics prometheus.Gatherer
	// Prometheus is the address of one, like http://127.0.0.1:9090; nil draws
	// the process's own samples.
	Prometheus *url.URL
	// Page serves the viewer's files, under /ops/.
	Page http.Handler
	// Timeline returns the timeline of a support code as JSON, and false if
	// there is none.
	Timeline func(ctx context.Context, code string) (body string, ok bool, err error)
	// Logger hears what fails.
	Logger *slog.Logger
}

// Validate tells what is missing.
func (c *Config) Validate() error {
	switch {
	case c.Metrics == nil || c.Page == nil || c.Timeline == nil || c.Logger == nil:
		return errors.New("ops: Config needs Metrics, Page, Timeline and Logger")
	case c.Prometheus != nil && c.Prometheus.Scheme != "http" && c.Prometheus.Scheme != "https":
		return errors.New("ops: Config.Prometheus is no http address")
	}
	return nil
}

// Viewer serves the page and what it asks for. Close ends it.
type Viewer struct {
	cfg     Config
	history *history
	busy    sync.Mutex    // one query of ours at a time: they cost processor
	guesses *rate.Limiter // of support codes
	mux     *http.ServeMux
	stop    context.CancelFunc
	done    chan struct{}
}

// New begins to take samples, unless there is a Prometheus.
func New(cfg Config) (*Viewer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	v := &Viewer{
		cfg: cfg, history: newHistory(), guesses: rate.NewLimiter(1, 10), mux: http.NewServeMux(), stop: stop, done: make(chan struct{}),
	}
	go func() {
		defer close(v.done)
		if cfg.Prometheus == nil {
			v.history.run(ctx, cfg.Metrics)
		}
	}()
	v.mux.Handle("GET /ops/", cfg.Page)
	v.mux.HandleFunc("GET /ops/dashboards", v.dashboards)
	v.mux.HandleFunc("GET /ops/timeline", v.timeline)
	v.mux.HandleFunc("GET /ops/api/v1/query_range", v.own)
	if cfg.Prometheus != nil {
		v.mux.Handle("GET /ops/prometheus/query_range", v.proxy())
	}
	return v, nil
}

// ServeHTTP implements http.Handler for all under /ops/.
func (v *Viewer) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.mux.ServeHTTP(w, r) }

// Close ends the sampling.
func (v *Viewer) Close() {
	v.stop()
	<-v.done
}

// dashboards answers with all of them, and with where their queries go.
func (v *Viewer) dashboards(w http.ResponseWriter, _ *http.Request) {
	body := struct {
		Query      string              `json:"query"`
		SpanMs     int64               `json:"spanMs"` // how much can be shown
		StepMs     int64               `json:"stepMs"`
		Dashboards []grafana.Dashboard `json:"dashboards"`
	}{"api/v1/query_range", (maxSamples * sampleEvery).Milliseconds(), sampleEvery.Milliseconds(), grafana.Dashboards()}
	if v.cfg.Prometheus != nil {
		body.Query, body.SpanMs, body.StepMs = "prometheus/query_range", time.Hour.Milliseconds(), (30 * time.Second).Milliseconds()
	}
	v.reply(w, http.StatusOK, body)
}

// proxy passes queries to the Prometheus, and nothing else of it.
func (v *Viewer) proxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Path, r.Out.URL.RawPath = "", ""
			r.SetURL(v.cfg.Prometheus.JoinPath("api/v1/query_range"))
			r.Out.URL.Path = v.cfg.Prometheus.JoinPath("api/v1/query_range").Path
			r.Out.Header = http.Header{"Accept": {"application/json"}}
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			v.cfg.Logger.Warn("the Prometheus of the viewer does not answer", "err", err)
			v.reply(w, http.StatusBadGateway, problem("the Prometheus at PRONTO_OPS_PROMETHEUS does not answer"))
		},
	}
}

// maxPoints is how many moments one query may ask for.
const maxPoints = 400

// own answers a range query from the process's samples, in Prometheus's form.
func (v *Viewer) own(w http.ResponseWriter, r *http.Request) {
	e, from, to, step, err := rangeOf(r.URL.Query())
	if err != nil {
		v.reply(w, http.StatusBadRequest, problem(err.Error()))
		return
	}
	v.busy.Lock()
	defer v.busy.Unlock()
	v.reply(w, http.StatusOK, answer{Status: "success", Data: data{"matrix", v.history.over(e, from, to, step)}})
}

func rangeOf(q url.Values) (e expression, from, to time.Time, step time.Duration, err error) {
	if e, err = parse(q.Get("query")); err != nil {
		return nil, from, to, 0, fmt.Errorf("query: %w", err)
	}
	for name, at := range map[string]*time.Time{"start": &from, "end": &to} {
		x, err := strconv.ParseFloat(q.Get(name), 64)
		if err != nil || !(math.Abs(x) < 1e11) {
			return nil, from, to, 0, fmt.Errorf("%s is no time in seconds", name)
		}
		*at = time.UnixMilli(int64(x * 1000))
	}
	seconds, err := strconv.ParseFloat(q.Get("step"), 64)
	if err != nil || !(seconds >= 1 && seconds < 1e6) {
		return nil, from, to, 0, errors.New("step is not a number of seconds from 1")
	}
	step = time.Duration(seconds * float64(time.Second))
	if from.After(to) || to.Sub(from)/step > maxPoints {
		return nil, from, to, 0, fmt.Errorf("end is before start, or more than %d steps after it", maxPoints)
	}
	return e, from, to, step, nil
}

// answer is Prometheus's.
type answer struct {
	Status string `json:"status"`
	Error  string `json:"error,omitempty"`
	Data   data   `json:"data,omitzero"`
}

type data struct {
	ResultType string   `json:"resultType"`
	Result     []ranged `json:"result"`
}

type ranged struct {
	Metric labels   `json:"metric"`
	Values [][2]any `json:"values"` // seconds, and the number as text
}

func problem(text string) answer { return answer{Status: "error", Error: text} }

// over evaluates an expression at each step.
func (h *history) over(e expression, from, to time.Time, step time.Duration) []ranged {
	h.mu.RLock()
	defer h.mu.RUnlock()
	list := []ranged{}
	index := map[string]int{}
	for now := from; !now.After(to); now = now.Add(step) {
		for _, s := range h.at(e, now) {
			key := s.labels.key()
			i, ok := index[key]
			if !ok {
				i = len(list)
				index[key] = i
				list = append(list, ranged{Metric: s.labels})
			}
			at := float64(now.UnixMilli()) / 1000
			list[i].Values = append(list[i].Values, [2]any{at, strconv.FormatFloat(s.value, 'f', -1, 64)})
		}
	}
	return list
}

// timeline finds what is left of a call. Codes that lead nowhere are all
// answered alike, and guesses are few.
func (v *Viewer) timeline(w http.ResponseWriter, r *http.Request) {
	if !v.guesses.Allow() {
		w.Header().Set("Retry-After", "1")
		v.reply(w, http.StatusTooManyRequests, problem("too many codes were tried; wait a second"))
		return
	}
	body, ok, err := v.cfg.Timeline(r.Context(), r.URL.Query().Get("code"))
	switch {
	case err != nil:
		v.cfg.Logger.Warn("a timeline could not be read", "err", err)
		v.reply(w, http.StatusServiceUnavailable, problem("the store does not answer; try again"))
	case !ok:
		v.reply(w, http.StatusNotFound, problem("no call has this code, or it ended more than seven days ago, or it goes on"))
	default:
		v.reply(w, http.StatusOK, json.RawMessage(body))
	}
}

func (v *Viewer) reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		v.cfg.Logger.Debug("an answer of the viewer was not written", "err", err)
	}
}
