package turn

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/pion/stun/v4"
)

const (
	stunHeaderSize        = 20
	channelDataHeaderSize = 4
	// maxFrame is the largest message from a client: what the library reads, less
	// the room that it wants to see free.
	maxFrame = 1596
)

var errNotTURN = errors.New("turn: neither STUN nor ChannelData")

// frameSize is how many bytes the message that begins with head occupies in a
// stream, padding included (RFC 8656, section 12.5; RFC 8489, section 5). head has
// at least 4 bytes. The error is errNotTURN, for messages over maxFrame too.
func frameSize(head []byte) (int, error) {
	length := int(binary.BigEndian.Uint16(head[2:]))
	size := stunHeaderSize + length
	switch {
	case isChannelData(head):
		size = channelDataHeaderSize + (length+3)&^3
	case head[0]>>6 != 0 || length%4 != 0:
		return 0, errNotTURN
	}
	if size > maxFrame {
		return 0, errNotTURN
	}
	return size, nil
}

// isChannelData reports whether a message is ChannelData: the first two bits tell
// (RFC 8656, section 12).
func isChannelData(b []byte) bool { return len(b) > 0 && b[0]>>6 == 1 }

// isRelayed reports whether a message to a client carries payload from a peer.
func isRelayed(b []byte) bool {
	return isChannelData(b) || len(b) > 1 && b[0] == 0 && b[1] == 0x17 // a Data indication
}

// message is a STUN message whose header has been checked; it is read in place.
type message []byte

// parseMessage checks the header of a STUN message (RFC 8489, section 5).
func parseMessage(b []byte) (message, bool) {
	const magicCookie = 0x2112A442
	ok := len(b) >= stunHeaderSize && b[0]>>6 == 0 &&
		binary.BigEndian.Uint32(b[4:]) == magicCookie &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-stunHeaderSize && len(b)%4 == 0
	return message(b), ok
}

func (m message) messageType() (t stun.MessageType) {
	t.ReadValue(binary.BigEndian.Uint16(m))
	return t
}

// attr is the value of the first attribute of type t; nothing after
// MESSAGE-INTEGRITY counts (RFC 8489, section 14.5).
func (m message) attr(t stun.AttrType) ([]byte, bool) {
	for b := m[stunHeaderSize:]; len(b) >= 4; {
		found, length := stun.AttrType(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
		if length > len(b)-4 {
			return nil, false
		}
		if found == t {
			return b[4 : 4+length], true
		}
		if found == stun.AttrMessageIntegrity {
			return nil, false
		}
		b = b[min(4+(length+3)&^3, len(b)):]
	}
	return nil, false
}

func (m message) has(t stun.AttrType) bool {
	_, ok := m.attr(t)
	return ok
}

// lifetime is the value of LIFETIME (RFC 8656, section 18.2).
func (m message) lifetime() (time.Duration, bool) {
	v, ok := m.attr(stun.AttrLifetime)
	if !ok || len(v) != 4 {
		return 0, false
	}
	return time.Duration(binary.BigEndian.Uint32(v)) * time.Second, true
}

// refusal is the error response with this code to m, which is a request or a response to one.
func (m message) refusal(code stun.ErrorCode) []byte {
	response, err := stun.Build(
		stun.NewTransactionIDSetter([stun.TransactionIDSize]byte(m[8:stunHeaderSize])),
		stun.NewType(m.messageType().Method, stun.ClassErrorResponse),
		stun.ErrorCodeAttribute{Code: code},
	)
	if err != nil {
		return nil // cannot happen: nothing in it has a length that varies
	}
	return response.Raw
}
