package framing

// Commit is what a delivery service has to know of a commit (RFC 9420, section
// 12.4). Its slices are parts of what was parsed.
type Commit struct {
	GroupID []byte
	// Epoch is the epoch that it was made in.
	Epoch uint64
	// External says that its sender adds himself (section 12.4.3.2); Sender is
	// then meaningless.
	External bool
	// Sender is the leaf of the member whose commit it is.
	Sender uint32
	// Adds are the key packages that are added, without their MLSMessage, in
	// order.
	Adds [][]byte
	// Removes are the leaves that are removed.
	Removes []uint32
	// Path says that the sender renews his keys; Leaf is his leaf then.
	Path bool
	Leaf Leaf
}

// ParseCommit reads an MLSMessage with a PublicMessage (RFC 9420, section 6.2)
// that is a commit of a member or of a newcomer, with proposals by value of the
// kinds add, remove, preSharedKey and externalInit only; anything else is
// [ErrMalformed].
func ParseCommit(data []byte) (Commit, error) {
	r := message(data, publicKind)
	c := Commit{GroupID: r.vector(), Epoch: r.uint64()}
	switch r.uint8() {
	case senderMember:
		c.Sender = r.uint32()
	case senderNewCommit:
		c.External = true
	default:
		r.fail()
	}
	r.want(len(r.vector()) <= MaxAuthenticatedData)
	r.want(r.uint8() == contentCommit)
	inits := 0
	r.each(func(r *reader) { c.proposal(r, &inits) })
	switch r.uint8() {
	case 0:
	case 1:
		c.Path = true
		c.Leaf = r.leafNode(leafCommit)
		r.each(func(r *reader) {
			r.vector() // public key of a parent node
			r.each(func(r *reader) {
				r.vector() // HPKECiphertext
				r.vector()
			})
		})
	default:
		r.fail()
	}
	r.vector() // signature
	r.vector() // confirmation tag
	if !c.External {
		r.vector() // membership tag
	}
	r.want(c.lawful(inits))
	return c, r.end()
}

func (c *Commit) proposal(r *reader, inits *int) {
	r.want(r.uint8() == byValue)
	switch r.uint16() {
	case proposalAdd:
		before := r.data
		r.keyPackage()
		c.Adds = append(c.Adds, before[:len(before)-len(r.data)])
	case proposalRemove:
		c.Removes = append(c.Removes, r.uint32())
	case proposalPreShared:
		r.want(r.uint8() == 1) // external, no resumption
		r.vector()             // id
		r.vector()             // nonce
	case proposalExternalInit:
		*inits++
		r.vector()
	default:
		r.fail()
	}
}

// lawful is the part of section 12.2 that needs no tree: a newcomer brings one
// init, his keys and nobody else; a member renews his keys where he must.
func (c *Commit) lawful(inits int) bool {
	if c.External {
		return inits == 1 && c.Path && len(c.Adds) == 0 && len(c.Removes) <= 1
	}
	return inits == 0 && (c.Path || len(c.Adds) > 0 && len(c.Removes) == 0)
}
