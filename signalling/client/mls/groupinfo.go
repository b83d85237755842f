package mls

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
)

// groupInfo is what somebody needs to know of a group in order to join it (RFC 9420,
// section 12.4.3).
type groupInfo struct {
	context      groupContext
	extensions   []extension
	confirmation []byte
	signer       LeafIndex
	signature    []byte
}

func readGroupInfo(r *reader) *groupInfo {
	return &groupInfo{readGroupContext(r), readExtensions(r), r.vec(), LeafIndex(r.u32()), r.vec()}
}

func (g *groupInfo) writeContent(w *writer) {
	g.context.write(w)
	writeExtensions(w, g.extensions)
	w.vec(g.confirmation)
	w.u32(uint32(g.signer))
}

func (g *groupInfo) write(w *writer) {
	g.writeContent(w)
	w.vec(g.signature)
}

func (g *groupInfo) sign(key ed25519.PrivateKey) {
	g.signature = signWithLabel(key, "GroupInfoTBS", encode(g.writeContent))
}

// tree returns the group's tree: the one in the group info, or else the given one. It
// is verified, and the group info's signature with it.
func (g *groupInfo) tree(given []byte) (*tree, error) {
	if data, ok := findExtension(g.extensions, extRatchetTree); ok {
		given = data
	}
	t, err := parseTree(given)
	if err != nil {
		return nil, fmt.Errorf("the ratchet tree: %w", err)
	}
	if !bytes.Equal(t.rootHash(), g.context.treeHash) {
		return nil, fmt.Errorf("%w: the ratchet tree is of another group or epoch", ErrUnverified)
	}
	signer := t.leaf(g.signer)
	if signer == nil || !verifyWithLabel(signer.signatureKey, "GroupInfoTBS", encode(g.writeContent), g.signature) {
		return nil, fmt.Errorf("%w: a group info's signature", ErrUnverified)
	}
	return t, t.verify(g.context)
}

// welcome brings new members in (RFC 9420, section 12.4.3.1).
type welcome struct {
	secrets []encryptedSecrets
	sealed  []byte // the group info
}

type encryptedSecrets struct {
	newMember []byte // the name of his key package
	secrets   ciphertext
}

func readWelcome(r *reader) *welcome {
	if s := r.u16(); r.err == nil && s != Suite {
		r.fail("a welcome of suite %d", s)
	}
	w := &welcome{}
	r.each(func(r *reader) { w.secrets = append(w.secrets, encryptedSecrets{r.vec(), readCiphertext(r)}) })
	w.sealed = r.vec()
	return w
}

func (m *welcome) write(w *writer) {
	w.u16(Suite)
	w.nest(func(w *writer) {
		for _, s := range m.secrets {
			w.vec(s.newMember)
			s.secrets.write(w)
		}
	})
	w.vec(m.sealed)
}

// groupSecrets is what a welcome tells each new member alone.
type groupSecrets struct {
	joiner []byte
	path   []byte // nil if the commit had no path
	psks   []pskID
}

func readGroupSecrets(r *reader) groupSecrets {
	s := groupSecrets{joiner: r.vec()}
	if r.optional() {
		s.path = r.vec()
	}
	r.each(func(r *reader) { s.psks = append(s.psks, readPSKID(r)) })
	return s
}

func (s groupSecrets) write(w *writer) {
	w.vec(s.joiner)
	w.optional(s.path != nil)
	if s.path != nil {
		w.vec(s.path)
	}
	w.nest(func(w *writer) {
		for _, p := range s.psks {
			p.write(w)
		}
	})
}

// sealGroupInfo and openGroupInfo are under a key that the welcome secret gives.
func sealGroupInfo(secret []byte, g *groupInfo) ([]byte, error) {
	a, err := newAEAD(expandWithLabel(secret, "key", nil, keySize))
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, expandWithLabel(secret, "nonce", nil, a.NonceSize()), encode(g.write), nil), nil
}

func openGroupInfo(secret, sealed []byte) (*groupInfo, error) {
	a, err := newAEAD(expandWithLabel(secret, "key", nil, keySize))
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, expandWithLabel(secret, "nonce", nil, a.NonceSize()), sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: a welcome's group info: %w", ErrUnverified, err)
	}
	return decode(plain, readGroupInfo)
}
