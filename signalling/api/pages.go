package api

import (
	"net/http"
	"slices"
	"strings"
)

// forPages are the paths that the SDK asks from pages of other sites: by the token
// of an account, or by none. What takes an API key is not among them: such a key
// has no business in a page.
var forPages = []string{"/v1/account/avatar", "/v1/accounts/code", "/v1/avatars/", "/v1/notes/"}

// What such pages may ask for, and read, besides what any page may (Fetch Standard,
// section 3.2.3). No cookie is ever sent or taken: there is no
// Access-Control-Allow-Credentials.
const (
	pagesMethods = "GET, POST, PUT, DELETE"
	pagesHeaders = "Authorization, Content-Type"
	pagesRead    = requestIDHeader + ", Retry-After"
	pagesFor     = "600" // seconds that a browser remembers it
)

// pages lets pages of the listed sites ask what the SDK asks; any other request goes
// to guarded, which keeps pages of other sites out.
func (s *server) pages(open, guarded http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.cfg.Listed == nil || !slices.ContainsFunc(forPages, func(path string) bool { return strings.HasPrefix(r.URL.Path, path) }) {
			guarded.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		if origin == "" || !s.cfg.Listed(r) {
			guarded.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", pagesRead)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			w.Header().Set("Access-Control-Allow-Methods", pagesMethods)
			w.Header().Set("Access-Control-Allow-Headers", pagesHeaders)
			w.Header().Set("Access-Control-Max-Age", pagesFor)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		open.ServeHTTP(w, r)
	})
}
