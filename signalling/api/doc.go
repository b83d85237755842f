// Package api is the HTTP API: JSON in, JSON out, errors as RFC 9457 says. Its
// OpenAPI description is served at /v1/openapi.json.
package api
