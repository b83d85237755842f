package web

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// embeddedPage is the page that other sites show in a frame.
const embeddedPage = "embed/index.html"

// shared are the files that pages of other origins load: the SDK and what embeds
// calls. They hold nothing that is anybody's.
var shared = []string{"sdk/", "widget.js", "embed/pronto-embed."}

func forOthers(name string) bool {
	return slices.ContainsFunc(shared, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// share lets pages of any origin load a file: as a script, as a module, and with
// an integrity to check.
func share(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// frame lets the embedders of a link show its page in a frame, and nobody else.
func (s *server) frame(r *http.Request, h http.Header, link string) {
	var origins []string
	if s.cfg.Embedders != nil {
		for _, origin := range s.cfg.Embedders(r, link) {
			if isOrigin(origin) { // anything else could be a directive of its own
				origins = append(origins, origin)
			}
		}
	}
	h.Set("Content-Security-Policy", contentSecurityPolicy(s.cfg.ConnectSources, origins))
}

// isOrigin tells whether the text is the origin of a web page (RFC 6454, section
// 6.2), and nothing besides.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.Scheme+"://"+u.Host == text &&
		!strings.ContainsAny(text, "*;, '\"\t\r\n")
}

// fill puts the privacy notice's address and version, and whom to turn to, into the embedded page.
func (c Config) fill(page *file) *file {
	notice, version := c.Notice, c.NoticeVersion
	if notice == "" {
		notice = "/embed/privacy.html"
	}
	if version == "" {
		version = "1"
	}
	text := string(page.encodings[""].data)
	text = strings.NewReplacer("{{notice}}", html.EscapeString(notice), "{{version}}", html.EscapeString(version),
		"{{contact}}", html.EscapeString(c.Contact), "{{complaints}}", html.EscapeString(c.Complaints)).Replace(text)
	return newFile(embeddedPage, []byte(text))
}
