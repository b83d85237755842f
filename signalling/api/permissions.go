package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/policy"
	"pronto/signalling/store"
)

// showHours are the hours as the store keeps them.
func showHours(text string) *DayOff {
	h, err := policy.ParseHours(text)
	if err != nil || len(h.Ranges) == 0 {
		return nil
	}
	shown := &DayOff{Zone: h.Zone}
	for _, r := range h.Ranges {
		shown.Ranges = append(shown.Ranges, DayRange{uint32(r.From), uint32(r.To)})
	}
	return shown
}

// chosenHours are the hours as the store keeps them: those that are given, or
// those that are there.
func chosenHours(now, given *DayOff) (string, error) {
	if given == nil {
		given = now
	}
	if given == nil {
		return "", nil
	}
	h := policy.Hours{Zone: given.Zone}
	for _, r := range given.Ranges {
		h.Ranges = append(h.Ranges, policy.Range{From: int(r.From), To: int(r.To)})
	}
	if err := h.Validate(); err != nil {
		return "", problem(CodeInvalid, "the hours cannot be read").at("body.callHours", err.Error())
	}
	return h.Text(), nil
}

// Permission lets somebody call an account.
type Permission struct {
	Caller     string     `json:"caller" doc:"Who may call."`
	Created    time.Time  `json:"createdAt" doc:"Since when."`
	Until      *time.Time `json:"until,omitempty" doc:"Until when; missing for good."`
	Unanswered int        `json:"unanswered" doc:"His calls since one was answered. After four the permission is withdrawn by itself."`
}

// CallerField names who may call, in the path.
type CallerField struct {
	Caller string `path:"caller" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"Who may call."`
}

// PermitBody is for how long.
type PermitBody struct {
	ForSeconds int64 `json:"forSeconds,omitempty" minimum:"0" maximum:"31536000" doc:"For how long, in seconds; for good if 0 or missing."`
}

// Override allows calls beyond a quota.
type Override struct {
	Key     string    `json:"key" doc:"The API key that allowed it."`
	Calls   int64     `json:"calls" doc:"How many calls more."`
	Reason  string    `json:"reason" doc:"Why."`
	Created time.Time `json:"createdAt" doc:"When."`
	Until   time.Time `json:"until" doc:"Until when."`
}

func showPermission(p store.Permission) Permission {
	return Permission{p.Caller, p.Created, optional(p.Until), p.Unanswered}
}

func showOverride(o store.Override) Override {
	return Override{o.Key, o.Calls, o.Reason, o.Created, o.Until}
}

type permissionsOutput struct {
	Body struct {
		Items []Permission `json:"items" doc:"All that are good."`
	}
}

type overridesOutput struct {
	Body struct {
		Items []Override `json:"items" doc:"The newest hundred, past ones too."`
	}
}

type overrideInput struct {
	UserField
	Body struct {
		Calls      int64  `json:"calls" minimum:"1" maximum:"100000" doc:"How many calls more."`
		ForSeconds int64  `json:"forSeconds" minimum:"1" maximum:"604800" doc:"For how long, in seconds; at most seven days."`
		Reason     string `json:"reason" minLength:"1" maxLength:"128" doc:"Why, such as an emergency. It is kept."`
	}
}

