package notify

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"pronto/signalling/hook"
	"pronto/signalling/store"
)

// Schedule is how long to wait after each failed try, as Standard Webhooks
// propose; after the last one the event has failed and the webhook is disabled.
var Schedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Config is what [Webhooks] need.
type Config struct {
	// Store has the deliveries.
	Store Store
	// Client posts them.
	Client Poster
	// Node names this server; with others it shares the work.
	Node string
	// Parallel is how many webhooks are delivered to at a time, each one event
	// after the other. 16 if 0.
	Parallel int
	// Every is how often the store is asked for what is due; 1 s if 0.
	Every time.Duration
	// Events hears what metrics want to know; it must not block.
	Events func(Event)
	// Logger is required.
	Logger *slog.Logger
}

// Store is the part of [store.Store] that deliveries need.
type Store interface {
	ClaimWebhooks(ctx context.Context, holder string, limit int) ([]store.Webhook, error)
	NextDelivery(ctx context.Context, holder, webhook string) (store.Delivery, error)
	EndDelivery(ctx context.Context, holder string, d store.Delivery, r store.Delivered) error
	ReleaseWebhook(ctx context.Context, holder, webhook string) error
	WebhookBacklog(ctx context.Context) (int, time.Time, error)
}

// Poster posts one message.
type Poster interface {
	Post(ctx context.Context, url string, m hook.Message) (hook.Answer, error)
}

// Event is what metrics are told; it names nobody. One of [Tried] or
// [Disabled].
type Event interface{ event() }

// Tried says how one try went. The set of results is fixed.
type Tried struct {
	Type   string // of the event
	Result Result
}

// Result is how a try went.
type Result string

// The results.
const (
	ResultOK     Result = "ok"
	ResultRetry  Result = "retry"   // it is tried again
	ResultGaveUp Result = "gave_up" // it is not
)

// Disabled says that a webhook is told nothing any more.
type Disabled struct{ Reason string }

func (Tried) event()    {}
func (Disabled) event() {}

// Webhooks delivers events.
type Webhooks struct {
	cfg    Config
	oldest atomic.Int64 // unix milliseconds; 0 if nothing waits
}

// New makes them; Run delivers.
func New(cfg Config) (*Webhooks, error) {
	if cfg.Store == nil || cfg.Client == nil || cfg.Node == "" || cfg.Events == nil || cfg.Logger == nil {
		return nil, errors.New("notify: a part of Config is missing")
	}
	if cfg.Parallel == 0 {
		cfg.Parallel = 16
	}
	if cfg.Every == 0 {
		cfg.Every = time.Second
	}
	return &Webhooks{cfg: cfg}, nil
}

