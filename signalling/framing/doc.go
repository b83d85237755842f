// Package framing reads as much of MLS (RFC 9420) as a delivery service has to:
// whose commit it is, whom it adds and removes, whose key package this is. It
// verifies no signature, knows no secret and can open nothing; members check
// everything themselves.
//
// It also has the bytes of the credential in every leaf, which devices, clients
// and server have to agree about.
//
// Everything here reads bytes from the network: sizes are checked before
// anything is kept, nothing is read twice, and what follows the object is an
// error.
package framing
