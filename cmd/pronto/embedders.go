package main

import (
	"context"
	"log/slog"
	"slices"

	"pronto/signalling/store"
)

// embedders are the origins that may show the page of a link in a frame: those
// that the server trusts, and those of its API keys. What is said of a link that
// leads nowhere is what is said of any.
func embedders(cfg config, db *store.Store, log *slog.Logger) func(context.Context, string) []string {
	return func(ctx context.Context, _ string) []string {
		ofKeys, err := db.KeyOrigins(ctx)
		if err != nil {
			// Nobody gets in who should not; the frame stays empty at their sites.
			log.WarnContext(ctx, "the origins of API keys cannot be read; their sites cannot show frames now", "err", err)
		}
		all := slices.Concat(cfg.Origins, ofKeys)
		slices.Sort(all)
		return slices.Compact(all)
	}
}
