package store_test

import (
	"bytes"
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestKeysAreSealedListedAndRevoked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		secret := []byte("cs_0123456789abcdef")
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Name: "shop", Secret: secret}))(t)
		_, err := s.CreateKey(ctx, store.NewKey{ID: "ck_1", Name: "shop", Secret: secret})
		fails(t, err, store.ErrConflict)
		for _, bad := range []store.NewKey{
			{ID: "ck_2", Name: "shop"},
			{ID: "ck_2", Secret: secret, Scopes: []string{"links:read calls:read"}},
			{ID: "ck_2", Secret: secret, Origins: []string{""}},
			{Secret: secret},
		} {
			_, err := s.CreateKey(ctx, bad)
			fails(t, err, store.ErrInvalid)
		}
		k := value(s.Key(ctx, "ck_1"))(t)
		equal(t, "the secret", string(k.Secret), string(secret))
		equal(t, "the name", k.Name, "shop")
		if bytes.Contains(value(s.Sealed(ctx, "ck_1"))(t), secret[3:]) {
			t.Error("the secret is on disk as it is")
		}
		_, err = s.Key(ctx, "ck_none")
		fails(t, err, store.ErrNotFound)
		ok(t, s.RevokeKey(ctx, "ck_1"))
		ok(t, s.RevokeKey(ctx, "ck_1"))
		fails(t, s.RevokeKey(ctx, "ck_none"), store.ErrNotFound)
		_, err = s.Key(ctx, "ck_1")
		fails(t, err, store.ErrNotFound)
		keys := value(s.ListKeys(ctx))(t)
		if len(keys) != 1 || keys[0].Revoked.IsZero() || keys[0].Secret != nil {
			t.Errorf("the list is %+v", keys)
		}
	})
}

func TestASealedSecretOpensOnlyUnderItsIDAndMasterKey(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		s := storetest.Open(t, dsn)
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Secret: []byte("one")}))(t)
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_2", Secret: []byte("two")}))(t)
		ok(t, s.Exec(ctx, `UPDATE api_keys SET secret = (SELECT k.secret FROM api_keys k WHERE k.id = 'ck_1') WHERE id = 'ck_2'`))
		_, err := s.Key(ctx, "ck_2")
		fails(t, err, store.ErrUnavailable)
		equal(t, "the untouched secret", string(value(s.Key(ctx, "ck_1"))(t).Secret), "one")
		ok(t, s.Exec(ctx, `UPDATE api_keys SET secret = $1 WHERE id = 'ck_2'`, []byte("short")))
		_, err = s.Key(ctx, "ck_2")
		fails(t, err, store.ErrUnavailable)

		cfg := storetest.Config(t, dsn)
		cfg.MasterKey = bytes.Repeat([]byte("x"), 32)
		other := value(store.Open(ctx, cfg))(t)
		_, err = other.Key(ctx, "ck_1")
		fails(t, err, store.ErrUnavailable)
		ok(t, other.Close())
	})
}
