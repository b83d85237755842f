package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// registerVisits adds what visitors of embedded calls do outside a call: agree to
// the privacy notice, ask to be called back, and have all of it deleted.
func (s *server) registerVisits(api huma.API) {
	errs := []int{http.StatusUnauthorized, http.StatusServiceUnavailable}
	public(s, api, huma.Operation{
		OperationID: "keep-consent", Method: http.MethodPut, Path: "/v1/visits/consent", MaxBodyBytes: 4 << 10, Tags: []string{"visits"},
		Summary:     "Note that a guest has agreed to the privacy notice",
		Description: "Kept with its time and the version of the notice for 30 days, under a hash of the visit. Needs the guest's own token.",
		Errors:      append(errs, http.StatusNotFound), DefaultStatus: http.StatusNoContent,
	}, s.keepConsent)
	public(s, api, huma.Operation{
		OperationID: "ask-callback", Method: http.MethodPut, Path: "/v1/visits/callback", MaxBodyBytes: 8 << 10, Tags: []string{"visits"},
		Summary:     "Ask to be called back by the operators of a link",
		Description: "Encrypted, for 30 days or until an operator has called. Needs the guest's own token, and his consent before; a second one takes the place of the first.",
		Errors:      append(errs, http.StatusNotFound, http.StatusConflict), DefaultStatus: http.StatusNoContent,
	}, s.askCallback)
	public(s, api, huma.Operation{
		OperationID: "forget-visit", Method: http.MethodDelete, Path: "/v1/visits", Tags: []string{"visits"},
		Summary:     "Delete all that is kept of a guest's visit",
		Description: "Needs the guest's own token.",
		Errors:      errs, DefaultStatus: http.StatusNoContent,
	}, s.forgetVisit)
}

type consentInput struct {
	Authorization string `header:"Authorization" doc:"Bearer and the guest's token."`
	Body          struct {
		Notice string `json:"notice" minLength:"1" maxLength:"200" doc:"The version of the notice that was shown."`
	}
}

type callbackInput struct {
	Authorization string `header:"Authorization" doc:"Bearer and the guest's token."`
	Body          struct {
		Contact string `json:"contact" minLength:"1" maxLength:"200" doc:"Where to reach him, in his own words: a number, an address."`
		Note    string `json:"note,omitempty" maxLength:"500" doc:"What it is about."`
	}
}

type visitInput struct {
	Authorization string `header:"Authorization" doc:"Bearer and the guest's token."`
}

func (s *server) keepConsent(ctx context.Context, in *consentInput) (*struct{}, error) {
	guest, err := s.guest(ctx, in.Authorization)
	if err != nil {
		return nil, err
	}
	return nil, s.ofVisit(s.cfg.Store.KeepConsent(ctx, string(guest.User), string(guest.Grants.Link), in.Body.Notice))
}

func (s *server) askCallback(ctx context.Context, in *callbackInput) (*struct{}, error) {
	guest, err := s.guest(ctx, in.Authorization)
	if err != nil {
		return nil, err
	}
	back := store.Callback{Name: guest.Name, Contact: in.Body.Contact, Note: in.Body.Note}
	return nil, s.ofVisit(s.cfg.Store.AskCallback(ctx, string(guest.User), string(guest.Grants.Link), back))
}

func (s *server) forgetVisit(ctx context.Context, in *visitInput) (*struct{}, error) {
	guest, err := s.guest(ctx, in.Authorization)
	if err != nil {
		return nil, err
	}
	return nil, s.ofVisit(s.cfg.Store.ForgetVisit(ctx, string(guest.User)))
}

// guest is who holds the token of a request, if he is a guest.
func (s *server) guest(ctx context.Context, authorization string) (identity.Identity, error) {
	token, found := strings.CutPrefix(authorization, "Bearer ")
	if !found {
		return identity.Identity{}, huma.Error401Unauthorized("a guest's token is needed: Authorization: Bearer <token>")
	}
	who, err := s.holder(ctx, token)
	switch {
	case errors.Is(err, identity.ErrToken), err == nil && !who.Guest():
		return who, huma.Error401Unauthorized("the token is not a guest's, or has expired")
	case err != nil:
		return who, s.failed(err)
	}
	return who, nil
}

// ofVisit is what a visitor may know of an error of the store.
func (s *server) ofVisit(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return huma.Error404NotFound("nobody calls back by this link, or the notice was not agreed to")
	case errors.Is(err, store.ErrLimit):
		return huma.Error409Conflict("too many wait to be called back; try again later")
	case errors.Is(err, store.ErrInvalid):
		return huma.Error422UnprocessableEntity("a text cannot be kept")
	}
	return s.failed(err)
}
