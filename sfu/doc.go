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
// pion/webrtc does ICE, DTLS and session descriptions. Media does not go through it: one
// goroutine, the worker, reads the socket in batches, decrypts each packet once and forwards it to everybody who
// receives it before it reads again, without a lock, an allocation or another goroutine on the way. It
// reads snapshots (atomic pointers) that the room's owner replaces. What else wants something of the media
// path posts it to the worker, who also keeps all timers of the media: reports, feedback, lost packets.
//
// There may be several workers, each with a socket on the one port (SO_REUSEPORT). A room belongs to one of them, which
// forwards all of its media; what the system gives another one is handed over, a batch at a time.
//
// Callbacks run in a goroutine of their own for each peer, so that a slow listener delays only itself.
package sfu
