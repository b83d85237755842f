// Package enrol makes accounts of e-mail addresses and phone numbers: what an
// address is, one-time codes and their hashes, and who carries a code to its
// address. It keeps nothing: how often a code may be sent and guessed at is
// counted where it must not be lost, in the store.
package enrol
