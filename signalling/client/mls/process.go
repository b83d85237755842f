package mls

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// maxProposed is how many proposals are kept for a commit to name.
const maxProposed = 256

// Header is what can be read of a handshake message without being a member.
type Header struct {
	// Group names the group, Epoch the epoch in which it was sent.
	Group []byte
	Epoch uint64
	// Commit says that it begins a new epoch; otherwise it is a proposal.
	Commit bool
	// External says that the sender joins by it; otherwise Sender is his leaf.
	External bool
	Sender   LeafIndex
}

// Peek reads the header of a handshake message. It verifies nothing.
func Peek(handshake []byte) (Header, error) {
	m, err := parseMessage(handshake)
	if err != nil {
		return Header{}, err
	}
	if m.public == nil {
		return Header{}, fmt.Errorf("%w: no handshake message", ErrMalformed)
	}
	c := m.public.content
	return Header{
		Group: c.group, Epoch: c.epoch, Commit: c.commit != nil,
		External: c.sender.kind == senderNewMemberCommit, Sender: LeafIndex(c.sender.index),
	}, nil
}

// Process takes in a handshake message of somebody else. For a commit it returns the
// view of the next epoch and what has changed; for a proposal a view that remembers
// it, and no change. After an error the view is still as it was. [ErrRemoved]
// comes with the change.
func (g *Group) Process(handshake []byte) (*Group, *Change, error) {
	m, err := parseMessage(handshake)
	if err != nil {
		return nil, nil, err
	}
	a := m.public
	if a == nil {
		return nil, nil, fmt.Errorf("%w: no handshake message", ErrMalformed)
	}
	if !bytes.Equal(a.content.group, g.context.group) {
		return nil, nil, fmt.Errorf("%w: a message of another group", ErrUnverified)
	}
	if a.content.epoch != g.context.epoch {
		return nil, nil, fmt.Errorf("%w: %d, not %d", ErrEpoch, a.content.epoch, g.context.epoch)
	}
	if err := g.verify(a); err != nil {
		return nil, nil, err
	}
	switch {
	case a.content.commit != nil:
		return g.commit(a)
	case a.content.proposal != nil:
		n, err := g.keep(a)
		return n, nil, err
	}
	return nil, nil, fmt.Errorf("%w: a message in the clear", ErrRefused)
}

// verify checks that a message is from whom it says.
func (g *Group) verify(a *authenticated) error {
	switch c := a.content; {
	case c.sender.kind == senderMember:
		l := g.tree.leaf(LeafIndex(c.sender.index))
		if l == nil {
			return fmt.Errorf("%w: a message of nobody", ErrUnverified)
		}
		if c.sender.index == uint32(g.self) {
			return fmt.Errorf("%w: a message of our own", ErrRefused)
		}
		if err := a.verifyMembership(g.secrets.membership, g.context); err != nil {
			return err
		}
		return a.verify(l.signatureKey, g.context)
	case c.sender.kind == senderNewMemberCommit && c.commit != nil && c.commit.path != nil:
		return a.verify(c.commit.path.leaf.signatureKey, g.context)
	}
	return fmt.Errorf("%w: a message of a sender of type %d", ErrRefused, a.content.sender.kind)
}

func (g *Group) keep(a *authenticated) (*Group, error) {
	if len(g.proposed) >= maxProposed {
		return nil, fmt.Errorf("%w: too many proposals", ErrRefused)
	}
	n := *g
	n.proposed = maps.Clone(g.proposed)
	if n.proposed == nil {
		n.proposed = map[string]proposed{}
	}
	n.proposed[string(a.ref())] = proposed{a.content.proposal, LeafIndex(a.content.sender.index)}
	return &n, nil
}

// commit carries out somebody else's commit.
func (g *Group) commit(a *authenticated) (*Group, *Change, error) {
	c := a.content.commit
	external := a.content.sender.kind == senderNewMemberCommit
	by := LeafIndex(a.content.sender.index)
	list, err := g.resolve(c, by, external)
	if err != nil {
		return nil, nil, err
	}
	next := g.next()
	s, err := next.carryOut(list, by, external, c.path)
	if err != nil {
		return nil, nil, err
	}
	s.change.AuthenticatedData = a.content.authenticatedData
	s.change.Unusual = s.change.Unusual || slices.ContainsFunc(c.proposals, func(p proposalOrRef) bool { return p.proposal == nil })
	if g.cfg.Admit != nil {
		if err := g.cfg.Admit(s.change); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	if slices.ContainsFunc(s.change.Removed, func(m Member) bool { return m.Index == g.self }) {
		return nil, &s.change, ErrRemoved
	}
	psk, err := g.cfg.psks(s.psks, g.context.group, g.past)
	if err != nil {
		return nil, nil, err
	}
	secret := make([]byte, hashSize)
	if c.path != nil {
		if secret, err = next.follow(c.path, s); err != nil {
			return nil, nil, err
		}
	} else {
		next.context.treeHash = next.tree.rootHash()
	}
	init := g.secrets.init
	if external {
		if init, err = g.secrets.openExternalInit(s.kemOutput); err != nil {
			return nil, nil, err
		}
	}
	next, err = g.enter(next, a, init, secret, psk, false)
	return next, &s.change, err
}

// follow takes in the keys of somebody's update path, and returns its secret.
func (g *Group) follow(u *updatePath, s *settled) ([]byte, error) {
	steps, err := g.tree.apply(u, s.change.By.Index, g.context.group, s.before, s.added)
	if err != nil {
		return nil, err
	}
	if err := g.checkLeaf(u.leaf); err != nil {
		return nil, err
	}
	if err := g.tree.unique(); err != nil {
		return nil, err
	}
	g.context.treeHash = g.tree.rootHash()
	keys, secret, err := g.tree.decrypt(u, steps, g.self, g.keys, g.context, s.added)
	g.keys = keys
	return secret, err
}

// checkLeaf asks whether a leaf that is new to us may be in the group.
func (g *Group) checkLeaf(l *leafNode) error {
	if err := l.knows(g.context.extensions); err != nil {
		return err
	}
	return g.cfg.authenticate(l)
}

// unique checks that no two members share a key (RFC 9420, section 7.3).
func (t *tree) unique() error {
	keys := map[string]bool{}
	var err error
	t.members(func(i LeafIndex, l *leafNode) {
		for _, k := range [][]byte{l.signatureKey, l.encryptionKey} {
			if keys[string(k)] {
				err = fmt.Errorf("%w: a key of leaf %d is there twice", ErrUnverified, i)
			}
			keys[string(k)] = true
		}
	})
	return err
}
