package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"
)

// MaxNameBytes is the longest name of a person.
const MaxNameBytes = 64

// NewID makes an id that sorts by time of making, such as cal_01J….
func NewID(prefix string) string { return prefix + "_" + ulid.Make().String() }

// NewSecret makes 128 random bits as 22 characters of base64url.
func NewSecret() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand, since Go 1.24)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// HashSecret is what is stored of a secret of [NewSecret] or of a signed token.
// It needs no salt or key: such secrets cannot be guessed.
func HashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// SameSecret compares in constant time.
func SameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// CheckName says what is wrong with the name of a person, or nil.
func CheckName(name string) error {
	if name == "" {
		return errors.New("is empty")
	}
	if len(name) > MaxNameBytes {
		return fmt.Errorf("has more than %d bytes", MaxNameBytes)
	}
	return CheckTitle(name)
}

// CheckTitle says why a text could not be shown on one line, or nil.
func CheckTitle(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("is not UTF-8")
	}
	for _, r := range text {
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Bidi_Control, r) {
			return errors.New("has a character that cannot be shown")
		}
	}
	return nil
}
