package contact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
)

// Key makes the hashes of numbers. It serves no other purpose, it is not in the
// database, and two deployments have different ones.
type Key struct{ secret []byte }

// NewKey takes a secret of at least 32 bytes.
func NewKey(secret []byte) (Key, error) {
	if len(secret) < sha256.Size {
		return Key{}, fmt.Errorf("contact: the key of numbers has %d bytes, at least %d are needed", len(secret), sha256.Size)
	}
	return Key{append([]byte(nil), secret...)}, nil
}

// Valid is false for the zero Key, which hashes nothing.
func (k Key) Valid() bool { return len(k.secret) > 0 }

// LogValue implements [slog.LogValuer].
func (Key) LogValue() slog.Value { return slog.StringValue("key") }

// Hash is HMAC-SHA-256 (RFC 2104) of a number, as 43 characters of base64url.
func (k Key) Hash(n Number) string {
	return base64.RawURLEncoding.EncodeToString(k.sum("number", n.e164))
}

// Place says roughly where a number lies: numbers that differ in their last two
// digits only have the same, others mostly another. One of 256, so that nothing
// leads back to a number.
func (k Key) Place(n Number) byte {
	return k.sum("place", n.e164[:max(0, len(n.e164)-2)])[0]
}

func (k Key) sum(purpose, text string) []byte {
	if !k.Valid() {
		panic("contact: the key of numbers is missing") // a fault of the program, not of any input
	}
	h := hmac.New(sha256.New, k.secret)
	h.Write([]byte(purpose + "\x00" + text))
	return h.Sum(nil)
}
