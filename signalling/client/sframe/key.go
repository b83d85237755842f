package sframe

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

const (
	// Suite is AES_128_GCM_SHA256_128 (RFC 9605, section 4.5).
	Suite = 4
	// BaseKeySize is how long a base key is.
	BaseKeySize = 16
	// TagSize is how long the tag at the end of a sealed frame is.
	TagSize   = 16
	nonceSize = 12
)

// key is one KID's key and salt.
type key struct {
	aead cipher.AEAD
	salt [nonceSize]byte
}

// newKey derives a key (RFC 9605, section 4.4.2).
func newKey(base []byte, kid uint64) (*key, error) {
	if len(base) != BaseKeySize {
		return nil, fmt.Errorf("sframe: a base key of %d bytes, not %d", len(base), BaseKeySize)
	}
	secret, err := hkdf.Extract(sha256.New, base, nil)
	if err != nil {
		return nil, fmt.Errorf("sframe: derive a key: %w", err)
	}
	info := binary.BigEndian.AppendUint64(nil, kid)
	info = binary.BigEndian.AppendUint16(info, Suite)
	raw, err := hkdf.Expand(sha256.New, secret, "SFrame 1.0 Secret key "+string(info), BaseKeySize)
	if err != nil {
		return nil, fmt.Errorf("sframe: derive a key: %w", err)
	}
	salt, err := hkdf.Expand(sha256.New, secret, "SFrame 1.0 Secret salt "+string(info), nonceSize)
	if err != nil {
		return nil, fmt.Errorf("sframe: derive a salt: %w", err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("sframe: %w", err)
	}
	k := &key{salt: [nonceSize]byte(salt)}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil, fmt.Errorf("sframe: %w", err)
	}
	return k, nil
}

// nonce is the salt with the counter mixed in (section 4.4.3).
func (k *key) nonce(counter uint64) []byte {
	n := k.salt
	binary.BigEndian.PutUint64(n[4:], binary.BigEndian.Uint64(n[4:])^counter)
	return n[:]
}

// seal appends header, ciphertext and tag to dst. clear is authenticated as well, and
// not sent.
func (k *key) seal(dst []byte, h Header, clear, plain []byte) []byte {
	at := len(dst)
	dst = h.Append(dst)
	aad := append(append(make([]byte, 0, maxHeader+len(clear)), dst[at:]...), clear...)
	return k.aead.Seal(dst, k.nonce(h.Counter), plain, aad)
}

// open opens what follows a header.
func (k *key) open(h Header, clear, sealed []byte) ([]byte, error) {
	aad := append(h.Append(make([]byte, 0, maxHeader+len(clear))), clear...)
	return k.aead.Open(nil, k.nonce(h.Counter), sealed, aad)
}
