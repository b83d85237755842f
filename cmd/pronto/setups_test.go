package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/identity"
	"pronto/signalling/wire"
)

// BenchmarkSetUps measures the signalling of a server in a process of its own:
// many are signed in, and pairs of them set up calls at a fixed rate, whether
// the server keeps up or not. It prints one line of JSON. make bench-signalling
// runs it; SESSIONS, RATE and SECONDS change what is usual.
func BenchmarkSetUps(b *testing.B) {
	sessions, rate, seconds := number("SESSIONS", 5000), number("RATE", 500), number("SECONDS", 10)
	dir := b.TempDir()
	server := startProcess(b, dir, "127.0.0.1:0", "PRONTO_SOCKETS_PER_ADDRESS=100000",
		"PRONTO_RINGS_PER_MINUTE=100000", "PRONTO_RINGS_PER_PAIR=100000")
	empty := memory(b, server.cmd.Process.Pid)
	people := signInMany(b, server.page, dir, sessions)
	full := memory(b, server.cmd.Process.Pid)
	before := processorTime(b, server.cmd.Process.Pid)
	began := time.Now()
	took, failed := setUp(people, rate, rate*seconds)
	lasted := time.Since(began)
	used := processorTime(b, server.cmd.Process.Pid) - before
	if len(took) == 0 {
		b.Fatal("no call was set up")
	}
	slices.Sort(took)
	ms := func(p float64) float64 { return float64(took[int(p*float64(len(took)-1))].Microseconds()) / 1000 }
	line, err := json.Marshal(map[string]any{
		"scenario": "setups", "perSecond": int(float64(len(took)) / lasted.Seconds()), "p50Ms": ms(0.5), "p99Ms": ms(0.99), "failed": failed,
		"cpuUsPerSetup": used.Microseconds() / int64(len(took)), "sessions": sessions, "kibPerSession": float64(full-empty) / float64(sessions),
	})
	if err != nil {
		b.Fatal(err)
	}
	fmt.Println(string(line))
}

func number(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return usual
}

// caller is somebody who answers whoever rings him, and tells when.
type caller struct {
	*client.Client
	user wire.UserID
	ring chan wire.CallID
}

func signInMany(b testing.TB, page, dir string, n int) []*caller {
	b.Helper()
	binary, err := build()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(binary, "keys", "create", "bench")
	cmd.Env = append(os.Environ(), "PRONTO_DATA="+dir)
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	key := strings.Fields(string(out))
	people := make([]*caller, n)
	var wait sync.WaitGroup
	var next atomic.Int64
	for range 32 {
		wait.Go(func() {
			for i := next.Add(1) - 1; int(i) < n; i = next.Add(1) - 1 {
				c := &caller{user: wire.UserID("u" + strconv.FormatInt(i, 10)), ring: make(chan wire.CallID, 8)}
				c.Client, err = client.Dial(b.Context(), client.Config{
					URL: "ws" + strings.TrimPrefix(page, "http") + "/v1/ws", Device: "bench", Logger: slog.New(slog.DiscardHandler),
					Encryption: wire.EncryptionVersion, // no keys are needed to set calls up
					PingEvery:  30 * time.Second, On: func(e client.Event) {
						if in, ok := e.Body.(*wire.Incoming); ok {
							c.ring <- in.Call
						}
					},
					Token: func(context.Context) (string, error) {
						return identity.Sign(key[1], []byte(key[3]), identity.Identity{User: c.user, Name: string(c.user),
							Grants: identity.Grants{Account: true}}, time.Now(), time.Hour)
					},
				})
				if err != nil {
					b.Errorf("sign in: %v", err)
					return
				}
				people[i] = c
			}
		})
	}
	wait.Wait()
	b.Cleanup(func() {
		for _, p := range people {
			wait.Go(p.Close)
		}
		wait.Wait()
	})
	if b.Failed() {
		b.FailNow()
	}
	return people
}

// setUp has so many pairs ring, answer and hang up, rate a second, and returns
// how long the server took with each. Who is late begins at once: how many begin
// does not depend on how fast the others are.
func setUp(people []*caller, rate, n int) (took []time.Duration, failed int) {
	var mu sync.Mutex
	var wait sync.WaitGroup
	start := time.Now()
	for i := range n {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		a, z := people[i*2%len(people)], people[(i*2+1)%len(people)]
		wait.Go(func() {
			lasted, err := oneSetUp(a, z)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed++
				return
			}
			took = append(took, lasted)
		})
	}
	wait.Wait()
	return took, failed
}

// oneSetUp is the time from ringing to the callee's own state of the answered
// call: ring, incoming, accept.
func oneSetUp(a, z *caller) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	start := time.Now()
	state, err := client.Request[wire.CallState](ctx, a.Client, wire.Ring{Users: []wire.UserID{z.user}, Kind: wire.KindVoice})
	if err != nil {
		return 0, err
	}
	select {
	case call := <-z.ring:
		_, err = client.Request[wire.CallState](ctx, z.Client, wire.Accept{Call: call, Media: wire.Media{Microphone: true}})
	case <-ctx.Done():
		err = ctx.Err()
	}
	lasted := time.Since(start)
	if err == nil {
		_, err = client.Request[wire.Done](ctx, a.Client, wire.Leave{Call: state.Call})
	}
	return lasted, err
}

// memory is the resident memory of a process, in KiB.
func memory(b testing.TB, pid int) int {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		b.Fatal(err)
	}
	return kib
}

// processorTime is what a process has used of the processor.
func processorTime(b testing.TB, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	const perSecond = 100 // clock ticks, the same on every Linux (USER_HZ)
	return time.Duration(user+system) * time.Second / perSecond
}
