package main

import (
	"context"

	"pronto/signalling/store"
)

// embedders are the origins that may show the page of a link in a frame: those
// that the server trusts. What is said of a link that leads nowhere is what is
// said of any.
func embedders(cfg config, _ *store.Store) func(context.Context, string) []string {
	return func(context.Context, string) []string { return cfg.Origins }
}
