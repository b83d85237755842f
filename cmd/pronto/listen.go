package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// webhookCmd is about webhooks, at a server that runs.
type webhookCmd struct {
	Listen webhookListenCmd `cmd:"" help:"Print the events of a server as they come: makes a webhook, and deletes it at the end."`
}

type webhookListenCmd struct {
	remote
	Listen string        `default:"127.0.0.1:0" help:"Address to hear them at, host:port."`
	Public string        `placeholder:"URL" help:"Where the server posts to, if that is not the address to listen at: a tunnel's or proxy's. Without it the server must have PRONTO_WEBHOOKS_PRIVATE=true."`
	Type   []string      `help:"Only events of these types, such as call.ended; all if left out."`
	Count  int           `help:"Stop after so many events; 0 means when told to."`
	For    time.Duration `help:"Stop after this time; 0 means when told to."`
}

// heardEvent is an event whose signature was right.
type heardEvent struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Timestamp time.Time       `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// Run implements the command.
func (w webhookListenCmd) Run(ctx context.Context, s *screen) (err error) {
	if w.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.For)
		defer cancel()
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", w.Listen)
	if err != nil {
		return configError{fmt.Errorf("--listen: %w", err)}
	}
	defer l.Close()
	made, err := w.register(ctx, l.Addr())
	if err != nil {
		return err
	}
	defer func() {
		// Ctrl-C has ended ctx, but not this.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if gone := w.asks(ctx, http.MethodDelete, "/v1/webhooks/"+made.ID, nil, nil); gone != nil {
			err = errors.Join(err, fmt.Errorf("the webhook %s is still there; delete it: %w", made.ID, gone))
		}
	}()
	e, err := newEar(made.Secret, w.Count, s)
	if err != nil {
		return err
	}
	if !s.json {
		fmt.Fprintf(s.errs, "listening at %s; Ctrl-C ends it\n", made.URL)
	}
	return e.listen(ctx, l)
}

type madeWebhook struct{ ID, URL, Secret string }

// register makes the webhook.
func (w webhookListenCmd) register(ctx context.Context, at net.Addr) (made madeWebhook, err error) {
	to := w.Public
	if to == "" {
		to = (&url.URL{Scheme: "http", Host: at.String(), Path: "/"}).String()
	}
	body := map[string]any{"url": to, "name": "pronto webhook listen", "types": append([]string{}, w.Type...)}
	err = w.asks(ctx, http.MethodPost, "/v1/webhooks", body, &made)
	if refused, ok := errors.AsType[*refusedError](err); ok && w.Public == "" && refused.Code == "invalid" {
		return made, fmt.Errorf("%w. Start the server with PRONTO_WEBHOOKS_PRIVATE=true if it is your own machine, or name an https address that leads here with --public", err)
	}
	return made, err
}

// ear hears events.
type ear struct {
	verifier *standardwebhooks.Webhook
	screen   *screen
	left     int // how many to hear still; below 0 for any number
	enough   chan struct{}

	mu    sync.Mutex          // guards what follows and left, and has one event printed after the other
	heard map[string]struct{} // what came already: events come at least once
	order []string            // of heard, the oldest first
	err   error
}

func newEar(secret string, count int, s *screen) (*ear, error) {
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, fmt.Errorf("read the webhook's secret: %w", err)
	}
	if count == 0 {
		count = -1
	}
	return &ear{verifier: verifier, screen: s, left: count, enough: make(chan struct{}), heard: map[string]struct{}{}}, nil
}

// listen hears until ctx ends or all have been heard that were wanted.
func (e *ear) listen(ctx context.Context, l net.Listener) error {
	const patience = 10 * time.Second
	server := &http.Server{Handler: e, ReadTimeout: patience, WriteTimeout: patience}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	var err error
	select {
	case <-ctx.Done():
	case <-e.enough:
	case err = <-failed:
		return fmt.Errorf("listen: %w", err)
	}
	// The answer to the last event is still on its way.
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err = server.Shutdown(stopping)
	<-failed
	e.mu.Lock()
	defer e.mu.Unlock()
	return errors.Join(err, e.err)
}

// ServeHTTP implements [http.Handler].
func (e *ear) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const most = 1 << 20
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err == nil {
		err = e.verifier.Verify(body, r.Header)
	}
	one := heardEvent{ID: r.Header.Get(standardwebhooks.HeaderWebhookID)}
	if err == nil {
		err = json.Unmarshal(body, &one)
	}
	if err != nil {
		fmt.Fprintln(e.screen.errs, "refused what is not signed by the server")
		http.Error(w, "this is no event of the server, or its signature is wrong", http.StatusBadRequest)
		return
	}
	if !e.take(one) {
		http.Error(w, "no more events are wanted", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// take prints an event that has not come before; false if no more are wanted.
func (e *ear) take(one heardEvent) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, again := e.heard[one.ID]; again {
		return true
	}
	if e.left == 0 {
		return false
	}
	e.remember(one.ID)
	e.err = e.screen.show(one, func(out io.Writer) error {
		var data bytes.Buffer
		if err := json.Compact(&data, one.Data); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s  %s  %s\n", one.Timestamp.UTC().Format("15:04:05"), one.Type, data.Bytes())
		return err
	})
	if e.left--; e.left == 0 || e.err != nil {
		e.left = 0
		close(e.enough)
	}
	return true
}

// remember keeps the ids of the last events.
func (e *ear) remember(id string) {
	const most = 10_000
	e.heard[id] = struct{}{}
	if e.order = append(e.order, id); len(e.order) > most {
		delete(e.heard, e.order[0])
		e.order = e.order[1:]
	}
}
