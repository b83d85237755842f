// Package layer chooses which encoding of a simulcast a viewer gets, and when to
// ask a publisher for a key frame. It does no I/O; the time is an argument.
package layer
