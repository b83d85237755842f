package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"pronto/web"
)

func built() fstest.MapFS {
	return fstest.MapFS{
		".keep":                   {},
		"index.html":              {Data: []byte("<!doctype html><title>Pronto</title>")},
		"index.html.gz":           {Data: []byte("the page in gzip")},
		"index.html.br":           {Data: []byte("the page in brotli")},
		"assets/demo-AB12.js":     {Data: []byte("console.log(1)")},
		"assets/demo-AB12.js.gz":  {Data: []byte("the script in gzip")},
		"sdk/pronto.js":           {Data: []byte("export {}")},
		"manifest.webmanifest":    {Data: []byte("{}")},
		"assets/logo.unknowntype": {Data: []byte{0, 1, 2}},
	}
}

func handler(t *testing.T, cfg web.Config) http.Handler {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	h, err := web.Handler(cfg)
	if err != nil {
		t.Fatalf("Handler: %v", err)
	}
	return h
}

func get(h http.Handler, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "http://calls.example/", nil)
	r.URL.Path = path // as it is, not cleaned
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("read the body: %v", err)
	}
	return string(data)
}

func TestFilesAreServedWithTheirTypeAndCaching(t *testing.T) {
	h := handler(t, web.Config{Files: built()})
	for _, c := range []struct{ path, contentType, caching string }{
		{"/", "text/html; charset=utf-8", "no-cache"},
		{"/j/AAAAAAAAAAAAAAAAAAAAAA", "text/html; charset=utf-8", "no-cache"},
		{"/assets/demo-AB12.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/sdk/pronto.js", "text/javascript; charset=utf-8", "no-cache"},
		{"/manifest.webmanifest", "application/manifest+json", "no-cache"},
		{"/assets/logo.unknowntype", "application/octet-stream", "public, max-age=31536000, immutable"},
	} {
		r := get(h, c.path)
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", c.path, r.StatusCode)
		}
		if got := r.Header.Get("Content-Type"); got != c.contentType {
			t.Errorf("%s: Content-Type %q, want %q", c.path, got, c.contentType)
		}
		if got := r.Header.Get("Cache-Control"); got != c.caching {
			t.Errorf("%s: Cache-Control %q, want %q", c.path, got, c.caching)
		}
	}
}

func TestALinkOpensTheSamePageAndIsKeptSecret(t *testing.T) {
	h := handler(t, web.Config{Files: built()})
	front, link := get(h, "/"), get(h, "/j/abc_-Z09")
	if got, want := text(t, link), text(t, front); got != want {
		t.Errorf("the link's page is %q, want the front page %q", got, want)
	}
	if got := link.Header.Get("X-Robots-Tag"); got != "noindex, nofollow" {
		t.Errorf("X-Robots-Tag of a link's page is %q", got)
	}
	if got := link.Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy of a link's page is %q", got)
	}
	if got := front.Header.Get("X-Robots-Tag"); got != "" {
		t.Errorf("X-Robots-Tag of the front page is %q", got)
	}
}

func TestWhatIsNotAFileIsNotFound(t *testing.T) {
	h := handler(t, web.Config{Files: built()})
	for _, path := range []string{
		"", "/j/", "/j/a/b", "/j/..", "/j/a b", "/j/" + strings.Repeat("a", 65), "/j/%2e%2e",
		"/assets", "/assets/", "/assets/demo-XX.js", "/.keep", "/sdk/", "/index.html.gz", "/dist/index.html",
		"/../web.go", "/assets/../../web.go", "/assets/../index.html", "//index.html", "/..%2fweb.go",
		"/\\..\\web.go", "/assets/demo-AB12.js\x00.png", "/etc/passwd", "//etc/passwd",
	} {
		r := get(h, path)
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%q: status %d, want 404", path, r.StatusCode)
		}
		if r.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%q: the answer has no policy", path)
		}
		if got := r.Header.Get("Cache-Control"); strings.Contains(got, "immutable") {
			t.Errorf("%q: an absent file is cached: %q", path, got)
		}
	}
}

