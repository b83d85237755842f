package mls

import "math/bits"

// node is the index of a node in the array that holds a tree (RFC 9420, appendix C):
// leaves are even, leaf i is node 2i.
type node uint32

// LeafIndex numbers a member: leaves of the tree from the left, from 0.
type LeafIndex uint32

func (l LeafIndex) node() node { return node(l) * 2 }

func (x node) isLeaf() bool    { return x&1 == 0 }
func (x node) leaf() LeafIndex { return LeafIndex(x / 2) }

// level is 0 for leaves.
func (x node) level() int { return bits.TrailingZeros32(^uint32(x)) }

// left and right are the children of a parent node.
func (x node) left() node  { return x ^ 1<<(x.level()-1) }
func (x node) right() node { return x ^ 3<<(x.level()-1) }

// parent is the node above; it must not be asked of the root.
func (x node) parent() node {
	k := x.level()
	b := x >> (k + 1) & 1
	return (x | 1<<k) ^ b<<(k+1)
}

// sibling is the other child of the parent.
func (x node) sibling() node {
	p := x.parent()
	if x < p {
		return p.right()
	}
	return p.left()
}

// root is the root of a tree of so many leaves, a power of two.
func root(leaves int) node { return node(leaves - 1) }

// below tells whether x is y or in the subtree under y.
func (x node) below(y node) bool {
	k := y.level()
	return x.level() <= k && x>>(k+1) == y>>(k+1)
}

// directPath are the ancestors of x, from its parent to the root.
func directPath(x node, leaves int) []node {
	var path []node
	for r := root(leaves); x != r; {
		x = x.parent()
		path = append(path, x)
	}
	return path
}

// width is how many leaves a tree that holds leaf i has at least.
func width(i LeafIndex) int {
	return 1 << bits.Len32(uint32(i))
}
