package web

import (
	"net/http"
	"strings"
)

// contentSecurityPolicy is the policy of every answer; framed by the pages of
// embedders, which are usually none. 'self' in connect-src covers ws: and wss:
// of the page's own host (CSP Level 3, section 6.7.2.8).
func contentSecurityPolicy(connect, embedders []string) string {
	if len(embedders) == 0 {
		embedders = []string{"'none'"}
	}
	sources := append([]string{"connect-src 'self'"}, connect...)
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data: blob:",
		"media-src 'self' blob:",
		strings.Join(sources, " "),
		"worker-src 'self'",
		"manifest-src 'self'",
		"font-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors " + strings.Join(embedders, " "),
		"require-trusted-types-for 'script'",
		"trusted-types pronto",
	}, "; ")
}

// secure sets the headers that every answer has, errors included.
func (s *server) secure(h http.Header) {
	h.Set("Content-Security-Policy", s.policy)
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), "+
		"autoplay=(self), fullscreen=(self), screen-wake-lock=(self), geolocation=(), payment=(), usb=()")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}
