package grafana

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pronto/metrics"
	"pronto/sfu"
	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/signalling/wire"
	"pronto/turn"
)

// A real Prometheus scrapes metrics that are fed with events, and answers
// every query of the dashboard with numbers.
func TestEveryPanelShowsNumbersFromARealPrometheus(t *testing.T) {
	m := metrics.New(metrics.Options{})
	m.Watch(metrics.Sources{SFU: busySFU(), Calls: func() []call.Shape {
		return []call.Shape{{Kind: wire.KindVideo, Topology: wire.TopologySFU, People: 3}}
	}})
	server := httptest.NewServer(m.Handler())
	defer server.Close()
	p := startPrometheus(t, strings.TrimPrefix(server.URL, "http://"))
	p.wait(t, func() { feed(m) }, func() bool {
		for _, series := range p.ask(t, `min(count_over_time(pronto_ws_messages_total{type="ring"}[30s]))`) {
			if last(series) >= 4 { // enough for every rate, before the last minute too
				return true
			}
		}
		return false
	})
	for _, d := range Dashboards() {
		for _, panel := range d.Panels {
			for _, q := range panel.Targets {
				if finite := p.ask(t, filled(q.Expr)); len(finite) == 0 {
					t.Errorf("%s, %s, query %s: no number came for %s", d.UID, panel.Title, q.RefID, q.Expr)
				}
			}
		}
	}
}

// feed has one of everything happen that the dashboard shows.
func feed(m *metrics.Metrics) {
	const kind, topology = wire.KindVideo, wire.TopologySFU
	m.Call(call.SetUpEnded{Arm: wire.ArmA, Kind: kind, Topology: topology, Via: call.ViaContact, Outcome: call.OutcomeConnected})
	m.Call(call.SetUpEnded{Kind: kind, Topology: topology, Via: call.ViaContact, Outcome: call.OutcomeFailed, Cause: call.CauseICE})
	m.Call(call.RingingBegan{Topology: topology, After: 300 * time.Millisecond})
	m.Call(call.RingingEnded{Outcome: call.OutcomeConnected, After: time.Second})
	m.Call(call.Rated{Kind: kind, Stars: 4})
	m.Call(call.StayReported{Kind: kind, Topology: topology, Sent: 1e6, Received: 1e6, Moments: []wire.Moment{
		{What: wire.MomentFirstCamera, TookMs: 300}, {What: wire.MomentGapNetwork, TookMs: 2000},
	}})
	one := sfu.Direction{Known: true, Loss: .01, Jitter: time.Millisecond}
	m.SFU(sfu.LegMeasured{Leg: sfu.Leg{RTT: 20 * time.Millisecond, Bps: 1e6, Up: one, Down: one}})
	m.Signalling(signalling.Pinged{RTT: time.Millisecond})
	m.Webhook("call.ended", "ok")
	m.Pushed("webpush", "ok", time.Second)
	m.Measure(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	m.Call(call.MediaBegan{Arm: wire.ArmA, Via: call.ViaGroup, Kind: kind, Topology: topology, Path: wire.PathHost, After: time.Second})
	m.Call(call.Ended{Kind: kind, Topology: topology, Cause: call.EndHangup, Talked: time.Minute, Peak: 3})
	m.Call(call.Refused{Reason: "privacy"})
	m.Call(call.LinkJoined{Result: call.TryOK})
	m.Call(call.LobbyLeft{Result: call.LobbyAdmitted, After: time.Minute})
	m.Call(call.Connected{Path: wire.PathRelay, Transport: wire.TransportUDP, Relay: time.Second, ICE: time.Second, DTLS: time.Second})
	m.Call(call.Reported{
		Arm: wire.ArmA, Topology: topology, Path: wire.PathRelay, RTT: time.Second, Switches: 1,
		Sound:    &wire.HeardSound{PlayedMs: 10_000, ConcealedMs: 100, Packets: 500, Lost: 1, JitterMs: 4, BufferMs: 20},
		Pictures: []wire.SeenPictures{seen(wire.SourceCamera), seen(wire.SourceScreen)},
		Sent:     &wire.SentPicture{SentMs: 10_000, CPUMs: 100},
	})
	m.SFU(sfu.PeerConnected{After: time.Second})
	m.SFU(sfu.PeerFirstMedia{After: time.Second})
	m.SFU(sfu.PeerGone{Reason: sfu.ReasonClosed})
	m.Turn(turn.AllocationOpened{Transport: turn.UDP})
	m.Turn(turn.Relayed{Transport: turn.UDP, BytesToPeers: 1000, BytesToClient: 1000})
	m.Signalling(signalling.SocketOpened{})
	m.Signalling(signalling.ReportFiled{Reason: "spam"})
	m.Signalling(signalling.AppealFiled{})
	m.Signalling(signalling.NoteCame{Step: signalling.NoteLeft})
	m.Signalling(signalling.Handled{Type: "ring", After: time.Millisecond})
	m.Signalling(signalling.SocketClosed{Reason: signalling.CloseNormal})
}

func seen(source wire.Source) wire.SeenPictures {
	return wire.SeenPictures{
		Source: source, GoodMs: 10_000, FramesPerSecond: 24, Height: 360, Freezes: 1, FrozenMs: 100, Packets: 1000, JitterMs: 4, BufferMs: 20,
	}
}

func busySFU() func() sfu.Stats {
	start := time.Now()
	return func() sfu.Stats {
		packets := uint64(time.Since(start).Milliseconds())
		one := sfu.Media{AudioPackets: packets, AudioBytes: 100 * packets, VideoPackets: packets, VideoBytes: 1000 * packets}
		return sfu.Stats{Rooms: 1, Peers: 3, Connected: 3, Tracks: 6, AudioTracks: 3, In: one, Out: one, Delay: sfu.Delay{Counts: [15]uint64{2: packets}, Sum: time.Duration(packets)}}
	}
}

// prometheus is a running Prometheus.
type prometheus struct{ url string }

// startPrometheus runs one that scrapes target four times a second, until the
// test ends.
func startPrometheus(t *testing.T, target string) *prometheus {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("scrape_configs:\n- {job_name: pronto, scrape_interval: 250ms, scrape_timeout: 250ms, static_configs: [{targets: [%q]}]}\n", target)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
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
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil || t.Failed() {
			text, _ := os.ReadFile(logs.Name())
			t.Logf("prometheus ended (%v) and said:\n%s", err, text)
		}
		logs.Close()
	})
	return &prometheus{"http://" + address}
}

