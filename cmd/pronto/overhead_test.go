package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

const (
	rounds       = 3                // of as long with reports and as long without, so that what else the machine does counts less
	reporters    = 1000             // clients in calls, each of which reports every 10 s
	reportEvery  = 10 * time.Second // as the SDK does
	mostBytes    = 1000             // of a report
	mostOverhead = .02              // of the processors that the server has
)

// A thousand clients in calls report how they are. What the server spends on
// that is its processor's time while they do, less that of as long before, with
// the same clients in the same calls, which ask for a sign of life every 2 s as
// pages do. A scrape under this load is small and soon there.
func BenchmarkReports(t *testing.B) {
	dir := t.TempDir()
	server := startProcess(t, dir, "127.0.0.1:0", "PRONTO_SOCKETS_PER_ADDRESS=100000",
		"PRONTO_RINGS_PER_MINUTE=100000", "PRONTO_RINGS_PER_PAIR=100000")
	people := signInMany(t, server.page, dir, reporters)
	calls := pairUp(t, people)
	pid := server.cmd.Process.Pid

	if text, err := json.Marshal(fullReport(calls[0], 1)); err != nil || len(text) > mostBytes {
		t.Errorf("a full report has %d bytes: %v", len(text), err)
	}
	var idle, busy time.Duration
	for range rounds {
		start := processorTime(t, pid)
		time.Sleep(reportEvery)
		between := processorTime(t, pid)
		reportAll(t, people, calls)
		idle, busy = idle+between-start, busy+processorTime(t, pid)-between
	}

	cost := max(0, busy-idle) / rounds
	share := cost.Seconds() / reportEvery.Seconds() / float64(runtime.NumCPU())
	t.Logf("the server takes %s in %s without reports; %d of them cost %s, %s each: %.2f %% of %d processors, %.2f %% of one",
		idle/rounds, reportEvery, reporters, cost, cost/reporters, 100*share, runtime.NumCPU(), 100*share*float64(runtime.NumCPU()))
	if share > mostOverhead {
		t.Errorf("reports take %.1f %% of the processors", 100*share)
	}
	listen := server.metrics(t)
	if n := accepted(t, listen); n != rounds*reporters {
		t.Errorf("the server has counted %g reports", n)
	}
	boundedScrape(t, listen)
}

// pairUp has everybody in a call with his neighbour, in which media flows.
func pairUp(t testing.TB, people []*caller) []wire.CallID {
	t.Helper()
	calls := make([]wire.CallID, len(people))
	var wait sync.WaitGroup
	slots := make(chan struct{}, 16) // so many set up a call at a time
	for i := 0; i+1 < len(people); i += 2 {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			a, z := people[i], people[i+1]
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			state, err := client.Request[wire.CallState](ctx, a.Client, wire.Ring{Users: []wire.UserID{z.user}, Kind: wire.KindVideo})
			if err == nil {
				select {
				case <-z.ring:
					state, err = client.Request[wire.CallState](ctx, z.Client, wire.Accept{Call: state.Call, Media: wire.Media{Microphone: true}})
				case <-ctx.Done():
					err = ctx.Err()
				}
			}
			for _, one := range []*caller{a, z} {
				if err == nil {
					_, err = client.Request[wire.Done](ctx, one.Client, wire.MediaFlows{Call: state.Call, Generation: state.Generation, Path: wire.PathHost, AfterMs: 200})
				}
				one.SetInCall(true)
			}
			if err != nil {
				t.Errorf("set up a call: %v", err)
			}
			calls[i], calls[i+1] = state.Call, state.Call
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return calls
}

// reportAll has everybody report once, spread evenly over the time between two
// reports, and lasts as long.
func reportAll(t testing.TB, people []*caller, calls []wire.CallID) {
	t.Helper()
	var wait sync.WaitGroup
	begin := time.Now()
	for i, one := range people {
		time.Sleep(time.Until(begin.Add(reportEvery * time.Duration(i) / time.Duration(len(people)))))
		wait.Go(func() {
			if _, err := client.Request[wire.Done](t.Context(), one.Client, fullReport(calls[i], i)); err != nil {
				t.Errorf("report: %v", err)
			}
		})
	}
	wait.Wait()
	time.Sleep(time.Until(begin.Add(reportEvery)))
}

// fullReport has everything that a page in a video call with a shared screen
// tells, and is different for each.
func fullReport(call wire.CallID, i int) wire.ReportQuality {
	vary := func(n int) uint32 { return uint32(1 + i*7919%n) } // no larger than an int of this test
	paths := []wire.Path{wire.PathHost, wire.PathSrflx, wire.PathRelay}
	picture := func(source wire.Source) wire.SeenPictures {
		return wire.SeenPictures{
			Source: source, GoodMs: 8000, FairMs: 1000, PoorMs: 1000, FrozenMs: vary(900), Freezes: vary(3), FramesPerSecond: vary(30), Height: 90 * vary(8),
			Packets: 2000, Lost: vary(100), JitterMs: vary(40), BufferMs: vary(120),
		}
	}
	return wire.ReportQuality{
		Call: call, SpanMs: 10_000, Path: paths[i%len(paths)], RTTMs: vary(300),
		Sound:    &wire.HeardSound{PlayedMs: 10_000, ConcealedMs: vary(900), Packets: 500, Lost: vary(40), JitterMs: vary(40), BufferMs: vary(120)},
		Pictures: []wire.SeenPictures{picture(wire.SourceCamera), picture(wire.SourceScreen)},
		Sent:     &wire.SentPicture{SentMs: 10_000, BandwidthMs: vary(5000), CPUMs: vary(5000)},
		Up:       []wire.SentLoss{{Source: wire.SourceMicrophone, PerMille: vary(100)}, {Source: wire.SourceCamera, PerMille: vary(100)}},
		Moments:  []wire.Moment{{What: wire.MomentFirstSound, TookMs: vary(900)}, {What: wire.MomentFirstCamera, TookMs: vary(2000)}},
	}
}

// accepted is how many reports the server says that it has taken.
func accepted(t testing.TB, listen string) float64 {
	t.Helper()
	response, err := http.Get("http://" + listen + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\n"+`pronto_client_reports_total{result="accepted"} `)
	number, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		t.Fatalf("there is no count of reports: %v", err)
	}
	return n
}

// metrics is where the process serves them, as its log says.
func (p *process) metrics(t testing.TB) string {
	t.Helper()
	for line := range strings.Lines(p.log()) {
		var ready struct{ Msg, Metrics string }
		if json.Unmarshal([]byte(line), &ready) == nil && ready.Msg == "pronto is ready" {
			return strings.TrimSuffix(strings.TrimPrefix(ready.Metrics, "http://"), "/metrics")
		}
	}
	t.Fatal("the log does not say where the metrics are")
	return ""
}
