// Package wire is the one definition of Pronto's protocol: every message, code
// and limit. cmd/wiregen turns it into TypeScript, JSON Schema and the page
// PROTOCOL.gen.md; a test fails when those are older than this package.
//
// A WebSocket text frame is one JSON object, a [Frame]. A client sends requests
// and gets one reply to each, with the same id: the reply's own type, or
// [Problem]. The server also sends events nobody asked for. Unknown fields are
// ignored on both sides, so that a newer peer may say more, except in a [Strict]
// request; an unknown type is answered with a Problem.
package wire
