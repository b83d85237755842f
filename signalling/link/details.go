package link

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Details are what a link is about, for those only who have its whole address. The
// SDK seals and opens the same.
type Details struct {
	// Title is one line of at most 80 characters.
	Title string `json:"t"`
	// Description has at most 1,000 bytes.
	Description string `json:"d"`
}

const (
	maxTitle            = 80
	maxDescriptionBytes = 1000
	secretBytes         = 16
	// detailsBlock is what sealed details are padded to multiples of, in bytes, so
	// that their size does not tell much.
	detailsBlock = 128
)

// NewSecret makes the part of an address after #k=: 128 random bits.
func NewSecret() string {
	secret := make([]byte, secretBytes)
	rand.Read(secret) // never fails
	return base64.RawURLEncoding.EncodeToString(secret)
}

// Check says what is wrong with details; the server, which cannot read them, does
// not.
func (d Details) Check() error {
	switch {
	case !utf8.ValidString(d.Title) || !utf8.ValidString(d.Description):
		return errors.New("link: title or description is not UTF-8")
	case utf8.RuneCountInString(d.Title) > maxTitle:
		return fmt.Errorf("link: the title has more than %d characters", maxTitle)
	case len(d.Description) > maxDescriptionBytes:
		return fmt.Errorf("link: the description has more than %d bytes", maxDescriptionBytes)
	case strings.ContainsFunc(d.Title, hidden) || strings.ContainsFunc(strings.ReplaceAll(d.Description, "\n", ""), hidden):
		return errors.New("link: title or description has a character that cannot be shown")
	}
	return nil
}

// hidden tells whether a character cannot be seen, or turns the direction of others.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// Seal encrypts details with a key made of the link's secret, as base64url; the
// server keeps the result as it is.
func (d Details) Seal(secret string) (string, error) {
	if err := d.Check(); err != nil {
		return "", err
	}
	plain, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("link: seal the details: %w", err)
	}
	padding := detailsBlock - len(plain)%detailsBlock
	plain = append(plain, strings.Repeat(" ", padding)...) // it is JSON still
	key, err := detailsKey(secret)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, key.NonceSize())
	rand.Read(nonce) // never fails
	return base64.RawURLEncoding.EncodeToString(key.Seal(nonce, nonce, plain, nil)), nil
}

// OpenDetails reads what [Details.Seal] or the SDK made. It is an error with
// another secret, and of anything else.
func OpenDetails(secret, sealed string) (d Details, err error) {
	all, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return d, fmt.Errorf("link: open the details: %w", err)
	}
	key, err := detailsKey(secret)
	if err != nil {
		return d, err
	}
	if len(all) < key.NonceSize() {
		return d, errors.New("link: open the details: they are too short")
	}
	plain, err := key.Open(nil, all[:key.NonceSize()], all[key.NonceSize():], nil)
	if err == nil {
		err = json.Unmarshal(plain, &d)
	}
	if err == nil {
		err = d.Check() // whoever has the secret may have sealed anything
	}
	if err != nil {
		return Details{}, fmt.Errorf("link: open the details: %w", err)
	}
	return d, nil
}

// detailsKey is not the key for the call's keys: one tells nothing of the other
// (RFC 5869).
func detailsKey(secret string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "pronto link details 1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("link: derive the key of details: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("link: derive the key of details: %w", err)
	}
	return cipher.NewGCM(block)
}
