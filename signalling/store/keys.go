package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// APIKey is what an integrator signs tokens with.
type APIKey struct {
	ID, Name string
	// Secret is empty in what [Store.ListKeys] returns.
	Secret  []byte
	Created time.Time
	Revoked time.Time // zero if it is not
}

// CreateKey stores a key with its secret sealed. It fails with [ErrConflict] if
// the id is taken.
func (s *Store) CreateKey(ctx context.Context, id, name string, secret []byte) error {
	if err := checkID("key id", id); err != nil {
		return err
	}
	if err := checkText("key name", name, MaxName); err != nil {
		return err
	}
	if len(secret) == 0 || len(secret) > MaxPayload {
		return invalid("the secret has %d bytes", len(secret))
	}
	return s.change(ctx, ErrConflict, `INSERT INTO api_keys (id, name, secret, created_ms) VALUES ($1, $2, $3, {now})`,
		id, name, s.sealer.seal(id, secret))
}

// Key returns a key with its secret. A revoked key is [ErrNotFound], as is an
// unknown one.
func (s *Store) Key(ctx context.Context, id string) (APIKey, error) {
	k, err := get(ctx, s, func(s scanner) (k APIKey, err error) {
		return k, s.Scan(&k.ID, &k.Name, &k.Secret, millis{&k.Created})
	}, `SELECT id, name, secret, created_ms FROM api_keys WHERE id = $1 AND revoked_ms IS NULL`, id)
	if err != nil {
		return APIKey{}, err
	}
	if k.Secret, err = s.sealer.open(id, k.Secret); err != nil {
		return APIKey{}, err
	}
	return k, nil
}

// ListKeys returns all keys without their secrets, the newest first, revoked
// ones too.
func (s *Store) ListKeys(ctx context.Context) ([]APIKey, error) {
	return list(ctx, s, func(s scanner) (k APIKey, err error) {
		return k, s.Scan(&k.ID, &k.Name, millis{&k.Created}, millis{&k.Revoked})
	}, `SELECT id, name, created_ms, COALESCE(revoked_ms, 0) FROM api_keys ORDER BY created_ms DESC, id`)
}

// RevokeKey makes a key unusable for good; to do so twice is no error. It fails
// with [ErrNotFound] if there is no such key.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	return s.change(ctx, ErrNotFound, `UPDATE api_keys SET revoked_ms = COALESCE(revoked_ms, {now}) WHERE id = $1`, id)
}

// sealer encrypts with AES-256-GCM (NIST SP 800-38D). A sealed secret is a
// random nonce of 12 bytes, then the ciphertext with its tag. The key's id is
// authenticated with it, so that whoever can write to the database cannot give
// one key the secret of another.
type sealer struct {
	aead  cipher.AEAD
	marks []byte // the key of what remains of deleted accounts
}

// newSealer returns a sealer for a master key of 32 bytes.
func newSealer(masterKey []byte) (*sealer, error) {
	block, err := aes.NewCipher(masterKey)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	marks := hmac.New(sha256.New, masterKey)
	marks.Write([]byte("pronto deleted accounts"))
	return &sealer{aead, marks.Sum(nil)}, nil
}

func (s *sealer) seal(id string, secret []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(secret)+s.aead.Overhead())
	rand.Read(nonce) // never fails
	return s.aead.Seal(nonce, nonce, secret, []byte("pronto api key "+id))
}

// errSealed hides from the caller whether the row was tampered with or the
// master key changed: it cannot be told.
var errSealed = errors.New("the secret does not open under this master key")

func (s *sealer) open(id string, sealed []byte) ([]byte, error) {
	if len(sealed) < s.aead.NonceSize() {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errSealed)
	}
	nonce, text := sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():]
	secret, err := s.aead.Open(nil, nonce, text, []byte("pronto api key "+id))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errSealed)
	}
	return secret, nil
}
