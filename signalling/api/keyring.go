package api

import (
	"context"
	"errors"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// Keyring finds the keys that tokens are signed with: the server's own, and
// those of API keys that may sign tokens.
type Keyring struct {
	Store *store.Store
	// Own and Secret are the issuer and the secret of the tokens that the
	// server itself gives out.
	Own    string
	Secret []byte
}

// SigningKey implements [identity.Keys].
func (k Keyring) SigningKey(ctx context.Context, id string) (identity.SigningKey, error) {
	if id == k.Own {
		return identity.SigningKey{Secret: k.Secret}, nil
	}
	key, err := k.Store.Key(ctx, id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) || err == nil && !identity.TokensWrite.In(key.Scopes) {
		return identity.SigningKey{}, identity.ErrToken
	}
	return identity.SigningKey{Secret: key.Secret, Origins: key.Origins}, err
}
