// Package framingtest makes messages that are MLS in form only, for tests of
// those who order and hand them on. Their signatures and secrets are noise.
package framingtest
