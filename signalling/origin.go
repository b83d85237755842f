package signalling

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"pronto/signalling/identity"
)

// checkOrigin says whether a configured origin is one: scheme, host and
// perhaps a port, nothing else.
func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Scheme+"://"+u.Host != origin {
		return fmt.Errorf("signalling: %q is not an origin such as https://example.com", origin)
	}
	return nil
}

// OriginAllowed keeps foreign web pages out: a browser names the page's origin
// (RFC 6455, section 10.2), which must be this very host or configured, letter
// by letter. A browser that names none is refused; other programs name none
// and are let in, because what they need is a token.
//
// Listed are the origins of the configuration, and those of the API keys that are good;
// whose tokens a page may use is asked when it shows one ([identity.ErrPage]).
func (s *Server) OriginAllowed(r *http.Request) bool {
	if originAllowed(r, s.cfg.Origins) {
		return true
	}
	given := r.Header.Values("Origin")
	if len(given) != 1 || checkOrigin(given[0]) != nil {
		return false
	}
	ofKeys, err := s.cfg.Store.KeyOrigins(r.Context())
	if err != nil {
		s.cfg.Logger.WarnContext(r.Context(), "the origins of API keys cannot be read; their sites cannot connect now", "err", err)
	}
	return slices.Contains(ofKeys, given[0])
}

func originAllowed(r *http.Request, origins []string) bool {
	if len(r.Header.Values("Origin")) == 0 {
		return r.Header.Get("Sec-Fetch-Mode") == "" && r.Header.Get("Sec-Fetch-Site") == ""
	}
	page := identity.Page(r)
	return page == "" || slices.Contains(origins, page)
}