func TestOnlyGetAndHeadAreAnswered(t *testing.T) {
	h := handler(t, web.Config{Files: built()})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/", nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD: status %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestTheBestCodingTheClientTakesIsSent(t *testing.T) {
	h := handler(t, web.Config{Files: built()})
	for _, c := range []struct{ path, accept, want string }{
		{"/", "", ""},
		{"/", "gzip, deflate, br, zstd", "br"},
		{"/", "gzip", "gzip"},
		{"/", "GZIP;q=0.5", "gzip"},
		{"/", "br;q=0, gzip", "gzip"},
		{"/", "br;q=0.000, gzip;q=0", ""},
		{"/", "*", "br"},
		{"/", "*;q=0", ""},
		{"/", "br;q=nonsense, identity", ""},
		{"/assets/demo-AB12.js", "br, gzip", "gzip"},
		{"/sdk/pronto.js", "br, gzip", ""},
	} {
		r := get(h, c.path, "Accept-Encoding", c.accept)
		if got := r.Header.Get("Content-Encoding"); got != c.want {
			t.Errorf("%s for %q: Content-Encoding %q, want %q", c.path, c.accept, got, c.want)
		}
		if c.path != "/sdk/pronto.js" && r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary is %q", c.path, r.Header.Get("Vary"))
		}
	}
	if got := text(t, get(h, "/", "Accept-Encoding", "br")); got != "the page in brotli" {
		t.Errorf("the brotli body is %q", got)
	}
}

