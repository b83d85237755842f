// Package turn is the embedded TURN server (RFC 8656), for clients that cannot
// reach the SFU or each other directly: UDP and TCP on one port, UDP relays.
// Relaying to private addresses is refused unless Config allows it.
//
// The protocol itself is pion/turn. Around it this package puts the fences that
// a relay open to the Internet needs:
//
//   - a peer policy, asked for each permission and again for each datagram in
//     both directions, so that a credential never opens the operator's network;
//   - framing of TCP before the library sees a byte, with deadlines;
//   - a budget of answers to strangers, so that a spoofed source is not flooded;
//   - quotas for each user and revocation, which ends live allocations.
//
// Goroutines: the library runs one for UDP, one for each TCP connection and one for
// each relay. Everything of ours that they share is in [Server]'s leaf locks. A
// gate keeps the end of an allocation apart from the handling of its client's
// messages; see gate.
package turn
