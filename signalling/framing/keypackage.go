package framing

import (
	"bytes"
	"time"
)

// KeyPackage is what a delivery service has to know of a key package (RFC 9420,
// section 10).
type KeyPackage struct {
	// Body is the KeyPackage without its MLSMessage, as an Add proposal has it;
	// a part of what was parsed.
	Body []byte
	// Ref is its KeyPackageRef, by which a Welcome names it.
	Ref [32]byte
	// Leaf is what is in its leaf.
	Leaf Leaf
	// NotAfter is until when it may be used.
	NotAfter time.Time
}

// Leaf is what a delivery service has to know of a leaf node (RFC 9420, section
// 7.2).
type Leaf struct {
	// SignatureKey is the leaf's Ed25519 public key.
	SignatureKey []byte
	// Credential says whose it is.
	Credential Credential

	notAfter uint64
}

// ParseKeyPackage reads an MLSMessage with a key package, or fails with
// [ErrMalformed].
func ParseKeyPackage(data []byte) (KeyPackage, error) {
	r := message(data, keyPackage)
	p := KeyPackage{Body: r.data}
	p.Leaf = r.keyPackage()
	if err := r.end(); err != nil {
		return KeyPackage{}, err
	}
	const most = 1 << 40 // seconds: 35,000 years, which time.Time and JSON still know
	p.NotAfter = time.Unix(int64(min(p.Leaf.notAfter, most)), 0)
	p.Ref = reference(p.Body)
	return p, nil
}

func (r *reader) keyPackage() Leaf {
	r.want(r.uint16() == version10)
	r.want(r.uint16() == suite0001)
	r.vector() // init key
	leaf := r.leafNode(leafKeyPackage)
	r.extensions()
	r.vector() // signature
	return leaf
}

// leafNode reads a leaf node that must come from source.
func (r *reader) leafNode(source uint8) Leaf {
	var leaf Leaf
	r.vector() // encryption key
	leaf.SignatureKey = r.vector()
	r.want(len(leaf.SignatureKey) == 32)
	r.want(r.uint16() == credentialBasic)
	var err error
	if leaf.Credential, err = ParseCredential(r.vector()); err != nil {
		r.fail()
	}
	for range 5 { // capabilities: versions, suites, extensions, proposals, credentials
		r.vector()
	}
	r.want(r.uint8() == source)
	switch source {
	case leafKeyPackage:
		r.uint64()
		leaf.notAfter = r.uint64()
	case leafCommit:
		r.vector() // parent hash
	}
	r.extensions()
	r.vector() // signature
	if !r.bad && !bytes.Equal(leaf.Credential.Key(), leaf.SignatureKey) {
		r.fail()
	}
	return leaf
}
