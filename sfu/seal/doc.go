// Package seal tells whether a packet is part of a frame that was sealed by its
// sender (SFrame, RFC 9605), as far as who has no key can tell: on the first
// packet of a frame stands a known envelope and behind it an SFrame header with
// the sender's own leaf, a present epoch and the kind of the stream.
//
// It looks no further, allocates nothing and keeps nothing. What it lets through
// may still be noise; what it refuses is certainly not sealed as agreed.
package seal
