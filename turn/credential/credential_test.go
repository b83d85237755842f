package credential_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pronto/turn/credential"
)

var (
	secret = []byte("a secret of enough bytes")
	now    = time.Unix(1_800_000_000, 0)
)

func TestAnIssuedCredentialVerifiesUntilItExpires(t *testing.T) {
	c, err := credential.Issue(secret, "call-1", "ana_2", now, 10*time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if want := "1800000600:call-1:ana_2"; c.Username != want {
		t.Errorf("username %q, want %q", c.Username, want)
	}
	claims, err := credential.Verify(secret, c.Username, c.Password, now.Add(10*time.Minute-time.Second))
	if err != nil {
		t.Fatalf("one second before its expiry: %v", err)
	}
	if claims.Call != "call-1" || claims.User != "ana_2" || !claims.Expiry.Equal(c.Expiry) {
		t.Errorf("claims %+v do not say what was issued", claims)
	}
	if _, err := credential.Verify(secret, c.Username, c.Password, c.Expiry); !errors.Is(err, credential.ErrExpired) {
		t.Errorf("at its expiry: %v, want ErrExpired", err)
	}
}

// The value was computed with another implementation:
// printf '1800000600:call:ana' | openssl dgst -sha1 -hmac 'north' -binary | base64.
func TestThePasswordIsTheOneOfTheDraft(t *testing.T) {
	const want = "fZanAORvKOdd57TczQnkzv8IchQ="
	if got := credential.Password([]byte("north"), "1800000600:call:ana"); got != want {
		t.Errorf("password %q, want %q", got, want)
	}
}

func TestIssueRefusesWhatItCannotPromise(t *testing.T) {
	long := strings.Repeat("x", 65)
	for name, issue := range map[string]func() (credential.Credential, error){
		"a short secret": func() (credential.Credential, error) {
			return credential.Issue([]byte("short"), "c", "u", now, time.Minute)
		},
		"no time to live":      func() (credential.Credential, error) { return credential.Issue(secret, "c", "u", now, 0) },
		"more than an hour":    func() (credential.Credential, error) { return credential.Issue(secret, "c", "u", now, time.Hour+1) },
		"an empty call":        func() (credential.Credential, error) { return credential.Issue(secret, "", "u", now, time.Minute) },
		"a call with a colon":  func() (credential.Credential, error) { return credential.Issue(secret, "c:d", "u", now, time.Minute) },
		"a user that is long":  func() (credential.Credential, error) { return credential.Issue(secret, "c", long, now, time.Minute) },
		"a user with a letter": func() (credential.Credential, error) { return credential.Issue(secret, "c", "é", now, time.Minute) },
	} {
		if c, err := issue(); err == nil {
			t.Errorf("%s: issued %q", name, c.Username)
		}
	}
}

func TestVerifyTellsWhyItRefuses(t *testing.T) {
	good, err := credential.Issue(secret, "call", "ana", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	far := "1800086401:call:ana" // a second more than a day
	other, err := credential.Issue(secret, "other", "ana", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, username, password string
		want                     error
	}{
		{"a forged password", good.Username, credential.Password([]byte("another secret, long"), good.Username), credential.ErrPassword},
		{"no password", good.Username, "", credential.ErrPassword},
		{"the password of another call", good.Username, other.Password, credential.ErrPassword},
		{"the user renamed", strings.Replace(good.Username, "ana", "bia", 1), good.Password, credential.ErrPassword},
		{"an expiry more than a day ahead", far, credential.Password(secret, far), credential.ErrTooFarAhead},
		{"no colons", "ana", "x", credential.ErrMalformed},
	} {
		if _, err := credential.Verify(secret, tt.username, tt.password, now); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestAUsernameHasOneSpelling(t *testing.T) {
	for _, username := range []string{
		"", ":", "::", "1800000600", "1800000600:call", "1800000600::ana", "1800000600:call:",
		"01800000600:call:ana", "+1800000600:call:ana", "-1:call:ana", " 1800000600:call:ana",
		"1800000600:call:ana ", "1800000600:call:ana:x", "1e9:call:ana", "0:call:ana",
		"9999999999999:call:ana", "1800000600:ca ll:ana", "1800000600:call:an\x00a",
	} {
		if claims, err := credential.Parse(username); !errors.Is(err, credential.ErrMalformed) {
			t.Errorf("%q was read as %+v, %v", username, claims, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1800000600:call:ana")
	f.Add("01:call:ana")
	f.Add("999999999999:A-_z:0")
	f.Add("1800000600:call:ana:more")
	f.Add(":::")
	f.Fuzz(func(t *testing.T, username string) {
		claims, err := credential.Parse(username)
		if err != nil {
			if !errors.Is(err, credential.ErrMalformed) {
				t.Fatalf("%q: %v is not ErrMalformed", username, err)
			}
			return
		}
		if got := claims.Username(); got != username {
			t.Fatalf("%q is read as %+v, which is spelled %q", username, claims, got)
		}
		if !credential.ValidID(claims.Call) || !credential.ValidID(claims.User) {
			t.Fatalf("%q: an id that is not valid", username)
		}
	})
}
