package mls

import (
	"fmt"
	"slices"
)

// MaxMembers is how many leaves a tree may have. A call has far fewer.
const MaxMembers = 1024

// parentNode is an inner node (RFC 9420, section 7.1). It does not change.
type parentNode struct {
	encryptionKey []byte
	parentHash    []byte
	unmerged      []LeafIndex // ascending
}

// treeNode is a leaf, a parent, or blank.
type treeNode struct {
	leaf   *leafNode
	parent *parentNode
}

func (n treeNode) blank() bool { return n.leaf == nil && n.parent == nil }

// tree is a ratchet tree (RFC 9420, section 7): the members and the keys between
// them. Its length is 2n-1 for a power of two n.
type tree struct{ nodes []treeNode }

// parseTree reads a ratchet tree (RFC 9420, section 12.4.3.3). It is not verified.
func parseTree(b []byte) (*tree, error) {
	return decode(b, func(r *reader) *tree {
		t := &tree{}
		r.each(func(r *reader) {
			var n treeNode
			if r.optional() {
				n = readNode(r, node(len(t.nodes)).isLeaf())
			}
			if t.nodes = append(t.nodes, n); len(t.nodes) >= 2*MaxMembers {
				r.fail("a tree of more than %d leaves", MaxMembers)
			}
		})
		if n := len(t.nodes); r.err == nil && (n == 0 || t.nodes[n-1].blank()) {
			r.fail("a tree ends with a blank")
			return t
		}
		if leaves := width(LeafIndex((len(t.nodes)) / 2)); r.err == nil {
			t.nodes = append(t.nodes, make([]treeNode, 2*leaves-1-len(t.nodes))...)
		}
		return t
	})
}

func readNode(r *reader, leaf bool) treeNode {
	switch kind := r.u8(); {
	case kind == 1 && leaf:
		return treeNode{leaf: readLeafNode(r)}
	case kind == 2 && !leaf:
		p := &parentNode{encryptionKey: r.vec(), parentHash: r.vec()}
		r.each(func(r *reader) { p.unmerged = append(p.unmerged, LeafIndex(r.u32())) })
		return treeNode{parent: p}
	default:
		r.fail("a node of type %d is where it cannot be", kind)
		return treeNode{}
	}
}

// bytes is the tree without the blanks at its end.
func (t *tree) bytes() []byte {
	end := len(t.nodes)
	for end > 0 && t.nodes[end-1].blank() {
		end--
	}
	return encode(func(w *writer) {
		w.nest(func(w *writer) {
			for _, n := range t.nodes[:end] {
				w.optional(!n.blank())
				switch {
				case n.leaf != nil:
					w.u8(1)
					n.leaf.write(w)
				case n.parent != nil:
					w.u8(2)
					n.parent.write(w)
				}
			}
		})
	})
}

func (p *parentNode) write(w *writer) {
	w.vec(p.encryptionKey)
	w.vec(p.parentHash)
	w.nest(func(w *writer) {
		for _, l := range p.unmerged {
			w.u32(uint32(l))
		}
	})
}

func (t *tree) clone() *tree { return &tree{slices.Clone(t.nodes)} }

// leaves is how many leaves there are, blank ones counted.
func (t *tree) leaves() int { return (len(t.nodes) + 1) / 2 }

func (t *tree) root() node { return root(t.leaves()) }

// leaf returns a member, or nil.
func (t *tree) leaf(i LeafIndex) *leafNode {
	if int(i) >= t.leaves() {
		return nil
	}
	return t.nodes[i.node()].leaf
}

// members calls f for each member.
func (t *tree) members(f func(LeafIndex, *leafNode)) {
	for i := range t.leaves() {
		if l := t.nodes[2*i].leaf; l != nil {
			f(LeafIndex(i), l)
		}
	}
}

// add puts a leaf in the leftmost free place (RFC 9420, section 12.1.1).
func (t *tree) add(l *leafNode) (LeafIndex, error) {
	i := LeafIndex(0)
	for int(i) < t.leaves() && t.nodes[i.node()].leaf != nil {
		i++
	}
	if int(i) >= MaxMembers {
		return 0, fmt.Errorf("mls: the group is full: it has %d members", MaxMembers)
	}
	if int(i) == t.leaves() {
		t.nodes = append(t.nodes, make([]treeNode, 2*t.leaves())...)
	}
	t.nodes[i.node()] = treeNode{leaf: l}
	for _, x := range directPath(i.node(), t.leaves()) {
		if p := t.nodes[x].parent; p != nil {
			at, _ := slices.BinarySearch(p.unmerged, i)
			unmerged := slices.Insert(slices.Clone(p.unmerged), at, i)
			t.nodes[x].parent = &parentNode{p.encryptionKey, p.parentHash, unmerged}
		}
	}
	return i, nil
}

// update replaces a member's leaf (section 12.1.2).
func (t *tree) update(i LeafIndex, l *leafNode) {
	t.nodes[i.node()] = treeNode{leaf: l}
	t.blankPath(i)
}

// remove takes a member out (section 12.1.3).
func (t *tree) remove(i LeafIndex) {
	t.nodes[i.node()] = treeNode{}
	t.blankPath(i)
	for n := t.leaves(); n > 1; n = t.leaves() {
		right := t.nodes[n:] // of the root, which is node n-1
		if slices.ContainsFunc(right, func(x treeNode) bool { return x.leaf != nil }) {
			break
		}
		t.nodes = t.nodes[: n-1 : n-1]
	}
}

func (t *tree) blankPath(i LeafIndex) {
	for _, x := range directPath(i.node(), t.leaves()) {
		t.nodes[x] = treeNode{}
	}
}

// resolution are the nodes whose keys reach everybody under x (RFC 9420, section 4.1.1).
func (t *tree) resolution(x node) []node {
	n := t.nodes[x]
	switch {
	case n.parent != nil:
		list := []node{x}
		for _, l := range n.parent.unmerged {
			list = append(list, l.node())
		}
		return list
	case n.leaf != nil:
		return []node{x}
	case x.isLeaf():
		return nil
	}
	return append(t.resolution(x.left()), t.resolution(x.right())...)
}

// step is one node of a filtered direct path, with its child on the copath.
type step struct{ node, copath node }

// filteredPath are the ancestors of a leaf under whose other child is somebody
// (RFC 9420, section 4.1.2).
func (t *tree) filteredPath(i LeafIndex) []step {
	var path []step
	x := i.node()
	for x != t.root() {
		if s := x.sibling(); len(t.resolution(s)) > 0 {
			path = append(path, step{x.parent(), s})
		}
		x = x.parent()
	}
	return path
}

// key is a node's public key; nil if it is blank.
func (t *tree) key(x node) []byte {
	switch n := t.nodes[x]; {
	case n.leaf != nil:
		return n.leaf.encryptionKey
	case n.parent != nil:
		return n.parent.encryptionKey
	}
	return nil
}
