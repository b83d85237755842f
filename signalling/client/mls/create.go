package mls

import (
	"crypto/rand"
	"fmt"
	"slices"
)

// Proposals are what a commit of ours does. It always brings new keys for us, too.
type Proposals struct {
	// Add are who comes.
	Add []*KeyPackage
	// Remove are the leaves of who goes.
	Remove []LeafIndex
	// PSKs are the ids of external pre-shared keys to mix in.
	PSKs [][]byte
	// AuthenticatedData is said beside it, in the clear.
	AuthenticatedData []byte
}

// Commit is a change of ours, which counts once the server has put it in order.
// If another came first, forget it.
type Commit struct {
	// Group is the view of the next epoch.
	Group *Group
	// Message is for all who are members now.
	Message []byte
	// Welcome is for those who come; nil if nobody does.
	Welcome []byte
	// Change is what it does.
	Change Change
}

// Commit makes a commit.
func (g *Group) Commit(p Proposals) (*Commit, error) {
	var list []proposed
	for _, i := range p.Remove {
		list = append(list, proposed{&proposal{kind: proposalRemove, remove: i}, g.self})
	}
	for _, k := range p.Add {
		list = append(list, proposed{&proposal{kind: proposalAdd, add: k}, g.self})
	}
	list = append(list, pskProposals(p.PSKs, g.self)...)
	next := g.next()
	a := &authenticated{format: formatPublic, content: &content{
		group: g.context.group, epoch: g.context.epoch, authenticatedData: p.AuthenticatedData,
		sender: sender{kind: senderMember, index: uint32(g.self)}, commit: inline(list),
	}}
	s, err := next.carryOut(list, g.self, false, a.content.commit.path)
	if err != nil {
		return nil, err
	}
	path, psk, err := next.ownPath(g, a, s)
	if err != nil {
		return nil, err
	}
	if next, err = g.enter(next, a, g.secrets.init, path.commit, psk, true); err != nil {
		return nil, err
	}
	a.membershipTag = a.membership(g.secrets.membership, g.context)
	c := &Commit{Group: next, Message: message{public: a}.bytes(), Change: s.change}
	if len(s.added) > 0 {
		c.Welcome, err = next.welcome(s, path, psk)
	}
	return c, err
}

// inline makes a commit of proposals, with a path that is not filled in yet.
func inline(list []proposed) *commit {
	c := &commit{path: &updatePath{}}
	for _, p := range list {
		c.proposals = append(c.proposals, proposalOrRef{proposal: p.proposal})
	}
	return c
}

func pskProposals(ids [][]byte, by LeafIndex) []proposed {
	var list []proposed
	for _, id := range ids {
		nonce := make([]byte, hashSize)
		_, _ = rand.Read(nonce) // never fails
		list = append(list, proposed{&proposal{kind: proposalPSK, psk: pskID{kind: pskExternal, id: id, nonce: nonce}}, by})
	}
	return list
}

// ownPath makes our path in the next epoch's view, fills it into the commit and signs that.
func (g *Group) ownPath(before *Group, a *authenticated, s *settled) (*path, []byte, error) {
	s.change.AuthenticatedData = a.content.authenticatedData
	psk, err := g.cfg.psks(s.psks, g.context.group, before.past)
	if err != nil {
		return nil, nil, err
	}
	path, err := g.tree.newPath(g.self, g.cfg.Identity, g.context.group)
	if err != nil {
		return nil, nil, err
	}
	g.context.treeHash = g.tree.rootHash()
	if a.content.commit.path, err = path.encrypt(g.tree, g.context, s.added); err != nil {
		return nil, nil, err
	}
	g.keys = path.keys
	a.sign(g.cfg.Identity.Key, before.context)
	return path, psk, nil
}

