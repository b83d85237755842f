package udp

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
	"net/netip"
)

// Lengths and types of STUN (RFC 8489, sections 5 and 14; RFC 8445, section 16.1).
const (
	stunHeader         = 20
	stunCookie         = 0x2112a442
	stunBinding        = 0x0001
	stunSuccess        = 0x0101
	stunUsername       = 0x0006
	stunIntegrity      = 0x0008
	stunIntegrityLen   = 20
	stunMapped         = 0x0020 // XOR-MAPPED-ADDRESS
	stunUseCandidate   = 0x0025
	stunFingerprint    = 0x8028
	stunFingerprintXOR = 0x5354554e
	stunControlled     = 0x8029

	// AnswerSize is the most that an answer to a check takes, in bytes.
	AnswerSize = stunHeader + 24 + (4 + stunIntegrityLen) + 8
)

// Check is a binding request, as ICE sends them to find out whether an address can be reached (RFC 8445, section 7).
type Check struct {
	message   []byte
	username  []byte
	integrity int // where its attribute begins

	// Nominates: the one who checks wants to use this way.
	Nominates bool
	// Controlled: he takes the other side for the one that nominates.
	Controlled bool
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
		case stunUseCandidate:
			c.Nominates = true
		case stunControlled:
			c.Controlled = true
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
	var proof [stunIntegrityLen]byte
	return hmac.Equal(prove(proof[:0], c.message[:c.integrity], password), c.message[c.integrity+4:c.integrity+4+stunIntegrityLen])
}

// prove appends the proof of a message that ends where the attribute of the proof begins, whatever its header
// says about its length: that counts up to the end of the proof (RFC 8489, section 14.5).
func prove(dst, message []byte, password string) []byte {
	var header [4]byte
	copy(header[:], message)
	binary.BigEndian.PutUint16(header[2:], uint16(len(message)+4+stunIntegrityLen-stunHeader))
	mac := hmac.New(sha1.New, []byte(password))
	mac.Write(header[:])
	mac.Write(message[4:])
	return mac.Sum(dst)
}

// Answer appends the answer to a check that came from an address: that it came, and from where. It is
// at most [AnswerSize] bytes long, and never longer than a check of ICE with its priority and role.
func (c Check) Answer(dst []byte, from netip.AddrPort, password string) []byte {
	begin := len(dst)
	b := binary.BigEndian.AppendUint16(dst, stunSuccess)
	b = append(b, 0, 0)
	b = append(b, c.message[4:stunHeader]...) // the cookie and the transaction
	b = appendMapped(b, from, c.message[4:stunHeader])
	proof := prove(make([]byte, 0, stunIntegrityLen), b[begin:], password)
	b = binary.BigEndian.AppendUint16(b, stunIntegrity)
	b = binary.BigEndian.AppendUint16(b, stunIntegrityLen)
	b = append(b, proof...)
	binary.BigEndian.PutUint16(b[begin+2:], uint16(len(b)-begin+8-stunHeader))
	sum := crc32.ChecksumIEEE(b[begin:]) ^ stunFingerprintXOR
	b = binary.BigEndian.AppendUint16(b, stunFingerprint)
	b = binary.BigEndian.AppendUint16(b, 4)
	return binary.BigEndian.AppendUint32(b, sum)
}

// appendMapped appends XOR-MAPPED-ADDRESS (RFC 8489, section 14.2); mask is what the address is hidden with.
func appendMapped(b []byte, from netip.AddrPort, mask []byte) []byte {
	ip, family := from.Addr().Unmap(), byte(1)
	if !ip.Is4() {
		family = 2
	}
	bytes := ip.AsSlice()
	b = binary.BigEndian.AppendUint16(b, stunMapped)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(bytes)))
	b = append(b, 0, family)
	b = binary.BigEndian.AppendUint16(b, from.Port()^stunCookie>>16)
	for i := range bytes {
		b = append(b, bytes[i]^mask[i])
	}
	return b
}
