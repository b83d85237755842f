package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/time/rate"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

type callerKey struct{}

// caller is the API key that a request was made with.
func caller(ctx context.Context) store.APIKey {
	k, _ := ctx.Value(callerKey{}).(store.APIKey)
	return k
}

// authenticate lets a request pass that has an API key with a scope, and is
// within the key's rate. The credentials are a bearer token (RFC 6750), the key
// and its secret with a dot between: browsers send none on their own, so that
// no page can make one of them ask.
func (s *server) authenticate(api huma.API, scope identity.Scope) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if !s.guesses.left(s.remote(ctx), time.Now()) {
			ctx.SetHeader("Retry-After", "1")
			_ = writeProblem(api, ctx, problem(CodeRateLimited, "too many wrong secrets came from this address"))
			return
		}
		k, err := s.key(ctx.Context(), ctx.Header("Authorization"))
		if p, ok := errors.AsType[*Problem](err); ok {
			if p.Status == http.StatusUnauthorized {
				ctx.SetHeader("WWW-Authenticate", `Bearer realm="pronto"`)
			}
			if p.Code == CodeUnauthenticated {
				s.guesses.take(s.remote(ctx), time.Now())
			}
			_ = writeProblem(api, ctx, p)
			return
		}
		if wait := s.rates.take(k.ID, time.Now(), ctx.SetHeader); wait > 0 {
			ctx.SetHeader("Retry-After", retryAfter(wait))
			_ = writeProblem(api, ctx, problem(CodeRateLimited, "the key may make %d requests a minute", s.rates.perMinute))
			return
		}
		if !scope.In(k.Scopes) {
			s.recordRefusal(ctx, k, scope)
			_ = writeProblem(api, ctx, problem(CodeScopeMissing, "the key needs the scope %s", scope))
			return
		}
		next(huma.WithValue(ctx, callerKey{}, k))
	}
}

// key finds the key of an Authorization header. Its errors are problems.
func (s *server) key(ctx context.Context, header string) (store.APIKey, error) {
	wrong := problem(CodeUnauthenticated, "the key is unknown, revoked or expired, or the secret is not its own")
	token, _ := strings.CutPrefix(header, "Bearer ")
	id, secret, ok := strings.Cut(token, ".")
	if !ok || !strings.HasPrefix(id, "ck_") {
		return store.APIKey{}, wrong
	}
	k, err := s.cfg.Store.Key(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.APIKey{}, s.expired(ctx, id, secret, wrong)
	case errors.Is(err, store.ErrInvalid), err == nil && !identity.SameSecret(string(k.Secret), secret):
		return store.APIKey{}, wrong
	case err != nil:
		return store.APIKey{}, s.failed(err)
	}
	if err := s.cfg.Store.KeyUsed(ctx, k); err != nil {
		return store.APIKey{}, s.failed(err)
	}
	k.Secret = nil
	return k, nil
}

// expired is the problem of a key that is not good, or wrong where its secret is not its
// own: only who has had the key is told that its time is over.
func (s *server) expired(ctx context.Context, id, secret string, wrong *Problem) *Problem {
	k, err := s.cfg.Store.ExpiredKey(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !identity.SameSecret(string(k.Secret), secret):
		return wrong
	case err != nil:
		return s.failed(err)
	}
	return problem(CodeKeyExpired, "the key %s was good until %s", id, k.Expires.Format(time.RFC3339))
}

// writeProblem answers from a middleware.
func writeProblem(api huma.API, ctx huma.Context, p *Problem) error {
	named := *p
	named.RequestID = requestID(ctx.Context())
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	return api.Marshal(ctx.BodyWriter(), "application/json", &named)
}

// rates bounds how often each key may ask.
type rates struct {
	perMinute int

	mu   sync.Mutex // guards what follows
	keys map[string]*rate.Limiter
}

func newRates(perMinute int) *rates {
	return &rates{perMinute: perMinute, keys: map[string]*rate.Limiter{}}
}

// take counts one request, tells the client what is left
// (draft-ietf-httpapi-ratelimit-headers), and returns how long to wait if
// nothing was.
func (r *rates) take(key string, now time.Time, header func(name, value string)) time.Duration {
	r.mu.Lock()
	l := r.keys[key]
	if l == nil {
		if len(r.keys) >= 2*store.MaxKeys { // keys that were revoked
			clear(r.keys)
		}
		l = rate.NewLimiter(rate.Limit(float64(r.perMinute)/60), r.perMinute)
		r.keys[key] = l
	}
	r.mu.Unlock()
	allowed := l.AllowN(now, 1)
	left := max(l.TokensAt(now), 0)
	refill := time.Duration((float64(r.perMinute) - left) / float64(l.Limit()) * float64(time.Second))
	header("RateLimit-Policy", fmt.Sprintf(`"key";q=%d;w=60`, r.perMinute))
	header("RateLimit", fmt.Sprintf(`"key";r=%d;t=%d`, int(left), int(math.Ceil(refill.Seconds()))))
	if allowed {
		return 0
	}
	return time.Duration((1 - left) / float64(l.Limit()) * float64(time.Second))
}

// bearer is how the description calls the credentials of an API key.
const bearer = "apiKey"

func describeCredentials(d *huma.OpenAPI) {
	d.Components.SecuritySchemes = map[string]*huma.SecurityScheme{bearer: {
		Type: "http", Scheme: "bearer", Description: "The API key, a dot, and its secret: ck_….cs_…",
	}}
}

var authErrors = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable}
