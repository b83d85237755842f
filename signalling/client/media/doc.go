// Package media is the media side of a client without a microphone: it sends
// recorded clips (Opus and simulcast VP8) and counts what comes back, over a
// connection to one other person ([Direct]) or to the SFU ([Routed]).
//
// It knows nothing of signalling: descriptions and candidates go in and out as
// values. One [Engine] serves all connections of a process; its one scheduler
// paces everything that is sent.
package media