// welcome brings in those whom a commit has added.
func (g *Group) welcome(s *settled, p *path, psk []byte) ([]byte, error) {
	w := &welcome{}
	var err error
	if w.sealed, err = sealGroupInfo(g.secrets.welcome, g.groupInfo()); err != nil {
		return nil, err
	}
	for i, k := range s.packages {
		secrets := groupSecrets{joiner: g.secrets.joiner, psks: s.psks}
		at := slices.IndexFunc(p.steps, func(x step) bool { return s.added[i].node().below(x.copath) })
		if at >= 0 {
			secrets.path = p.secrets[at]
		}
		c, err := encryptWithLabel(k.initKey, "Welcome", w.sealed, encode(secrets.write))
		if err != nil {
			return nil, err
		}
		w.secrets = append(w.secrets, encryptedSecrets{k.ref(), c})
	}
	return message{welcome: w}.bytes(), nil
}

// Entry says how to join from outside.
type Entry struct {
	// Tree is the ratchet tree if the group info does not hold it.
	Tree []byte
	// Replace takes this leaf out: our own of before a reload, or before we lost track.
	// Nil if there is none.
	Replace *LeafIndex
	// PSKs are the ids of external pre-shared keys to mix in.
	PSKs [][]byte
	// AuthenticatedData is said beside it, in the clear.
	AuthenticatedData []byte
}

// JoinExternal makes a commit with which we join a group from outside (RFC 9420,
// section 12.4.3.2), given an MLSMessage with a group info.
func JoinExternal(cfg Config, info []byte, e Entry) (*Commit, error) {
	g, err := outside(cfg, info, e.Tree)
	if err != nil {
		return nil, err
	}
	if g.external == nil {
		return nil, fmt.Errorf("%w: a group info without an external key", ErrRefused)
	}
	kemOutput, init, err := externalInit(g.external)
	if err != nil {
		return nil, err
	}
	return g.enterFromOutside(init, kemOutput, e)
}

// outside is the view that somebody has who is no member, without secrets.
func outside(cfg Config, info, tree []byte) (*Group, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m, err := parseMessage(info)
	if err != nil {
		return nil, err
	}
	if m.groupInfo == nil {
		return nil, fmt.Errorf("%w: no group info", ErrMalformed)
	}
	g := &Group{cfg: cfg, context: m.groupInfo.context, confirmation: m.groupInfo.confirmation}
	if g.tree, err = m.groupInfo.tree(tree); err != nil {
		return nil, err
	}
	if err := cfg.authenticateAll(g.tree); err != nil {
		return nil, err
	}
	g.interim = interimTranscript(g.context.transcript, g.confirmation)
	g.external, _ = findExtension(m.groupInfo.extensions, extExternalPub)
	return g, nil
}

// enterFromOutside is JoinExternal, given the view without its secrets.
func (g *Group) enterFromOutside(init, kemOutput []byte, e Entry) (*Commit, error) {
	list := []proposed{{&proposal{kind: proposalExternalInit, kemOutput: kemOutput}, 0}}
	if e.Replace != nil {
		list = append(list, proposed{&proposal{kind: proposalRemove, remove: *e.Replace}, 0})
	}
	list = append(list, pskProposals(e.PSKs, 0)...)
	key, err := kem.GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("mls: make a key: %w", err)
	}
	a := &authenticated{format: formatPublic, content: &content{
		group: g.context.group, epoch: g.context.epoch, authenticatedData: e.AuthenticatedData,
		sender: sender{kind: senderNewMemberCommit}, commit: inline(list),
	}}
	a.content.commit.path.leaf = g.cfg.Identity.leaf(key) // its place; the path brings the real one
	next := g.next()
	s, err := next.carryOut(list, 0, true, a.content.commit.path)
	if err != nil {
		return nil, err
	}
	next.self = s.change.By.Index
	path, psk, err := next.ownPath(g, a, s)
	if err != nil {
		return nil, err
	}
	if next, err = g.enter(next, a, init, path.commit, psk, true); err != nil {
		return nil, err
	}
	return &Commit{Group: next, Message: message{public: a}.bytes(), Change: s.change}, nil
}
