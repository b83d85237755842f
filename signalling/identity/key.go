package identity

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Scope is something that an API key may do.
type Scope string

// The scopes. Read lets a key look at what there is; write lets it change it,
// and look too.
const (
	KeysRead      Scope = "keys:read"
	KeysWrite     Scope = "keys:write"
	TokensWrite   Scope = "tokens:write" // also: sign tokens by oneself
	UsersRead     Scope = "users:read"
	UsersWrite    Scope = "users:write"
	GroupsRead    Scope = "groups:read"
	GroupsWrite   Scope = "groups:write"
	LinksRead     Scope = "links:read"
	LinksWrite    Scope = "links:write"
	CallsRead     Scope = "calls:read"
	CallsWrite    Scope = "calls:write"
	WebhooksRead  Scope = "webhooks:read"
	WebhooksWrite Scope = "webhooks:write"
	StatsRead     Scope = "stats:read"
	AuditRead     Scope = "audit:read"
	ReportsRead   Scope = "reports:read"
	ReportsWrite  Scope = "reports:write" // also: suspend who was reported
	allScopes     Scope = "*"
)

// Scopes lists all scopes but *, which is all of them.
func Scopes() []Scope {
	return []Scope{
		KeysRead, KeysWrite, TokensWrite, UsersRead, UsersWrite, GroupsRead, GroupsWrite, LinksRead, LinksWrite,
		CallsRead, CallsWrite, WebhooksRead, WebhooksWrite, StatsRead, AuditRead, ReportsRead, ReportsWrite,
	}
}

// Known tells whether there is such a scope; * is one.
func (s Scope) Known() bool { return s == allScopes || slices.Contains(Scopes(), s) }

// In tells whether a key with these scopes may do it. Who may write may read.
func (s Scope) In(scopes []string) bool {
	write := strings.TrimSuffix(string(s), ":read") + ":write"
	return slices.Contains(scopes, string(allScopes)) || slices.Contains(scopes, string(s)) ||
		strings.HasSuffix(string(s), ":read") && slices.Contains(scopes, write)
}

// NewKey makes an API key and its secret.
func NewKey() (id, secret string) { return NewID("ck"), "cs_" + NewSecret() + NewSecret() }

// CheckOrigin says whether a text is a web origin: scheme, host and perhaps a
// port, nothing else.
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Scheme+"://"+u.Host != origin {
		return fmt.Errorf("%q is not an origin such as https://example.com", origin)
	}
	return nil
}
