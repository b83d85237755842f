//go:build linux

// Bench measures what the SFU costs for each packet that it forwards. It starts the SFU
// in a process of its own, joins it with many clients (real ICE, DTLS and SRTP) over
// loopback, and prints a table and one JSON line for each scenario. Beside it runs a floor: AES-GCM and
// sendmmsg alone; for the fan-outs also what a packet waits where nothing else is done. The ratios are the figures that can
// be compared across machines.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

// scenario is who sends what to whom.
type scenario struct {
	Name                   string
	Publishers, Listeners  int
	Audio, Video           bool
	AudioSlots, VideoSlots int // of each who receives
	PublishersReceive      bool
	Idle                   bool // nobody sends any more when the window begins
}

func scenarios() []scenario {
	return []scenario{
		{Name: "fan50", Publishers: 1, Listeners: 50, Video: true, VideoSlots: 1},
		{Name: "mesh10", Publishers: 10, Audio: true, Video: true, AudioSlots: 9, VideoSlots: 9, PublishersReceive: true},
		{Name: "audio100", Publishers: 5, Listeners: 100, Audio: true, AudioSlots: 5},
		{Name: "idle50", Publishers: 1, Listeners: 50, Video: true, VideoSlots: 1, Idle: true},
		{Name: "fan150", Publishers: 1, Listeners: 150, Video: true, VideoSlots: 1},
	}
}

// fans tells whether one sends to all others.
func (s scenario) fans() bool { return s.Publishers == 1 && !s.PublishersReceive && !s.Idle }

// receivers is how many clients get each stream.
func (s scenario) receivers() int {
	if s.PublishersReceive {
		return s.Listeners + s.Publishers - 1
	}
	return s.Listeners
}

// result is what is printed for one run, or the median of several.
type result struct {
	Scenario         string  `json:"scenario"`
	USPerPacket      float64 `json:"usPerPacket"`
	FloorUSPerPacket float64 `json:"floorUsPerPacket"`
	PacketsPerSecond float64 `json:"packetsPerSecond"`
	Loss             float64 `json:"loss"`
	AddedP50Ms       float64 `json:"addedP50Ms"`
	AddedP99Ms       float64 `json:"addedP99Ms"`
	// FloorP50Ms and FloorP99Ms are what is added where nothing but opening, sealing and sending is done, by one thread.
	FloorP50Ms        float64 `json:"floorP50Ms,omitzero"`
	FloorP99Ms        float64 `json:"floorP99Ms,omitzero"`
	JoinP50Ms         float64 `json:"joinP50Ms"`
	JoinP99Ms         float64 `json:"joinP99Ms"`
	MiBPerParticipant float64 `json:"mibPerParticipant"`
	SwitchesPerPacket float64 `json:"switchesPerPacket"`
	// HostBusy is which share of the machine's processors was in use, by whomever: above 0.8 the times say little.
	HostBusy float64 `json:"hostBusy"`
	// IdleUS is what a participant costs in a second in which nobody sends, in microseconds.
	IdleUS float64 `json:"idleUsPerSecond,omitzero"`
}

