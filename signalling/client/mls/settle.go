package mls

import (
	"bytes"
	"fmt"
	"slices"
)

// settled is what a commit's proposals have come to.
type settled struct {
	change    Change
	added     []LeafIndex
	packages  []*KeyPackage // of added
	before    *leafNode     // of the committer; nil if he is new
	psks      []pskID
	kemOutput []byte
}

// resolve looks up the proposals that a commit names.
func (g *Group) resolve(c *commit, by LeafIndex, external bool) ([]proposed, error) {
	var list []proposed
	for _, p := range c.proposals {
		if p.proposal != nil {
			list = append(list, proposed{p.proposal, by})
			continue
		}
		found, ok := g.proposed[string(p.ref)]
		if !ok || external {
			return nil, fmt.Errorf("%w: a commit names a proposal that was not sent", ErrUnverified)
		}
		list = append(list, found)
	}
	return list, nil
}

// check checks the list of proposals as a whole (RFC 9420, section 12.2).
func check(list []proposed, by LeafIndex, external bool, path *updatePath) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: a commit "+format, append([]any{ErrUnverified}, args...)...)
	}
	count := map[uint16]int{}
	touched := map[LeafIndex]bool{}
	needsPath := len(list) == 0
	for _, p := range list {
		count[p.kind]++
		leaf, touches := p.by, false
		switch p.kind {
		case proposalUpdate:
			touches, needsPath = true, true
			if p.by == by {
				return bad("updates its sender by a proposal")
			}
		case proposalRemove:
			leaf, touches, needsPath = p.remove, true, true
			if p.remove == by && !external {
				return bad("removes its sender")
			}
		case proposalExternalInit, proposalGroupContextExtensions:
			needsPath = true
		case proposalReInit:
			return fmt.Errorf("%w: a commit begins another group", ErrRefused)
		}
		if touches && touched[leaf] {
			return bad("changes leaf %d twice", leaf)
		}
		touched[leaf] = touched[leaf] || touches
	}
	switch {
	case count[proposalGroupContextExtensions] > 1:
		return bad("sets the extensions twice")
	case needsPath && path == nil:
		return bad("lacks a path")
	case external && (count[proposalExternalInit] != 1 || count[proposalRemove] > 1 ||
		count[proposalExternalInit]+count[proposalRemove]+count[proposalPSK] != len(list)):
		return bad("from outside does more than join")
	case !external && count[proposalExternalInit] > 0:
		return bad("of a member joins from outside")
	}
	return nil
}

// carryOut applies the proposals to the view of the next epoch (RFC 9420, section
// 12.3), all but the path. path may be that of our own commit, without its content.
func (g *Group) carryOut(list []proposed, by LeafIndex, external bool, path *updatePath) (*settled, error) {
	if err := check(list, by, external, path); err != nil {
		return nil, err
	}
	s := &settled{change: Change{External: external, Epoch: g.context.epoch, Path: path != nil}}
	if !external {
		s.before = g.tree.leaf(by)
	}
	for _, kind := range []uint16{
		proposalGroupContextExtensions, proposalUpdate, proposalRemove, proposalAdd, proposalPSK, proposalExternalInit,
	} {
		for _, p := range list {
			if p.kind != kind {
				continue
			}
			if err := g.apply(p, s); err != nil {
				return nil, err
			}
		}
	}
	if external {
		i, err := g.tree.add(path.leaf)
		if err != nil {
			return nil, err
		}
		by = i
	} else if path != nil && path.leaf != nil && !bytes.Equal(path.leaf.identity, s.before.identity) {
		return nil, fmt.Errorf("%w: a commit changes who its sender is", ErrUnverified)
	}
	s.change.By = member(by, g.tree.leaf(by))
	if err := g.tree.unique(); err != nil {
		return nil, err
	}
	return s, nil
}

// apply applies one proposal.
func (g *Group) apply(p proposed, s *settled) error {
	switch p.kind {
	case proposalGroupContextExtensions:
		s.change.Unusual = true
		g.context.extensions = p.extensions
		var err error
		g.tree.members(func(_ LeafIndex, l *leafNode) {
			if err == nil {
				err = l.knows(p.extensions)
			}
		})
		return err
	case proposalUpdate:
		s.change.Unusual = true
		return g.applyUpdate(p)
	case proposalRemove:
		l := g.tree.leaf(p.remove)
		if l == nil {
			return fmt.Errorf("%w: a commit removes nobody", ErrUnverified)
		}
		s.change.Removed = append(s.change.Removed, member(p.remove, l))
		g.tree.remove(p.remove)
	case proposalAdd:
		return g.applyAdd(p.add, s)
	case proposalPSK:
		if slices.ContainsFunc(s.psks, func(x pskID) bool { return bytes.Equal(encode(x.write), encode(p.psk.write)) }) {
			return fmt.Errorf("%w: a commit names a pre-shared key twice", ErrUnverified)
		}
		if len(p.psk.nonce) != hashSize {
			return fmt.Errorf("%w: a pre-shared key's nonce", ErrMalformed)
		}
		s.psks = append(s.psks, p.psk)
		if p.psk.kind == pskExternal {
			s.change.PSKs = append(s.change.PSKs, p.psk.id)
		} else {
			s.change.Unusual = true
		}
	case proposalExternalInit:
		s.kemOutput = p.kemOutput
	}
	return nil
}

func (g *Group) applyUpdate(p proposed) error {
	before := g.tree.leaf(p.by)
	switch {
	case before == nil || p.by == g.self:
		return fmt.Errorf("%w: an update of nobody else", ErrUnverified)
	case p.update.source != sourceUpdate || bytes.Equal(before.encryptionKey, p.update.encryptionKey) ||
		!bytes.Equal(before.identity, p.update.identity):
		return fmt.Errorf("%w: an update changes too little or too much", ErrUnverified)
	}
	if err := p.update.verify(g.context.group, p.by); err != nil {
		return err
	}
	g.tree.update(p.by, p.update)
	return g.checkLeaf(p.update)
}

func (g *Group) applyAdd(k *KeyPackage, s *settled) error {
	if err := k.verify(); err != nil {
		return err
	}
	if g.cfg.Now != nil && !k.leaf.fresh(g.cfg.Now()) {
		return fmt.Errorf("%w: a key package is out of date", ErrUnverified)
	}
	if err := g.checkLeaf(k.leaf); err != nil {
		return err
	}
	i, err := g.tree.add(k.leaf)
	if err != nil {
		return err
	}
	s.added, s.packages = append(s.added, i), append(s.packages, k)
	s.change.Added = append(s.change.Added, member(i, k.leaf))
	return nil
}
