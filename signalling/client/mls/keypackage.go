package mls

import (
	"crypto/ed25519"
	"crypto/hpke"
	"fmt"
	"time"
)

// KeyPackage is what a device shows, so that a member can add it (RFC 9420, section 10).
// It does not change.
type KeyPackage struct {
	initKey    []byte
	leaf       *leafNode
	extensions []extension
	signature  []byte
}

// ParseKeyPackage reads an MLSMessage that holds a key package, and verifies its
// signatures, not its credential.
func ParseKeyPackage(message []byte) (*KeyPackage, error) {
	m, err := parseMessage(message)
	if err != nil {
		return nil, err
	}
	if m.keyPackage == nil {
		return nil, fmt.Errorf("%w: no key package", ErrMalformed)
	}
	return m.keyPackage, m.keyPackage.verify()
}

// Identity is what its credential says.
func (k *KeyPackage) Identity() []byte { return k.leaf.identity }

// SignatureKey is the device's Ed25519 public key.
func (k *KeyPackage) SignatureKey() ed25519.PublicKey { return k.leaf.signatureKey }

// Message is the key package as an MLSMessage.
func (k *KeyPackage) Message() []byte { return message{keyPackage: k}.bytes() }

func readKeyPackage(r *reader) *KeyPackage {
	if v, s := r.u16(), r.u16(); r.err == nil && (v != version || s != Suite) {
		r.fail("a key package of version %d and suite %d", v, s)
	}
	return &KeyPackage{initKey: r.vec(), leaf: readLeafNode(r), extensions: readExtensions(r), signature: r.vec()}
}

func (k *KeyPackage) writeContent(w *writer) {
	w.u16(version)
	w.u16(Suite)
	w.vec(k.initKey)
	k.leaf.write(w)
	writeExtensions(w, k.extensions)
}

func (k *KeyPackage) write(w *writer) {
	k.writeContent(w)
	w.vec(k.signature)
}

// ref names the key package (RFC 9420, section 5.2).
func (k *KeyPackage) ref() []byte { return refHash(labels+"KeyPackage Reference", encode(k.write)) }

// verify checks what the key package says by itself (RFC 9420, section 10.1).
func (k *KeyPackage) verify() error {
	switch {
	case k.leaf.source != sourceKeyPackage:
		return fmt.Errorf("%w: a key package's leaf is of another source", ErrUnverified)
	case string(k.initKey) == string(k.leaf.encryptionKey):
		return fmt.Errorf("%w: a key package's keys are one", ErrUnverified)
	case !validKey(k.initKey):
		return fmt.Errorf("%w: a key package's init key", ErrMalformed)
	case !verifyWithLabel(k.leaf.signatureKey, "KeyPackageTBS", encode(k.writeContent), k.signature):
		return fmt.Errorf("%w: a key package's signature", ErrUnverified)
	}
	return k.leaf.verify(nil, 0)
}

// Prepared is a key package of our own, with its private keys. It is for one use,
// unless it is a last resort.
type Prepared struct {
	Package   *KeyPackage
	init, key hpke.PrivateKey
}

// Prepare makes a key package, which may be used until the given time. Clocks of
// others may be an hour late.
func Prepare(id Identity, now, until time.Time) (*Prepared, error) {
	if err := id.validate(); err != nil {
		return nil, err
	}
	initKey, err := kem.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("mls: make a key: %w", err)
	}
	key, err := kem.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("mls: make a key: %w", err)
	}
	leaf := id.leaf(key)
	leaf.source = sourceKeyPackage
	leaf.notBefore, leaf.notAfter = uint64(max(0, now.Add(-time.Hour).Unix())), uint64(max(0, until.Unix()))
	leaf.sign(id.Key, nil, 0)
	k := &KeyPackage{initKey: initKey.PublicKey().Bytes(), leaf: leaf}
	k.signature = signWithLabel(id.Key, "KeyPackageTBS", encode(k.writeContent))
	return &Prepared{k, initKey, key}, nil
}
