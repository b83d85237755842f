package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Operator is how people reach whoever runs the server, and what they may do if that does
// not help: links to pages, or to e-mail addresses. Any may be missing.
type Operator struct {
	Contact    string `json:"contact,omitempty" doc:"How to reach who runs this server; a link, mailto: too."`
	Complaints string `json:"complaints,omitempty" doc:"Where to complain, such as the data protection authority; a link, mailto: too."`
	Privacy    string `json:"privacyNotice,omitempty" doc:"The privacy notice; a link."`
}

type waysInOutput struct {
	Body struct {
		Demo  bool `json:"demo" doc:"Anybody can be one of the people that /v1/demo/identities lists."`
		Codes bool `json:"codes" doc:"Codes are sent, by which people sign in (/v1/accounts/code)."`

		Operator Operator `json:"operator" doc:"Who runs the server."`
	}
}

// registerWaysIn adds the route by which a page learns what to offer before
// anybody is signed in.
func (s *server) registerWaysIn(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "list-ways-in", Method: http.MethodGet, Path: "/v1/sign-in",
		Summary:     "How people sign in to this server, and reach who runs it",
		Description: "Neither means that an integrator's tokens are the only way, or a device that is signed in already.",
	}, func(context.Context, *struct{}) (*waysInOutput, error) {
		out := &waysInOutput{}
		out.Body.Demo, out.Body.Codes = s.cfg.Demo, s.cfg.Accounts.Sender != nil
		out.Body.Operator = s.cfg.Operator
		return out, nil
	})
}
