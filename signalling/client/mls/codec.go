package mls

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrMalformed is returned for bytes that are not what they should be. Drop them,
// and ask for the message again if it was needed.
var ErrMalformed = errors.New("mls: malformed")

// maxVector is how long a vector may be: the encoding's own limit is 2^30 bytes
// (RFC 9420, section 2.1.2), which no message of a call comes near.
const maxVector = 1 << 24

// reader takes apart what is presented as RFC 9420, section 2.1, says. The first
// error stays; what is read after it is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
	}
	r.b = nil
}

func (r *reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n > len(r.b) {
		r.fail("%d bytes are missing", n-len(r.b))
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) u8() uint8 {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// length reads a vector's length, in the shortest of its forms (RFC 9000, section
// 16, without the longest).
func (r *reader) length() int {
	first := r.u8()
	n := int(first & 0x3f)
	switch first >> 6 {
	case 0:
		return n
	case 1:
		n = n<<8 | int(r.u8())
		if r.err == nil && n < 1<<6 {
			r.fail("a length is not in its shortest form")
		}
	case 2:
		if b := r.take(3); b != nil {
			n = n<<24 | int(b[0])<<16 | int(b[1])<<8 | int(b[2])
			if n < 1<<14 {
				r.fail("a length is not in its shortest form")
			}
		}
	default:
		r.fail("a length is of 8 bytes")
	}
	if r.err == nil && n > maxVector {
		r.fail("a vector is of %d bytes", n)
	}
	return n
}

// vec reads a vector. It is part of what the reader reads, and not to be changed.
func (r *reader) vec() []byte { return r.take(r.length()) }

// each calls item until a vector is used up.
func (r *reader) each(item func(*reader)) {
	inner := reader{b: r.vec()}
	for r.err == nil && len(inner.b) > 0 {
		if item(&inner); inner.err != nil {
			r.err, r.b = inner.err, nil
		}
	}
}

// optional reports whether an optional value follows.
func (r *reader) optional() bool {
	switch r.u8() {
	case 0:
		return false
	case 1:
		return r.err == nil
	}
	r.fail("an optional value is neither there nor not")
	return false
}

// end returns the first error; bytes that are left are one.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail("%d bytes too many", len(r.b))
	}
	return r.err
}

// decode reads one value that takes up all of b.
func decode[T any](b []byte, read func(*reader) T) (T, error) {
	r := reader{b: b}
	v := read(&r)
	return v, r.end()
}

// writer presents values; the zero value is empty.
type writer struct{ b []byte }

func (w *writer) raw(b []byte) { w.b = append(w.b, b...) }
func (w *writer) u8(v uint8)   { w.b = append(w.b, v) }
func (w *writer) u16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *writer) u32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *writer) u64(v uint64) { w.b = binary.BigEndian.AppendUint64(w.b, v) }

func (w *writer) vec(b []byte) {
	switch n := len(b); {
	case n < 1<<6:
		w.u8(uint8(n))
	case n < 1<<14:
		w.u16(1<<14 | uint16(n))
	default:
		w.u32(2<<30 | uint32(n))
	}
	w.raw(b)
}

// nest writes what f writes as a vector.
func (w *writer) nest(f func(*writer)) {
	var inner writer
	f(&inner)
	w.vec(inner.b)
}

func (w *writer) optional(there bool) {
	if there {
		w.u8(1)
	} else {
		w.u8(0)
	}
}

// encode returns what f writes.
func encode(f func(*writer)) []byte {
	var w writer
	f(&w)
	return w.b
}
