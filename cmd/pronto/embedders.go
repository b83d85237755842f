package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"

	"pronto/signalling/source"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// linkOrigins are the origins of links that have some of their own: call.Registry.
type linkOrigins interface {
	Origins(ctx context.Context, id wire.LinkID, network string) []string
}

// embedders are the origins that may show the page of a link in a frame: those of
// the link, or else those that the server trusts and those of its API keys. What is
// said of a link that leads nowhere is what is said of any without its own.
func embedders(cfg config, proxies []netip.Prefix, links linkOrigins, db *store.Store, log *slog.Logger) func(*http.Request, string) []string {
	return func(r *http.Request, link string) []string {
		network := source.Household(source.OfRequest(r, proxies))
		if own := links.Origins(r.Context(), wire.LinkID(link), network); len(own) > 0 {
			return own
		}
		ofKeys, err := db.KeyOrigins(r.Context())
		if err != nil {
			// Nobody gets in who should not; the frame stays empty at their sites.
			log.WarnContext(r.Context(), "the origins of API keys cannot be read; their sites cannot show frames now", "err", err)
		}
		all := slices.Concat(cfg.Origins, ofKeys)
		slices.Sort(all)
		return slices.Compact(all)
	}
}
