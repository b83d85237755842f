package udp

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
)

// Lengths and types of STUN (RFC 8489, sections 5 and 14).
const (
	stunHeader       = 20
	stunCookie       = 0x2112a442
	stunBinding      = 0x0001
	stunUsername     = 0x0006
	stunIntegrity    = 0x0008
	stunIntegrityLen = 20
)

// Check is a binding request, as ICE sends them to find out whether an address can be reached (RFC 8445, section 7).
type Check struct {
	message   []byte
	username  []byte
	integrity int // where its attribute begins
}

// ParseCheck reads a datagram. It reports false for anything but a binding request with a user name and
// a proof of who made it.
func ParseCheck(b []byte) (Check, bool) {
	if len(b) < stunHeader || binary.BigEndian.Uint16(b) != stunBinding || binary.BigEndian.Uint32(b[4:]) != stunCookie ||
		int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return Check{}, false
	}
	c := Check{message: b}
	for at := stunHeader; at+4 <= len(b); {
		kind, n := binary.BigEndian.Uint16(b[at:]), int(binary.BigEndian.Uint16(b[at+2:]))
		if at+4+n > len(b) {
			return Check{}, false
		}
		switch kind {
		case stunUsername:
			c.username = b[at+4 : at+4+n]
		case stunIntegrity: // what comes behind it is not protected
			c.integrity = at
			return c, n == stunIntegrityLen && c.username != nil
		}
		at += 4 + (n+3)&^3
	}
	return Check{}, false
}

// Fragment returns the user name fragment of the one who is checked; it belongs to the datagram.
func (c Check) Fragment() []byte {
	for i, b := range c.username {
		if b == ':' {
			return c.username[:i]
		}
	}
	return nil
}

// Proves tells whether who made the check knows the password.
func (c Check) Proves(password string) bool {
	var header [4]byte // the length counts up to the end of the proof (RFC 8489, section 14.5)
	copy(header[:], c.message)
	binary.BigEndian.PutUint16(header[2:], uint16(c.integrity+4+stunIntegrityLen-stunHeader))
	mac := hmac.New(sha1.New, []byte(password))
	mac.Write(header[:])
	mac.Write(c.message[4:c.integrity])
	return hmac.Equal(mac.Sum(nil), c.message[c.integrity+4:c.integrity+4+stunIntegrityLen])
}
