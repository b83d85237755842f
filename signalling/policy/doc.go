// Package policy decides who may reach whom. It is pure: facts in, verdict out,
// no clock, no store, no socket. Every path that can make a device ring or let
// somebody into a call asks it first, and nothing reaches a callee before.
package policy
