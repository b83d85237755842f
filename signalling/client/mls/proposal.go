package mls

// Proposal types (RFC 9420, section 17.4).
const (
	proposalAdd                    = 1
	proposalUpdate                 = 2
	proposalRemove                 = 3
	proposalPSK                    = 4
	proposalReInit                 = 5
	proposalExternalInit           = 6
	proposalGroupContextExtensions = 7
)

// proposal is one change that is proposed (RFC 9420, section 12.1). kind says
// which of the fields counts.
type proposal struct {
	kind       uint16
	add        *KeyPackage
	update     *leafNode
	remove     LeafIndex
	psk        pskID
	reInit     reInit
	kemOutput  []byte // of external init
	extensions []extension
}

type reInit struct {
	group          []byte
	version, suite uint16
	extensions     []extension
}

func readProposal(r *reader) *proposal {
	p := &proposal{kind: r.u16()}
	switch p.kind {
	case proposalAdd:
		p.add = readKeyPackage(r)
	case proposalUpdate:
		p.update = readLeafNode(r)
	case proposalRemove:
		p.remove = LeafIndex(r.u32())
	case proposalPSK:
		p.psk = readPSKID(r)
	case proposalReInit:
		p.reInit = reInit{r.vec(), r.u16(), r.u16(), readExtensions(r)}
	case proposalExternalInit:
		p.kemOutput = r.vec()
	case proposalGroupContextExtensions:
		p.extensions = readExtensions(r)
	default:
		r.fail("a proposal is of type %d", p.kind)
	}
	return p
}

func (p *proposal) write(w *writer) {
	w.u16(p.kind)
	switch p.kind {
	case proposalAdd:
		p.add.write(w)
	case proposalUpdate:
		p.update.write(w)
	case proposalRemove:
		w.u32(uint32(p.remove))
	case proposalPSK:
		p.psk.write(w)
	case proposalReInit:
		w.vec(p.reInit.group)
		w.u16(p.reInit.version)
		w.u16(p.reInit.suite)
		writeExtensions(w, p.reInit.extensions)
	case proposalExternalInit:
		w.vec(p.kemOutput)
	case proposalGroupContextExtensions:
		writeExtensions(w, p.extensions)
	}
}

// proposalOrRef is one entry of a commit: a proposal, or the name of one that was
// sent before it.
type proposalOrRef struct {
	proposal *proposal
	ref      []byte
}

const (
	byValue     = 1
	byReference = 2
)

func readProposalOrRef(r *reader) proposalOrRef {
	switch kind := r.u8(); kind {
	case byValue:
		return proposalOrRef{proposal: readProposal(r)}
	case byReference:
		return proposalOrRef{ref: r.vec()}
	default:
		r.fail("a proposal is given in the way %d", kind)
		return proposalOrRef{}
	}
}

func (p proposalOrRef) write(w *writer) {
	if p.proposal != nil {
		w.u8(byValue)
		p.proposal.write(w)
		return
	}
	w.u8(byReference)
	w.vec(p.ref)
}
