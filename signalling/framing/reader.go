package framing

import (
	"encoding/binary"
	"errors"
)

// ErrMalformed means that the bytes are not what they should be.
var ErrMalformed = errors.New("framing: malformed")

// reader reads the presentation language of TLS with the vectors of RFC 9420,
// section 2.1. After the first error it reads zeroes, and err says so.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) fail() { r.bad, r.data = true, nil }

func (r *reader) err() error {
	if r.bad {
		return ErrMalformed
	}
	return nil
}

// end is err, and the error of anything that follows.
func (r *reader) end() error {
	if len(r.data) > 0 {
		r.fail()
	}
	return r.err()
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.data) {
		r.fail()
		return nil
	}
	out := r.data[:n:n]
	r.data = r.data[n:]
	return out
}

func (r *reader) uint8() uint8 {
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.take(2); len(b) == 2 {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); len(b) == 4 {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); len(b) == 8 {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// length reads a vector's length: one, two or four bytes, as short as it goes.
func (r *reader) length() int {
	first := r.uint8()
	switch first >> 6 {
	case 0:
		return int(first)
	case 1:
		if n := int(first&0x3f)<<8 | int(r.uint8()); n >= 1<<6 {
			return n
		}
	case 2:
		rest := r.take(3)
		if len(rest) == 3 {
			if n := int(first&0x3f)<<24 | int(rest[0])<<16 | int(rest[1])<<8 | int(rest[2]); n >= 1<<14 {
				return n
			}
		}
	}
	r.fail()
	return 0
}

func (r *reader) vector() []byte { return r.take(r.length()) }

// within reads a vector whose content a reader of its own reads; f must read it
// to its end.
func (r *reader) within(f func(*reader)) {
	inner := &reader{data: r.vector()}
	if r.bad {
		return
	}
	f(inner)
	if inner.end() != nil {
		r.fail()
	}
}

// each calls f until a vector is read to its end; f must read something.
func (r *reader) each(f func(*reader)) {
	r.within(func(inner *reader) {
		for len(inner.data) > 0 {
			before := len(inner.data)
			if f(inner); inner.bad || len(inner.data) == before {
				inner.fail()
				return
			}
		}
	})
}

// want fails unless what was read is what it must be.
func (r *reader) want(ok bool) {
	if !ok {
		r.fail()
	}
}
