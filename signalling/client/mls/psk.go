package mls

const (
	pskExternal   = 1
	pskResumption = 2

	usageApplication = 1
)

// pskID names a pre-shared key (RFC 9420, section 8.4).
type pskID struct {
	kind  uint8
	id    []byte // of an external one
	usage uint8  // of a resumption, and what follows
	group []byte
	epoch uint64
	nonce []byte
}

func readPSKID(r *reader) pskID {
	p := pskID{kind: r.u8()}
	switch p.kind {
	case pskExternal:
		p.id = r.vec()
	case pskResumption:
		p.usage, p.group, p.epoch = r.u8(), r.vec(), r.u64()
	default:
		r.fail("a pre-shared key is of type %d", p.kind)
	}
	p.nonce = r.vec()
	return p
}

func (p pskID) write(w *writer) {
	switch w.u8(p.kind); p.kind {
	case pskExternal:
		w.vec(p.id)
	case pskResumption:
		w.u8(p.usage)
		w.vec(p.group)
		w.u64(p.epoch)
	}
	w.vec(p.nonce)
}

// pskSecret mixes pre-shared keys, in their order (RFC 9420, section 8.4).
func pskSecret(ids []pskID, keys [][]byte) []byte {
	secret := make([]byte, hashSize)
	for i, id := range ids {
		label := encode(func(w *writer) {
			id.write(w)
			w.u16(uint16(i))
			w.u16(uint16(len(ids)))
		})
		input := expandWithLabel(extract(make([]byte, hashSize), keys[i]), "derived psk", label, hashSize)
		secret = extract(input, secret)
	}
	return secret
}
