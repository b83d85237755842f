package identity

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// ErrPage is the refusal of a token on a page whose origin its key does not list.
var ErrPage = fmt.Errorf("%w: the API key that signed it lists the origins of its pages, and this page's is none of them; "+
	"add it to the key (pronto keys origins, or PATCH /v1/keys/{key}), or use a key of this site's own", ErrToken)

// Page is the origin of the page that a request comes from (RFC 6454), as its browser
// tells: empty for pages of this very host, and for programs, which tell none.
func Page(r *http.Request) string {
	origin := strings.Join(r.Header.Values("Origin"), " ") // several are no origin
	if origin == "http://"+r.Host || origin == "https://"+r.Host {
		return ""
	}
	return origin
}

// of tells whether a page may use the tokens of a key that lists origins.
func (v Verifier) of(page string, origins []string) bool {
	return len(origins) == 0 || page == "" || page == v.Own || slices.Contains(origins, page)
}
