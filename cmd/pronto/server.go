package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"pronto/metrics"
	"pronto/sfu"
	"pronto/signalling"
	"pronto/signalling/api"
	"pronto/signalling/bus"
	"pronto/signalling/call"
	"pronto/signalling/store"
)

// server is everything that runs, in the order in which it was built; it is
// taken down in the opposite order.
type server struct {
	cfg   config
	log   *slog.Logger
	close []func() // the last built comes last

	draining atomic.Bool // it is going away

	urls   addresses
	failed chan error // a part that stopped by itself

	// The parts, each set by the step of newServer that builds it.
	secrets  secrets
	counters *metrics.Metrics
	store    *store.Store
	audit    *api.AuditLog
	bus      *bus.Bus
	forward  *sfu.SFU
	relay    call.Relay
	calls    *call.Registry
	sockets  *signalling.Server
}

// addresses are where a server can be reached.
type addresses struct {
	Page    string `json:"page"`
	Metrics string `json:"metrics,omitempty"`
	Media   string `json:"media"`
	Turn    string `json:"turn,omitempty"`
}

// newServer builds and starts a server. After an error nothing runs.
func newServer(ctx context.Context, cfg config, log *slog.Logger) (*server, error) {
	s := &server{
		cfg: cfg, log: log, failed: make(chan error, 3),
		counters: metrics.New(metrics.Options{Native: cfg.Native, Exemplars: cfg.Exemplars, Token: cfg.MetricsKey}),
	}
	for _, start := range []func(context.Context) error{
		s.readSecrets, s.openStore, s.startBus, s.startSFU, s.startTURN, s.startCalls, s.startWebhooks, s.startSockets, s.startPushes, s.startReminders, s.startSweeps, s.listen,
	} {
		if err := start(ctx); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

func (s *server) readSecrets(context.Context) error {
	master, err := s.cfg.masterKey()
	if err == nil {
		s.secrets, err = newSecrets(master)
	}
	return err
}

func (s *server) openStore(ctx context.Context) error {
	db, err := store.Open(ctx, store.Config{DSN: s.cfg.dsn(), MasterKey: s.secrets.master, Logger: s.log})
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	s.store = db
	s.later(func() { s.report("database", db.Close()) })
	s.audit = api.NewAuditLog(db, s.log)
	s.background(s.audit.Run) // and it ends after all that may be written down
	if !s.cfg.Demo {
		return nil
	}
	if err := enrolDemo(ctx, db); err != nil {
		return fmt.Errorf("enrol the demo identities: %w", err)
	}
	return nil
}

func (s *server) startBus(context.Context) (err error) {
	if s.bus, err = bus.Start(bus.Config{Logger: s.log}); err == nil {
		s.later(func() { s.report("bus", s.bus.Close()) })
	}
	return err
}

// later has f called when the server closes, before what was built earlier.
func (s *server) later(f func()) { s.close = append(s.close, f) }

// background runs what looks after something until the server closes.
func (s *server) background(run func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	s.later(func() { stop(); <-done })
}

func (s *server) report(what string, err error) {
	if err != nil {
		s.log.Warn("a part did not close cleanly", "part", what, "err", err)
	}
}

// Close stops what runs, the newest first, and returns when all of it is gone.
func (s *server) Close() {
	s.draining.Store(true)
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
	s.close = nil
}
