package web

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"strings"
)

//go:embed all:dist
var embedded embed.FS

// Config is what Handler needs.
type Config struct {
	// Files is the built page: index.html, assets/, sdk/. Nil means the files
	// that were embedded when the binary was built.
	Files fs.FS
	// ConnectSources are further origins that the page may connect to, as CSP
	// host sources (for example "wss://calls.example"). Usually none: the
	// page's own origin, WebSocket included, is always allowed.
	ConnectSources []string
	// Embedders returns the web origins whose pages may show the embedded page of
	// a link in a frame, such as "https://shop.example". It is asked for links
	// that may not exist, and must say the same of all that lead nowhere. Nil
	// means none.
	Embedders func(r *http.Request, link string) []string
	// Notice is the address of the privacy notice that the embedded page shows
	// before anything else; empty is the server's own.
	Notice string
	// NoticeVersion names the version of the notice, which is stored with each
	// consent; "1" if empty.
	NoticeVersion string
	// Contact and Complaints are links to who runs the server, and to where one may
	// complain, which the embedded page shows beside the notice; none if empty.
	Contact, Complaints string
	// Logger gets a warning when the page has not been built.
	Logger *slog.Logger
}

// Validate says what is wrong with the configuration, or nil.
func (c Config) Validate() error {
	if c.Logger == nil {
		return errors.New("web: no logger")
	}
	for _, source := range c.ConnectSources {
		if source == "" || strings.ContainsAny(source, " \t\r\n;,'\"") {
			return fmt.Errorf("web: %q is not one CSP host source", source)
		}
	}
	return nil
}

// Handler serves the page at / and at /j/{link}, and the files of the page and
// the SDK. Anything else is not found. Only GET and HEAD are answered.
func Handler(cfg Config) (http.Handler, error) {
	files, err := cfg.files("index.html")
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(files, func(name string, _ *file) bool { return strings.HasPrefix(name, operators) })
	if page := files[embeddedPage]; page != nil {
		files[embeddedPage] = cfg.fill(page)
	}
	return &server{files: files, policy: contentSecurityPolicy(cfg.ConnectSources, nil), cfg: cfg}, nil
}

// operators is the folder of the page for operators, which is served apart.
const operators = "ops/"

// OpsHandler serves the page for operators at /ops/, and its files.
func OpsHandler(cfg Config) (http.Handler, error) {
	files, err := cfg.files(operators + "index.html")
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(files, func(name string, _ *file) bool { return !strings.HasPrefix(name, operators) })
	files[operators] = files[operators+"index.html"]
	return &server{files: files, policy: contentSecurityPolicy(nil, nil)}, nil
}

// files loads all files that were built; page is the one that must be there.
func (c Config) files(page string) (map[string]*file, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	source := c.Files
	if source == nil {
		var err error
		if source, err = fs.Sub(embedded, "dist"); err != nil {
			return nil, fmt.Errorf("web: open the embedded files: %w", err)
		}
	}
	files, err := load(source)
	if err != nil {
		return nil, fmt.Errorf("web: read the files: %w", err)
	}
	if files[page] == nil {
		c.Logger.Warn("the page has not been built; run make web", "page", page)
		files[page] = unbuilt()
	}
	return files, nil
}

// server serves from memory; it changes nothing after it is made.
type server struct {
	files  map[string]*file // by path below dist
	policy string
	cfg    Config
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.secure(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD are answered here", http.StatusMethodNotAllowed)
		return
	}
	name, page := route(r.URL.Path)
	found := s.files[name]
	if found == nil {
		w.Header().Set("Cache-Control", "no-cache")
		http.Error(w, "there is nothing here", http.StatusNotFound)
		return
	}
	if forOthers(name) {
		share(w.Header())
	}
	if link, ok := strings.CutPrefix(r.URL.Path, "/embed/"); ok && page {
		s.frame(r, w.Header(), link)
	}
	if page {
		// A link is a secret: no search engine keeps it and no other site
		// learns it from a Referer.
		w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	}
	found.serve(w, r)
}

// route maps a request's path to a file, and tells whether that is a link's
// page. Paths are only ever keys of a map: there is no file system to climb.
func route(path string) (name string, page bool) {
	if path == "/" {
		return "index.html", false
	}
	if link, ok := strings.CutPrefix(path, "/j/"); ok {
		if isLink(link) {
			return "index.html", true
		}
		return "", false
	}
	if link, ok := strings.CutPrefix(path, "/embed/"); ok && isLink(link) {
		return embeddedPage, true
	}
	return strings.TrimPrefix(path, "/"), false
}

// isLink tells whether the text could be a link's id: 1 to 64 of A-Z a-z 0-9
// _ -. Whether there is such a link is not said here.
func isLink(text string) bool {
	if text == "" || len(text) > 64 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
