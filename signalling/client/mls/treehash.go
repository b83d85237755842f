package mls

import (
	"bytes"
	"fmt"
	"slices"
)

// hashAll returns the hashes of all nodes (RFC 9420, section 7.8), as if the leaves
// in without were not there.
func (t *tree) hashNode(x node, without []LeafIndex, into [][]byte) []byte {
	var h []byte
	n := t.nodes[x]
	if x.isLeaf() {
		if slices.Contains(without, x.leaf()) {
			n.leaf = nil
		}
		h = hash(encode(func(w *writer) {
			w.u8(1)
			w.u32(uint32(x.leaf()))
			w.optional(n.leaf != nil)
			if n.leaf != nil {
				n.leaf.write(w)
			}
		}))
	} else {
		left, right := t.hashNode(x.left(), without, into), t.hashNode(x.right(), without, into)
		if n.parent != nil && len(without) > 0 {
			unmerged := slices.DeleteFunc(slices.Clone(n.parent.unmerged), func(l LeafIndex) bool { return slices.Contains(without, l) })
			n.parent = &parentNode{n.parent.encryptionKey, n.parent.parentHash, unmerged}
		}
		h = hash(encode(func(w *writer) {
			w.u8(2)
			w.optional(n.parent != nil)
			if n.parent != nil {
				n.parent.write(w)
			}
			w.vec(left)
			w.vec(right)
		}))
	}
	if into != nil {
		into[x] = h
	}
	return h
}

func (t *tree) rootHash() []byte { return t.hashNode(t.root(), nil, nil) }

// parentHash is what the child of x other than sibling says of x (RFC 9420, section 7.9).
// original is the hash of the sibling as it was when x got its key.
func (p *parentNode) hash(original []byte) []byte {
	return hash(encode(func(w *writer) {
		w.vec(p.encryptionKey)
		w.vec(p.parentHash)
		w.vec(original)
	}))
}

// verifyParentHashes checks that each parent's key came from somebody under it
// (RFC 9420, section 7.9.2).
func (t *tree) verifyParentHashes() error {
	hashes := make([][]byte, len(t.nodes))
	t.hashNode(t.root(), nil, hashes)
	for i, n := range t.nodes {
		if p := node(i); n.parent != nil && !t.chained(p, p.left(), p.right(), hashes) && !t.chained(p, p.right(), p.left(), hashes) {
			return fmt.Errorf("%w: the parent hash of node %d", ErrUnverified, i)
		}
	}
	return nil
}

// chained tells whether a node in the resolution of p's child names p as its parent.
func (t *tree) chained(p, child, sibling node, hashes [][]byte) bool {
	parent := t.nodes[p].parent
	original := hashes[sibling]
	if len(parent.unmerged) > 0 {
		original = t.hashNode(sibling, parent.unmerged, nil)
	}
	want := parent.hash(original)
	resolution := t.resolution(child)
	var unmerged []node
	for _, l := range parent.unmerged {
		if l.node().below(child) {
			unmerged = append(unmerged, l.node())
		}
	}
	for i, d := range resolution {
		if n := t.nodes[d]; !(n.leaf != nil && n.leaf.source == sourceCommit && bytes.Equal(n.leaf.parentHash, want)) &&
			!(n.parent != nil && bytes.Equal(n.parent.parentHash, want)) {
			continue
		}
		rest := slices.Delete(slices.Clone(resolution), i, i+1)
		slices.Sort(rest)
		return slices.Equal(rest, unmerged)
	}
	return false
}

// verify checks a tree that somebody else has sent (RFC 9420, section 12.4.3.1), but
// for the credentials.
func (t *tree) verify(context groupContext) error {
	keys := map[string]bool{}
	unique := func(key []byte) bool {
		before := keys[string(key)]
		keys[string(key)] = true
		return !before
	}
	for i, n := range t.nodes {
		x := node(i)
		switch {
		case n.leaf != nil:
			if err := n.leaf.verify(context.group, x.leaf()); err != nil {
				return fmt.Errorf("leaf %d: %w", x.leaf(), err)
			}
			if err := n.leaf.knows(context.extensions); err != nil {
				return fmt.Errorf("leaf %d: %w", x.leaf(), err)
			}
			if !unique(n.leaf.encryptionKey) || !unique(n.leaf.signatureKey) {
				return fmt.Errorf("%w: a key of leaf %d is there twice", ErrUnverified, x.leaf())
			}
		case n.parent != nil:
			if !validKey(n.parent.encryptionKey) || !unique(n.parent.encryptionKey) {
				return fmt.Errorf("%w: the key of node %d", ErrUnverified, i)
			}
			if err := t.verifyUnmerged(x, n.parent.unmerged); err != nil {
				return err
			}
		}
	}
	return t.verifyParentHashes()
}

// verifyUnmerged checks that x's unmerged leaves are under it, in order, and unmerged
// in the nodes between as well.
func (t *tree) verifyUnmerged(x node, unmerged []LeafIndex) error {
	for i, l := range unmerged {
		if t.leaf(l) == nil || !l.node().below(x) || i > 0 && unmerged[i-1] >= l {
			return fmt.Errorf("%w: the unmerged leaves of node %d", ErrUnverified, x)
		}
		for y := l.node().parent(); y != x; y = y.parent() {
			if p := t.nodes[y].parent; p != nil && !slices.Contains(p.unmerged, l) {
				return fmt.Errorf("%w: the unmerged leaves of node %d", ErrUnverified, y)
			}
		}
	}
	return nil
}
