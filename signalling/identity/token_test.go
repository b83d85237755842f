package identity

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

type keys map[string]string

var errDown = errors.New("store is down")

func (k keys) SigningKey(_ context.Context, key string) (SigningKey, error) {
	if key == "down" {
		return SigningKey{}, errDown
	}
	if secret, ok := k[key]; ok {
		return SigningKey{Secret: []byte(secret)}, nil
	}
	return SigningKey{}, ErrToken
}

var (
	verifier = Verifier{Keys: keys{"key_a": "secret-of-a", "key_b": "secret-of-b"}}
	ana      = Identity{User: "ana", Name: "Ana", Grants: Grants{Account: true}}
)

func TestATokenSaysWhoItsHolderIs(t *testing.T) {
	token, err := Sign("key_a", []byte("secret-of-a"), ana, time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	got, err := verifier.Verify(t.Context(), token, "")
	if err != nil || got.User != "ana" || got.Name != "Ana" || got.Guest() {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	now := time.Now()
	good := jwt.MapClaims{
		"iss": "key_a", "sub": "ana", "aud": "pronto", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
		"name": "Ana", "grants": map[string]any{"account": true},
	}
	sign := func(method jwt.SigningMethod, key any, change func(jwt.MapClaims)) string {
		c := jwt.MapClaims{}
		for name, value := range good {
			c[name] = value
		}
		change(c)
		token, err := jwt.NewWithClaims(method, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	hs := func(change func(jwt.MapClaims)) string {
		return sign(jwt.SigningMethodHS256, []byte("secret-of-a"), change)
	}
	set := func(name string, value any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = value } }
	without := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }
	none := func(alg string) string {
		valid := hs(func(jwt.MapClaims) {})
		header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"` + alg + `","typ":"JWT"}`))
		return header + "." + strings.Split(valid, ".")[1] + "."
	}
	if _, err := verifier.Verify(t.Context(), hs(func(jwt.MapClaims) {}), ""); err != nil {
		t.Fatalf("the token that the others differ from: %v", err)
	}
	for name, token := range map[string]string{
		"alg none":                          none("none"),
		"alg None":                          none("None"),
		"alg NONE":                          none("NONE"),
		"signed by jwt's own none":          sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, func(jwt.MapClaims) {}),
		"HS512":                             sign(jwt.SigningMethodHS512, []byte("secret-of-a"), func(jwt.MapClaims) {}),
		"another key's secret":              sign(jwt.SigningMethodHS256, []byte("secret-of-b"), func(jwt.MapClaims) {}),
		"another key's name":                hs(set("iss", "key_b")),
		"no such key":                       hs(set("iss", "key_c")),
		"no issuer":                         hs(without("iss")),
		"expired":                           hs(set("exp", now.Add(-time.Minute).Unix())),
		"no expiry":                         hs(without("exp")),
		"expiry as text":                    hs(set("exp", "tomorrow")),
		"too long a life":                   hs(set("exp", now.Add(25*time.Hour).Unix())),
		"no issue time":                     hs(without("iat")),
		"issued in the future":              hs(set("iat", now.Add(time.Hour).Unix())),
		"not valid yet":                     hs(set("nbf", now.Add(time.Hour).Unix())),
		"another audience":                  hs(set("aud", "elsewhere")),
		"no audience":                       hs(without("aud")),
		"no subject":                        hs(without("sub")),
		"a subject that is not an id":       hs(set("sub", "../etc")),
		"no grant":                          hs(without("grants")),
		"account and link":                  hs(set("grants", map[string]any{"account": true, "link": "x"})),
		"a link that is not an id":          hs(set("grants", map[string]any{"link": "a/b"})),
		"an account that says so of itself": hs(set("automated", true)),
		"a name that turns text around":     hs(set("name", "Ana\u202e")),
		"a name with a line break":          hs(set("name", "Ana\nBia")),
		"a megabyte of dots":                strings.Repeat(".", 1<<20),
		"empty":                             "",
		"not a token":                       "ana",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			id, err := verifier.Verify(t.Context(), token, "")
			if !errors.Is(err, ErrToken) {
				t.Fatalf("got %+v, %v; want ErrToken", id, err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("the refusal took %s", took)
			}
			if token != "" && strings.Contains(err.Error(), token) {
				t.Errorf("the refusal repeats the token: %v", err)
			}
		})
	}
}

func TestAnOutageIsNotARefusal(t *testing.T) {
	token, err := Sign("down", []byte("x"), ana, time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifier.Verify(t.Context(), token, ""); errors.Is(err, ErrToken) || !errors.Is(err, errDown) {
		t.Errorf("got %v, want the outage", err)
	}
}

func FuzzVerify(f *testing.F) {
	token, err := Sign("key_a", []byte("secret-of-a"), ana, time.Now(), time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("..")
	f.Add(strings.Replace(token, ".", "..", 1))
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := verifier.Verify(t.Context(), s, ""); err == nil && s != token {
			t.Errorf("a token that nobody signed is %+v", id)
		}
	})
}
