package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/wire"
)

// DemoPerson is one of the people. The type is exported because the library looks
// into embedded structs only if they are.
type DemoPerson struct {
	User string `json:"user" doc:"The account."`
	Name string `json:"name" doc:"What to show."`
}

type identitiesOutput struct {
	Body struct {
		Identities []DemoPerson `json:"identities" doc:"The people that anybody can be on this server."`
	}
}

type signInInput struct {
	Body struct {
		User string `json:"user" minLength:"1" maxLength:"64" doc:"One of the identities."`
	}
}

type signInOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Token string `json:"token" doc:"To say hello with on the WebSocket; good for twelve hours."`
		DemoPerson
	}
}

// registerDemo adds the routes of demo mode, where nobody needs a password.
func (s *server) registerDemo(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-demo-identities", Method: http.MethodGet, Path: "/v1/demo/identities",
		Summary: "List the people of a demo server", Description: "Only where PRONTO_DEMO is true.",
	}, func(context.Context, *struct{}) (*identitiesOutput, error) {
		out := &identitiesOutput{}
		for _, p := range identity.Demo {
			out.Body.Identities = append(out.Body.Identities, DemoPerson{string(p.User), p.Name})
		}
		return out, nil
	})
	huma.Register(api, huma.Operation{
		OperationID: "demo-sign-in", Method: http.MethodPost, Path: "/v1/demo/sign-in", MaxBodyBytes: 4 << 10,
		Summary: "Be one of the people of a demo server", Description: "Only where PRONTO_DEMO is true.",
		Errors: append([]int{http.StatusNotFound}, bodyErrors...),
	}, s.signIn)
}

func (s *server) signIn(ctx context.Context, in *signInInput) (*signInOutput, error) {
	i := slices.IndexFunc(identity.Demo, func(p wire.Person) bool { return string(p.User) == in.Body.User })
	if i < 0 {
		return nil, huma.Error404NotFound("there is no such demo identity; GET /v1/demo/identities lists them")
	}
	p := identity.Demo[i]
	token, err := identity.Sign(s.cfg.Key, s.cfg.Secret,
		identity.Identity{User: p.User, Name: p.Name, Grants: identity.Grants{Account: true}}, time.Now(), demoTokenFor)
	if err != nil {
		return nil, s.failed(err)
	}
	out := &signInOutput{CacheControl: "no-store"}
	out.Body.Token, out.Body.DemoPerson = token, DemoPerson{string(p.User), p.Name}
	return out, nil
}
