// Package mls is the Messaging Layer Security protocol (RFC 9420) for one cipher
// suite, MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, on the standard library.
//
// A [Group] is one member's view of a group in one epoch, and does not change:
// [Group.Commit] and [Group.Process] return the view of the next epoch, so that a
// commit that lost the race is dropped by dropping what it returned.
//
// Handshake messages are PublicMessages, since a server puts them in order; there
// are no application messages. The caller decides who may be a member
// ([Config.Authenticate]) and what a commit may do ([Config.Admit]). The server
// never imports this package: it could not read what it carries if it did.
package mls
