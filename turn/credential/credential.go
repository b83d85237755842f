package credential

import (
	"crypto/hmac"
	"crypto/sha1" // the draft's choice; as an HMAC key derivation SHA-1 is still sound
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// MaxTTL is the longest life that [Issue] gives. A live allocation may be
// refreshed past it, so that it bounds only how late a call may begin to relay.
const MaxTTL = time.Hour

// MinSecret is the fewest bytes that a secret may have.
const MinSecret = 16

// ErrPassword says that the password does not belong to the username.
var ErrPassword = errors.New("credential: wrong password")

// Credential is what a client hands to its ICE agent.
type Credential struct {
	// Username and Password are the members username and credential of
	// RTCIceServer (W3C webrtc-pc).
	Username, Password string
	// Expiry is the first moment at which no new allocation can be made with it.
	Expiry time.Time
}

// Issue makes a credential for user in call that is valid for ttl from now on,
// rounded down to a whole second. ttl is 1 s to [MaxTTL]; secret has at least
// [MinSecret] bytes; call and user satisfy [ValidID].
func Issue(secret []byte, call, user string, now time.Time, ttl time.Duration) (Credential, error) {
	switch {
	case len(secret) < MinSecret:
		return Credential{}, fmt.Errorf("credential: the secret has %d bytes, needs %d", len(secret), MinSecret)
	case ttl < time.Second || ttl > MaxTTL:
		return Credential{}, fmt.Errorf("credential: ttl %v is not within 1s and %v", ttl, MaxTTL)
	case !ValidID(call):
		return Credential{}, errors.New("credential: the call's id is not 1 to 64 of A-Z a-z 0-9 _ -")
	case !ValidID(user):
		return Credential{}, errors.New("credential: the user's id is not 1 to 64 of A-Z a-z 0-9 _ -")
	}
	claims := Claims{Expiry: time.Unix(now.Add(ttl).Unix(), 0), Call: call, User: user}
	username := claims.Username()
	return Credential{Username: username, Password: Password(secret, username), Expiry: claims.Expiry}, nil
}

// Password derives the password of a username
// (draft-uberti-behave-turn-rest-00, section 2.2).
func Password(secret []byte, username string) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Verify checks a credential and returns what it claims. The error is
// [ErrMalformed], [ErrPassword], [ErrExpired] or [ErrTooFarAhead]; the password is compared in
// constant time, and before the expiry, so that only a true credential learns
// that it has expired.
func Verify(secret []byte, username, password string, now time.Time) (Claims, error) {
	claims, err := Parse(username)
	if err != nil {
		return Claims{}, err
	}
	if subtle.ConstantTimeCompare([]byte(Password(secret, username)), []byte(password)) != 1 {
		return Claims{}, ErrPassword
	}
	if err := claims.Check(now); err != nil {
		return Claims{}, err
	}
	return claims, nil
}
