package wire

import "encoding/json"

// MaxFrameBytes is the largest frame that the server accepts. A larger one
// closes the socket with [CloseTooLarge].
const MaxFrameBytes = 128 << 10

// MaxServerFrameBytes is the largest frame that the server sends: an account's
// whole list of people or links.
const MaxServerFrameBytes = 1 << 20

// MaxDepth is how deep arrays and objects may nest in a frame.
const MaxDepth = 16

// Frame is the envelope of every message, in both directions.
type Frame struct {
	// Type says which message Body is.
	Type string `json:"type" limit:"1..64"`
	// ID joins a request to its reply: chosen by the client, unique in its
	// session. A request repeated with the same id, after a lost socket, is
	// answered again and not carried out again. Every request has one.
	ID string `json:"id,omitzero" limit:"0..64"`
	// Serial numbers the server's frames in one session, from 1. The client
	// says the last one it has seen when it resumes, and gets those after it.
	Serial uint32 `json:"serial,omitzero"`
	// Call is the call that an event belongs to.
	Call CallID `json:"call,omitzero"`
	// Epoch counts the owners a call has had. A client ignores events of an
	// epoch lower than the highest it has seen.
	Epoch uint32 `json:"epoch,omitzero"`
	// Seq numbers the events of one call, from 1, the same for all members but
	// those whom a group keeps apart: they count what each of them may know.
	// After a gap the client asks for [Sync].
	Seq uint32 `json:"seq,omitzero"`
	// Body is the message.
	Body json.RawMessage `json:"body"`
}

// Close codes of the WebSocket (RFC 6455, section 7.4.2: 4000 to 4999 are
// private use). After any other code a client reconnects and resumes.
const (
	// CloseUnauthenticated: the token was refused, or none came within 5 s.
	CloseUnauthenticated = 4001
	// CloseReplaced: the session was resumed on another socket.
	CloseReplaced = 4002
	// CloseProtocol: frames that are not JSON objects, over and over.
	CloseProtocol = 4003
	// CloseTooSlow: the client did not read; it may resume at once.
	CloseTooSlow = 4008
	// CloseTooLarge: a frame over [MaxFrameBytes] (RFC 6455: 1009).
	CloseTooLarge = 1009
	// CloseRestarting: the server is going away (RFC 6455: 1001); reconnect
	// after a random part of two seconds.
	CloseRestarting = 1001
	// CloseTooMany: too many frames a second, or too many sockets.
	CloseTooMany = 1013
)
