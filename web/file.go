package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// file is one file in all the encodings it was built in.
type file struct {
	contentType  string
	cacheControl string
	// encodings are the bodies by content coding; "" is the file itself.
	encodings map[string]body
}

type body struct {
	data []byte
	etag string // strong, so different for each coding (RFC 9110, section 8.8.3)
}

// codings are the content codings with the suffix that build.mjs gives their
// files, best first.
var codings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// contentTypes are fixed here and not asked of the machine, whose own table may
// call a script text/plain.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".json": "application/json",
	".map":  "application/json",
	".ts":   "text/plain; charset=utf-8",
	".txt":  "text/plain; charset=utf-8",
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".ico":  "image/x-icon",
	".webp": "image/webp",
	".wasm": "application/wasm",
	".tgz":  "application/gzip",

	".woff2":       "font/woff2",
	".webmanifest": "application/manifest+json",
}

// load reads all files into memory, compressed siblings with their original.
func load(source fs.FS) (map[string]*file, error) {
	files := map[string]*file{}
	err := fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || strings.HasPrefix(path.Base(name), ".") || isCoded(name) {
			return nil
		}
		loaded, err := loadFile(source, name)
		if err != nil {
			return err
		}
		files[name] = loaded
		return nil
	})
	return files, err
}

func isCoded(name string) bool {
	for _, coding := range codings {
		if strings.HasSuffix(name, coding.suffix) {
			return true
		}
	}
	return false
}

func loadFile(source fs.FS, name string) (*file, error) {
	data, err := fs.ReadFile(source, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	f := newFile(name, data)
	for _, coding := range codings {
		coded, err := fs.ReadFile(source, name+coding.suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name+coding.suffix, err)
		}
		f.encodings[coding.name] = newBody(coded)
	}
	return f, nil
}

func newFile(name string, data []byte) *file {
	f := &file{
		contentType:  contentTypes[path.Ext(name)],
		cacheControl: "no-cache",
		encodings:    map[string]body{"": newBody(data)},
	}
	if f.contentType == "" {
		f.contentType = "application/octet-stream"
	}
	if path.Base(path.Dir(name)) == "assets" {
		f.cacheControl = "public, max-age=31536000, immutable" // the name has the content's hash
	}
	return f
}

func newBody(data []byte) body {
	sum := sha256.Sum256(data)
	return body{data: data, etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", f.cacheControl)
	if len(f.encodings) > 1 {
		h.Set("Vary", "Accept-Encoding")
	}
	coding := f.choose(r.Header.Get("Accept-Encoding"))
	if coding != "" {
		h.Set("Content-Encoding", coding)
	}
	chosen := f.encodings[coding]
	h.Set("ETag", chosen.etag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(chosen.data))
}

// choose picks the best coding that the client takes (RFC 9110, section
// 12.5.3). Weights other than zero are not compared: every client that takes
// br prefers the smaller body.
func (f *file) choose(accept string) string {
	taken := map[string]bool{}
	for item := range strings.SplitSeq(accept, ",") {
		name, parameters, _ := strings.Cut(item, ";")
		taken[strings.ToLower(strings.TrimSpace(name))] = !isZeroWeight(parameters)
	}
	for _, coding := range codings {
		if _, built := f.encodings[coding.name]; !built {
			continue
		}
		if wanted, named := taken[coding.name]; wanted || (!named && taken["*"]) {
			return coding.name
		}
	}
	return ""
}

func isZeroWeight(parameters string) bool {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return err != nil || !(weight > 0)
		}
	}
	return false
}

// unbuilt is the page of a binary that was built without one.
func unbuilt() *file {
	return newFile("index.html", []byte(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pronto: the page is not built</title>
<h1>The page is not built</h1>
<p>This server runs, and its API answers, but it was compiled without its page. To have it, run
<code>make web</code> in Pronto's source folder (it needs Node 20 or later), then build and start the server again.</p>
</html>
`))
}
