// Package speaker tells who speaks, from the audio levels that clients send with
// each packet (RFC 6464). It does no I/O; the time is an argument.
package speaker
