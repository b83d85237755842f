package mls

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/hpke"
	"crypto/sha256"
	"errors"
	"fmt"
)

// Suite is the one cipher suite: MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519
// (RFC 9420, section 17.1).
const Suite = 1

const (
	version  = 1 // mls10
	hashSize = sha256.Size
	keySize  = 16
	labels   = "MLS 1.0 "
)

// ErrUnverified is returned for what somebody else has made than it says, or for
// another group, epoch or member than ours. Drop it, and join anew if it persists.
var ErrUnverified = errors.New("mls: not verified")

var (
	kem  = hpke.DHKEM(ecdh.X25519())
	kdf  = hpke.HKDFSHA256()
	aead = hpke.AES128GCM()
)

func hash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func mac(key, content []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(content)
	return m.Sum(nil)
}

// extract is KDF.Extract. It fails for no input that this package gives it.
func extract(salt, secret []byte) []byte {
	m := hmac.New(sha256.New, salt)
	m.Write(secret)
	return m.Sum(nil)
}

// expandWithLabel is of RFC 9420, section 8. n is at most 255 hashes.
func expandWithLabel(secret []byte, label string, context []byte, n int) []byte {
	info := encode(func(w *writer) {
		w.u16(uint16(n))
		w.vec([]byte(labels + label))
		w.vec(context)
	})
	out, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		return make([]byte, n) // only for an n that Export refuses
	}
	return out
}

// deriveSecret is of RFC 9420, section 8.
func deriveSecret(secret []byte, label string) []byte {
	return expandWithLabel(secret, label, nil, hashSize)
}

// refHash is of RFC 9420, section 5.2; label is whole.
func refHash(label string, value []byte) []byte {
	return hash(encode(func(w *writer) {
		w.vec([]byte(label))
		w.vec(value)
	}))
}

func labelled(label string, content []byte) []byte {
	return encode(func(w *writer) {
		w.vec([]byte(labels + label))
		w.vec(content)
	})
}

// signWithLabel is of RFC 9420, section 5.1.2.
func signWithLabel(key ed25519.PrivateKey, label string, content []byte) []byte {
	return ed25519.Sign(key, labelled(label, content))
}

func verifyWithLabel(key []byte, label string, content, signature []byte) bool {
	return len(key) == ed25519.PublicKeySize && ed25519.Verify(key, labelled(label, content), signature)
}

// ciphertext is HPKECiphertext (RFC 9420, section 7.6).
type ciphertext struct{ kemOutput, sealed []byte }

func readCiphertext(r *reader) ciphertext { return ciphertext{r.vec(), r.vec()} }

func (c ciphertext) write(w *writer) {
	w.vec(c.kemOutput)
	w.vec(c.sealed)
}

// encryptWithLabel is of RFC 9420, section 5.1.3.
func encryptWithLabel(key []byte, label string, context, plaintext []byte) (ciphertext, error) {
	public, err := kem.NewPublicKey(key)
	if err != nil {
		return ciphertext{}, fmt.Errorf("%w: a public key: %w", ErrMalformed, err)
	}
	output, sender, err := hpke.NewSender(public, kdf, aead, labelled(label, context))
	if err != nil {
		return ciphertext{}, fmt.Errorf("%w: a public key: %w", ErrMalformed, err)
	}
	sealed, err := sender.Seal(nil, plaintext)
	if err != nil {
		return ciphertext{}, fmt.Errorf("mls: seal: %w", err)
	}
	return ciphertext{output, sealed}, nil
}

func decryptWithLabel(key hpke.PrivateKey, label string, context []byte, c ciphertext) ([]byte, error) {
	recipient, err := hpke.NewRecipient(c.kemOutput, key, kdf, aead, labelled(label, context))
	if err != nil {
		return nil, fmt.Errorf("%w: a ciphertext: %w", ErrUnverified, err)
	}
	plain, err := recipient.Open(nil, c.sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: a ciphertext: %w", ErrUnverified, err)
	}
	return plain, nil
}

// probe is any private key: what it agrees on with a public one is zero if that is one of
// the few of low order, for which nothing can be encrypted.
var probe = func() *ecdh.PrivateKey {
	k, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{1}, 32))
	if err != nil {
		panic(err) // it is of the right length
	}
	return k
}()

// validKey tells whether b is a public key for which everybody can encrypt: somebody with
// another one would keep all others from committing.
func validKey(b []byte) bool {
	k, err := ecdh.X25519().NewPublicKey(b)
	if err != nil {
		return false
	}
	_, err = probe.ECDH(k)
	return err == nil
}

// newAEAD makes AES-128-GCM.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("mls: %w", err)
	}
	return cipher.NewGCM(block)
}
