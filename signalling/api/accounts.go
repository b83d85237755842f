package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/contact"
	"pronto/signalling/enrol"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// accountTokenFor is how long an account's token lives. It is short, because a
// device gets the next one by its refresh secret.
const accountTokenFor = time.Hour

// maxSending is how many codes may be on their way at a time.
const maxSending = 16

// Accounts is what the API needs to let people in by a one-time code.
type Accounts struct {
	// Sender carries codes.
	Sender enrol.Sender
	// Hasher hashes e-mail addresses, codes and sources.
	Hasher enrol.Hasher
	// Numbers hashes phone numbers, of which it knows the one form.
	Numbers contact.Key
	// NumberVerified gives an account the number that it has proved.
	NumberVerified func(ctx context.Context, user wire.UserID, number string) error
}

// hash is what an address is known by.
func (a Accounts) hash(address enrol.Address) (string, error) {
	if address.Kind != enrol.Phone {
		return a.Hasher.Address(address), nil
	}
	n, err := contact.Parse(address.Text)
	if err != nil {
		return "", err
	}
	return enrol.PhonePrefix + a.Numbers.Hash(n), nil
}

// registerAccounts adds the routes of accounts and devices.
func (s *server) registerAccounts(api huma.API) {
	if s.cfg.Accounts.Sender != nil {
		public(s, api, huma.Operation{
			OperationID: "send-code", Method: http.MethodPost, Path: "/v1/accounts/code", MaxBodyBytes: 4 << 10,
			DefaultStatus: http.StatusAccepted,
			Summary:       "Send a one-time code to an e-mail address or a phone number",
			Description: "The answer is the same whether the address has an account or not. At most five codes an hour are sent " +
				"to one address and for one network address.",
			Middlewares: huma.Middlewares{s.source}, Errors: []int{http.StatusServiceUnavailable},
		}, s.sendCode)
		public(s, api, huma.Operation{
			OperationID: "verify-code", Method: http.MethodPost, Path: "/v1/accounts/verify", MaxBodyBytes: 4 << 10,
			Summary: "Sign in with the code that was sent; makes the account at the first time",
			Description: "A code is good once, for ten minutes, and for five tries. One that is wrong, expired, used or was never sent is " +
				"401, whichever it is.",
			Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable},
		}, s.verifyCode)
	}
	public(s, api, huma.Operation{
		OperationID: "refresh-token", Method: http.MethodPost, Path: "/v1/accounts/refresh", MaxBodyBytes: 4 << 10,
		Summary:     "Get the next token of a device by its refresh secret",
		Description: "A secret that is unknown, whose device was revoked or was away for ninety days is 401; that of a device that has to be confirmed first is 403.",
		Errors:      []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable},
	}, s.refresh)
	public(s, api, huma.Operation{
		OperationID: "link-device", Method: http.MethodPost, Path: "/v1/devices/link", MaxBodyBytes: 4 << 10,
		Summary: "Become a device of the account that shows a code",
		Description: "The code is that of linkDevice, good once and for two minutes. The token works when another device of the account " +
			"has confirmed this one, within ten minutes; until then hello and refresh say so.",
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable},
	}, s.linkDevice)
}

// AddressFields say where a code goes. The type is exported because the library
// looks into embedded structs only if they are.
type AddressFields struct {
	Email string `json:"email,omitempty" maxLength:"254" doc:"The e-mail address; this or phone."`
	Phone string `json:"phone,omitempty" maxLength:"16" doc:"The phone number as + and digits (E.164); this or email."`
}

// address reads the one of both that was given, and what it is known by.
func (s *server) address(f AddressFields) (a enrol.Address, hash string, err error) {
	err = errors.New("exactly one of email and phone is needed")
	at := "body"
	switch {
	case f.Email != "" && f.Phone == "":
		a, err = enrol.ParseEmail(f.Email)
		at = "body.email"
	case f.Phone != "" && f.Email == "":
		a, err = enrol.ParsePhone(f.Phone)
		at = "body.phone"
	}
	if err == nil {
		hash, err = s.cfg.Accounts.hash(a)
	}
	if err != nil {
		return a, "", huma.Error422UnprocessableEntity("no code can be sent there", &huma.ErrorDetail{Location: at, Message: err.Error()})
	}
	return a, hash, nil
}

type codeInput struct {
	Body struct{ AddressFields }
}

type codeOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		ForSeconds int `json:"forSeconds" doc:"How long the code may be used, in seconds."`
	}
}

func (s *server) sendCode(ctx context.Context, in *codeInput) (*codeOutput, error) {
	address, hash, err := s.address(in.Body.AddressFields)
	if err != nil {
		return nil, err
	}
	select {
	case s.sending <- struct{}{}:
		defer func() { <-s.sending }()
	default:
		return nil, huma.Error503ServiceUnavailable("too many codes are on their way; try again")
	}
	h, code := s.cfg.Accounts.Hasher, enrol.NewCode()
	err = s.cfg.Store.IssueCode(ctx, hash, h.Source(sourceOf(ctx)), h.Code(hash, code))
	switch {
	case errors.Is(err, store.ErrLimit):
		return nil, tooMany("five codes were sent within an hour; use the last one or wait", time.Hour)
	case err != nil:
		return nil, s.failed(err)
	}
	err = s.cfg.Accounts.Sender.Send(ctx, enrol.Message{To: address, Code: code, For: store.CodeFor})
	switch {
	case errors.Is(err, enrol.ErrKind):
		return nil, huma.Error422UnprocessableEntity("this server sends no codes to addresses of this kind")
	case err != nil:
		s.cfg.Logger.Warn("a code could not be sent", "err", err)
		return nil, huma.Error503ServiceUnavailable("the code could not be sent; try again")
	}
	out := &codeOutput{CacheControl: "no-store"}
	out.Body.ForSeconds = int(store.CodeFor.Seconds())
	return out, nil
}

type verifyInput struct {
	Body struct {
		AddressFields
		Code       string `json:"code" minLength:"6" maxLength:"6" doc:"The six digits."`
		Name       string `json:"name,omitempty" maxLength:"64" doc:"What others see. Empty keeps the account's name; a new account without one is called by its id."`
		DeviceName string `json:"deviceName,omitempty" maxLength:"64" doc:"What the account's other devices call this one."`
		ToAppealField
	}
}

// ToAppealField lets a suspended account in. The type is exported because the library
// looks into embedded structs only if they are.
type ToAppealField struct {
	ToAppeal bool `json:"toAppeal,omitempty" doc:"Whether a suspended account gets a token, too, instead of 403. While it is suspended, that opens /v1/account/appeal and nothing else."`
}

// signedIn is what a device lives by.
type signedIn struct {
	Token      string `json:"token" doc:"To say hello with on the WebSocket, as this device."`
	ForSeconds int    `json:"forSeconds" doc:"How long the token may be used, in seconds."`
	User       string `json:"user" doc:"The account."`
	Name       string `json:"name" doc:"What others see."`
	Device     string `json:"device" doc:"The device, for hello."`
	Refresh    string `json:"refresh,omitempty" doc:"The device's secret for the next token: keep it as safe as a password. It is told only once."`
}

type signedInOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         signedIn
}

