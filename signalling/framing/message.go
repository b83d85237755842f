package framing

import "crypto/sha256"

// The numbers of RFC 9420, sections 6, 12.1 and 17, that are allowed here.
const (
	version10  = 1
	suite0001  = 1 // MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519
	publicKind = 1 // wire formats
	welcome    = 3
	groupInfo  = 4
	keyPackage = 5

	senderMember    = 1
	senderNewCommit = 4

	contentCommit = 3

	proposalAdd          = 1
	proposalRemove       = 3
	proposalPreShared    = 4
	proposalExternalInit = 6

	byValue = 1

	leafKeyPackage = 1
	leafCommit     = 3

	credentialBasic = 1
)

// MaxAuthenticatedData is the most bytes of authenticated data in a commit.
const MaxAuthenticatedData = 1024

// message reads the head of an MLSMessage (RFC 9420, section 6).
func message(data []byte, format uint16) *reader {
	r := &reader{data: data}
	r.want(r.uint16() == version10)
	r.want(r.uint16() == format)
	return r
}

// GroupInfo is the head of a GroupInfo (RFC 9420, section 12.4.3).
type GroupInfo struct {
	GroupID []byte
	Epoch   uint64
}

// ParseGroupInfo reads an MLSMessage with a GroupInfo, or fails with
// [ErrMalformed]. Its slices are parts of data.
func ParseGroupInfo(data []byte) (GroupInfo, error) {
	r := message(data, groupInfo)
	r.want(r.uint16() == version10) // GroupContext
	r.want(r.uint16() == suite0001)
	g := GroupInfo{GroupID: r.vector(), Epoch: r.uint64()}
	r.vector() // tree hash
	r.vector() // confirmed transcript hash
	r.extensions()
	r.extensions()
	r.vector() // confirmation tag
	r.uint32() // signer
	r.vector() // signature
	return g, r.end()
}

// ParseWelcome reads an MLSMessage with a Welcome (RFC 9420, section 12.4.3.1)
// and returns the references of the key packages that it is for, or fails with
// [ErrMalformed].
func ParseWelcome(data []byte) (refs [][]byte, err error) {
	r := message(data, welcome)
	r.want(r.uint16() == suite0001)
	r.each(func(r *reader) {
		refs = append(refs, r.vector())
		r.vector() // HPKECiphertext
		r.vector()
	})
	r.vector() // encrypted GroupInfo
	return refs, r.end()
}

// extensions skips a list of extensions (RFC 9420, section 13.4).
func (r *reader) extensions() {
	r.each(func(r *reader) {
		r.uint16()
		r.vector()
	})
}

// reference is a key package's (RFC 9420, section 5.2).
func reference(pkg []byte) [sha256.Size]byte {
	const label = "MLS 1.0 KeyPackage Reference"
	h := sha256.New()
	h.Write(append([]byte{byte(len(label))}, label...))
	h.Write(appendLength(nil, len(pkg)))
	h.Write(pkg)
	return [sha256.Size]byte(h.Sum(nil))
}

func appendLength(b []byte, n int) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return append(b, 1<<6|byte(n>>8), byte(n))
	}
	return append(b, 2<<6|byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