func (s *server) registerPermissions(api huma.API) {
	const path = "/v1/users/{user}/permissions"
	tags, none := []string{"users"}, []int{http.StatusNotFound, http.StatusUnprocessableEntity}
	resource(s, api, identity.UsersRead, huma.Operation{
		OperationID: "list-permissions", Method: http.MethodGet, Path: path, Tags: tags, Summary: "List whom an account has permitted to call it", Errors: none,
	}, s.permissions)
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "permit", Method: http.MethodPut, Path: path + "/{caller}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Note that an account has permitted another to call it", Description: "It ends by itself after four calls in a row that were not answered.",
		Errors: append(none, http.StatusConflict),
	}, func(ctx context.Context, in *struct {
		UserField
		CallerField
		Body PermitBody
	}) (*struct{}, error) {
		return nil, s.permit(ctx, in.User, in.Caller, in.Body.ForSeconds)
	})
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "withdraw", Method: http.MethodDelete, Path: path + "/{caller}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Take a permission to call back", Description: "In effect at once. To do so twice is no error.", Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *struct {
		UserField
		CallerField
	}) (*struct{}, error) {
		return nil, s.withdraw(ctx, in.User, in.Caller)
	})
	resource(s, api, identity.UsersRead, huma.Operation{
		OperationID: "list-quota-overrides", Method: http.MethodGet, Path: "/v1/users/{user}/quota-overrides", Tags: tags,
		Summary: "List who has allowed an account more calls than its quota, and why", Errors: none,
	}, s.overrides)
	resource(s, api, identity.UsersWrite, huma.Operation{
		OperationID: "override-quota", Method: http.MethodPost, Path: "/v1/users/{user}/quota-overrides", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Allow an account more calls than its quota", Description: "Who did and why is kept.", Errors: none,
	}, func(ctx context.Context, in *overrideInput) (*struct{}, error) {
		b := in.Body
		err := s.cfg.Store.OverrideQuota(ctx, store.Override{User: in.User, Key: caller(ctx).ID, Calls: b.Calls, Reason: b.Reason}, time.Duration(b.ForSeconds)*time.Second)
		if err != nil {
			return nil, s.noUser(err)
		}
		return nil, nil
	})
	s.registerOwnPermissions(api)
}

// registerOwnPermissions adds what the account itself does by one request: say
// yes, and say no.
func (s *server) registerOwnPermissions(api huma.API) {
	if s.cfg.Profiles.Identity.Keys == nil {
		return
	}
	const path = "/v1/account/permissions/{caller}"
	errs := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}
	public(s, api, huma.Operation{
		OperationID: "permit-calls", Method: http.MethodPut, Path: path, DefaultStatus: http.StatusNoContent, MaxBodyBytes: 4 << 10,
		Summary: "Permit somebody to call the account", Errors: append(errs, http.StatusConflict),
	}, func(ctx context.Context, in *struct {
		BearerField
		CallerField
		Body PermitBody
	}) (*struct{}, error) {
		user, err := s.account(ctx, in.BearerField)
		if err != nil {
			return nil, err
		}
		return nil, s.permit(ctx, user, in.Caller, in.Body.ForSeconds)
	})
	public(s, api, huma.Operation{
		OperationID: "stop-calls", Method: http.MethodDelete, Path: path, DefaultStatus: http.StatusNoContent,
		Summary: "Take the permission to call the account back, at once", Errors: errs,
	}, func(ctx context.Context, in *struct {
		BearerField
		CallerField
	}) (*struct{}, error) {
		user, err := s.account(ctx, in.BearerField)
		if err != nil {
			return nil, err
		}
		return nil, s.withdraw(ctx, user, in.Caller)
	})
}

func (s *server) permit(ctx context.Context, user, caller string, seconds int64) error {
	switch err := s.cfg.Store.Permit(ctx, user, caller, time.Duration(seconds)*time.Second); {
	case errors.Is(err, store.ErrLimit):
		return problem(CodeLimitReached, "the account has given %d permissions", store.MaxPermissions)
	case err != nil:
		return s.noUser(err)
	}
	return nil
}

func (s *server) withdraw(ctx context.Context, user, caller string) error {
	if err := s.cfg.Store.Withdraw(ctx, user, caller); err != nil {
		return s.failed(err)
	}
	return nil
}

func (s *server) permissions(ctx context.Context, in *struct{ UserField }) (*permissionsOutput, error) {
	items, err := ofUser(ctx, s, in.User, s.cfg.Store.Permissions, showPermission)
	if err != nil {
		return nil, err
	}
	out := &permissionsOutput{}
	out.Body.Items = items
	return out, nil
}

func (s *server) overrides(ctx context.Context, in *struct{ UserField }) (*overridesOutput, error) {
	items, err := ofUser(ctx, s, in.User, s.cfg.Store.Overrides, showOverride)
	if err != nil {
		return nil, err
	}
	out := &overridesOutput{}
	out.Body.Items = items
	return out, nil
}