// wait calls do, again and again, until done.
func (p *prometheus) wait(t *testing.T, do func(), done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		do()
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("prometheus has not scraped within a minute")
		}
	}
}

// ask runs a query over the last ten seconds and returns the numbers of each
// series, those that are none left out. While Prometheus starts there are none.
func (p *prometheus) ask(t *testing.T, query string) [][]float64 {
	t.Helper()
	now := time.Now()
	form := url.Values{
		"query": {query}, "step": {"1"},
		"start": {strconv.FormatInt(now.Add(-10*time.Second).Unix(), 10)}, "end": {strconv.FormatInt(now.Unix(), 10)},
	}
	response, err := http.PostForm(p.url+"/api/v1/query_range", form)
	if err != nil {
		return nil // it does not listen yet
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusServiceUnavailable {
		return nil // it is not ready yet
	}
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct{ Values [][2]any }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer.Status != "success" {
		t.Errorf("%s: %s", query, answer.Error)
	}
	var list [][]float64
	for _, series := range answer.Data.Result {
		var numbers []float64
		for _, pair := range series.Values {
			x, err := strconv.ParseFloat(pair[1].(string), 64)
			if err == nil && !math.IsNaN(x) && !math.IsInf(x, 0) {
				numbers = append(numbers, x)
			}
		}
		if len(numbers) > 0 {
			list = append(list, numbers)
		}
	}
	return list
}

func last(numbers []float64) float64 { return numbers[len(numbers)-1] }

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