func TestAnUnchangedFileIsNotSentAgain(t *testing.T) {
	h := handler(t, web.Config{Files: built()})
	plain := get(h, "/").Header.Get("ETag")
	coded := get(h, "/", "Accept-Encoding", "br").Header.Get("ETag")
	if plain == "" || plain == coded {
		t.Fatalf("ETags %q and %q: each coding needs its own", plain, coded)
	}
	if r := get(h, "/", "If-None-Match", plain); r.StatusCode != http.StatusNotModified {
		t.Errorf("the same file: status %d, want 304", r.StatusCode)
	}
	if r := get(h, "/", "If-None-Match", coded); r.StatusCode != http.StatusOK {
		t.Errorf("another coding: status %d, want 200", r.StatusCode)
	}
	changed := built()
	changed["index.html"] = &fstest.MapFile{Data: []byte("<!doctype html><title>New</title>")}
	if r := get(handler(t, web.Config{Files: changed}), "/", "If-None-Match", plain); r.StatusCode != http.StatusOK {
		t.Errorf("a changed file: status %d, want 200", r.StatusCode)
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	h := handler(t, web.Config{Files: built()})
	for _, path := range []string{"/", "/j/abc", "/assets/demo-AB12.js", "/sdk/pronto.js", "/nowhere"} {
		r := get(h, path)
		policy := r.Header.Get("Content-Security-Policy")
		for _, directive := range []string{
			"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'",
			"form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types pronto",
		} {
			if !strings.Contains("; "+policy+";", "; "+directive+";") {
				t.Errorf("%s: the policy lacks %q: %s", path, directive, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy allows something unsafe: %s", path, policy)
		}
		for header, want := range map[string]string{
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", path, header, got, want)
			}
		}
		for _, feature := range []string{"camera=(self)", "microphone=(self)", "display-capture=(self)"} {
			if !strings.Contains(r.Header.Get("Permissions-Policy"), feature) {
				t.Errorf("%s: Permissions-Policy lacks %s", path, feature)
			}
		}
	}
}

func TestFurtherOriginsMayBeConnectedTo(t *testing.T) {
	h := handler(t, web.Config{Files: built(), ConnectSources: []string{"wss://calls.example"}})
	if policy := get(h, "/").Header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' wss://calls.example;") {
		t.Errorf("the policy is %s", policy)
	}
}

func TestAConfigThatWouldBreakThePolicyIsRefused(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	for _, cfg := range []web.Config{
		{},
		{Logger: logger, ConnectSources: []string{""}},
		{Logger: logger, ConnectSources: []string{"wss://a; script-src *"}},
		{Logger: logger, ConnectSources: []string{"wss://a wss://b"}},
	} {
		if _, err := web.Handler(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}

func TestABinaryWithoutThePageSaysHowToBuildIt(t *testing.T) {
	var log strings.Builder
	h := handler(t, web.Config{Files: fstest.MapFS{".keep": {}}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	r := get(h, "/")
	if page := text(t, r); r.StatusCode != http.StatusOK || !strings.Contains(page, "make web") {
		t.Errorf("status %d, page %q", r.StatusCode, page)
	}
	if !strings.Contains(log.String(), "make web") {
		t.Errorf("the log is %q", log.String())
	}
}

func TestTheEmbeddedFilesAreServed(t *testing.T) {
	if r := get(handler(t, web.Config{}), "/"); r.StatusCode != http.StatusOK {
		t.Errorf("status %d", r.StatusCode)
	}
}

func TestTheOperatorsPageIsServedApart(t *testing.T) {
	files := fstest.MapFS{
		"index.html": {Data: []byte("page")}, "ops/index.html": {Data: []byte("viewer")}, "ops/assets/ops-1.js": {Data: []byte("1")},
	}
	cfg := web.Config{Files: files, Logger: slog.New(slog.DiscardHandler)}
	page, err := web.Handler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ops, err := web.OpsHandler(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		handler http.Handler
		path    string
		status  int
	}{
		{page, "/", 200}, {page, "/ops/", 404}, {page, "/ops/index.html", 404}, {page, "/ops/assets/ops-1.js", 404},
		{ops, "/ops/", 200}, {ops, "/ops/assets/ops-1.js", 200}, {ops, "/", 404}, {ops, "/index.html", 404},
	} {
		answer := httptest.NewRecorder()
		c.handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, c.path, nil))
		if answer.Code != c.status {
			t.Errorf("%s is answered with %d, not %d", c.path, answer.Code, c.status)
		}
	}
}

func TestTheEmbeddedPageIsFramedByItsEmbeddersOnly(t *testing.T) {
	files := built()
	files["embed/index.html"] = &fstest.MapFile{Data: []byte(`<meta name="pronto-notice" content="{{notice}}"><meta content="{{version}}"><meta content="{{contact}}"><meta content="{{complaints}}">`)}
	files["embed/index.html.br"] = &fstest.MapFile{Data: []byte("what was compressed before it was filled")}
	files["widget.js"] = &fstest.MapFile{Data: []byte("1")}
	h := handler(t, web.Config{
		Files: files, Notice: `https://shop.example/privacy?a="b"`, NoticeVersion: "7", Contact: "https://shop.example/?a&b",
		Embedders: func(_ *http.Request, link string) []string {
			if link == "open" {
				return []string{"https://shop.example", "https://*", "https://a.example; script-src *", "https://b.example/path", "null"}
			}
			return nil
		},
	})
	for _, c := range []struct{ path, ancestors string }{
		{"/embed/open", "frame-ancestors https://shop.example;"},
		{"/embed/other", "frame-ancestors 'none';"},
		{"/j/open", "frame-ancestors 'none';"},
		{"/", "frame-ancestors 'none';"},
	} {
		r := get(h, c.path, "Accept-Encoding", "br, gzip")
		policy := r.Header.Get("Content-Security-Policy")
		if r.StatusCode != http.StatusOK || !strings.Contains(policy, c.ancestors) || strings.Contains(policy, "script-src *") {
			t.Errorf("%s: %d, %q", c.path, r.StatusCode, policy)
		}
	}
	r := get(h, "/embed/open", "Accept-Encoding", "br")
	if body := text(t, r); body != `<meta name="pronto-notice" content="https://shop.example/privacy?a=&#34;b&#34;"><meta content="7"><meta content="https://shop.example/?a&amp;b"><meta content="">` {
		t.Errorf("the page is %q", body)
	}
	if r.Header.Get("X-Robots-Tag") == "" || r.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("a search engine or another site may keep a link")
	}
	for _, path := range []string{"/embed/", "/embed/a.b", "/embed/a/b", "/embed/" + strings.Repeat("a", 65)} {
		if r := get(h, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
}

func TestWhatOthersEmbedIsSharedAndNothingElse(t *testing.T) {
	files := built()
	files["widget.js"] = &fstest.MapFile{Data: []byte("1")}
	files["sdk/pronto-sdk.tgz"] = &fstest.MapFile{Data: []byte("1")}
	files["embed/pronto-embed.js"] = &fstest.MapFile{Data: []byte("1")}
	files["embed/assets/frame-A.js"] = &fstest.MapFile{Data: []byte("1")}
	h := handler(t, web.Config{Files: files})
	for path, want := range map[string]string{
		"/widget.js": "*", "/sdk/pronto.js": "*", "/sdk/pronto-sdk.tgz": "*", "/embed/pronto-embed.js": "*",
		"/": "", "/assets/demo-AB12.js": "", "/embed/assets/frame-A.js": "",
	} {
		header := get(h, path).Header
		if got := header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%s: Access-Control-Allow-Origin %q, want %q", path, got, want)
		}
		if resource := header.Get("Cross-Origin-Resource-Policy"); (resource == "cross-origin") != (want == "*") {
			t.Errorf("%s: Cross-Origin-Resource-Policy %q", path, resource)
		}
	}
	if got := get(h, "/sdk/pronto-sdk.tgz").Header.Get("Content-Type"); got != "application/gzip" {
		t.Errorf("the package is %q", got)
	}
}
