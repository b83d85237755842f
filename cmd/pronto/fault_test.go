package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pronto/metrics/grafana"
	"pronto/sfu/impair"
	"pronto/signalling/call"
	"pronto/signalling/client"
	"pronto/signalling/client/bot"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// fault is something that goes wrong on a server of its own, what shows it, and
// the runbook that says so.
type fault struct {
	name    string
	runbook string
	environ []string
	happen  func(t *testing.T, f *faultServer)
	// lit are the panels that show it, and what of them; the other watched
	// panels stay dark.
	lit map[string][]string
}

// watched are the panels that tell faults apart, each with the values that are
// no fault.
var watched = map[string][]string{
	"Overview › Failures by cause":                  nil,
	"Overview › Ends by cause":                      {"hangup", "last_left", "declined", "cancelled", "timeout", "kicked"},
	"SFU › Refused for want of room":                nil,
	"Privacy and abuse › Keys that fail":            {"no_key", "ghost"}, // keys come late on a busy machine, and are fetched
	"Network › Legs with loss over 5 %, by the SFU": nil,
}

var faults = []fault{
	{
		name: "loss on the way to one of three", runbook: "poor-media.md", happen: loseOnTheWayDown,
		lit: map[string][]string{"Network › Legs with loss over 5 %, by the SFU": {"down"}},
	}, {
		name: "UDP is blocked", runbook: "setup-failures.md", environ: []string{"PRONTO_TURN_LISTEN=off"}, happen: blockUDP,
		lit: map[string][]string{"Overview › Failures by cause": {"ice"}, "Overview › Ends by cause": {"error"}},
	}, {
		name: "a participant's connection to the SFU is killed", runbook: "broken-calls.md", environ: []string{"PRONTO_GRACE=3s"}, happen: killPeer,
		lit: map[string][]string{"Overview › Ends by cause": {"network"}},
	}, {
		name: "frames cannot be opened", runbook: "setup-failures.md", happen: failKeys,
		lit: map[string][]string{"Overview › Failures by cause": {"key_exchange"}, "Privacy and abuse › Keys that fail": {"bad_tag"}},
	}, {
		name: "the node is full", runbook: "capacity.md", environ: []string{"PRONTO_MAX_ROOMS=1"}, happen: fillUp,
		lit: map[string][]string{"Overview › Failures by cause": {"capacity"}, "SFU › Refused for want of room": {"media"}},
	},
}

// Each fault happens on a server of its own; all are scraped by one Prometheus.
// Each lights exactly the panels and causes that its runbook names, and no other
// of those that tell faults apart.
func TestEachFaultLightsItsOwnPanelAndCause(t *testing.T) {
	t.Parallel()
	var targets []string
	var servers []*faultServer
	for i := range faults {
		listen := freePort(t)
		targets = append(targets, listen)
		f := &faultServer{}
		page, stop := demo(t, &demoCmd{}, append(slices.Clone(faults[i].environ), "PRONTO_METRICS_LISTEN="+listen)...)
		f.page, f.target = page, listen
		defer func() { _, _ = stop() }()
		defer f.close()
		servers = append(servers, f)
	}
	p := startPrometheus(t, "", targets...)
	for _, f := range servers {
		f.watcher = p
	}
	p.until(t, fmt.Sprintf(`count(count_over_time(pronto_draining[1m]) > 1) == %d`, len(faults)), time.Minute) // so that what begins is seen as an increase
	var work sync.WaitGroup
	for i, f := range faults {
		work.Go(func() { f.happen(t, servers[i]) })
	}
	work.Wait()
	for i, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			page, err := os.ReadFile(filepath.Join("../../metrics/runbooks", f.runbook))
			if err != nil {
				t.Fatal(err)
			}
			for panel, values := range watched {
				want := f.lit[panel]
				var got []string
				deadline := time.Now().Add(time.Minute) // of a scrape or two
				for {
					got = p.lit(t, panel, targets[i], values)
					if slices.Equal(got, want) || time.Now().After(deadline) {
						break
					}
					time.Sleep(time.Second)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s shows %v, not %v", panel, got, want)
				}
				for _, value := range want {
					if !strings.Contains(string(page), "**"+panel+"**") || !strings.Contains(string(page), "`"+value+"`") {
						t.Errorf("%s does not name %s and %s", f.runbook, panel, value)
					}
				}
			}
		})
	}
}

