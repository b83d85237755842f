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
	"time"

	"pronto/signalling/api"
	"pronto/signalling/store"
	"pronto/web"
)

// routes is what the page's listener serves: sockets, the API and the page.
func (s *server) routes() (*http.ServeMux, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /v1/ws", s.sockets)
	mux.HandleFunc("POST /v1/report", s.sockets.TakeReport)
	config, err := s.apiConfig()
	if err != nil {
		return nil, err
	}
	if err := api.Register(mux, config); err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", ready(s.store))
	page, err := web.Handler(web.Config{
		Logger: s.log, Embedders: embedders(s.cfg, config.Proxies, s.calls, s.store, s.log), Notice: s.cfg.Notice, NoticeVersion: s.cfg.NoticeIs,
		Contact: linkTo(s.cfg.Contact), Complaints: linkTo(s.cfg.Complaints),
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/", page)
	return mux, nil
}

func (s *server) apiConfig() (api.Config, error) {
	c := api.Config{
		Store: s.store, Links: s.calls, Calls: s.calls, Key: ownKey, Secret: s.secrets.tokens, Demo: s.cfg.Demo, PublicURL: s.cfg.PublicURL,
		Operator:       api.Operator{Contact: linkTo(s.cfg.Contact), Complaints: linkTo(s.cfg.Complaints), Privacy: s.cfg.Notice},
		DevicesChanged: s.sockets.DevicesChanged, Act: s.sockets.Act, SuspendGroup: s.sockets.SuspendGroup, Listed: s.sockets.OriginAllowed,
		PerMinute: s.cfg.APIRate, WebhooksInside: s.cfg.HooksHere, Audit: s.audit, Logger: s.log,
		Notes:    s.sockets,
		Reports:  s.sockets,
		Profiles: api.Profiles{Identity: s.verifier(), Avatars: s.secrets.avatars, Changed: s.sockets.ProfileChanged},
	}
	return c, s.letIn(&c)
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
func (s *server) listen(context.Context) error {
	mux, err := s.routes()
	if err != nil {
		return err
	}
	at, err := s.openPage(s.counters.Measure(mux))
	if err != nil {
		return err
	}
	s.urls.Page = s.cfg.PublicURL
	if s.urls.Page == "" {
		s.urls.Page = local(at)
		if s.cfg.TLS != tlsOff {
			s.urls.Page = strings.Replace(s.urls.Page, "http:", "https:", 1)
		}
	}
	if s.cfg.Metrics == "off" {
		return nil
	}
	watch, err := s.operators()
	if err != nil {
		return err
	}
	if at, err = s.serve("PRONTO_METRICS_LISTEN", s.cfg.Metrics, watch, nil); err != nil {
		return err
	}
	s.urls.Metrics = local(at) + "/metrics"
	return nil
}

// openPage opens the page, by TLS where the configuration says so.
func (s *server) openPage(handler http.Handler) (net.Addr, error) {
	way, err := s.cfg.secure(s.log)
	if err != nil {
		return nil, err
	}
	if s.cfg.TLS != tlsOff || strings.HasPrefix(s.cfg.PublicURL, "https:") {
		handler = strictTransport(handler)
	}
	at, err := s.serve("PRONTO_LISTEN", s.cfg.Listen, handler, way.config)
	if err != nil || way.config == nil {
		return at, err
	}
	if s.cfg.HTTP != "off" {
		if _, err := s.serve("PRONTO_HTTP_LISTEN", s.cfg.HTTP, way.plain, nil); err != nil {
			return nil, err
		}
	}
	if s.cfg.TLS == tlsACME {
		s.background(func(context.Context) {
			if err := s.cfg.certify(way.config); err != nil {
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
