// Package identity says who somebody is: API keys, the tokens (JWT, RFC 7519)
// signed with them, and what a token grants. Integrators sign tokens offline
// with their key's secret; the server only verifies.
package identity
