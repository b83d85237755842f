package notify_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"pronto/signalling/hook"
	"pronto/signalling/notify"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// queue is one webhook with one delivery, in fake time.
type queue struct {
	mu       sync.Mutex
	claimed  bool // by one at a time, as in the store
	due      time.Time
	tries    int64
	state    string
	disabled string
	notice   store.NewEvent
	tried    []time.Duration
	began    time.Time
}

func (q *queue) ClaimWebhooks(context.Context, string, int) ([]store.Webhook, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.claimed || q.state != store.DeliveryPending || q.disabled != "" || time.Now().Before(q.due) {
		return nil, nil
	}
	q.claimed = true
	return []store.Webhook{{ID: "whk_1", URL: "https://shop.example", Secret: []byte("x")}}, nil
}

func (q *queue) NextDelivery(context.Context, string, string) (store.Delivery, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.state != store.DeliveryPending || time.Now().Before(q.due) {
		return store.Delivery{}, store.ErrNotFound
	}
	return store.Delivery{WebhookID: "whk_1", Tries: q.tries, Event: store.EventRow{ID: "evt_1", NewEvent: store.NewEvent{Type: "call.ended", Data: "{}"}}}, nil
}

func (q *queue) EndDelivery(_ context.Context, _ string, _ store.Delivery, r store.Delivered) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tries++
	q.state, q.disabled, q.notice, q.due = r.State, r.Disable, r.Notice, time.Now().Add(r.Retry)
	return nil
}

func (q *queue) ReleaseWebhook(context.Context, string, string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.claimed = false
	return nil
}

func (q *queue) WebhookBacklog(context.Context) (int, time.Time, error) {
	return 0, time.Time{}, nil
}

// receiver answers each try by its number, from 0.
type receiver struct {
	q      *queue
	answer func(try int) (hook.Answer, error)
}

func (r receiver) Post(context.Context, string, hook.Message) (hook.Answer, error) {
	r.q.mu.Lock()
	try := len(r.q.tried)
	r.q.tried = append(r.q.tried, time.Since(r.q.began))
	r.q.mu.Unlock()
	return r.answer(try)
}

func TestAFailedDeliveryIsTriedAgainByTheSchedule(t *testing.T) {
	for _, c := range []struct {
		what     string
		answer   func(try int) (hook.Answer, error)
		waits    []time.Duration // after each try; nil is the schedule
		state    string
		disabled string
	}{
		{"it never answers", func(int) (hook.Answer, error) { return hook.Answer{}, hook.ErrUnreached }, notify.Schedule, store.DeliveryFailed, store.DisabledFailing},
		{"it is inside", func(int) (hook.Answer, error) { return hook.Answer{}, hook.ErrInside }, notify.Schedule, store.DeliveryFailed, store.DisabledFailing},
		{"it redirects", func(int) (hook.Answer, error) { return hook.Answer{Status: 302}, nil }, notify.Schedule, store.DeliveryFailed, store.DisabledFailing},
		{"it takes it", func(int) (hook.Answer, error) { return hook.Answer{Status: 204}, nil }, nil, store.DeliveryDelivered, ""},
		{"it is gone", func(int) (hook.Answer, error) { return hook.Answer{Status: 410}, nil }, nil, store.DeliveryFailed, store.DisabledGone},
		{"it takes it at the third time", func(try int) (hook.Answer, error) {
			if try < 2 {
				return hook.Answer{Status: 500}, nil
			}
			return hook.Answer{Status: 200}, nil
		}, notify.Schedule[:2], store.DeliveryDelivered, ""},
		{"it asks to wait an hour", func(try int) (hook.Answer, error) {
			if try == 0 {
				return hook.Answer{Status: 503, RetryAfter: time.Hour}, nil
			}
			return hook.Answer{Status: 200}, nil
		}, []time.Duration{time.Hour}, store.DeliveryDelivered, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &queue{state: store.DeliveryPending, due: time.Now(), began: time.Now()}
				var mu sync.Mutex
				var events []notify.Event
				w, err := notify.New(notify.Config{
					Store: q, Client: receiver{q, c.answer}, Node: "node", Logger: slog.New(slog.DiscardHandler),
					Events: func(e notify.Event) {
						mu.Lock()
						defer mu.Unlock()
						events = append(events, e)
					},
				})
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() { defer close(done); w.Run(ctx) }()
				time.Sleep(96 * time.Hour)
				stop()
				<-done
				if q.state != c.state || q.disabled != c.disabled || len(q.tried) != len(c.waits)+1 {
					t.Fatalf("after %d tries it is %s %s", len(q.tried), q.state, q.disabled)
				}
				for i, wait := range c.waits {
					// up to a tenth of jitter, and a second until it is looked at
					if got := q.tried[i+1] - q.tried[i]; got < wait || got > wait+wait/10+time.Second {
						t.Errorf("try %d came %s after the one before, want %s", i+2, got, wait)
					}
				}
				if want := len(c.waits) + 1; c.disabled != "" && (len(events) != want+1 || events[want] != notify.Event(notify.Disabled{Reason: c.disabled}) || q.notice.Type != "webhook.disabled") {
					t.Errorf("the events are %v, the notice %+v", events, q.notice)
				}
			})
		})
	}
}

