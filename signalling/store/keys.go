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
	"slices"
	"strings"
	"time"
	"unicode"
)

// Limits of API keys.
const (
	MaxKeys       = 1000 // keys that are not revoked
	MaxKeyScopes  = 32   // scopes of a key
	MaxKeyOrigins = 32   // origins of a key
)

// AllScopes is the scope of a key that may do everything.
const AllScopes = "*"

// APIKey is what an integrator signs tokens and calls the HTTP API with.
type APIKey struct {
	ID, Name string
	// Line is the first of a key and its successors.
	Line string
	// Scopes are what the key may do.
	Scopes []string
	// Origins are those whose pages may use the tokens it signs; empty leaves it
	// to the server.
	Origins []string
	// Secret is empty in what [Store.ListKeys] returns.
	Secret  []byte
	Created time.Time
	Expires time.Time // zero means never
	Ends    time.Time // the last end that its successors may have as well; zero for none
	Revoked time.Time // zero if it is not
	Used    time.Time // to the minute; zero if never
}

// NewKey is a key to be created.
type NewKey struct {
	ID, Name string
	Secret   []byte
	Scopes   []string // empty is [AllScopes]
	Origins  []string
	Ends     time.Time // when it stops being good, in the future; zero for never
}

func (n *NewKey) validate() error {
	if err := checkID("key id", n.ID); err != nil {
		return err
	}
	if err := checkText("key name", n.Name, MaxName); err != nil {
		return err
	}
	switch {
	case len(n.Secret) == 0 || len(n.Secret) > MaxPayload:
		return invalid("the secret has %d bytes", len(n.Secret))
	case len(n.Scopes) > MaxKeyScopes || len(n.Origins) > MaxKeyOrigins:
		return invalid("the key has %d scopes and %d origins", len(n.Scopes), len(n.Origins))
	}
	for _, word := range slices.Concat(n.Scopes, n.Origins) {
		if err := checkWord("scope or origin", word); err != nil {
			return err
		}
	}
	return nil
}

// checkWord is checkText for what is kept in a list separated by spaces.
func checkWord(what, word string) error {
	if word == "" || strings.ContainsFunc(word, unicode.IsSpace) {
		return invalid("a %s is empty or has a space", what)
	}
	return checkText(what, word, MaxName)
}

const keyColumns = `id, name, line_id, scopes, origins, created_ms, COALESCE(expires_ms, 0), COALESCE(ends_ms, 0), COALESCE(revoked_ms, 0), used_ms`

func (k *APIKey) fields() []any {
	return []any{&k.ID, &k.Name, &k.Line, words{&k.Scopes}, words{&k.Origins},
		millis{&k.Created}, millis{&k.Expires}, millis{&k.Ends}, millis{&k.Revoked}, millis{&k.Used}}
}

// words scans a list separated by spaces.
type words struct{ list *[]string }

// Scan implements sql.Scanner.
func (w words) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("a list of type %T", v)
	}
	*w.list = strings.Fields(text)
	return nil
}

// CreateKey stores a key with its secret sealed. It fails with [ErrConflict] if
// the id is taken, with [ErrLimit] beyond [MaxKeys], and with [ErrPast] if its end is
// not in the future.
func (s *Store) CreateKey(ctx context.Context, n NewKey) (APIKey, error) {
	if err := n.validate(); err != nil {
		return APIKey{}, err
	}
	if len(n.Scopes) == 0 {
		n.Scopes = []string{AllScopes}
	}
	var k APIKey
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		var live int
		if err := c.row(ctx, `SELECT COUNT(*) FROM api_keys WHERE revoked_ms IS NULL`, nil, &live); err != nil {
			return err
		}
		if live >= MaxKeys {
			return ErrLimit
		}
		if err := notPast(ctx, c, n.Ends); err != nil {
			return err
		}
		return c.row(ctx, `INSERT INTO api_keys (id, name, line_id, scopes, origins, secret, created_ms, expires_ms, ends_ms)
			VALUES ($1, $2, $1, $3, $4, $5, {now}, $6, $6) RETURNING `+keyColumns,
			[]any{n.ID, n.Name, strings.Join(n.Scopes, " "), strings.Join(n.Origins, " "), s.sealer.seal(n.ID, n.Secret), endOrNull(n.Ends)}, k.fields()...)
	})
	return k, err
}

