package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkLinks measures a server in a process of its own that has many links
// already: by the HTTP API more are made at a fixed rate, whether it keeps up or
// not, and as many doors of links are looked at by people meanwhile. It prints one
// line of JSON. make bench-links runs it; LINKS, RATE and SECONDS change what is
// usual.
func BenchmarkLinks(b *testing.B) {
	links, rate, seconds := number("LINKS", 10_000), number("RATE", 200), number("SECONDS", 10)
	dir := b.TempDir()
	server := startProcess(b, dir, "127.0.0.1:0", "PRONTO_API_PER_MINUTE=1000000", "PRONTO_PROXIES=127.0.0.1,::1")
	m := newLinkMaker(b, server.page, newKey(b, dir), (links+rate*seconds)/ownersLinks+1)
	empty := memory(b, server.cmd.Process.Pid)
	ids := m.makeMany(b, links)
	full := memory(b, server.cmd.Process.Pid)

	before := processorTime(b, server.cmd.Process.Pid)
	d := time.Duration(seconds) * time.Second
	var looked []time.Duration
	var lookFailed int
	var looking sync.WaitGroup
	looking.Go(func() {
		looked, lookFailed = atRate(rate, d, func(i int) error { return m.look(ids[i*7919%len(ids)]) })
	})
	made, failed := atRate(rate, d, func(int) error {
		_, err := m.make(context.Background())
		return err
	})
	looking.Wait()
	used := processorTime(b, server.cmd.Process.Pid) - before
	if len(made) == 0 || len(looked) == 0 {
		b.Fatal("nothing was made, or nothing looked at")
	}
	line, err := json.Marshal(map[string]any{
		"scenario": "links", "live": links, "perSecond": float64(len(made)) / d.Seconds(), "p50Ms": quantile(made, 0.5), "p99Ms": quantile(made, 0.99),
		"failed": failed, "lookP50Ms": quantile(looked, 0.5), "lookP99Ms": quantile(looked, 0.99), "lookFailed": lookFailed,
		"cpuUsPerLink": used.Microseconds() / int64(len(made)), "kibPerLink": float64(full-empty) / float64(links),
	})
	if err != nil {
		b.Fatal(err)
	}
	fmt.Println(string(line))
}

// quantile is one of some times, in milliseconds. It sorts them.
func quantile(took []time.Duration, p float64) float64 {
	slices.Sort(took)
	return float64(took[int(p*float64(len(took)-1))].Microseconds()) / 1000
}

// atRate does something so many times a second, and returns how long each took
// that went well, and how many failed.
func atRate(rate int, d time.Duration, do func(i int) error) (took []time.Duration, failed int) {
	var mu sync.Mutex // guards took and failed
	var wait sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(rate))
	defer tick.Stop()
	begun := time.Now()
	for i := 0; time.Since(begun) < d; i++ {
		wait.Go(func() {
			start := time.Now()
			err := do(i)
			lasted := time.Since(start)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed++
				return
			}
			took = append(took, lasted)
		})
		<-tick.C
	}
	wait.Wait()
	return took, failed
}

// ownersLinks is how many links each account gets: fewer than it may have.
const ownersLinks = 50

// linkMaker makes links by the HTTP API, those of many accounts.
type linkMaker struct {
	page, key string
	client    *http.Client
	owners    int
	next      atomic.Int64
	asked     atomic.Uint32
}

func newLinkMaker(b *testing.B, page, key string, owners int) *linkMaker {
	b.Helper()
	m := &linkMaker{page: page, key: key, owners: owners, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	b.Cleanup(m.client.CloseIdleConnections)
	for i := range owners {
		if _, err := m.ask(b.Context(), http.MethodPut, fmt.Sprintf("/v1/users/owner-%d", i), map[string]any{"name": "Owner"}); err != nil {
			b.Fatal(err)
		}
	}
	return m
}

// makeMany makes so many links, and returns their ids.
func (m *linkMaker) makeMany(b *testing.B, n int) []string {
	b.Helper()
	ids := make([]string, n)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for i := next.Add(1) - 1; int(i) < n; i = next.Add(1) - 1 {
				id, err := m.make(b.Context())
				if err != nil {
					b.Error(err)
					return
				}
				ids[i] = id
			}
		})
	}
	wait.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return ids
}

// make makes a link as a shop would for an appointment.
func (m *linkMaker) make(ctx context.Context) (id string, err error) {
	owner := fmt.Sprintf("owner-%d", int(m.next.Add(1)-1)%m.owners)
	now := time.Now().UTC().Truncate(time.Second)
	return m.ask(ctx, http.MethodPost, "/v1/links", map[string]any{
		"owner": owner, "kind": "video", "title": "Appointment", "lobby": "guests", "opensAt": now.Add(time.Hour), "expiresAt": now.Add(24 * time.Hour), "maxUses": 2,
	})
}

// look looks at the door of a link as a guest does.
func (m *linkMaker) look(id string) error {
	_, err := m.ask(context.Background(), http.MethodGet, "/v1/links/"+id+"/door", nil)
	return err
}

// network is another one for each request: who looks at links sits at home.
func (m *linkMaker) network() string {
	n := m.asked.Add(1)
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}).String()
}

func (m *linkMaker) ask(ctx context.Context, method, path string, body any) (id string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	data := []byte{}
	if body != nil {
		if data, err = json.Marshal(body); err != nil {
			return "", err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, m.page+path, bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+m.key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Forwarded-For", m.network())
	response, err := m.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode > 299 {
		return "", fmt.Errorf("%s: %s %s (%w)", method, response.Status, answer, err)
	}
	var made struct{ ID string }
	return made.ID, json.Unmarshal(answer, &made)
}
