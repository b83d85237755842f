package notify

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// VAPID is the key pair by which push services know this server (RFC 8292):
// browsers bind their subscriptions to its public half.
type VAPID struct {
	// Public is the uncompressed point, and Private the scalar, as base64url.
	Public, Private string
}

// NewVAPID derives the pair from a secret of at least 16 bytes: whoever keeps
// the secret keeps the subscriptions.
func NewVAPID(secret []byte) (VAPID, error) {
	for try := range 16 { // one in 2^32 is no scalar of the curve
		scalar, err := hkdf.Key(sha256.New, secret, nil, fmt.Sprintf("vapid %d", try), 32)
		if err != nil {
			return VAPID{}, fmt.Errorf("derive the VAPID key: %w", err)
		}
		key, err := ecdh.P256().NewPrivateKey(scalar)
		if err != nil {
			continue
		}
		encode := base64.RawURLEncoding.EncodeToString
		return VAPID{Public: encode(key.PublicKey().Bytes()), Private: encode(key.Bytes())}, nil
	}
	return VAPID{}, fmt.Errorf("derive the VAPID key: no scalar fits")
}