// shop is the server of an integrator; it verifies as the public library does.
type shop struct {
	*httptest.Server
	verify []*standardwebhooks.Webhook

	mu     sync.Mutex
	down   bool
	busy   map[string]int // path to requests at this moment
	most   int
	ids    []string
	bodies []string
}

func startShop(t *testing.T, secrets ...[]byte) *shop {
	t.Helper()
	s := &shop{busy: map[string]int{}}
	for _, secret := range secrets {
		v, err := standardwebhooks.NewWebhook("whsec_" + base64.StdEncoding.EncodeToString(secret))
		if err != nil {
			t.Fatal(err)
		}
		s.verify = append(s.verify, v)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		for _, v := range s.verify {
			if err := v.Verify(body, r.Header); err != nil {
				t.Errorf("the library refuses it: %v", err)
			}
		}
		s.busy[r.URL.Path]++
		s.most = max(s.most, s.busy[r.URL.Path])
		s.mu.Unlock()
		time.Sleep(time.Millisecond)
		s.mu.Lock()
		s.busy[r.URL.Path]--
		s.ids = append(s.ids, r.Header.Get("webhook-id"))
		s.bodies = append(s.bodies, string(body))
	}))
	t.Cleanup(s.Close)
	return s
}

// run delivers until the test ends or stop is called.
func run(t *testing.T, s *store.Store) (stop func()) {
	t.Helper()
	client := hook.New(hook.Config{AllowPrivate: true})
	w, err := notify.New(notify.Config{
		Store: s, Client: client, Node: "node", Every: 10 * time.Millisecond, Events: func(notify.Event) {}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done; client.Close() })
	t.Cleanup(stop)
	return stop
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
	}
}

func (s *shop) got() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

func TestEventsAreDeliveredAsThePublicLibraryVerifiesThem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		secret, other := []byte("0123456789abcdef01234567"), []byte("abcdefgh0123456789abcdef")
		shop := startShop(t, secret, other)
		if _, err := s.CreateWebhook(t.Context(), store.Webhook{ID: "whk_1", URL: shop.URL, Secret: secret}); err != nil {
			t.Fatal(err)
		}
		// While secrets take turns, both verify.
		if _, err := s.RotateWebhook(t.Context(), "whk_1", other, time.Hour); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			if err := s.Publish(t.Context(), store.NewEvent{Type: "call.ended", CallID: "cal_1", Sequence: int64(i + 1), Data: fmt.Sprintf(`{"sequence":%d}`, i+1)}); err != nil {
				t.Fatal(err)
			}
		}
		stop := run(t, s)
		run(t, s) // another node
		eventually(t, "the delivery of all events", func() bool { return shop.got() >= 20 })
		eventually(t, "an empty backlog", func() bool { n, _, err := s.WebhookBacklog(t.Context()); return err == nil && n == 0 })
		stop()
		shop.mu.Lock()
		defer shop.mu.Unlock()
		if ids := slices.Compact(slices.Sorted(slices.Values(shop.ids))); len(ids) != 20 || len(shop.ids) != 20 {
			t.Errorf("%d events came %d times", len(ids), len(shop.ids))
		}
		if shop.most != 1 {
			t.Errorf("%d deliveries to one webhook at a time", shop.most)
		}
	})
}

func TestASlowReceiverHoldsNobodyUp(t *testing.T) {
	s := storetest.SQLite(t)
	stuck := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(stuck) })
	shop := startShop(t)
	for i, url := range []string{slow.URL, shop.URL} {
		if _, err := s.CreateWebhook(t.Context(), store.Webhook{ID: fmt.Sprint(i), URL: url, Secret: []byte("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Publish(t.Context(), store.NewEvent{Type: "call.ended", Data: "{}"}, store.NewEvent{Type: "call.ended", Data: "{}"}); err != nil {
		t.Fatal(err)
	}
	run(t, s)
	eventually(t, "the delivery to the other", func() bool { return shop.got() == 2 })
}
