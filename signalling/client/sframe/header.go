package sframe

import (
	"errors"
	"fmt"
	"math/bits"
)

// ErrMalformed is returned for a frame that is not sealed, or not as it should be:
// drop it. It is never to be played.
var ErrMalformed = errors.New("sframe: malformed")

// Header is an SFrame header (RFC 9605, section 4.3).
type Header struct {
	// KID names the key, Counter the frame among those sealed with it.
	KID, Counter uint64
}

// maxHeader is how long a header may be.
const maxHeader = 1 + 8 + 8

// Append appends the header in its shortest form.
func (h Header) Append(b []byte) []byte {
	at := len(b)
	b = append(b, 0)
	kid, b := field(b, h.KID)
	counter, b := field(b, h.Counter)
	b[at] = kid<<4 | counter
	return b
}

// field appends a number, if it does not fit into three bits, and returns its part of
// the first byte.
func field(b []byte, v uint64) (byte, []byte) {
	if v < 8 {
		return byte(v), b
	}
	n := (bits.Len64(v) + 7) / 8
	for i := n - 1; i >= 0; i-- {
		b = append(b, byte(v>>(8*i)))
	}
	return 8 | byte(n-1), b
}

// ParseHeader reads the header at the beginning of b and returns what follows it.
func ParseHeader(b []byte) (h Header, rest []byte, err error) {
	if len(b) == 0 {
		return h, nil, fmt.Errorf("%w: no header", ErrMalformed)
	}
	kid, counter, rest := b[0]>>4, b[0]&15, b[1:]
	if h.KID, rest, err = number(kid, rest); err != nil {
		return Header{}, nil, err
	}
	if h.Counter, rest, err = number(counter, rest); err != nil {
		return Header{}, nil, err
	}
	return h, rest, nil
}

// number reads a number of which first is the part in the first byte. There is one
// form for each number, so that a frame cannot be sent again in another.
func number(first byte, b []byte) (uint64, []byte, error) {
	if first&8 == 0 {
		return uint64(first), b, nil
	}
	n := int(first&7) + 1
	if len(b) < n {
		return 0, nil, fmt.Errorf("%w: a header that is cut off", ErrMalformed)
	}
	var v uint64
	for _, x := range b[:n] {
		v = v<<8 | uint64(x)
	}
	if v < 8 || n > 1 && b[0] == 0 {
		return 0, nil, fmt.Errorf("%w: a header not in its shortest form", ErrMalformed)
	}
	return v, b[n:], nil
}
