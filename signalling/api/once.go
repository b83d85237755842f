package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// idempotencyHeader is as in draft-ietf-httpapi-idempotency-key-header.
const idempotencyHeader = "Idempotency-Key"

// keptHeaders are kept with an answer, beside its body.
var keptHeaders = []string{"Content-Type", "Location", "Etag", "Link", "Cache-Control"}

// once carries a request that has an Idempotency-Key out once in 24 hours. The
// answer is kept before the client gets it. What failed by a fault of the
// server's may be tried again; so may, after a minute, what the server did not
// live to answer, which may then have been carried out already.
func (s *server) once(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		name := ctx.Header(idempotencyHeader)
		if name == "" {
			next(ctx)
			return
		}
		if len(name) > 255 {
			_ = writeProblem(api, ctx, problem(CodeInvalid, "the Idempotency-Key is too long").at("header."+idempotencyHeader, "more than 255 bytes"))
			return
		}
		body, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), ctx.Operation().MaxBodyBytes+1))
		if err != nil {
			_ = writeProblem(api, ctx, problem(CodeBadRequest, "the body could not be read"))
			return
		}
		r := store.Request{Key: caller(ctx.Context()).ID, Name: identity.HashSecret(name), Hash: hashOf(ctx, body)}
		before, began, err := s.cfg.Store.BeginRequest(ctx.Context(), r)
		switch {
		case errors.Is(err, store.ErrOtherRequest):
			_ = writeProblem(api, ctx, problem(CodeNameReused, "another request was made with this Idempotency-Key"))
		case err != nil:
			_ = writeProblem(api, ctx, s.failed(err))
		case began:
			s.carryOut(api, ctx, next, r, body)
		case before.Status == 0:
			ctx.SetHeader("Retry-After", "1")
			_ = writeProblem(api, ctx, problem(CodeInFlight, "the first request with this Idempotency-Key is still being carried out"))
		default:
			s.answerAgain(api, ctx, before)
		}
	}
}

// hashOf is a hash of all that a request says.
func hashOf(ctx huma.Context, body []byte) string {
	h, u := sha256.New(), ctx.URL()
	for _, part := range [][]byte{[]byte(ctx.Method()), []byte(u.RequestURI()), []byte(ctx.Header("If-Match")), body} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

func (s *server) carryOut(api huma.API, ctx huma.Context, next func(huma.Context), r store.Request, body []byte) {
	out := &recorder{request: ctx, in: bytes.NewReader(body), kept: answer{Header: http.Header{}}}
	ended := false
	defer func() {
		if !ended { // it may be tried again
			if err := s.cfg.Store.ForgetRequest(ctx.Context(), r); err != nil {
				s.cfg.Logger.Warn("a request could not be forgotten; it can be made again in a minute", "err", err)
			}
		}
	}()
	next(out)
	// 409 and 429 are of the moment: the same request may succeed later.
	if status := out.status; status < 500 && status != http.StatusConflict && status != http.StatusTooManyRequests {
		kept, err := json.Marshal(out.kept)
		if err == nil {
			err = s.cfg.Store.EndRequest(ctx.Context(), r, store.Response{Status: status, Body: kept})
		}
		if err != nil {
			_ = writeProblem(api, ctx, s.failed(err))
			return
		}
		ended = true
	}
	out.kept.deliver(ctx, out.status)
}

func (s *server) answerAgain(api huma.API, ctx huma.Context, before store.Response) {
	var a answer
	if err := json.Unmarshal(before.Body, &a); err != nil {
		_ = writeProblem(api, ctx, s.failed(err))
		return
	}
	ctx.SetHeader("Idempotency-Replayed", "true")
	a.deliver(ctx, before.Status)
}

// answer is what is kept of one.
type answer struct {
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

func (a answer) deliver(ctx huma.Context, status int) {
	for name, values := range a.Header {
		for _, v := range values {
			ctx.AppendHeader(name, v)
		}
	}
	ctx.SetStatus(status)
	if len(a.Body) > 0 {
		_, _ = ctx.BodyWriter().Write(a.Body) // the client is gone
	}
}

// request lets recorder embed the library's type, which has a method of its own name.
type request = huma.Context

// recorder is a request whose answer waits.
type recorder struct {
	request
	in     io.Reader
	status int
	kept   answer
}

// BodyReader implements [huma.Context].
func (r *recorder) BodyReader() io.Reader { return r.in }

// SetStatus implements [huma.Context].
func (r *recorder) SetStatus(code int) { r.status = code }

// Status implements [huma.Context].
func (r *recorder) Status() int { return r.status }

// SetHeader implements [huma.Context].
func (r *recorder) SetHeader(name, value string) {
	if !slices.Contains(keptHeaders, http.CanonicalHeaderKey(name)) {
		r.request.SetHeader(name, value)
		return
	}
	r.kept.Header.Set(name, value)
}

// AppendHeader implements [huma.Context].
func (r *recorder) AppendHeader(name, value string) {
	if !slices.Contains(keptHeaders, http.CanonicalHeaderKey(name)) {
		r.request.AppendHeader(name, value)
		return
	}
	r.kept.Header.Add(name, value)
}

// BodyWriter implements [huma.Context].
func (r *recorder) BodyWriter() io.Writer { return r }

// Write implements [io.Writer].
func (r *recorder) Write(data []byte) (int, error) {
	r.kept.Body = append(r.kept.Body, data...)
	return len(data), nil
}
