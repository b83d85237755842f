package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// Key is an API key as it is shown.
type Key struct {
	ID      string     `json:"id" doc:"What tokens name as their issuer."`
	Name    string     `json:"name" doc:"What it is for."`
	Line    string     `json:"line" doc:"The first of this key and its successors, of which two at most are good at a time."`
	Scopes  []string   `json:"scopes" doc:"What it may do; * is everything. Who may write may read."`
	Origins []string   `json:"origins" doc:"The web origins whose pages may use the tokens it signs; empty leaves it to the server."`
	Created time.Time  `json:"createdAt" doc:"When it was made."`
	Expires *time.Time `json:"expiresAt,omitempty" doc:"When it stops being good; missing if it does not."`
	Revoked *time.Time `json:"revokedAt,omitempty" doc:"When it was revoked; missing if it was not."`
	Used    *time.Time `json:"usedAt,omitempty" doc:"When it was last used with the API, to the minute; missing if never."`
}

func showKey(k store.APIKey) Key {
	return Key{
		ID: k.ID, Name: k.Name, Line: k.Line, Scopes: list(k.Scopes), Origins: list(k.Origins), Created: k.Created,
		Expires: optional(k.Expires), Revoked: optional(k.Revoked), Used: optional(k.Used),
	}
}

// optional is nil for the zero time.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// list is never null.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// KeyField names a key in the path. The type is exported because the library
// looks into embedded structs only if they are.
type KeyField struct {
	Key string `path:"key" maxLength:"64" doc:"The key's id: ck_…"`
}

type keyOutput struct {
	ETag string `header:"ETag" doc:"Changes with the key's name and origins."`
	Body Key
}

func keyOut(k store.APIKey) *keyOutput {
	return &keyOutput{etagOf([]any{k.ID, k.Name, k.Origins}), showKey(k)}
}

// NewKey is a key with the secret that is told only once.
type NewKey struct {
	Key
	Secret string `json:"secret" doc:"Keep it as safe as a password: it is told only once."`
}

type newKeyOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         NewKey
}

func (o *newKeyOutput) about() store.AuditTarget {
	return store.AuditTarget{Kind: "key", ID: o.Body.ID}
}

