package api

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

type sourceKey struct{}

// source notes in the context where a request comes from.
func (s *server) source(ctx huma.Context, next func(huma.Context)) {
	next(huma.WithValue(ctx, sourceKey{}, household(s.remote(ctx))))
}

// sourceOf is what source has noted.
func sourceOf(ctx context.Context) string {
	text, _ := ctx.Value(sourceKey{}).(string)
	return text
}

// remote is the network address of a client as "address:port" or an address
// alone. Behind a proxy that is known it is the last one that no known proxy
// has added: those before it were written by the client, who may write anything.
func (s *server) remote(ctx huma.Context) string {
	remote := ctx.RemoteAddr()
	if !s.proxied(remote) {
		return remote
	}
	// Several headers of the name are one list (RFC 9110, section 5.3).
	var list []string
	ctx.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "X-Forwarded-For") {
			list = append(list, strings.Split(value, ",")...)
		}
	})
	for _, hop := range slices.Backward(list) {
		hop = strings.TrimSpace(hop)
		if addressOf(hop) == (netip.Addr{}) {
			break
		}
		if remote = hop; !s.proxied(hop) {
			break
		}
	}
	return remote
}

func (s *server) proxied(remote string) bool {
	a := addressOf(remote)
	return a.IsValid() && slices.ContainsFunc(s.cfg.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// addressOf reads an address with or without a port; the zero address is none.
func addressOf(text string) netip.Addr {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap()
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// household is what counts as one source: an IPv4 address or an IPv6 /64,
// because that is what one household has.
func household(remote string) string {
	a := addressOf(remote)
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
