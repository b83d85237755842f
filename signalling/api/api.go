package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Config is what the API needs.
type Config struct {
	// Store keeps what must not be lost.
	Store *store.Store
	// Key and Secret sign the tokens that the server itself gives out: to
	// guests, and in demo mode to whoever asks.
	Key    string
	Secret []byte
	// Demo lets anybody sign in as one of [identity.Demo].
	Demo bool
	// Accounts lets people in by a one-time code; without a sender nobody is.
	Accounts Accounts
	// Profiles gives out the images that people are known by.
	Profiles Profiles
	// DevicesChanged tells an account's devices that it has another one. Nil
	// tells nobody.
	DevicesChanged func(ctx context.Context, user wire.UserID)
	// Proxies are the networks of the proxies before this server, who say in
	// X-Forwarded-For whom they speak for.
	Proxies []netip.Prefix
	// Act carries out a request about an account or its groups as that account,
	// and returns the reply; SuspendGroup stops a group's calls.
	Act          func(ctx context.Context, user wire.UserID, message any) (any, error)
	SuspendGroup func(ctx context.Context, group wire.GroupID, on bool) error
	// Calls are those that go on.
	Calls Calls
	// PerMinute is how many requests an API key may make in a minute; 30,000 if
	// 0, which is what one link after the other needs.
	PerMinute int
	// WebhooksInside lets webhooks lead into private networks, by http too.
	WebhooksInside bool
	// Logger is required.
	Logger *slog.Logger
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Key == "" || len(c.Secret) < 16 || c.Logger == nil || c.Act == nil || c.SuspendGroup == nil || c.Calls == nil {
		return errors.New("api: a part of Config is missing")
	}
	if a := c.Accounts; a.Sender != nil && (len(a.Hasher.Key) < 16 || !a.Numbers.Valid() || a.NumberVerified == nil) {
		return errors.New("api: a part of Config.Accounts is missing")
	}
	if !c.Profiles.valid() {
		return errors.New("api: a part of Config.Profiles is missing")
	}
	return nil
}

// Lifetimes of the tokens that the server gives out.
const (
	guestTokenFor = 4 * time.Hour
	demoTokenFor  = 12 * time.Hour
)

type server struct {
	cfg     Config
	guests  *budget
	guesses *budget // of the secrets of API keys
	rates   *rates
	sending chan struct{} // codes on their way; capacity maxSending
}

// Register adds the API's routes to mux.
func Register(mux *http.ServeMux, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if cfg.DevicesChanged == nil {
		cfg.DevicesChanged = func(context.Context, wire.UserID) {}
	}
	if cfg.PerMinute == 0 {
		cfg.PerMinute = 30_000
	}
	s := &server{
		cfg: cfg, guests: newBudget(time.Second, 60), guesses: newBudget(time.Second, 60), rates: newRates(cfg.PerMinute),
		sending: make(chan struct{}, maxSending),
	}
	description := huma.DefaultConfig("Pronto", "1")
	description.OpenAPIPath = "/v1/openapi"
	description.DocsPath = ""    // its page would load scripts from elsewhere
	description.SchemasPath = "" // and $schema links are nothing to a browser
	description.CreateHooks = nil
	description.Transformers = append(description.Transformers, name)
	describeCredentials(description.OpenAPI)
	describeEvents(description.OpenAPI)
	routes := http.NewServeMux()
	mux.Handle("/v1/", s.front(routes))
	mux.HandleFunc("GET "+ErrorsPath+"{code}", explain)
	api := humago.New(routes, description)
	huma.Register(api, huma.Operation{
		OperationID: "create-guest", Method: http.MethodPost, Path: "/v1/links/{link}/guests", MaxBodyBytes: 4 << 10,
		Summary:     "Get a token to join the call of a link as a guest",
		Description: "Counts no use of the link. An unknown, expired, revoked or used up link is 404, whichever it is.",
		Middlewares: huma.Middlewares{s.limit(api)},
		Errors:      []int{http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, s.createGuest)
	s.registerKeys(api)
	s.registerTokens(api)
	s.registerWebhooks(api)
	s.registerUsers(api)
	s.registerGroups(api)
	s.registerCalls(api)
	s.registerStats(api)
	s.registerWaysIn(api)
	s.registerAccounts(api)
	s.registerAvatars(api)
	s.registerVisits(api)
	if cfg.Demo {
		s.registerDemo(api)
	}
	return nil
}

// limit bounds how often one network address may try links, codes and secrets.
func (s *server) limit(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if !s.guests.take(s.remote(ctx), time.Now()) {
			ctx.SetHeader("Retry-After", "1")
			_ = huma.WriteErr(api, ctx, http.StatusTooManyRequests, "too many tries from this address; wait a second")
			return
		}
		next(ctx)
	}
}

type guestInput struct {
	Link string `path:"link" maxLength:"64" doc:"The link's id: the part after /j/."`
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"64" doc:"What the others see. A nickname is enough."`
	}
}

type guestOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Token string `json:"token" doc:"To say hello with on the WebSocket; good for this link only, for four hours."`
		Name  string `json:"name" doc:"The name it was given."`
		Kind  string `json:"kind" enum:"voice,video" doc:"What the call is for."`
		Title string `json:"title" doc:"The link's title; may be empty."`
	}
}

func (s *server) createGuest(ctx context.Context, in *guestInput) (*guestOutput, error) {
	if err := identity.CheckName(in.Body.Name); err != nil {
		return nil, huma.Error422UnprocessableEntity("the name cannot be shown", &huma.ErrorDetail{Location: "body.name", Message: err.Error()})
	}
	link, err := s.cfg.Store.Link(ctx, in.Link)
	switch {
	case errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) || err == nil && !live(link, time.Now()):
		return nil, huma.Error404NotFound("the link leads nowhere; ask for a new one")
	case err != nil:
		return nil, s.failed(err)
	}
	guest := identity.Identity{
		User: wire.UserID("g_" + identity.NewSecret()), Name: in.Body.Name, Grants: identity.Grants{Link: wire.LinkID(link.ID)},
	}
	token, err := identity.Sign(s.cfg.Key, s.cfg.Secret, guest, time.Now(), guestTokenFor)
	if err != nil {
		return nil, s.failed(err)
	}
	out := &guestOutput{CacheControl: "no-store"}
	out.Body.Token, out.Body.Name, out.Body.Kind, out.Body.Title = token, in.Body.Name, string(link.Kind), link.Title
	return out, nil
}

// live tells whether a link would admit somebody. The join itself asks the
// database, by its clock; this only spares a guest the way there.
func live(l store.Link, now time.Time) bool {
	return l.Revoked.IsZero() && (l.Expires.IsZero() || now.Before(l.Expires)) && (l.MaxUses == 0 || l.Uses < l.MaxUses)
}

// failed logs an error and gives the client what it may know of it.
func (s *server) failed(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	s.cfg.Logger.Error("a request failed", "err", err)
	if errors.Is(err, store.ErrUnavailable) {
		return problem(CodeUnavailable, "the server cannot do it now; try again")
	}
	return problem(CodeInternal, "the server failed; its log has the cause")
}
