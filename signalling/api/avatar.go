package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/avatar"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Profiles is what the API needs to take and give out the images that people are
// known by.
type Profiles struct {
	// Identity verifies the tokens of accounts; without it there are no images.
	Identity identity.Verifier
	// Avatars opens the addresses of images.
	Avatars avatar.Sealer
	// Changed tells an account's devices that it has another name or image.
	Changed func(ctx context.Context, user wire.UserID)
}

func (p Profiles) valid() bool {
	return p.Identity.Keys == nil || p.Avatars.Valid() && p.Changed != nil
}

// registerAvatars adds the routes of images.
func (s *server) registerAvatars(api huma.API) {
	if s.cfg.Profiles.Identity.Keys == nil {
		return
	}
	errs := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}
	public(s, api, huma.Operation{
		OperationID: "put-avatar", Method: http.MethodPut, Path: "/v1/account/avatar", MaxBodyBytes: avatar.MaxBytes,
		DefaultStatus: http.StatusNoContent,
		Summary:       "Set the image that the account is known by",
		Description: "PNG, JPEG or WebP, at most 64 KiB and 1024 pixels a side; what it is, is read from the file. It is shown to whom " +
			"the account shows its profile. The account's devices are told by the event profile.",
		Errors: append(errs, http.StatusBadRequest, http.StatusRequestEntityTooLarge),
	}, s.putAvatar)
	public(s, api, huma.Operation{
		OperationID: "delete-avatar", Method: http.MethodDelete, Path: "/v1/account/avatar", DefaultStatus: http.StatusNoContent,
		Summary: "Take the account's image away", Errors: errs,
	}, s.deleteAvatar)
	public(s, api, huma.Operation{
		OperationID: "get-avatar", Method: http.MethodGet, Path: avatar.Path + "{ticket}",
		Summary: "Get an image, by the address that getProfiles gave",
		Description: "The address is made for one account, and is 404 as soon as the image is another one or is not shown to that account " +
			"any more.",
		Errors: []int{http.StatusNotFound, http.StatusServiceUnavailable}, Responses: fileResponse(avatar.PNG, avatar.JPEG, avatar.WebP),
	}, s.getAvatar)
}

type putAvatarInput struct {
	BearerField
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *server) putAvatar(ctx context.Context, in *putAvatarInput) (*struct{}, error) {
	user, err := s.account(ctx, in.BearerField)
	if err != nil {
		return nil, err
	}
	kind, err := avatar.Check(in.RawBody)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("the image cannot be used", &huma.ErrorDetail{Location: "body", Message: err.Error()})
	}
	return nil, s.setAvatar(ctx, user, identity.NewSecret(), kind, in.RawBody)
}

type deleteAvatarInput struct{ BearerField }

func (s *server) deleteAvatar(ctx context.Context, in *deleteAvatarInput) (*struct{}, error) {
	user, err := s.account(ctx, in.BearerField)
	if err != nil {
		return nil, err
	}
	return nil, s.setAvatar(ctx, user, "", "", nil)
}

func (s *server) setAvatar(ctx context.Context, user, id, kind string, image []byte) error {
	err := s.cfg.Store.SetAvatar(ctx, user, id, kind, image)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return huma.Error401Unauthorized("there is no such account any more")
	case err != nil:
		return s.failed(err)
	}
	s.cfg.Profiles.Changed(ctx, wire.UserID(user))
	return nil
}

type getAvatarInput struct {
	Ticket string `path:"ticket" maxLength:"512" doc:"What follows /v1/avatars/ in the address."`
}

type getAvatarOutput struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Sniff        string `header:"X-Content-Type-Options"`
	Policy       string `header:"Content-Security-Policy"`
	Resource     string `header:"Cross-Origin-Resource-Policy"`
	Body         []byte
}

func (s *server) getAvatar(ctx context.Context, in *getAvatarInput) (*getAvatarOutput, error) {
	none := huma.Error404NotFound("there is no such image")
	viewer, id, err := s.cfg.Profiles.Avatars.Open(in.Ticket)
	if err != nil {
		return nil, none
	}
	a, err := s.cfg.Store.Avatar(ctx, viewer, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, none
	case err != nil:
		return nil, s.failed(err)
	}
	// A browser asks again each time: who is not to see it any more does not.
	return &getAvatarOutput{ContentType: a.Type, CacheControl: "private, no-cache", Sniff: "nosniff", Policy: "default-src 'none'; sandbox",
		// The address is for one account's eyes, on whatever page that shows it.
		Resource: "cross-origin", Body: a.Image}, nil
}
