package api

import (
	"context"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
)

const requestIDHeader = "Request-Id"

type (
	requestIDKey struct{}
	pageKey      struct{}
)

// front is what every request of the API passes first: it gets an id, web pages
// of other sites are kept out, and what no route answers is a problem too.
func (s *server) front(routes *http.ServeMux) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem(CodeCrossSite, "the request comes from a page of another site").write(w)
	}))
	open := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := routes.Handler(r)
		if pattern != "" {
			routes.ServeHTTP(w, r) // again, because it sets the path's values
			return
		}
		none := refusal{header: http.Header{}}
		handler.ServeHTTP(&none, r)
		if none.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", none.header.Get("Allow"))
			problem(CodeMethodNotAllowed, "it knows %s", none.header.Get("Allow")).write(w)
			return
		}
		problem(CodeNotFound, "the API has no such address; /v1/openapi.json lists them").write(w)
	})
	inner := s.pages(open, guard.Handler(open))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !isRequestID(id) {
			id = identity.NewID("req")
		}
		w.Header().Set(requestIDHeader, id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		defer s.recovered(w, id)
		ctx := context.WithValue(context.WithValue(r.Context(), requestIDKey{}, id), pageKey{}, identity.Page(r))
		named := r.WithContext(ctx)
		inner.ServeHTTP(w, named)
		r.Pattern = named.Pattern // for who counts requests by route
	})
}

// recovered turns a fault of ours into an answer.
func (s *server) recovered(w http.ResponseWriter, id string) {
	switch fault := recover(); fault {
	case nil:
	case http.ErrAbortHandler:
		panic(fault)
	default:
		s.cfg.Logger.Error("a request failed", "request", id, "panic", fault, "stack", string(debug.Stack()))
		problem(CodeInternal, "the server failed; its log has the cause").write(w)
	}
}

// isRequestID tells whether a client's own id of a request can be used.
func isRequestID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// requestID is the id of the request that ctx is of.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// holder is who holds a token that came with a request.
func (s *server) holder(ctx context.Context, token string) (identity.Identity, error) {
	page, _ := ctx.Value(pageKey{}).(string)
	return s.cfg.Profiles.Identity.Verify(ctx, token, page)
}

// name puts the request's id into a problem.
func name(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*Problem); ok {
		named := *p // a problem may be a variable that many requests get
		named.RequestID = requestID(ctx.Context())
		return &named, nil
	}
	return v, nil
}

// refusal is what the library of routes would have answered.
type refusal struct {
	header http.Header
	status int
}

// Header implements [http.ResponseWriter].
func (r *refusal) Header() http.Header { return r.header }

// WriteHeader implements [http.ResponseWriter].
func (r *refusal) WriteHeader(status int) { r.status = status }

// Write implements [http.ResponseWriter].
func (r *refusal) Write(data []byte) (int, error) { return len(data), nil }
