package api

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/source"
)

type sourceKey struct{}

// source notes in the context where a request comes from.
func (s *server) source(ctx huma.Context, next func(huma.Context)) {
	next(huma.WithValue(ctx, sourceKey{}, source.Household(s.remote(ctx))))
}

// sourceOf is what source has noted.
func sourceOf(ctx context.Context) string {
	text, _ := ctx.Value(sourceKey{}).(string)
	return text
}

// remote is the network address of a client, as [source.Of] finds it.
func (s *server) remote(ctx huma.Context) string {
	var forwarded []string
	ctx.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "X-Forwarded-For") {
			forwarded = append(forwarded, value)
		}
	})
	return source.Of(ctx.RemoteAddr(), forwarded, s.cfg.Proxies)
}
