// Package credential makes and checks short-lived TURN passwords in the form of
// the "TURN REST API" (draft-uberti-behave-turn-rest-00): the username carries its
// own expiry, the password is an HMAC of the username under a secret that only
// the service and its TURN servers hold. Nothing is stored.
//
//	username = "<Unix time of expiry>:<call>:<user>"
//	password = base64(HMAC-SHA1(secret, username))
//
// A credential is bound to one user in one call. The package does no I/O and
// reads no clock: now is always handed in.
package credential