// Run delivers until ctx is done. What is being delivered then is tried again
// by whoever runs next.
func (w *Webhooks) Run(ctx context.Context) {
	// Two runs on one node are two holders: the claims of one that was killed
	// are not taken for its successor's.
	holder := w.cfg.Node + "/" + strconv.FormatUint(rand.Uint64(), 36)
	free := make(chan struct{}, w.cfg.Parallel)
	tick, counting := time.NewTicker(w.cfg.Every), time.NewTicker(countEvery)
	defer tick.Stop()
	defer counting.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		w.start(ctx, holder, free, &running)
		select {
		case <-tick.C:
		case <-counting.C:
			w.count(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// countEvery is how often the backlog is counted, for metrics.
const countEvery = 10 * time.Second

// start delivers to as many webhooks as are due and may be delivered to now.
func (w *Webhooks) start(ctx context.Context, holder string, free chan struct{}, running *sync.WaitGroup) {
	room := cap(free) - len(free)
	if room == 0 {
		return
	}
	claimed, err := w.cfg.Store.ClaimWebhooks(ctx, holder, room)
	if err != nil {
		if ctx.Err() == nil {
			w.cfg.Logger.Warn("the store cannot be asked for deliveries; it is tried again", "err", err)
		}
		return
	}
	for _, one := range claimed {
		free <- struct{}{} // there is room
		running.Go(func() {
			defer func() { <-free }()
			w.serve(ctx, holder, one)
		})
	}
}

// count looks how old what waits is. If the store cannot be asked it has been
// said already.
func (w *Webhooks) count(ctx context.Context) {
	if _, oldest, err := w.cfg.Store.WebhookBacklog(ctx); err == nil {
		w.oldest.Store(0)
		if !oldest.IsZero() {
			w.oldest.Store(oldest.UnixMilli())
		}
	}
}

// Oldest is for how long the oldest event waits to be delivered; 0 if none
// does.
func (w *Webhooks) Oldest() time.Duration {
	ms := w.oldest.Load()
	if ms == 0 {
		return 0
	}
	return max(0, time.Since(time.UnixMilli(ms)))
}

// serve delivers what is due to one webhook, one event after the other.
func (w *Webhooks) serve(ctx context.Context, holder string, to store.Webhook) {
	const most = 100 // then others have their turn, and a changed address is heard of
	for range most {
		d, err := w.cfg.Store.NextDelivery(ctx, holder, to.ID)
		if err == nil {
			err = w.deliver(ctx, holder, to, d)
		}
		switch {
		case errors.Is(err, store.ErrNotFound):
			w.release(ctx, holder, to.ID)
			return
		case errors.Is(err, store.ErrFenced), ctx.Err() != nil:
			return
		case err != nil:
			w.cfg.Logger.Warn("a delivery could not be stored; it is tried again", "err", err)
			return
		}
	}
	w.release(ctx, holder, to.ID)
}

func (w *Webhooks) release(ctx context.Context, holder, id string) {
	if err := w.cfg.Store.ReleaseWebhook(ctx, holder, id); err != nil && ctx.Err() == nil {
		w.cfg.Logger.Warn("a webhook could not be released; it waits for a minute", "err", err)
	}
}

// body is what is posted.
type body struct {
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

func (w *Webhooks) deliver(ctx context.Context, holder string, to store.Webhook, d store.Delivery) error {
	data, err := json.Marshal(body{d.Event.Type, d.Event.Created, json.RawMessage(d.Event.Data)})
	if err != nil {
		return err
	}
	m := hook.Message{ID: d.Event.ID, Body: data, Secrets: [][]byte{to.Secret}}
	if to.OldSecret != nil {
		m.Secrets = append(m.Secrets, to.OldSecret)
	}
	answer, err := w.cfg.Client.Post(ctx, to.URL, m)
	if ctx.Err() != nil {
		return ctx.Err() // we stop: this was no try
	}
	outcome, result := judge(int(d.Tries), answer, err)
	if outcome.Disable != "" { // the others are told
		outcome.Notice = store.NewEvent{Type: "webhook.disabled", Data: `{"webhook":"` + to.ID + `","reason":"` + outcome.Disable + `"}`}
	}
	if err := w.cfg.Store.EndDelivery(ctx, holder, d, outcome); err != nil {
		return err
	}
	w.cfg.Events(Tried{d.Event.Type, result})
	if outcome.Disable != "" {
		w.cfg.Logger.Error("a webhook is disabled; enable it again when its receiver is mended", "reason", outcome.Disable)
		w.cfg.Events(Disabled{outcome.Disable})
		return store.ErrFenced // nothing more goes there
	}
	return nil
}

// judge says what becomes of a delivery that was tried before so many times.
func judge(tries int, a hook.Answer, err error) (store.Delivered, Result) {
	if err == nil && a.OK() {
		return store.Delivered{State: store.DeliveryDelivered, Status: a.Status}, ResultOK
	}
	out := store.Delivered{State: store.DeliveryPending, Status: a.Status}
	if err != nil {
		out.Problem = err.Error()
	}
	switch {
	case a.Status == http.StatusGone:
		out.State, out.Disable = store.DeliveryFailed, store.DisabledGone
	case tries >= len(Schedule):
		out.State, out.Disable = store.DeliveryFailed, store.DisabledFailing
	default:
		// A tenth of jitter, so that those who failed together do not come
		// back together.
		wait := Schedule[tries]
		out.Retry = max(wait+rand.N(wait/10), a.RetryAfter)
		return out, ResultRetry
	}
	return out, ResultGaveUp
}