// ErrPast means an end that is not in the future.
var ErrPast = errors.New("store: the end is not in the future")

// notPast fails with [ErrPast] if an end is not in the future, by the database's clock.
func notPast(ctx context.Context, c conn, end time.Time) error {
	if end.IsZero() {
		return nil
	}
	var ahead bool
	err := c.row(ctx, `SELECT CAST($1 AS BIGINT) > {now}`, []any{end.UnixMilli()}, &ahead)
	if err == nil && !ahead {
		err = ErrPast
	}
	return err
}

// endOrNull is a time as it is stored where NULL is never.
func endOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// RotateKey makes a successor of a key, with its name, scopes and origins, and
// lets the key itself live for keep from now, or as it does already if that is
// less. The successor stops being good at ends, or with its predecessor's end if that
// is zero. It fails with [ErrNotFound] if the key is not good any more, with [ErrLimit]
// if two of its line are good already, and with [ErrPast] if ends is not in the future.
func (s *Store) RotateKey(ctx context.Context, id, successor string, secret []byte, keep time.Duration, ends time.Time) (APIKey, error) {
	n := NewKey{ID: successor, Secret: secret}
	if err := n.validate(); err != nil {
		return APIKey{}, err
	}
	var k APIKey
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		// This locks the key, and with it the line: only a key that is good is rotated.
		if err := c.must(ctx, ErrNotFound, `UPDATE api_keys SET expires_ms = CASE WHEN expires_ms < {now} + $2 THEN expires_ms ELSE {now} + $2 END
			WHERE id = $1 AND `+keyIsGood, id, max(keep, 0).Milliseconds()); err != nil {
			return err
		}
		var good int
		if err := c.row(ctx, `SELECT COUNT(*) FROM api_keys WHERE line_id = (SELECT line_id FROM api_keys WHERE id = $1) AND id <> $1 AND `+keyIsGood,
			[]any{id}, &good); err != nil {
			return err
		}
		if good > 0 {
			return ErrLimit
		}
		if err := notPast(ctx, c, ends); err != nil {
			return err
		}
		return c.row(ctx, `INSERT INTO api_keys (id, name, line_id, scopes, origins, secret, created_ms, expires_ms, ends_ms)
			SELECT CAST($2 AS TEXT), name, line_id, scopes, origins, CAST($3 AS {blob}), {now},
				COALESCE(CAST($4 AS BIGINT), ends_ms), COALESCE(CAST($4 AS BIGINT), ends_ms) FROM api_keys WHERE id = $1
			RETURNING `+keyColumns, []any{id, successor, s.sealer.seal(successor, secret), endOrNull(ends)}, k.fields()...)
	})
	return k, err
}

const keyIsGood = `revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > {now})`

// Key returns a key with its secret. A revoked or expired key is [ErrNotFound],
// as is an unknown one.
func (s *Store) Key(ctx context.Context, id string) (APIKey, error) {
	return s.keyThat(ctx, keyIsGood, id)
}

// ExpiredKey returns a key with its secret that is not good any more because its time is
// over, or [ErrNotFound].
func (s *Store) ExpiredKey(ctx context.Context, id string) (APIKey, error) {
	return s.keyThat(ctx, `revoked_ms IS NULL AND expires_ms <= {now}`, id)
}

func (s *Store) keyThat(ctx context.Context, condition, id string) (APIKey, error) {
	k, err := get(ctx, s, func(s scanner) (k APIKey, err error) {
		return k, s.Scan(append(k.fields(), &k.Secret)...)
	}, `SELECT `+keyColumns+`, secret FROM api_keys WHERE id = $1 AND `+condition, id)
	if err != nil {
		return APIKey{}, err
	}
	if k.Secret, err = s.sealer.open(id, k.Secret); err != nil {
		return APIKey{}, err
	}
	return k, nil
}

