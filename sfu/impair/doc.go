// Package impair is a bad network for tests and for the lab: loss, bursts of it, delay, jitter, a bottleneck with a queue. It
// works in user space, for many systems lack what would do it in their kernel, and needs no rights. Nothing that is
// shipped uses it.
package impair