// lit are the last labels of the series of a panel that are over zero on one
// server, but for those that are no fault.
func (p *promServer) lit(t *testing.T, name, target string, harmless []string) (lit []string) {
	t.Helper()
	for _, d := range grafana.Dashboards() {
		for _, panel := range d.Panels {
			if strings.TrimPrefix(d.Title, "Pronto: ")+" › "+panel.Title != name {
				continue
			}
			query := strings.ReplaceAll(panel.Targets[0].Expr, `$instance`, target)
			query = strings.ReplaceAll(query, "$__rate_interval", "5m")
			for label, x := range p.instant(query) {
				if x > 1e-9 && !slices.Contains(harmless, label) {
					lit = append(lit, label)
				}
			}
			slices.Sort(lit)
			return lit
		}
	}
	t.Errorf("there is no panel %s", name)
	return nil
}

// faultServer is the server of a fault, and those who call there.
type faultServer struct {
	page, target string
	watcher      *promServer

	mu       sync.Mutex // guards what follows
	closing  []func()
	accepted []*bot.Call
}

// patience is how long something may take on a machine that has much to do.
const patience = 2 * time.Minute

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("after %s not yet: %s", patience, what)
			return
		}
	}
}

// shows waits until a panel shows something of the server.
func (f *faultServer) shows(t *testing.T, panel string) {
	t.Helper()
	eventually(t, panel+" is lit", func() bool { return f.watcher.lit(t, panel, f.target, nil) != nil })
}

// heard waits until so many who were rung hear somebody.
func (f *faultServer) heard(t *testing.T, n int) {
	t.Helper()
	eventually(t, "they hear somebody", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		hear := 0
		for _, call := range f.accepted {
			select {
			case <-call.Flows():
				hear++
			default:
			}
		}
		return hear >= n
	})
}

func (f *faultServer) close() {
	for _, c := range slices.Backward(f.closing) {
		c()
	}
}

func (f *faultServer) later(c func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closing = append(f.closing, c)
}

// phone signs one of the demo's people in, with media over a network; a nil one
// is a phone without media. It answers whatever rings.
func (f *faultServer) phone(t *testing.T, user string, network *impair.Conditions) (*bot.Phone, *media.Engine) {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	cfg := bot.PhoneConfig{Logger: logger, Client: demoClient(f.page, user, wire.DeviceID(user))}
	cfg.Client.Agent = "pronto-bot"
	var engine *media.Engine
	if network != nil {
		clips, err := media.Clips()
		if err != nil {
			giveUp(t, err)
		}
		engine, err = media.NewEngine(media.Config{Logger: logger, Down: *network})
		if err != nil {
			giveUp(t, err)
		}
		f.later(engine.Close)
		cfg.Engine, cfg.Clip = engine, clips[0]
	}
	var phone *bot.Phone
	ready := make(chan struct{})
	cfg.Incoming = func(in wire.Incoming) {
		go func() {
			<-ready
			call, err := phone.Accept(context.Background(), in.Call, wire.Media{Microphone: true, Camera: true})
			if err != nil {
				return // it may be over already
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			f.accepted = append(f.accepted, call)
		}()
	}
	phone, err := bot.Open(t.Context(), cfg)
	for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); { // the machine has other work
		time.Sleep(time.Second)
		phone, err = bot.Open(t.Context(), cfg)
	}
	if err != nil {
		giveUp(t, err)
	}
	close(ready)
	f.later(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		phone.Close(ctx)
	})
	return phone, engine
}

// giveUp ends what a fault does: there is nobody who could go on.
func giveUp(t *testing.T, err error) {
	t.Helper()
	t.Error(err)
	runtime.Goexit()
}

var good = &impair.Conditions{}

// ring has one ring others, and waits until the call is as it should be.
func ring(t *testing.T, from *bot.Phone, flows bool, users ...wire.UserID) *bot.Call {
	t.Helper()
	call, err := from.Ring(t.Context(), wire.KindVideo, users...)
	if err != nil {
		giveUp(t, err)
	}
	if flows {
		select {
		case <-call.Flows():
		case <-time.After(time.Minute):
			t.Error("nothing flowed within a minute")
		}
	}
	return call
}

