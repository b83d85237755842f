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

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Config is what the API needs.
type Config struct {
	// Store keeps what must not be lost.
	Store *store.Store
	// Links says what is behind a link.
	Links Links
	// PublicURL is the address of the pages, such as https://calls.example.com;
	// empty takes the one that the API was asked by.
	PublicURL string
	// Key and Secret sign the tokens that the server itself gives out: to
	// guests, and in demo mode to whoever asks.
	Key    string
	Secret []byte
	// Demo lets anybody sign in as one of [identity.Demo].
	Demo bool
	// Operator is how people reach whoever runs the server.
	Operator Operator
	// Accounts lets people in by a one-time code; without a sender nobody is.
	Accounts Accounts
	// Profiles gives out the images that people are known by.
	Profiles Profiles
	// Notes keeps notes to missed calls.
	Notes Notes
	// Reports takes what people report, and what those say who are suspended for it.
	Reports Reports
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
	// Listed says whether a request comes from a page that may use this server: its
	// own, or one of a listed site. Nil lists none.
	Listed func(*http.Request) bool
	// PerMinute is how many requests an API key may make in a minute; 30,000 if
	// 0, which is what one link after the other needs.
	PerMinute int
	// WebhooksInside lets webhooks lead into private networks, by http too.
	WebhooksInside bool
	// Audit is what is done with API keys written down by. Whoever makes it runs it.
	Audit *AuditLog
	// Logger is required.
	Logger *slog.Logger
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Links == nil || c.Key == "" || len(c.Secret) < 16 || c.Logger == nil || c.Act == nil || c.SuspendGroup == nil || c.Calls == nil || c.Audit == nil {
		return errors.New("api: a part of Config is missing")
	}
	if a := c.Accounts; a.Sender != nil && (len(a.Hasher.Key) < 16 || !a.Numbers.Valid() || a.NumberVerified == nil) {
		return errors.New("api: a part of Config.Accounts is missing")
	}
	if !c.Profiles.valid() || c.Profiles.Identity.Keys != nil && (c.Notes == nil || c.Reports == nil) {
		return errors.New("api: a part of Config.Profiles, or Config.Notes or Reports, is missing")
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
	appeals *budget // by account
	exports exports
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
		cfg: cfg, guests: newBudget(time.Second, 60), guesses: newBudget(time.Second, 60), appeals: newBudget(appealRefill, appealBurst), rates: newRates(cfg.PerMinute), exports: newExports(),
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
	s.registerGuests(api)
	s.registerKeys(api)
	s.registerTokens(api)
	s.registerLinks(api)
	s.registerWebhooks(api)
	s.registerUsers(api)
	s.registerGroups(api)
	s.registerCalls(api)
	s.registerStats(api)
	s.registerWaysIn(api)
	s.registerAccounts(api)
	s.registerAvatars(api)
	s.registerNotes(api)
	s.registerExport(api)
	s.registerVisits(api)
	s.registerAudit(api)
	s.registerReports(api)
	s.registerCases(api)
	s.registerAppeals(api)
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
