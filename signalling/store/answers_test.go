package store_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestARequestIsCarriedOutOnceAndAnsweredAlike(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Secret: []byte("x")}))(t)
		r := store.Request{Key: "ck_1", Name: "name", Hash: "hash"}
		begin := func(r store.Request) (store.Response, bool) {
			t.Helper()
			a, began, err := s.BeginRequest(ctx, r)
			ok(t, err)
			return a, began
		}
		if _, began := begin(r); !began {
			t.Fatal("the first is not carried out")
		}
		if a, began := begin(r); began || a.Status != 0 {
			t.Fatalf("while it is carried out: %+v, %v", a, began)
		}
		ok(t, s.EndRequest(ctx, r, store.Response{Status: 201, Body: []byte("told once")}))
		if a, began := begin(r); began || a.Status != 201 || string(a.Body) != "told once" {
			t.Errorf("again: %+v, %v", a, began)
		}
		_, _, err := s.BeginRequest(ctx, store.Request{Key: "ck_1", Name: "name", Hash: "other"})
		fails(t, err, store.ErrOtherRequest)
		ok(t, s.ForgetRequest(ctx, r)) // it was answered: nothing to forget
		if _, began := begin(r); began {
			t.Error("an answered request was forgotten")
		}
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_2", Secret: []byte("x")}))(t)
		if _, began := begin(store.Request{Key: "ck_2", Name: "name", Hash: "other"}); !began {
			t.Error("another key may not use the same name")
		}
		ok(t, s.ForgetRequest(ctx, store.Request{Key: "ck_2", Name: "name", Hash: "other"}))
		if _, began := begin(store.Request{Key: "ck_2", Name: "name", Hash: "third"}); !began {
			t.Error("a forgotten request keeps its name")
		}
	})
}

func TestAnswersAreSealedAndExpire(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), storetest.Open(t, dsn)
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Secret: []byte("x")}))(t)
		r := store.Request{Key: "ck_1", Name: "name", Hash: "hash"}
		_, _, err := s.BeginRequest(ctx, r)
		ok(t, err)
		ok(t, s.EndRequest(ctx, r, store.Response{Status: 200, Body: []byte("cs_a_secret_of_somebody")}))
		for file, data := range storetest.Written(t, dsn) {
			if bytes.Contains(data, []byte("cs_a_secret_of_somebody")) {
				t.Errorf("%s has the answer as it is", file)
			}
		}
		equal(t, "swept before its time", value(s.SweepAnswers(ctx, 10))(t), 0)
		storetest.Exec(t, dsn, `UPDATE answers SET until_ms = until_ms - $1`, store.AnswersKept.Milliseconds()+1)
		if _, began, err := s.BeginRequest(ctx, store.Request{Key: "ck_1", Name: "name", Hash: "other"}); err != nil || !began {
			t.Errorf("a day later the name is free: %v (%v)", began, err)
		}
		storetest.Exec(t, dsn, `UPDATE answers SET until_ms = until_ms - $1`, store.AnswersWithin.Milliseconds()+1)
		equal(t, "swept", value(s.SweepAnswers(ctx, 10))(t), 1)
	})
}

func TestAKeyAndItsSuccessorAreGoodTogetherForAWhile(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		ctx, s := t.Context(), storetest.Open(t, dsn)
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Name: "shop", Secret: []byte("one"), Scopes: []string{"links:read"}, Origins: []string{"https://a.example"}}))(t)
		next := value(s.RotateKey(ctx, "ck_1", "ck_2", []byte("two"), time.Hour, time.Time{}))(t)
		if next.Name != "shop" || next.Line != "ck_1" || len(next.Scopes) != 1 || len(next.Origins) != 1 {
			t.Errorf("the successor is %+v", next)
		}
		for _, id := range []string{"ck_1", "ck_2"} {
			value(s.Key(ctx, id))(t)
			_, err := s.RotateKey(ctx, id, "ck_3", []byte("three"), time.Hour, time.Time{})
			fails(t, err, store.ErrLimit)
		}
		equal(t, "the origins", len(value(s.KeyOrigins(ctx))(t)), 2)
		storetest.Exec(t, dsn, `UPDATE api_keys SET expires_ms = expires_ms - 3600001 WHERE id = 'ck_1'`)
		_, err := s.Key(ctx, "ck_1")
		fails(t, err, store.ErrNotFound)
		_, err = s.RotateKey(ctx, "ck_1", "ck_3", []byte("three"), time.Hour, time.Time{})
		fails(t, err, store.ErrNotFound)
		value(s.RotateKey(ctx, "ck_2", "ck_3", []byte("three"), 0, time.Time{}))(t)
		_, err = s.Key(ctx, "ck_2")
		fails(t, err, store.ErrNotFound) // it was kept for no time at all
	})
}

func TestAKeyIsGivenOtherOrigins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Name: "shop", Secret: []byte("one"), Origins: []string{"https://a.example"}}))(t)
		value(s.RotateKey(ctx, "ck_1", "ck_2", []byte("two"), time.Hour, time.Time{}))(t)
		changed := value(s.ChangeKey(ctx, "ck_1", "desk", []string{"https://b.example", "https://c.example"}))(t)
		read := value(s.Key(ctx, "ck_1"))(t)
		if changed.Name != "desk" || !slices.Equal(read.Origins, []string{"https://b.example", "https://c.example"}) || string(read.Secret) != "one" {
			t.Errorf("it is %+v, and read as %+v", changed, read)
		}
		if next := value(s.Key(ctx, "ck_2"))(t); next.Name != "shop" || !slices.Equal(next.Origins, []string{"https://a.example"}) {
			t.Errorf("its successor is %+v", next)
		}
		_, err := s.ChangeKey(ctx, "ck_1", "desk", []string{"two words"})
		fails(t, err, store.ErrInvalid)
		ok(t, s.RevokeKey(ctx, "ck_1"))
		for _, gone := range []string{"ck_1", "ck_none"} {
			_, err = s.ChangeKey(ctx, gone, "desk", nil)
			fails(t, err, store.ErrNotFound)
		}
	})
}

func TestKeysSayWhenTheyWereUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		value(s.CreateKey(ctx, store.NewKey{ID: "ck_1", Secret: []byte("x")}))(t)
		k := value(s.Key(ctx, "ck_1"))(t)
		if !k.Used.IsZero() {
			t.Errorf("a new key was used at %v", k.Used)
		}
		ok(t, s.KeyUsed(ctx, k))
		k = value(s.Key(ctx, "ck_1"))(t)
		if time.Since(k.Used) > time.Minute {
			t.Errorf("it was used at %v", k.Used)
		}
	})
}
