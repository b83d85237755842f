package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type waysInOutput struct {
	Body struct {
		Demo  bool `json:"demo" doc:"Anybody can be one of the people that /v1/demo/identities lists."`
		Codes bool `json:"codes" doc:"Codes are sent, by which people sign in (/v1/accounts/code)."`
	}
}

// registerWaysIn adds the route by which a page learns what to offer before
// anybody is signed in.
func (s *server) registerWaysIn(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-ways-in", Method: http.MethodGet, Path: "/v1/sign-in",
		Summary:     "How people sign in to this server",
		Description: "Neither means that an integrator's tokens are the only way, or a device that is signed in already.",
	}, func(context.Context, *struct{}) (*waysInOutput, error) {
		out := &waysInOutput{}
		out.Body.Demo, out.Body.Codes = s.cfg.Demo, s.cfg.Accounts.Sender != nil
		return out, nil
	})
}