// AnyKey returns a key without its secret, good or not, or [ErrNotFound].
func (s *Store) AnyKey(ctx context.Context, id string) (APIKey, error) {
	return get(ctx, s, func(s scanner) (k APIKey, err error) { return k, s.Scan(k.fields()...) },
		`SELECT `+keyColumns+` FROM api_keys WHERE id = $1`, id)
}

// ListKeys returns all keys without their secrets, the newest first, revoked
// ones too.
func (s *Store) ListKeys(ctx context.Context) ([]APIKey, error) {
	return list(ctx, s, func(s scanner) (k APIKey, err error) { return k, s.Scan(k.fields()...) },
		`SELECT `+keyColumns+` FROM api_keys ORDER BY created_ms DESC, id`)
}

// PageKeys is a page of [Store.ListKeys], the oldest first: at most limit keys
// after the one that was made at a time and has an id.
func (s *Store) PageKeys(ctx context.Context, after time.Time, id string, limit int) ([]APIKey, error) {
	return list(ctx, s, func(s scanner) (k APIKey, err error) { return k, s.Scan(k.fields()...) },
		`SELECT `+keyColumns+` FROM api_keys WHERE created_ms > $1 OR created_ms = $1 AND id > $2
			ORDER BY created_ms, id LIMIT $3`, millisOf(after), id, limit)
}

// millisOf is a time as it is stored; 0 for the zero time.
func millisOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// ChangeKey gives a key that is good a name and origins, and returns it. It fails with
// [ErrNotFound] if it is not good any more. Its predecessor and successor keep theirs.
func (s *Store) ChangeKey(ctx context.Context, id, name string, origins []string) (APIKey, error) {
	if err := (&NewKey{ID: id, Name: name, Secret: []byte{0}, Origins: origins}).validate(); err != nil {
		return APIKey{}, err
	}
	var k APIKey
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		return c.row(ctx, `UPDATE api_keys SET name = $2, origins = $3 WHERE id = $1 AND `+keyIsGood+` RETURNING `+keyColumns,
			[]any{id, name, strings.Join(origins, " ")}, k.fields()...)
	})
	return k, err
}

// KeyOrigins are the origins of all keys that are good.
func (s *Store) KeyOrigins(ctx context.Context) ([]string, error) {
	lists, err := list(ctx, s, func(s scanner) (origins []string, err error) { return origins, s.Scan(words{&origins}) },
		`SELECT origins FROM api_keys WHERE origins <> '' AND `+keyIsGood)
	return slices.Concat(lists...), err
}

// KeyUsed notes that a key was used just now. To spare writes it does so once a
// minute.
func (s *Store) KeyUsed(ctx context.Context, k APIKey) error {
	if time.Since(k.Used) < time.Minute {
		return nil
	}
	return s.remove(ctx, `UPDATE api_keys SET used_ms = {now} WHERE id = $1`, k.ID)
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
	return s.sealAs("pronto api key ", id, secret)
}

// sealAs seals a secret that is of another kind than an API key's.
func (s *sealer) sealAs(kind, id string, secret []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(secret)+s.aead.Overhead())
	rand.Read(nonce) // never fails
	return s.aead.Seal(nonce, nonce, secret, []byte(kind+id))
}

// errSealed hides from the caller whether the row was tampered with or the
// master key changed: it cannot be told.
var errSealed = errors.New("the secret does not open under this master key")

func (s *sealer) open(id string, sealed []byte) ([]byte, error) {
	return s.openAs("pronto api key ", id, sealed)
}

// openAs opens what sealAs has sealed.
func (s *sealer) openAs(kind, id string, sealed []byte) ([]byte, error) {
	if len(sealed) < s.aead.NonceSize() {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errSealed)
	}
	nonce, text := sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():]
	secret, err := s.aead.Open(nil, nonce, text, []byte(kind+id))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errSealed)
	}
	return secret, nil
}
