package mls

// commit is a change of epoch (RFC 9420, section 12.4).
type commit struct {
	proposals []proposalOrRef
	path      *updatePath // nil if there is none
}

func readCommit(r *reader) *commit {
	c := &commit{}
	r.each(func(r *reader) { c.proposals = append(c.proposals, readProposalOrRef(r)) })
	if r.optional() {
		c.path = readUpdatePath(r)
	}
	return c
}

func (c *commit) write(w *writer) {
	w.nest(func(w *writer) {
		for _, p := range c.proposals {
			p.write(w)
		}
	})
	w.optional(c.path != nil)
	if c.path != nil {
		c.path.write(w)
	}
}

// updatePath is new keys from a leaf to the root (RFC 9420, section 7.6).
type updatePath struct {
	leaf  *leafNode
	nodes []pathNode
}

type pathNode struct {
	encryptionKey []byte
	secrets       []ciphertext // one for each node of the copath's resolution
}

func readUpdatePath(r *reader) *updatePath {
	p := &updatePath{leaf: readLeafNode(r)}
	r.each(func(r *reader) {
		n := pathNode{encryptionKey: r.vec()}
		r.each(func(r *reader) { n.secrets = append(n.secrets, readCiphertext(r)) })
		p.nodes = append(p.nodes, n)
	})
	return p
}

func (p *updatePath) write(w *writer) {
	p.leaf.write(w)
	w.nest(func(w *writer) {
		for _, n := range p.nodes {
			w.vec(n.encryptionKey)
			w.nest(func(w *writer) {
				for _, c := range n.secrets {
					c.write(w)
				}
			})
		}
	})
}
