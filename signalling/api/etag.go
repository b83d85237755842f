package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// MatchField makes a change depend on what is there (RFC 9110, section 13.1.1).
// The type is exported because the library looks into embedded structs only if
// they are.
type MatchField struct {
	IfMatch string `header:"If-Match" maxLength:"1024" doc:"The ETag of what is to be changed, as it was read. Without it the change is made to whatever is there."`
}

// matches fails if what is there is not what the client has seen.
func (f MatchField) matches(etag string) error {
	if f.IfMatch == "" || f.IfMatch == "*" {
		return nil
	}
	list := strings.Split(f.IfMatch, ",")
	if slices.ContainsFunc(list, func(one string) bool { return strings.TrimSpace(one) == etag }) {
		return nil
	}
	return problem(CodeChanged, "it is not what If-Match names any more")
}

// etagOf is the entity tag of what is shown of something.
func etagOf(shown any) string {
	data, err := json.Marshal(shown)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}
