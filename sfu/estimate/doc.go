// Package estimate finds out how much the way to one receiver carries, from when its packets arrive: Google
// congestion control (draft-ietf-rmcat-gcc-02) on the sender's side, fed by transport-wide feedback
// (draft-holmer-rmcat-transport-wide-cc-extensions-01), with probes. It does no I/O and keeps no timers: packets,
// reports and the time come in, a bit rate comes out.
//
// Where it differs from the draft: loss that stays as it is when less is sent is taken for the way's own and does not
// lower the rate any further, so that a lossy radio link keeps its pictures; and a rate is not raised beyond one
// and a half times what is really sent, but by a probe.
package estimate
