package api

import (
	"context"
	"errors"
	"strings"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// BearerField is the account's token. The type is exported because the library
// looks into embedded structs only if they are.
type BearerField struct {
	Authorization string `header:"Authorization" required:"true" maxLength:"8300" doc:"Bearer and the token of the account."`
}

// account returns whose token it is, if it may be used now.
func (s *server) account(ctx context.Context, f BearerField) (string, error) {
	id, err := s.anybody(ctx, f)
	if err == nil && id.Guest() {
		err = errToken
	}
	if err != nil {
		return "", err
	}
	return string(id.User), nil
}

var errToken = problem(CodeUnauthenticated, "the token opens nothing; sign in anew")

// anybody returns whose token it is, if it may be used now: an account's, or a guest's.
func (s *server) anybody(ctx context.Context, f BearerField) (identity.Identity, error) {
	id, token, err := s.bearer(ctx, f)
	if err != nil || id.Guest() {
		return id, err
	}
	return id, s.mayUse(ctx, id, token)
}

// bearer returns who was given the token, whatever has become of him, and the token.
func (s *server) bearer(ctx context.Context, f BearerField) (identity.Identity, string, error) {
	token, ok := strings.CutPrefix(f.Authorization, "Bearer ")
	if !ok {
		return identity.Identity{}, "", errToken
	}
	id, err := s.holder(ctx, token)
	switch {
	case errors.Is(err, identity.ErrPage):
		return id, "", problem(CodeForbidden, "%s", err)
	case errors.Is(err, identity.ErrToken):
		return id, "", errToken
	case err != nil:
		return id, "", s.failed(err)
	}
	return id, token, nil
}

// tokenStands refuses a token of an account that is gone, or whose device is barred.
func (s *server) tokenStands(ctx context.Context, id identity.Identity, token string) error {
	err := s.cfg.Store.TokenStanding(ctx, string(id.User), string(id.Grants.Device), identity.HashSecret(token))
	switch {
	case errors.Is(err, store.ErrRevoked), errors.Is(err, store.ErrPending):
		return errToken
	case err != nil:
		return s.failed(err)
	}
	return nil
}

// mayUse refuses a token of an account whose device or which itself is barred.
func (s *server) mayUse(ctx context.Context, id identity.Identity, token string) error {
	if err := s.tokenStands(ctx, id, token); err != nil {
		return err
	}
	standing, err := s.cfg.Store.Standing(ctx, string(id.User))
	switch {
	case err != nil:
		return s.failed(err)
	case standing.Suspended():
		return suspendedAccount
	}
	return nil
}
