package api

import (
	"context"
	"errors"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// Keyring finds the secrets that tokens are signed with: the server's own, and
// those of API keys that may sign tokens.
type Keyring struct {
	Store *store.Store
	// Own and Secret are the issuer and the secret of the tokens that the
	// server itself gives out.
	Own    string
	Secret []byte
}

// KeySecret implements [identity.Keys].
func (k Keyring) KeySecret(ctx context.Context, id string) ([]byte, error) {
	if id == k.Own {
		return k.Secret, nil
	}
	key, err := k.Store.Key(ctx, id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) || err == nil && !identity.TokensWrite.In(key.Scopes) {
		return nil, identity.ErrToken
	}
	return key.Secret, err
}
