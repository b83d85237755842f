package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

type createTokenInput struct {
	Body struct {
		User       string `json:"user,omitempty" maxLength:"64" pattern:"^[A-Za-z0-9_-]*$" doc:"The account to act as. It comes to be when the token is first used. This or link."`
		Link       string `json:"link,omitempty" maxLength:"64" pattern:"^[A-Za-z0-9_-]*$" doc:"The link whose call a guest may join, and nothing else. This or user."`
		Name       string `json:"name,omitempty" maxLength:"64" doc:"What others see; the account's id if empty. A guest needs one."`
		Automated  bool   `json:"automated,omitempty" doc:"Whether the guest is a program, such as a bot or an assistant: people see a label beside its name. Of an account it is said by PATCH /v1/users/{user}."`
		ForSeconds int    `json:"forSeconds,omitempty" minimum:"10" maximum:"86400" default:"600" doc:"How long it may be used to connect, in seconds. A session that it opened goes on."`
	}
}

func (in *createTokenInput) about() store.AuditTarget {
	if in.Body.User == "" {
		return store.AuditTarget{Kind: "link", ID: in.Body.Link}
	}
	return store.AuditTarget{Kind: "user", ID: in.Body.User}
}

type tokenOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Token   string    `json:"token" doc:"To say hello with on the WebSocket."`
		User    string    `json:"user" doc:"The account, or the id that was made for the guest."`
		Expires time.Time `json:"expiresAt" doc:"When it can be used to connect no longer."`
	}
}

func (s *server) registerTokens(api huma.API) {
	resource(s, api, identity.TokensWrite, huma.Operation{
		OperationID: "create-token", Method: http.MethodPost, Path: "/v1/tokens", Tags: []string{"tokens"},
		Summary: "Get a token for an account or a guest",
		Description: "It is signed with the asking key, as your server can do by itself (JWT, HS256): it opens nothing any more " +
			"when the key is revoked.",
	}, s.createToken)
}

func (s *server) createToken(ctx context.Context, in *createTokenInput) (*tokenOutput, error) {
	b := in.Body
	if (b.User == "") == (b.Link == "") {
		return nil, problem(CodeInvalid, "exactly one of user and link is needed").at("body", "has none or both")
	}
	id := identity.Identity{User: wire.UserID(b.User), Name: b.Name, Grants: identity.Grants{Account: true}}
	if b.Link != "" {
		id.User, id.Grants = wire.UserID("g_"+identity.NewSecret()), identity.Grants{Link: wire.LinkID(b.Link)}
		id.Automated = b.Automated
	}
	if b.Automated && b.Link == "" {
		return nil, problem(CodeInvalid, "automated is for guests; say it of an account by PATCH /v1/users/{user}").at("body.automated", "goes without a link")
	}
	if b.Name != "" || b.Link != "" {
		if err := identity.CheckName(b.Name); err != nil {
			return nil, problem(CodeInvalid, "the name cannot be shown").at("body.name", err.Error())
		}
	}
	k, err := s.cfg.Store.Key(ctx, caller(ctx).ID)
	if err != nil {
		return nil, s.noKey(err)
	}
	now, ttl := time.Now(), time.Duration(b.ForSeconds)*time.Second
	token, err := identity.Sign(k.ID, k.Secret, id, now, ttl)
	if err != nil {
		return nil, s.failed(err)
	}
	out := &tokenOutput{CacheControl: "no-store"}
	out.Body.Token, out.Body.User, out.Body.Expires = token, string(id.User), now.Add(ttl).UTC().Truncate(time.Second)
	return out, nil
}
