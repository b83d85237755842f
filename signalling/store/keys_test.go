package store_test

import (
	"bytes"
	"testing"
	"time"

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

func TestAKeyWithAnEndAndItsSuccessorsAreGoodUntilThen(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		ends := time.Now().Add(time.Hour).Truncate(time.Millisecond).UTC()
		pass := func(d time.Duration) { // for all keys
			t.Helper()
			ok(t, s.Exec(ctx, `UPDATE api_keys SET expires_ms = expires_ms - $1, ends_ms = ends_ms - $1`, d.Milliseconds()))
		}
		made := value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Secret: []byte("one"), Ends: ends}))(t)
		equal(t, "its end", made.Expires, ends)
		for id, end := range map[string]time.Time{"ck_past": time.Now().Add(-time.Second), "ck_0": time.Unix(0, 0)} {
			fails(t, errorOf(s.CreateKey(ctx, store.NewKey{ID: id, Secret: []byte("x"), Ends: end})), store.ErrPast)
			fails(t, errorOf(s.RotateKey(ctx, "ck_1", id, []byte("x"), time.Minute, end)), store.ErrPast)
		}
		next := value(s.RotateKey(ctx, "ck_1", "ck_2", []byte("two"), time.Minute, time.Time{}))(t)
		equal(t, "its successor's end", next.Expires, ends)
		equal(t, "its own end then", value(s.Key(ctx, "ck_1"))(t).Expires.Before(ends), true)
		fails(t, errorOf(s.ExpiredKey(ctx, "ck_2")), store.ErrNotFound)
		pass(59 * time.Minute)
		value(s.Key(ctx, "ck_2"))(t)
		pass(2 * time.Minute)
		fails(t, errorOf(s.Key(ctx, "ck_2")), store.ErrNotFound)
		equal(t, "the secret of one that has expired", string(value(s.ExpiredKey(ctx, "ck_2"))(t).Secret), "two")
		ok(t, s.RevokeKey(ctx, "ck_2"))
		fails(t, errorOf(s.ExpiredKey(ctx, "ck_2")), store.ErrNotFound)
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_3", Secret: []byte("three")}))(t)
		equal(t, "the end of one that has none", value(s.Key(ctx, "ck_3"))(t).Expires.IsZero(), true)
		later := value(s.RotateKey(ctx, "ck_3", "ck_4", []byte("four"), 0, ends.Add(time.Hour)))(t)
		equal(t, "a successor's own end", later.Expires, ends.Add(time.Hour))
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
