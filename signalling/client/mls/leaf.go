package mls

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"time"
)

// Credential types and sources of leaf nodes (RFC 9420, sections 5.3 and 7.2).
const (
	credentialBasic = 1

	sourceKeyPackage = 1
	sourceUpdate     = 2
	sourceCommit     = 3
)

// Extension types (RFC 9420, section 17.3).
const (
	extRatchetTree          = 2
	extRequiredCapabilities = 3
	extExternalPub          = 4
	extExternalSenders      = 5
)

type extension struct {
	kind uint16
	data []byte
}

func readExtensions(r *reader) []extension {
	var list []extension
	r.each(func(r *reader) { list = append(list, extension{r.u16(), r.vec()}) })
	for i, e := range list {
		if slices.ContainsFunc(list[:i], func(x extension) bool { return x.kind == e.kind }) {
			r.fail("the extension %d is there twice", e.kind)
		}
	}
	return list
}

func writeExtensions(w *writer, list []extension) {
	w.nest(func(w *writer) {
		for _, e := range list {
			w.u16(e.kind)
			w.vec(e.data)
		}
	})
}

func findExtension(list []extension, kind uint16) ([]byte, bool) {
	for _, e := range list {
		if e.kind == kind {
			return e.data, true
		}
	}
	return nil, false
}

// capabilities are what a member's client knows (RFC 9420, section 7.2).
type capabilities struct{ versions, suites, extensions, proposals, credentials []uint16 }

func ourCapabilities() capabilities {
	return capabilities{versions: []uint16{version}, suites: []uint16{Suite}, credentials: []uint16{credentialBasic}}
}

func readU16s(r *reader) []uint16 {
	var list []uint16
	r.each(func(r *reader) { list = append(list, r.u16()) })
	return list
}

func writeU16s(w *writer, list []uint16) {
	w.nest(func(w *writer) {
		for _, v := range list {
			w.u16(v)
		}
	})
}

func readCapabilities(r *reader) capabilities {
	return capabilities{readU16s(r), readU16s(r), readU16s(r), readU16s(r), readU16s(r)}
}

func (c capabilities) write(w *writer) {
	for _, list := range [][]uint16{c.versions, c.suites, c.extensions, c.proposals, c.credentials} {
		writeU16s(w, list)
	}
}

// leafNode is what a member shows of itself (RFC 9420, section 7.2). It does not change.
type leafNode struct {
	encryptionKey []byte
	signatureKey  []byte
	credential    uint16
	identity      []byte // of a basic credential
	capabilities  capabilities
	source        uint8
	notBefore     uint64 // seconds since 1970, of a key package
	notAfter      uint64
	parentHash    []byte // of a commit
	extensions    []extension
	signature     []byte
}

func readLeafNode(r *reader) *leafNode {
	l := &leafNode{encryptionKey: r.vec(), signatureKey: r.vec(), credential: r.u16(), identity: r.vec()}
	l.capabilities = readCapabilities(r)
	switch l.source = r.u8(); l.source {
	case sourceKeyPackage:
		l.notBefore, l.notAfter = r.u64(), r.u64()
	case sourceUpdate:
	case sourceCommit:
		l.parentHash = r.vec()
	default:
		r.fail("a leaf node's source is %d", l.source)
	}
	l.extensions = readExtensions(r)
	l.signature = r.vec()
	return l
}

func (l *leafNode) writeContent(w *writer) {
	w.vec(l.encryptionKey)
	w.vec(l.signatureKey)
	w.u16(l.credential)
	w.vec(l.identity)
	l.capabilities.write(w)
	switch w.u8(l.source); l.source {
	case sourceKeyPackage:
		w.u64(l.notBefore)
		w.u64(l.notAfter)
	case sourceCommit:
		w.vec(l.parentHash)
	}
	writeExtensions(w, l.extensions)
}

func (l *leafNode) write(w *writer) {
	l.writeContent(w)
	w.vec(l.signature)
}

// signed is what is signed; group and index count where the leaf is not of a key package.
func (l *leafNode) signed(group []byte, index LeafIndex) []byte {
	return encode(func(w *writer) {
		l.writeContent(w)
		if l.source != sourceKeyPackage {
			w.vec(group)
			w.u32(uint32(index))
		}
	})
}

func (l *leafNode) sign(key ed25519.PrivateKey, group []byte, index LeafIndex) {
	l.signature = signWithLabel(key, "LeafNodeTBS", l.signed(group, index))
}

// verify checks what a leaf node says by itself (RFC 9420, section 7.3).
func (l *leafNode) verify(group []byte, index LeafIndex) error {
	switch {
	case l.credential != credentialBasic:
		return fmt.Errorf("%w: a credential is of type %d, not basic", ErrUnverified, l.credential)
	case !validKey(l.encryptionKey):
		return fmt.Errorf("%w: a leaf's encryption key", ErrMalformed)
	case !verifyWithLabel(l.signatureKey, "LeafNodeTBS", l.signed(group, index), l.signature):
		return fmt.Errorf("%w: a leaf's signature", ErrUnverified)
	case !slices.Contains(l.capabilities.versions, version) || !slices.Contains(l.capabilities.suites, Suite):
		return fmt.Errorf("%w: a leaf cannot do the group's version and suite", ErrUnverified)
	case !slices.Contains(l.capabilities.credentials, credentialBasic):
		return fmt.Errorf("%w: a leaf cannot read credentials", ErrUnverified)
	}
	for _, e := range l.extensions {
		if e.kind > extExternalSenders && !slices.Contains(l.capabilities.extensions, e.kind) {
			return fmt.Errorf("%w: a leaf has an extension that it does not know", ErrUnverified)
		}
	}
	return nil
}

// knows checks that a leaf can do what the group's context asks for.
func (l *leafNode) knows(context []extension) error {
	for _, e := range context {
		if e.kind > extExternalSenders && !slices.Contains(l.capabilities.extensions, e.kind) {
			return fmt.Errorf("%w: a leaf does not know the group's extension %d", ErrUnverified, e.kind)
		}
	}
	required, ok := findExtension(context, extRequiredCapabilities)
	if !ok {
		return nil
	}
	lists, err := decode(required, func(r *reader) [3][]uint16 {
		return [3][]uint16{readU16s(r), readU16s(r), readU16s(r)}
	})
	if err != nil {
		return fmt.Errorf("required capabilities: %w", err)
	}
	const lastExtension, lastProposal = extExternalSenders, proposalGroupContextExtensions // known by all
	c := l.capabilities
	if !covers(c.extensions, lists[0], lastExtension) || !covers(c.proposals, lists[1], lastProposal) || !covers(c.credentials, lists[2], 0) {
		return fmt.Errorf("%w: a leaf lacks a required capability", ErrUnverified)
	}
	return nil
}

// covers tells whether have holds what is wanted, but for what is known by default.
func covers(have, want []uint16, byDefault uint16) bool {
	for _, v := range want {
		if v > byDefault && !slices.Contains(have, v) {
			return false
		}
	}
	return true
}

// fresh tells whether a key package's leaf may be used at a time.
func (l *leafNode) fresh(now time.Time) bool {
	s := uint64(max(0, now.Unix()))
	return l.source == sourceKeyPackage && l.notBefore <= s && s <= l.notAfter
}

func (l *leafNode) equal(other *leafNode) bool {
	return bytes.Equal(encode(l.write), encode(other.write))
}
