// Package sfu is a selective forwarding middlebox (RFC 7667, section 3.7). It
// never decodes media and, with end-to-end encryption, cannot. It knows rooms
// and peers: no names, tokens, sockets.
//
// Every peer has one PeerConnection, offered by the client and negotiated once.
// What a peer receives flows in the slots of that first negotiation: the media
// sections that its client offered as recvonly. Who flows in which slot is told
// by a [Slots] event, never by renegotiation. A client offers again only to open
// more slots or to restart ICE.
//
// The media path runs in the goroutine that reads one received encoding: it
// reads snapshots (atomic pointers) that the room's owner replaces, and takes
// only the lock of the one slot that it writes to. Callbacks run in a goroutine
// of their own for each peer, so that a slow listener delays only itself.
package sfu