func (s *server) verifyCode(ctx context.Context, in *verifyInput) (*signedInOutput, error) {
	address, hash, err := s.address(in.Body.AddressFields)
	if err != nil {
		return nil, err
	}
	if in.Body.Name != "" {
		if err := checkShown("name", in.Body.Name, identity.CheckName(in.Body.Name)); err != nil {
			return nil, err
		}
		if err := checkOwn("name", in.Body.Name); err != nil {
			return nil, err
		}
	}
	if err := checkShown("deviceName", in.Body.DeviceName, identity.CheckTitle(in.Body.DeviceName)); err != nil {
		return nil, err
	}
	wrong := huma.Error401Unauthorized("the code is wrong, or not good any more; ask for another one")
	if !enrol.IsCode(in.Body.Code) {
		return nil, wrong
	}
	h, refresh, device := s.cfg.Accounts.Hasher, identity.NewSecret(), identity.NewID("dev")
	user, err := s.cfg.Store.Verify(ctx, store.Verification{
		AddressHash: hash, CodeHash: h.Code(hash, in.Body.Code), User: identity.NewID("usr"), Name: in.Body.Name,
		Device: device, DeviceName: in.Body.DeviceName, RefreshHash: identity.HashSecret(refresh), ToAppeal: in.Body.ToAppeal,
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, wrong
	case errors.Is(err, store.ErrBarred):
		return nil, suspendedAccount
	case err != nil:
		return nil, s.failed(err)
	}
	if address.Kind == enrol.Phone {
		if err := s.cfg.Accounts.NumberVerified(ctx, wire.UserID(user.ID), address.Text); err != nil {
			s.cfg.Logger.Warn("a number was proved and not set; it is tried again at the next sign-in", "err", err)
		}
	}
	s.cfg.DevicesChanged(ctx, wire.UserID(user.ID))
	return s.letIn(ctx, user, device, refresh, in.Body.ToAppeal)
}

type linkInput struct {
	Body struct {
		Code       string `json:"code" minLength:"22" maxLength:"22" doc:"What the account's other device shows."`
		DeviceName string `json:"deviceName,omitempty" maxLength:"64" doc:"What the account's other devices call this one."`
	}
}

func (s *server) linkDevice(ctx context.Context, in *linkInput) (*signedInOutput, error) {
	if err := checkShown("deviceName", in.Body.DeviceName, identity.CheckTitle(in.Body.DeviceName)); err != nil {
		return nil, err
	}
	refresh, device := identity.NewSecret(), identity.NewID("dev")
	user, err := s.cfg.Store.LinkDevice(ctx, identity.HashSecret(in.Body.Code), device, in.Body.DeviceName, identity.HashSecret(refresh))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, huma.Error401Unauthorized("the code is not good any more; have the other device show a new one")
	case errors.Is(err, store.ErrLimit):
		return nil, huma.Error429TooManyRequests("too many devices of this account wait to be confirmed")
	case err != nil:
		return nil, s.failed(err)
	}
	s.cfg.DevicesChanged(ctx, wire.UserID(user.ID))
	return s.letIn(ctx, user, device, refresh, false)
}

type refreshInput struct {
	Body struct {
		Refresh string `json:"refresh" minLength:"22" maxLength:"22" doc:"The device's secret."`
		ToAppealField
	}
}

func (s *server) refresh(ctx context.Context, in *refreshInput) (*signedInOutput, error) {
	device, err := s.cfg.Store.Refresh(ctx, identity.HashSecret(in.Body.Refresh))
	var user store.User
	if err == nil {
		user, err = s.cfg.Store.User(ctx, device.UserID)
	}
	switch {
	case errors.Is(err, store.ErrPending):
		return nil, huma.Error403Forbidden("another device of the account has to confirm this one first")
	case errors.Is(err, store.ErrRevoked), errors.Is(err, store.ErrNotFound):
		return nil, huma.Error401Unauthorized("the device is not signed in any more; sign in anew")
	case err != nil:
		return nil, s.failed(err)
	}
	return s.letIn(ctx, user, device.ID, "", in.Body.ToAppeal)
}

var suspendedAccount = problem(CodeSuspended, "the account is suspended; ask who runs this server")

// letIn signs a token that is bound to a device, unless the account is
// suspended and he is not to appeal: whoever gets here has shown that it is his.
func (s *server) letIn(ctx context.Context, user store.User, device, refresh string, toAppeal bool) (*signedInOutput, error) {
	standing, err := s.cfg.Store.Standing(ctx, user.ID)
	switch {
	case err != nil:
		return nil, s.failed(err)
	case standing.Suspended() && !toAppeal:
		return nil, suspendedAccount
	}
	token, err := identity.Sign(s.cfg.Key, s.cfg.Secret, identity.Identity{
		User: wire.UserID(user.ID), Name: user.Name, Grants: identity.Grants{Account: true, Device: wire.DeviceID(device)},
	}, time.Now(), accountTokenFor)
	if err != nil {
		return nil, s.failed(err)
	}
	return &signedInOutput{CacheControl: "no-store", Body: signedIn{
		Token: token, ForSeconds: int(accountTokenFor.Seconds()), User: user.ID, Name: user.Name, Device: device, Refresh: refresh,
	}}, nil
}

// checkShown makes what is wrong with a text that others see the client's
// business.
func checkShown(field, text string, err error) error {
	if text == "" || err == nil {
		return nil
	}
	return huma.Error422UnprocessableEntity("the name cannot be shown", &huma.ErrorDetail{Location: "body." + field, Message: err.Error()})
}

// checkOwn refuses a name by which whoever chose it would pass for the service.
func checkOwn(field, name string) error {
	if err := identity.CheckOwnName(name); err != nil {
		return problem(CodeNameReserved, "the name is the service's own").at("body."+field, err.Error())
	}
	return nil
}
