package api

import (
	"crypto/sha256"
	"encoding/base64"
)

// RequestHash is the hash by which a repeated request is known.
func RequestHash(method, uri, body string) string {
	h := sha256.New()
	for _, part := range []string{method, uri, "", body} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
