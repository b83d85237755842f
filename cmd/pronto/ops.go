package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"pronto/metrics"
	"pronto/metrics/ops"
	"pronto/signalling/call"
	"pronto/signalling/store"
	"pronto/web"
)

// operators is what the listener of the metrics serves: them, and the viewer.
func (s *server) operators() (http.Handler, error) {
	page, err := web.OpsHandler(web.Config{Logger: s.log})
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	var prometheus *url.URL
	if s.cfg.Prometheus != "" {
		if prometheus, err = url.Parse(s.cfg.Prometheus); err != nil {
			return nil, badVariable("PRONTO_OPS_PROMETHEUS", "is no address: %v", err)
		}
	}
	viewer, err := ops.New(ops.Config{
		Metrics: s.counters.Gatherer(), Prometheus: prometheus, Page: page, Logger: s.log,
		Timeline: func(ctx context.Context, code string) (string, bool, error) {
			key := call.TimelineKey(code)
			if key == "" {
				return "", false, nil
			}
			body, err := s.store.Timeline(ctx, key)
			if errors.Is(err, store.ErrNotFound) {
				return "", false, nil
			}
			return body, err == nil, err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("viewer: %w", err)
	}
	s.later(viewer.Close)
	mux := http.NewServeMux()
	mux.Handle("/metrics", s.counters.Handler())
	mux.Handle("/ops/", metrics.Guard(s.cfg.MetricsKey, viewer))
	return mux, nil
}
