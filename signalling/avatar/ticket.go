package avatar

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Path is where images are given out, followed by a ticket.
const Path = "/v1/avatars/"

// ErrTicket means a text that is no ticket of this server's.
var ErrTicket = errors.New("avatar: no such ticket")

// maxTicket is the longest text that is looked at.
const maxTicket = 512

// Sealer makes tickets: each lets one account see one image, by an address that
// nobody can guess and that says nothing about either. The same two always get the
// same ticket, so that browsers may keep the image. The zero Sealer makes none.
type Sealer struct {
	aead   cipher.AEAD
	nonces []byte
}

// NewSealer makes a sealer from a secret of 32 bytes.
func NewSealer(secret []byte) (Sealer, error) {
	block, err := aes.NewCipher(secret)
	if err != nil || len(secret) != 32 {
		return Sealer{}, fmt.Errorf("avatar: a secret of %d bytes, not 32", len(secret))
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return Sealer{}, fmt.Errorf("avatar: %w", err)
	}
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("pronto avatar nonces"))
	return Sealer{aead, m.Sum(nil)}, nil
}

// Valid tells a sealer from the zero one.
func (s Sealer) Valid() bool { return s.aead != nil }

// Path returns the path under which viewer sees an image; empty without one.
// Neither of the two holds a NUL.
func (s Sealer) Path(viewer, image string) string {
	if image == "" || !s.Valid() {
		return ""
	}
	text := []byte(viewer + "\x00" + image)
	// The nonce is a keyed hash of what is sealed: it repeats only with the same
	// text, whose ticket is then the same and tells nothing new.
	m := hmac.New(sha256.New, s.nonces)
	m.Write(text)
	nonce := m.Sum(nil)[:s.aead.NonceSize()]
	return Path + base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, text, nil))
}

// Open reads a ticket.
func (s Sealer) Open(ticket string) (viewer, image string, err error) {
	if !s.Valid() || len(ticket) > maxTicket {
		return "", "", ErrTicket
	}
	sealed, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil || len(sealed) < s.aead.NonceSize() {
		return "", "", ErrTicket
	}
	text, err := s.aead.Open(nil, sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():], nil)
	if err != nil {
		return "", "", ErrTicket
	}
	viewer, image, ok := strings.Cut(string(text), "\x00")
	if !ok {
		return "", "", ErrTicket
	}
	return viewer, image, nil
}