func (s *server) registerKeys(api huma.API) {
	resource(s, api, identity.KeysRead, huma.Operation{
		OperationID: "list-keys", Method: http.MethodGet, Path: "/v1/keys", Tags: []string{"keys"},
		Summary: "List API keys, the oldest first, revoked ones too", Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *PageFields) (*pageOutput[Key], error) {
		p, err := in.after()
		if err != nil {
			return nil, err
		}
		keys, err := s.cfg.Store.PageKeys(ctx, p.At, p.ID, in.Limit+1)
		if err != nil {
			return nil, s.failed(err)
		}
		return page(ctx, *in, keys, func(k store.APIKey) position { return position{k.Created, k.ID} }, showKey), nil
	})
	resource(s, api, identity.KeysRead, huma.Operation{
		OperationID: "get-key", Method: http.MethodGet, Path: "/v1/keys/{key}", Tags: []string{"keys"},
		Summary: "Get an API key, without its secret", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *struct{ KeyField }) (*keyOutput, error) {
		k, err := s.cfg.Store.AnyKey(ctx, in.Key)
		if err != nil {
			return nil, s.noKey(err)
		}
		return keyOut(k), nil
	})
	resource(s, api, identity.KeysWrite, huma.Operation{
		OperationID: "create-key", Method: http.MethodPost, Path: "/v1/keys", Tags: []string{"keys"}, DefaultStatus: http.StatusCreated,
		Summary: "Make an API key", Description: "It may do nothing that the asking key may not.",
	}, s.createKey)
	resource(s, api, identity.KeysWrite, huma.Operation{
		OperationID: "change-key", Method: http.MethodPatch, Path: "/v1/keys/{key}", Tags: []string{"keys"},
		Summary:     "Change the name or the origins of an API key",
		Description: "Connections that are open stay; new ones go by it. The key's successor keeps its own.",
		Errors:      []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.changeKey)
	resource(s, api, identity.KeysWrite, huma.Operation{
		OperationID: "rotate-key", Method: http.MethodPost, Path: "/v1/keys/{key}/rotate", Tags: []string{"keys"}, DefaultStatus: http.StatusCreated,
		Summary:     "Make a successor of an API key",
		Description: "Both are good for a while, so that no request fails meanwhile. Two of a line are good at most.",
		Errors:      []int{http.StatusNotFound},
	}, s.rotateKey)
	resource(s, api, identity.KeysWrite, huma.Operation{
		OperationID: "revoke-key", Method: http.MethodDelete, Path: "/v1/keys/{key}", Tags: []string{"keys"}, DefaultStatus: http.StatusNoContent,
		Summary: "Revoke an API key for good", Description: "Tokens that it has signed open nothing any more. To do so twice is no error.",
		Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *struct{ KeyField }) (*struct{}, error) {
		if err := s.mayGive(ctx, in.Key); err != nil {
			return nil, err
		}
		if err := s.cfg.Store.RevokeKey(ctx, in.Key); err != nil {
			return nil, s.noKey(err)
		}
		return nil, nil
	})
}

type createKeyInput struct {
	Body struct {
		Name    string    `json:"name" minLength:"1" maxLength:"64" doc:"What it is for."`
		Scopes  []string  `json:"scopes" minItems:"1" maxItems:"32" doc:"What it may do, such as links:write; * is everything."`
		Origins []string  `json:"origins,omitempty" maxItems:"32" doc:"The web origins whose pages may use the tokens it signs, such as https://shop.example; empty leaves it to the server."`
		Expires time.Time `json:"expiresAt,omitempty" doc:"When it stops being good, and its successors with it; missing for never, or for when the asking key does."`
	}
}

func (s *server) createKey(ctx context.Context, in *createKeyInput) (*newKeyOutput, error) {
	if err := checkKey(in.Body.Name, in.Body.Origins); err != nil {
		return nil, err
	}
	for _, scope := range in.Body.Scopes {
		if !identity.Scope(scope).Known() {
			return nil, problem(CodeInvalid, "there is no such scope").at("body.scopes", "not one of the scopes of the description")
		}
	}
	if err := within(ctx, in.Body.Scopes); err != nil {
		return nil, err
	}
	ends, err := endOf(ctx, in.Body.Expires)
	if err != nil {
		return nil, err
	}
	id, secret := identity.NewKey()
	k, err := s.cfg.Store.CreateKey(ctx, store.NewKey{ID: id, Name: in.Body.Name, Secret: []byte(secret), Scopes: in.Body.Scopes, Origins: in.Body.Origins, Ends: ends})
	switch {
	case errors.Is(err, store.ErrPast):
		return nil, errPast()
	case errors.Is(err, store.ErrLimit):
		return nil, problem(CodeLimitReached, "there are %d keys", store.MaxKeys)
	case err != nil:
		return nil, s.failed(err)
	}
	return &newKeyOutput{"no-store", NewKey{showKey(k), secret}}, nil
}

// endOf is when a new key stops being good. A key that does so itself gives none that
// lasts longer.
func endOf(ctx context.Context, wish time.Time) (time.Time, error) {
	own := caller(ctx).Ends
	switch {
	case own.IsZero():
		return wish, nil
	case wish.IsZero():
		return own, nil
	case wish.After(own):
		return wish, problem(CodeInvalid, "the asking key has an end, and gives none that last longer").at("body.expiresAt", "after "+own.Format(time.RFC3339))
	}
	return wish, nil
}

func errPast() *Problem {
	return problem(CodeInvalid, "the key would never be good").at("body.expiresAt", "not in the future")
}

// checkKey says what is wrong with the name or the origins of a key.
func checkKey(name string, origins []string) error {
	if err := identity.CheckTitle(name); err != nil {
		return problem(CodeInvalid, "the name cannot be shown").at("body.name", err.Error())
	}
	for _, origin := range origins {
		if err := identity.CheckOrigin(origin); err != nil {
			return problem(CodeInvalid, "an origin is none").at("body.origins", err.Error())
		}
	}
	return nil
}

type changeKeyInput struct {
	KeyField
	MatchField
	Body struct {
		Name    *string   `json:"name,omitempty" minLength:"1" maxLength:"64" doc:"What it is for."`
		Origins *[]string `json:"origins,omitempty" maxItems:"32" doc:"The web origins whose pages may use the tokens it signs; empty leaves it to the server."`
	}
}

func (s *server) changeKey(ctx context.Context, in *changeKeyInput) (*keyOutput, error) {
	if err := s.mayGive(ctx, in.Key); err != nil {
		return nil, err
	}
	k, err := s.cfg.Store.AnyKey(ctx, in.Key)
	if err != nil {
		return nil, s.noKey(err)
	}
	if err := in.matches(keyOut(k).ETag); err != nil {
		return nil, err
	}
	set(&k.Name, in.Body.Name)
	set(&k.Origins, in.Body.Origins)
	if err := checkKey(k.Name, k.Origins); err != nil {
		return nil, err
	}
	if k, err = s.cfg.Store.ChangeKey(ctx, k.ID, k.Name, k.Origins); err != nil {
		return nil, s.noKey(err)
	}
	return keyOut(k), nil
}

// within refuses scopes that the caller has not.
func within(ctx context.Context, scopes []string) error {
	for _, scope := range scopes {
		if !identity.Scope(scope).In(caller(ctx).Scopes) {
			return problem(CodeScopeMissing, "the key has not the scope %s itself", scope)
		}
	}
	return nil
}

// mayGive refuses to give or take a key that may do more than the caller.
func (s *server) mayGive(ctx context.Context, id string) error {
	k, err := s.cfg.Store.AnyKey(ctx, id)
	if err != nil {
		return s.noKey(err)
	}
	return within(ctx, k.Scopes)
}

type rotateKeyInput struct {
	KeyField
	Body struct {
		KeepSeconds int       `json:"keepSeconds,omitempty" minimum:"0" maximum:"2592000" default:"86400" doc:"How long the old key stays good beside the new one, in seconds; at most 30 days."`
		Expires     time.Time `json:"expiresAt,omitempty" doc:"When the new key stops being good; missing for when the old one was to."`
	}
}

func (s *server) rotateKey(ctx context.Context, in *rotateKeyInput) (*newKeyOutput, error) {
	if err := s.mayGive(ctx, in.Key); err != nil {
		return nil, err
	}
	ends, err := s.endAfter(ctx, in)
	if err != nil {
		return nil, err
	}
	id, secret := identity.NewKey()
	k, err := s.cfg.Store.RotateKey(ctx, in.Key, id, []byte(secret), time.Duration(in.Body.KeepSeconds)*time.Second, ends)
	switch {
	case errors.Is(err, store.ErrPast):
		return nil, errPast()
	case errors.Is(err, store.ErrLimit):
		return nil, problem(CodeLimitReached, "two keys of the line are good; revoke one first")
	case err != nil:
		return nil, s.noKey(err)
	}
	return &newKeyOutput{"no-store", NewKey{showKey(k), secret}}, nil
}

// endAfter is when the successor of a key stops being good.
func (s *server) endAfter(ctx context.Context, in *rotateKeyInput) (time.Time, error) {
	if !in.Body.Expires.IsZero() {
		return endOf(ctx, in.Body.Expires)
	}
	before, err := s.cfg.Store.AnyKey(ctx, in.Key)
	if err != nil {
		return time.Time{}, s.noKey(err)
	}
	if own := caller(ctx).Ends; !own.IsZero() && (before.Ends.IsZero() || before.Ends.After(own)) {
		return own, nil
	}
	return before.Ends, nil
}

func (s *server) noKey(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return problem(CodeNotFound, "there is no such key, or it is not good any more")
	}
	return s.failed(err)
}
