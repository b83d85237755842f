// Package sframe seals and opens media frames (RFC 9605) with one cipher suite,
// AES_128_GCM_SHA256_128, and keys that an MLS group gives (section 5.2).
//
// A [Sealer] is a device's sending side: it owns the counters of all that the device
// sends, so that none repeats. An [Opener] is its receiving side: it keeps the keys
// of the last epochs and refuses what came before. Around what is sealed is an
// envelope for each codec, which says no more than what packetizers and the SFU
// must know ([Codec]).
//
// It knows nothing of MLS and nothing of RTP: frames in, frames out.
package sframe
