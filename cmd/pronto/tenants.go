package main

import (
	"context"
	"time"

	"pronto/metrics"
)

// tenantsEvery is how often what was counted for integrators is stored: what a crash
// loses of it.
const tenantsEvery = 10 * time.Second

// keepTenants stores what is counted for integrators, until the server closes and
// once more then: whatever is built later has ended by then, and has been counted.
func (s *server) keepTenants(tenants *metrics.Tenants) {
	s.background(func(ctx context.Context) {
		tick := time.NewTicker(tenantsEvery)
		defer tick.Stop()
		for ctx.Err() == nil {
			select {
			case <-tick.C:
			case <-ctx.Done():
			}
			s.storeTenants(tenants)
		}
	})
}

func (s *server) storeTenants(tenants *metrics.Tenants) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	stats := tenants.Take()
	if len(stats) == 0 {
		return
	}
	if err := s.store.AddKeyStats(ctx, stats); err != nil {
		tenants.Return(stats)
		s.log.Warn("what was counted for integrators could not be stored; it is tried again", "err", err)
	}
}
