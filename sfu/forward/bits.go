package forward

// bitReader reads a bit field from its highest bit on. Behind the end there are zeros, and short is set.
type bitReader struct {
	b     []byte
	at    int // in bits
	short bool
}

// read reads n bits, at most 32.
func (r *bitReader) read(n int) (value uint32) {
	if r.at+n > 8*len(r.b) {
		r.short, r.at = true, 8*len(r.b)
		return 0
	}
	for ; n > 0; n-- {
		value = value<<1 | uint32(r.b[r.at/8]>>(7-r.at%8)&1)
		r.at++
	}
	return value
}

func (r *bitReader) flag() bool { return r.read(1) == 1 }

// nonSymmetric reads a number below n in the code of the AV1 bitstream specification, section 4.10.7.
func (r *bitReader) nonSymmetric(n uint32) uint32 {
	w := 0
	for x := n; x != 0; x >>= 1 {
		w++
	}
	m := uint32(1)<<w - n
	v := r.read(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + r.read(1)
}
