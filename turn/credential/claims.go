package credential

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxAhead is how far in the future an expiry may lie before [Claims.Check]
// refuses it. It is wider than [MaxTTL] only to forgive clocks that disagree.
const MaxAhead = 24 * time.Hour

// maxID is how many characters a call or a user may have.
const maxID = 64

// maxExpiryDigits is enough for the year 33658; more would only invite overflow.
const maxExpiryDigits = 12

var (
	// ErrMalformed says that a username is not of this package's form.
	ErrMalformed = errors.New("credential: malformed username")
	// ErrExpired says that the credential was valid once.
	ErrExpired = errors.New("credential: expired")
	// ErrTooFarAhead says that the expiry lies more than [MaxAhead] in the future.
	ErrTooFarAhead = errors.New("credential: expiry too far ahead")
)

// Claims are what a username says.
type Claims struct {
	// Expiry is the first moment at which the credential is no longer valid, in
	// whole seconds.
	Expiry time.Time
	// Call and User are opaque ids, 1 to 64 characters of A-Z a-z 0-9 _ and -.
	Call, User string
}

// Parse reads a username. It says nothing about expiry ([Claims.Check]) nor about
// who made it ([Verify]). The error is [ErrMalformed].
func Parse(username string) (Claims, error) {
	expiry, rest, ok := strings.Cut(username, ":")
	if !ok {
		return Claims{}, ErrMalformed
	}
	call, user, ok := strings.Cut(rest, ":")
	if !ok || !ValidID(call) || !ValidID(user) {
		return Claims{}, ErrMalformed
	}
	seconds, ok := parseExpiry(expiry)
	if !ok {
		return Claims{}, ErrMalformed
	}
	return Claims{Expiry: time.Unix(seconds, 0), Call: call, User: user}, nil
}

// Check returns [ErrExpired] or [ErrTooFarAhead] when the expiry does not fit now.
func (c Claims) Check(now time.Time) error {
	switch {
	case !now.Before(c.Expiry):
		return ErrExpired
	case c.Expiry.Sub(now) > MaxAhead:
		return ErrTooFarAhead
	}
	return nil
}

// Username is the one spelling that [Parse] reads back as c.
func (c Claims) Username() string {
	return fmt.Sprintf("%d:%s:%s", c.Expiry.Unix(), c.Call, c.User)
}

// ValidID reports whether id may stand for a call or a user in a username.
func ValidID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// parseExpiry takes plain decimal digits only: no sign, no leading zero, so that
// each credential has one spelling.
func parseExpiry(s string) (int64, bool) {
	if s == "" || len(s) > maxExpiryDigits || s[0] == '0' {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	seconds, err := strconv.ParseInt(s, 10, 64)
	return seconds, err == nil
}
