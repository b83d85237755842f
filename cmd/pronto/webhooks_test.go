package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// receiver is an integrator's server, which may be away.
type receiver struct {
	t       *testing.T
	address string
	verify  *standardwebhooks.Webhook

	mu     sync.Mutex
	server *http.Server
	heard  map[string]map[int64]string // call to sequence to type
	times  map[string]int              // event to how many times it came
}

func newReceiver(t *testing.T) *receiver {
	return &receiver{t: t, address: freePort(t), heard: map[string]map[int64]string{}, times: map[string]int{}}
}

func (r *receiver) up() {
	r.t.Helper()
	l, err := net.Listen("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.server = &http.Server{Handler: r}
	go func() { _ = r.server.Serve(l) }()
	r.t.Cleanup(func() { _ = r.server.Close() })
}

// ServeHTTP implements [http.Handler].
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err == nil {
		err = r.verify.Verify(body, request.Header)
	}
	var e struct {
		Type string
		Data struct {
			Call     string
			Sequence int64
		}
	}
	if err == nil {
		err = json.Unmarshal(body, &e)
	}
	if err != nil {
		r.t.Errorf("what came is no event: %v", err)
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.times[request.Header.Get("webhook-id")]++
	if r.heard[e.Data.Call] == nil {
		r.heard[e.Data.Call] = map[int64]string{}
	}
	r.heard[e.Data.Call][e.Data.Sequence] = e.Type
}

// story is what it was told of a call, in the order of its numbers; nil if one
// is missing.
func (r *receiver) story(call string) (types []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := range len(r.heard[call]) {
		what, ok := r.heard[call][int64(n+1)]
		if !ok {
			return nil
		}
		types = append(types, what)
	}
	return types
}

// rest makes a request with an API key.
func rest[T any](t *testing.T, method, url, key string, body any) (v T) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode > 299 {
		t.Fatalf("%s %s: %s %s (%v)", method, url, response.Status, answer, err)
	}
	if err := json.Unmarshal(answer, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// newKey makes an API key beside a running server.
func newKey(t testing.TB, dir string) string {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "keys", "create", "test")
	cmd.Env = append(os.Environ(), "PRONTO_DATA="+dir)
	out, err := cmd.Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) != 4 {
		t.Fatalf("keys create: %v", err)
	}
	return words[1] + "." + words[3]
}

// The receiver is away for an hour, of which the database's clock is told by
// moving what waits; meanwhile the server is killed, in the middle of calls.
func TestEveryEventReachesAReceiverThatWasAwayForAnHour(t *testing.T) {
	dir, listen := t.TempDir(), freePort(t)
	private := "PRONTO_WEBHOOKS_PRIVATE=true"
	p := startProcess(t, dir, listen, private)
	key := newKey(t, dir)
	shop := newReceiver(t)
	hook := rest[struct{ ID, Secret string }](t, "POST", p.page+"/v1/webhooks", key, map[string]any{"url": "http://" + shop.address + "/events"})
	var err error
	if shop.verify, err = standardwebhooks.NewWebhook(hook.Secret); err != nil {
		t.Fatal(err)
	}
	dsn := "sqlite://" + filepath.Join(dir, "pronto.db")
	db := storetest.Open(t, dsn)

	ana, bia := person(t, p.page, "ana"), person(t, p.page, "bia")
	var calls []string
	ring := func(answer bool) wire.CallID {
		t.Helper()
		call := must[wire.CallState](t, ana, wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
		calls = append(calls, string(call))
		if answer {
			must[wire.CallState](t, bia, wire.Accept{Call: call})
		}
		return call
	}
	must[wire.Done](t, ana, wire.Leave{Call: ring(true)})
	must[wire.Done](t, ana, wire.Leave{Call: ring(false)})
	killed := ring(true) // which goes on when the server is killed

	// Twelve times five minutes; whatever is due is tried before the clock moves on.
	for minute := 0; minute < 60; minute += 5 {
		if minute == 30 {
			p.kill()
			p = startProcess(t, dir, listen, private)
			// The one that was killed may have held the webhook.
			storetest.Exec(t, dsn, `UPDATE webhooks SET lease_until_ms = 0`)
			must[wire.CallState](t, ana, wire.Sync{Call: killed})
			must[wire.CallState](t, bia, wire.Sync{Call: killed})
		}
		triedAll(t, db, hook.ID)
		storetest.Exec(t, dsn, `UPDATE deliveries SET next_try_ms = next_try_ms - 300000`)
	}
	must[wire.Done](t, bia, wire.Leave{Call: killed})
	if len(shop.times) != 0 {
		t.Fatal("a receiver that is away has heard something")
	}
	shop.up()
	finished(t, db, dsn, hook.ID)
	check := func() {
		t.Helper()
		for i, call := range calls {
			own, err := db.CallEvents(t.Context(), call, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for n, e := range own {
				if e.Sequence != int64(n+1) {
					t.Errorf("call %d: event %d has the number %d", i, n, e.Sequence)
				}
				want = append(want, e.Type)
			}
			if got := shop.story(call); len(got) < 4 || !slices.Equal(got, want) || got[0] != "call.created" || got[len(got)-1] != "call.ended" {
				t.Errorf("call %d: the receiver was told %q, its own sequence is %q", i, got, want)
			}
		}
	}
	check()
	// Replayed, it is the same once more.
	shop.mu.Lock()
	shop.heard = map[string]map[int64]string{}
	events := len(shop.times)
	shop.mu.Unlock()
	replayed := rest[struct{ Events int }](t, "POST", p.page+"/v1/webhooks/"+hook.ID+"/replay", key, map[string]any{})
	if replayed.Events != events {
		t.Errorf("%d events are replayed, %d were delivered", replayed.Events, events)
	}
	finished(t, db, dsn, hook.ID)
	check()
}

// triedAll waits until each delivery that waits was tried at its time.
func triedAll(t *testing.T, db *store.Store, webhook string) {
	t.Helper()
	waitFor(t, func() error {
		for _, d := range deliveries(t, db, webhook) {
			if d.State != store.DeliveryPending || d.Tries == 0 || time.Until(d.Next) < 0 {
				return fmt.Errorf("an event is %s after %d tries", d.State, d.Tries)
			}
		}
		return nil
	})
}

// finished waits until everything is delivered, and moves the clock of what
// waits.
func finished(t *testing.T, db *store.Store, dsn, webhook string) {
	t.Helper()
	waitFor(t, func() error {
		storetest.Exec(t, dsn, `UPDATE deliveries SET next_try_ms = next_try_ms - 300000 WHERE state = 'pending'`)
		for _, d := range deliveries(t, db, webhook) {
			if d.State != store.DeliveryDelivered {
				return fmt.Errorf("an event is %s after %d tries", d.State, d.Tries)
			}
		}
		return nil
	})
}

func deliveries(t *testing.T, db *store.Store, webhook string) []store.Delivery {
	t.Helper()
	list, err := db.PageDeliveries(t.Context(), webhook, time.Time{}, "", 1000)
	if err != nil || len(list) == 0 {
		t.Fatalf("there are %d deliveries (%v)", len(list), err)
	}
	return list
}

func waitFor(t *testing.T, f func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
