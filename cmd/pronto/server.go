package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"pronto/metrics"
	"pronto/sfu"
	"pronto/sfu/udp"
	"pronto/signalling"
	"pronto/signalling/api"
	"pronto/signalling/avatar"
	"pronto/signalling/bus"
	"pronto/signalling/call"
	"pronto/signalling/enrol"
	"pronto/signalling/hook"
	"pronto/signalling/identity"
	"pronto/signalling/link"
	"pronto/signalling/notify"
	"pronto/signalling/store"
	"pronto/signalling/wire"
	"pronto/turn"
	"pronto/web"
)

// server is everything that runs, in the order in which it was built; it is
// taken down in the opposite order.
type server struct {
	log   *slog.Logger
	close []func() // the last built comes last

	draining atomic.Bool // it is going away

	urls   addresses
	failed chan error // a part that stopped by itself
}

// addresses are where a server can be reached.
type addresses struct {
	Page    string `json:"page"`
	Metrics string `json:"metrics,omitempty"`
	Media   string `json:"media"`
	Turn    string `json:"turn,omitempty"`
}

// newServer builds and starts a server. After an error nothing runs.
func newServer(ctx context.Context, cfg config, log *slog.Logger) (_ *server, err error) {
	s := &server{log: log, failed: make(chan error, 3)}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	master, err := cfg.masterKey()
	if err != nil {
		return nil, err
	}
	counters := metrics.New(metrics.Options{Native: cfg.Native, Exemplars: cfg.Exemplars, Token: cfg.MetricsKey})
	db, err := store.Open(ctx, store.Config{DSN: cfg.dsn(), MasterKey: master, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s.later(func() { s.report("database", db.Close()) })
	b, err := bus.Start(bus.Config{Logger: log})
	if err != nil {
		return nil, err
	}
	s.later(func() { s.report("bus", b.Close()) })
	forward, err := s.startSFU(cfg, counters)
	if err != nil {
		return nil, err
	}
	ice, err := s.startTURN(cfg, master, forward, counters)
	if err != nil {
		return nil, err
	}
	if cfg.Demo {
		if err := enrolDemo(ctx, db); err != nil {
			return nil, fmt.Errorf("enrol the demo identities: %w", err)
		}
	}
	post := signalling.NewPost(b, log)
	marks, err := derive(master, "link marks")
	if err != nil {
		return nil, err
	}
	marker, err := link.NewMarker(marks)
	if err != nil {
		return nil, err
	}
	tenants := &metrics.Tenants{}
	s.keepTenants(db, tenants)
	calls, err := call.New(ctx, call.Config{
		Node: cfg.Node, RingTimeout: cfg.RingTimeout, RatingShare: cfg.RatingShare, NoReports: cfg.Telemetry == "off", Grace: cfg.Grace, RemindBefore: cfg.Remind, Store: db, Post: post, Media: call.SFU(forward),
		Limits:     call.Limits{Rings: cfg.Rings, PairRings: cfg.PairRings, PrefixRings: cfg.PrefixRings, Strangers: cfg.Strangers, CoolDown: cfg.CoolDown},
		Encryption: call.Encryption(cfg.Encryption), Experiment: call.Experiment(cfg.Experiment), Marker: marker,
		Relay: ice, Events: func(e call.Event) { counters.Call(e); tenants.Call(e) }, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	s.later(calls.Close)
	webhooks, err := s.startWebhooks(cfg, db, counters)
	if err != nil {
		return nil, err
	}
	counters.Watch(metrics.Sources{
		WebhookOldest: webhooks.Oldest,
		SFU:           forward.Stats, Calls: calls.Shapes, BusDropped: b.Dropped, Load: newGauge(cfg, forward.Stats).read, Draining: s.draining.Load,
		LobbyWaiting: calls.Waiting,
	})
	own, err := derive(master, "tokens")
	if err != nil {
		return nil, err
	}
	numbers, err := numbersKey(master)
	if err != nil {
		return nil, err
	}
	codes, err := derive(master, "codes")
	if err != nil {
		return nil, err
	}
	pictures, err := derive(master, "avatars")
	if err != nil {
		return nil, err
	}
	avatars, err := avatar.NewSealer(pictures)
	if err != nil {
		return nil, err
	}
	unused := cfg.Unused
	if cfg.Demo { // its people are there whenever it starts
		unused = 0
	}
	verifier := identity.Verifier{Keys: api.Keyring{Store: db, Own: ownKey, Secret: own}}
	vapid, err := cfg.vapid(master)
	if err != nil {
		return nil, err
	}
	proxies, err := cfg.proxies()
	if err != nil {
		return nil, err
	}
	sockets, err := signalling.New(signalling.Config{
		Origins: cfg.Origins, Proxies: proxies, Grace: cfg.Grace, SocketsPerAddress: cfg.Sockets, SessionsPerUser: 32,
		Identity: verifier, Store: db, Calls: calls, Post: post,
		Numbers: numbers, Codes: enrol.Hasher{Key: codes}, Avatars: avatars, PushKey: wire.Blob(vapid.Public), Node: cfg.Node, Unused: unused, UnusedCheck: cfg.UnusedCheck,
		Events: counters.Signalling, Logger: log,
	})
	if err != nil {
		return nil, err
	}
	s.later(sockets.Close)
	if err := s.startPushes(cfg, vapid, db, sockets, counters); err != nil {
		return nil, err
	}
	if err := s.startReminders(db, calls); err != nil {
		return nil, err
	}
	s.sweep(db)
	s.background(sockets.Watch)
	s.background(sockets.WatchGroups)
	s.background(sockets.WatchAccounts)
	mux := http.NewServeMux()
	mux.Handle("GET /v1/ws", sockets)
	mux.HandleFunc("POST /v1/report", sockets.TakeReport)
	routes := api.Config{Store: db, Links: calls, Key: ownKey, Secret: own, Demo: cfg.Demo, DevicesChanged: sockets.DevicesChanged, Logger: log}
	routes.Act, routes.SuspendGroup, routes.Calls = sockets.Act, sockets.SuspendGroup, calls
	routes.PublicURL = cfg.PublicURL
	routes.PerMinute, routes.WebhooksInside = cfg.APIRate, cfg.HooksHere
	routes.Profiles = api.Profiles{Identity: verifier, Avatars: avatars, Changed: sockets.ProfileChanged}
	if err := s.letIn(cfg, codes, sockets, numbers, &routes); err != nil {
		return nil, err
	}
	if err := api.Register(mux, routes); err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", ready(db))
	page, err := web.Handler(web.Config{
		Logger: log, Embedders: embedders(cfg, proxies, calls, db, log), Notice: cfg.Notice, NoticeVersion: cfg.NoticeIs,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/", page)
	return s, s.listen(cfg, mux, db, counters)
}

// later has f called when the server closes, before what was built earlier.
func (s *server) later(f func()) { s.close = append(s.close, f) }

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

func (s *server) startSFU(cfg config, counters *metrics.Metrics) (*sfu.SFU, error) {
	conns, err := udp.Listen(cfg.Media, cfg.mediaWorkers())
	if err != nil {
		return nil, badVariable("PRONTO_MEDIA_LISTEN", "cannot be used: %v", err)
	}
	forward, err := sfu.New(sfu.Config{
		Conn: conns[0], More: conns[1:], PublicIPs: cfg.PublicIPs, Logger: s.log, Events: counters.SFU,
		Limits: sfu.Limits{Rooms: cfg.MaxRooms},
	})
	if err != nil {
		for _, conn := range conns {
			err = errors.Join(err, conn.Close())
		}
		return nil, err
	}
	s.later(func() { s.report("sfu", forward.Close()) })
	s.urls.Media = conns[0].LocalAddr().String()
	return forward, nil
}

// relaysPerUser is how many relayed addresses one participant may hold. A
// browser takes one for each transport and address family of a connection, and
// there are two connections while a call moves from direct to the SFU.
const relaysPerUser = 12

func (s *server) startTURN(cfg config, master []byte, forward *sfu.SFU, counters *metrics.Metrics) (call.Relay, error) {
	if cfg.Turn == "off" {
		return noRelay{}, nil
	}
	secret, err := derive(master, "turn")
	if err != nil {
		return nil, err
	}
	t, err := turn.New(turn.Config{
		ListenAddr: cfg.Turn, PublicIPs: cfg.publicIPs(), Realm: "pronto", Secret: secret, MediaAddrs: forward.Addrs(),
		MinPort: cfg.TurnPorts.min, MaxPort: cfg.TurnPorts.max, AllowPrivatePeers: cfg.TurnPrivate, Logger: s.log, Events: counters.Turn,
		Quotas: turn.Quotas{AllocationsPerUser: relaysPerUser},
	})
	if err != nil {
		return nil, badVariable("PRONTO_TURN_LISTEN", "cannot be used: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := t.Run(context.Background()); err != nil {
			s.failed <- err
		}
	}()
	s.later(func() { s.report("turn", t.Close()); <-ended })
	s.urls.Turn = t.Addr().String()
	return &relay{server: t, secret: secret, host: cfg.turnHost(), log: s.log}, nil
}

// sweep deletes what has expired, every minute.
func (s *server) sweep(db *store.Store) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			_, err := db.Sweep(ctx)
			if err == nil {
				const kept = 24 * time.Hour // ended calls answer late requests no longer than that
				_, err = db.PruneCalls(ctx, time.Now().Add(-kept), 1000)
			}
			if err == nil {
				const unused = 90 * 24 * time.Hour // then an address book is no longer synced
				_, err = db.SweepUploaded(ctx, time.Now().Add(-unused), 100)
			}
			if err == nil {
				_, err = db.SweepDecisions(ctx)
			}
			if err == nil {
				_, err = db.SweepTimelines(ctx)
			}
			if err == nil {
				_, err = db.SweepKeyStats(ctx)
			}
			if err == nil {
				_, err = db.SweepLinkMarks(ctx, 1000)
			}
			if err == nil {
				_, err = db.SweepAccounts(ctx)
			}
			if err == nil {
				_, err = db.SweepVisits(ctx)
			}
			if err == nil {
				_, err = db.SweepAnswers(ctx, 10_000)
			}
			if err == nil {
				_, err = db.SweepEvents(ctx, 10_000)
			}
			if err != nil && ctx.Err() == nil {
				s.log.Warn("expired rows could not be deleted; it is tried again", "err", err)
			}
		}
	}()
	s.later(func() { stop(); <-done })
}

// startWebhooks has webhooks told what happens until the server closes.
func (s *server) startWebhooks(cfg config, db *store.Store, counters *metrics.Metrics) (*notify.Webhooks, error) {
	client := hook.New(hook.Config{AllowPrivate: cfg.HooksHere})
	s.later(client.Close)
	webhooks, err := notify.New(notify.Config{Store: db, Client: client, Node: cfg.Node, Logger: s.log, Events: func(e notify.Event) {
		if tried, ok := e.(notify.Tried); ok {
			counters.Webhook(tried.Type, string(tried.Result))
		}
	}})
	if err != nil {
		return nil, err
	}
	s.background(webhooks.Run)
	return webhooks, nil
}

// background runs what looks after something until the server closes: that
// suspensions take effect, invitations expire, deleted accounts leave nothing.
func (s *server) background(run func(context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	s.later(func() { stop(); <-done })
}

// ready tells a load balancer whether this server can take calls.
func ready(db *store.Store) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if db.Ping(ctx) != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	}
}

// listen opens the page and the metrics.
func (s *server) listen(cfg config, mux http.Handler, db *store.Store, counters *metrics.Metrics) error {
	at, err := s.openPage(cfg, counters.Measure(mux))
	if err != nil {
		return err
	}
	s.urls.Page = cfg.PublicURL
	if s.urls.Page == "" {
		s.urls.Page = local(at)
		if cfg.TLS != tlsOff {
			s.urls.Page = strings.Replace(s.urls.Page, "http:", "https:", 1)
		}
	}
	if cfg.Metrics == "off" {
		return nil
	}
	watch, err := s.operators(cfg, db, counters)
	if err != nil {
		return err
	}
	if at, err = s.serve("PRONTO_METRICS_LISTEN", cfg.Metrics, watch, nil); err != nil {
		return err
	}
	s.urls.Metrics = local(at) + "/metrics"
	return nil
}

// openPage opens the page, by TLS where the configuration says so.
func (s *server) openPage(cfg config, handler http.Handler) (net.Addr, error) {
	way, err := cfg.secure(s.log)
	if err != nil {
		return nil, err
	}
	if cfg.TLS != tlsOff || strings.HasPrefix(cfg.PublicURL, "https:") {
		handler = strictTransport(handler)
	}
	at, err := s.serve("PRONTO_LISTEN", cfg.Listen, handler, way.config)
	if err != nil || way.config == nil {
		return at, err
	}
	if cfg.HTTP != "off" {
		if _, err := s.serve("PRONTO_HTTP_LISTEN", cfg.HTTP, way.plain, nil); err != nil {
			return nil, err
		}
	}
	if cfg.TLS == tlsACME {
		s.background(func(context.Context) {
			if err := cfg.certify(way.config); err != nil {
				s.log.Error("visitors cannot come yet; each tries again", "err", err)
			}
		})
	}
	return at, nil
}

// serve runs an HTTP server whose clients cannot keep it busy by being slow,
// with TLS if there are settings for it.
func (s *server) serve(variable, address string, handler http.Handler, secure *tls.Config) (net.Addr, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, badVariable(variable, "cannot be used: %v", err)
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	h := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve %s: %w", variable, err)
		}
	}()
	s.later(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if h.Shutdown(ctx) != nil {
			s.report(variable, h.Close())
		}
		<-done
	})
	return l.Addr(), nil
}

// local is the address of a listener as a person on this machine types it.
func local(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return (&url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}).String()
}
