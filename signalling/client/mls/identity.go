package mls

import (
	"crypto/ed25519"
	"crypto/hpke"
	"errors"
)

// Identity is who a device is to the others.
type Identity struct {
	// Credential is the identity of a basic credential (RFC 9420, section 5.3): bytes
	// that [Config.Authenticate] of the others understands.
	Credential []byte
	// Key signs all that the device says.
	Key ed25519.PrivateKey
}

func (id Identity) validate() error {
	if len(id.Key) != ed25519.PrivateKeySize || len(id.Credential) == 0 {
		return errors.New("mls: Identity has no credential or key")
	}
	return nil
}

// public is the signature key that others see.
func (id Identity) public() []byte { return id.Key.Public().(ed25519.PublicKey) }

// leaf is an unsigned leaf node, without its source.
func (id Identity) leaf(key hpke.PrivateKey) *leafNode {
	return &leafNode{
		encryptionKey: key.PublicKey().Bytes(), signatureKey: id.public(),
		credential: credentialBasic, identity: id.Credential, capabilities: ourCapabilities(),
	}
}
