package enrol

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
)

// CodeDigits is how many digits a code has.
const CodeDigits = 6

// NewCode makes a code of [CodeDigits] random digits.
func NewCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic("enrol: " + err.Error()) // crypto/rand never fails, since Go 1.24
	}
	return fmt.Sprintf("%0*d", CodeDigits, n)
}

// IsCode tells whether a text could be a code at all.
func IsCode(text string) bool {
	if len(text) != CodeDigits {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// Hasher makes what is stored in place of addresses and codes. Both are few
// enough to be guessed one after another, hence the key: without it a stolen
// database tells neither.
type Hasher struct {
	// Key is at least 16 bytes, the same for as long as the accounts are to be
	// found again.
	Key []byte
}

// Address is the hash of an address.
func (h Hasher) Address(a Address) string { return h.sum("address", string(a.Kind), a.Text) }

// Code is the hash of a code that was sent to an address with a hash.
func (h Hasher) Code(addressHash, code string) string { return h.sum("code", addressHash, code) }

// Source is the hash of a network address that asks for codes.
func (h Hasher) Source(text string) string { return h.sum("source", text) }

// sum is an HMAC-SHA-256 (RFC 2104) of texts that hold no NUL.
func (h Hasher) sum(texts ...string) string {
	m := hmac.New(sha256.New, h.Key)
	for _, text := range texts {
		m.Write([]byte(text))
		m.Write([]byte{0})
	}
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}