// joined waits until so many are in the call.
func joined(t *testing.T, call *bot.Call, n int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		state := call.State()
		if len(client.Joined(&state)) >= n {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%d of %d are in the call", len(client.Joined(&state)), n)
			return
		}
	}
}

func loseOnTheWayDown(t *testing.T, f *faultServer) {
	ana, _ := f.phone(t, "ana", good)
	f.phone(t, "bia", good)
	f.phone(t, "carlo", &impair.Conditions{Loss: .2})
	talk := ring(t, ana, true, "bia", "carlo")
	f.shows(t, lossyWays)
	reports := fmt.Sprintf(`pronto_client_reports_total{result="accepted", instance=%q} >= 9`, f.target)
	eventually(t, "three reports of each, or two of who was late to hear anything", func() bool { return f.watcher.instant(reports) != nil })
	state := talk.State()
	if _, err := client.Request[wire.Done](t.Context(), ana.Client(), wire.End{Call: talk.ID()}); err != nil {
		t.Error(err)
	}
	if whose := f.lossy(t, state.Support); len(whose) != 1 {
		t.Errorf("the timeline of %s shows loss at %v, not at one participant", state.Support, whose)
	}
}

// lossy are the participants whose own reports tell of lost sound, by the timeline
// that a support code leads to.
func (f *faultServer) lossy(t *testing.T, code string) map[wire.ParticipantID]float64 {
	t.Helper()
	var line call.Timeline
	eventually(t, "there is a timeline", func() bool {
		response, err := http.Get("http://" + f.target + "/ops/timeline?code=" + code)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return json.NewDecoder(response.Body).Decode(&line) == nil && len(line.Steps) > 0 // none until the call has ended
	})
	whose := map[wire.ParticipantID]float64{}
	for _, step := range line.Steps {
		if step.Quality != nil && step.Quality.Loss > .02 {
			whose[step.Who] = max(whose[step.Who], step.Quality.Loss)
		}
	}
	t.Logf("loss by the timeline: %v", whose)
	return whose
}

func blockUDP(t *testing.T, f *faultServer) {
	ana, _ := f.phone(t, "ana", &impair.Conditions{Cut: true})
	f.phone(t, "bia", &impair.Conditions{Cut: true})
	call := ring(t, ana, false, "bia")
	select {
	case <-call.Over(): // after the direct way and the SFU were both tried
	case <-time.After(2 * time.Minute):
		t.Error("the call goes on without media")
	}
}

func killPeer(t *testing.T, f *faultServer) {
	ana, _ := f.phone(t, "ana", good)
	_, engine := f.phone(t, "bia", good)
	_, other := f.phone(t, "carlo", good)
	call := ring(t, ana, true, "bia", "carlo")
	joined(t, call, 3)
	f.heard(t, 2)
	engine.Close()
	other.Close()
	select {
	case <-call.Over(): // nobody is left to talk to
	case <-time.After(2 * time.Minute):
		t.Error("the call goes on with nobody")
	}
}

func failKeys(t *testing.T, f *faultServer) {
	ana, _ := f.phone(t, "ana", nil)
	f.phone(t, "bia", nil)
	call := ring(t, ana, false, "bia")
	joined(t, call, 2)
	if _, err := client.Request[wire.Done](t.Context(), ana.Client(), wire.ReportKeys{Call: call.ID(), Failure: wire.KeyFailureBadTag}); err != nil {
		t.Error(err)
	}
	_ = call.Leave(t.Context())
}

func fillUp(t *testing.T, f *faultServer) {
	ana, _ := f.phone(t, "ana", good)
	f.phone(t, "bia", good)
	f.phone(t, "carlo", good)
	first := ring(t, ana, true, "bia", "carlo")
	dora, _ := f.phone(t, "dora", good)
	f.phone(t, "ezio", good)
	second := ring(t, dora, false, "ezio", echoUser)
	joined(t, second, 2)
	f.shows(t, "SFU › Refused for want of room")                                              // they have asked for media
	_, _ = client.Request[wire.Done](t.Context(), dora.Client(), wire.End{Call: second.ID()}) // unless the others have given up
	eventually(t, "the second call is over", func() bool {                                    // before there is room again
		select {
		case <-second.Over():
			return true
		default:
			return false
		}
	})
	_ = first.Leave(t.Context())
}
