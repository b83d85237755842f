package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"

	"pronto/signalling/store"
)

// AuditRoom is how many entries of the audit log may be begun or wait.
const AuditRoom = auditRoom

// Begin says that something is about to be read.
func (l *AuditLog) Begin(ctx context.Context, e store.AuditEntry) (end func(store.AuditEntry), err error) {
	return l.begin(ctx, e, false)
}

// RequestHash is the hash by which a repeated request is known.
func RequestHash(method, uri, body string) string {
	h := sha256.New()
	for _, part := range []string{method, uri, "", body} {
		sum := sha256.Sum256([]byte(part))
		h.Write(sum[:])
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