func main() {
	var (
		serve   = flag.Bool("serve", false, "be the server; the bench starts it")
		only    = flag.String("scenario", "", "run this scenario only")
		runs    = flag.Int("runs", 3, "runs of each scenario, 1 to 20")
		warmUp  = flag.Duration("warmup", 10*time.Second, "time before the window, in which the server finds out what each client can receive, from 1s")
		profile = flag.String("profile", "", "write a profile of the server's processor time within the window to this file")
		window  = flag.Duration("window", 12*time.Second, "time that is measured, from 1s to 1m")
	)
	flag.Parse()
	if *serve {
		if err := runServer(os.Stdin, os.Stdout, &profiler{name: *profile}); err != nil {
			fatal(err)
		}
		return
	}
	if *runs < 1 || *runs > 20 || *warmUp < time.Second || *window < time.Second || *window > time.Minute {
		fatal(fmt.Errorf("a flag is out of range"))
	}
	if *only == "" || *only == "joins" {
		c, err := measureJoins(*profile)
		if err != nil {
			fatal(fmt.Errorf("joins: %w", err))
		}
		printJoins(c)
		_ = json.NewEncoder(os.Stdout).Encode(c)
	}
	if *only == "" || *only == "burst" {
		b, err := measureBurst(*profile)
		if err != nil {
			fatal(fmt.Errorf("burst: %w", err))
		}
		printBurst(b)
		_ = json.NewEncoder(os.Stdout).Encode(b)
	}
	results := map[string][]result{}
	for range *runs {
		for _, s := range scenarios() {
			if *only != "" && s.Name != *only {
				continue
			}
			r, err := measure(s, *warmUp, *window, *profile)
			if err != nil {
				fatal(fmt.Errorf("%s: %w", s.Name, err))
			}
			results[s.Name] = append(results[s.Name], r)
			if s.Idle {
				fmt.Fprintf(os.Stderr, "%-9s %.0f µs a second for each participant, %.2f MiB each, machine %.0f %% busy\n",
					r.Scenario, r.IdleUS, r.MiBPerParticipant, 100*r.HostBusy)
				continue
			}
			added := fmt.Sprintf("%.2f/%.2f ms", r.AddedP50Ms, r.AddedP99Ms)
			if r.FloorP50Ms > 0 {
				added += fmt.Sprintf(" (floor %.2f/%.2f)", r.FloorP50Ms, r.FloorP99Ms)
			}
			fmt.Fprintf(os.Stderr, "%-9s %6.2f µs/packet, floor %.2f, ratio %.2f, %.0f packets/s, loss %.5f, added %s, join %.0f/%.0f ms, %.2f MiB each, %.2f switches/packet, machine %.0f %% busy\n",
				r.Scenario, r.USPerPacket, r.FloorUSPerPacket, r.USPerPacket/r.FloorUSPerPacket, r.PacketsPerSecond,
				r.Loss, added, r.JoinP50Ms, r.JoinP99Ms, r.MiBPerParticipant, r.SwitchesPerPacket, 100*r.HostBusy)
		}
	}
	for _, s := range scenarios() {
		if len(results[s.Name]) > 0 {
			_ = json.NewEncoder(os.Stdout).Encode(median(results[s.Name]))
		}
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

// median takes the median of each figure by itself, and the worst loss.
func median(runs []result) result {
	of := func(figure func(result) float64) float64 {
		values := make([]float64, len(runs))
		for i, r := range runs {
			values[i] = figure(r)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	m := result{
		Scenario:          runs[0].Scenario,
		USPerPacket:       of(func(r result) float64 { return r.USPerPacket }),
		FloorUSPerPacket:  of(func(r result) float64 { return r.FloorUSPerPacket }),
		PacketsPerSecond:  of(func(r result) float64 { return r.PacketsPerSecond }),
		AddedP50Ms:        of(func(r result) float64 { return r.AddedP50Ms }),
		AddedP99Ms:        of(func(r result) float64 { return r.AddedP99Ms }),
		FloorP50Ms:        of(func(r result) float64 { return r.FloorP50Ms }),
		FloorP99Ms:        of(func(r result) float64 { return r.FloorP99Ms }),
		JoinP50Ms:         of(func(r result) float64 { return r.JoinP50Ms }),
		JoinP99Ms:         of(func(r result) float64 { return r.JoinP99Ms }),
		MiBPerParticipant: of(func(r result) float64 { return r.MiBPerParticipant }),
		SwitchesPerPacket: of(func(r result) float64 { return r.SwitchesPerPacket }),
		HostBusy:          of(func(r result) float64 { return r.HostBusy }),
		IdleUS:            of(func(r result) float64 { return r.IdleUS }),
	}
	for _, r := range runs {
		m.Loss = max(m.Loss, r.Loss)
	}
	return m
}

// percentile returns the p-th percentile, p from 0 to 1, in milliseconds.
func percentile(values []time.Duration, p float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	i := min(int(p*float64(len(values))), len(values)-1)
	return float64(values[i]) / float64(time.Millisecond)
}
