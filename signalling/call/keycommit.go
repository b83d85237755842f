package call

import (
	"slices"
	"time"

	"pronto/signalling/framing"
	"pronto/signalling/wire"
)

// commitKeys takes the first commit of an epoch, if its sender may do what is in
// it: the order of commits is what the server is for. Whether their content is
// good is for the members to find out.
func (s *state) commitKeys(fx *effects, who Who, l *leg, m *wire.CommitKeys, now time.Time) error {
	k, err := s.holding()
	switch {
	case err != nil:
		return err
	case m.Group == k.Group && k.took(l.Participant, m):
		return nil // said again: its reply was lost
	case k.Group == 0 || m.Group != k.Group || m.Epoch != k.Epoch:
		fx.count(CommitRefused{})
		return errStaleKeys
	}
	if !l.commits.take(1, 5, now) {
		return tooOften(time.Second, "too many commits; wait")
	}
	c, err := s.readCommit(who, l, m)
	if err != nil {
		return err
	}
	added, err := k.welcomed(&c, m.Welcome)
	if err != nil {
		return err
	}
	before := slices.Clone(k.Leaves)
	if err := k.apply(who, l, &c, added); err != nil {
		return err
	}
	k.Epoch++
	k.GroupInfo, k.since, k.switched, k.asked, k.passed = m.GroupInfo, now, false, "", nil
	k.note(logged{by: l.Participant, epoch: k.Epoch, commit: m.Commit})
	fx.durable, fx.keys = true, true
	fx.count(KeysChanged{External: c.External, Added: len(added), Removed: len(c.Removes)})
	s.tellCommit(fx, l, before, m, added)
	return nil
}

// took tells whether this very commit was the last one taken.
func (k *keys) took(by wire.ParticipantID, m *wire.CommitKeys) bool {
	if len(k.log) == 0 {
		return false
	}
	last := k.log[len(k.log)-1]
	return last.by == by && last.epoch == m.Epoch+1 && last.commit == m.Commit
}

func errCommit(what string) error {
	return wire.Problemf(wire.CodeInvalid, "the commit %s", what)
}

// readCommit checks the form of a commit, and that it is its sender's.
func (s *state) readCommit(who Who, l *leg, m *wire.CommitKeys) (framing.Commit, error) {
	k := s.Keys
	data, err := m.Commit.Bytes()
	if err != nil {
		return framing.Commit{}, errCommit("is not base64url")
	}
	c, err := framing.ParseCommit(data)
	if err != nil {
		return framing.Commit{}, errCommit("is no PublicMessage with a commit by value of the suite and the proposals that are used here")
	}
	own, holds := k.leafOf(l.Participant)
	_, here := s.ownLeaf(l)
	switch {
	case string(c.GroupID) != k.groupID(s.ID, k.Group) || c.Epoch != uint64(m.Epoch):
		return c, errCommit("is of another group or epoch than the request says")
	case !c.External && (!here || int64(c.Sender) != int64(own)):
		return c, errCommit("is not from the sender's own leaf")
	case c.Path && !who.owns(&c.Leaf.Credential):
		return c, errCommit("has another's credential")
	case c.External && holds && !slices.Equal(c.Removes, []uint32{uint32(own)}):
		return c, errCommit("does not remove the sender's old leaf")
	case c.External && !holds && len(c.Removes) > 0:
		return c, errCommit("removes a leaf that is not the sender's")
	case len(c.Adds) > wire.MaxAdded:
		return c, errCommit("adds too many at once; add the rest with the next")
	}
	if !c.External {
		if err := s.mayRemove(own, c.Removes); err != nil {
			return c, err
		}
	}
	return c, k.checkInfo(s.ID, m.GroupInfo, k.Group, m.Epoch+1)
}

// mayRemove checks that each leaf is to be removed.
func (s *state) mayRemove(own int, leaves []uint32) error {
	wanted := s.toRemove()
	for i, leaf := range leaves {
		if int64(leaf) == int64(own) || !slices.Contains(wanted, leaf) || slices.Contains(leaves[:i], leaf) {
			return errCommit("removes a leaf that is not to be removed")
		}
	}
	return nil
}

// checkInfo checks that a GroupInfo is of a group and epoch.
func (k *keys) checkInfo(call wire.CallID, info wire.Blob, group, epoch uint32) error {
	data, err := info.Bytes()
	if err != nil {
		return wire.Problemf(wire.CodeInvalid, "groupInfo %s", info.Check())
	}
	g, err := framing.ParseGroupInfo(data)
	if err != nil || string(g.GroupID) != k.groupID(call, group) || g.Epoch != uint64(epoch) {
		return wire.Problemf(wire.CodeInvalid, "groupInfo is no GroupInfo of this group and epoch")
	}
	return nil
}

// welcomed returns who is added, in order: each with the key package that he has
// given, and a Welcome for exactly these.
func (k *keys) welcomed(c *framing.Commit, welcome wire.Blob) ([]applicant, error) {
	added := make([]applicant, 0, len(c.Adds))
	for _, pkg := range c.Adds {
		i := slices.IndexFunc(k.waiting, func(a applicant) bool { return a.body == string(pkg) })
		if i < 0 || slices.ContainsFunc(added, func(a applicant) bool { return a.participant == k.waiting[i].participant }) {
			return nil, errCommit("adds somebody who does not wait to be added")
		}
		a := k.waiting[i]
		if old, ok := k.leafOf(a.participant); ok && !slices.Contains(c.Removes, uint32(old)) {
			return nil, errCommit("adds a device again without removing its old leaf")
		}
		added = append(added, a)
	}
	if len(added) == 0 {
		if welcome != "" {
			return nil, errCommit("has a Welcome for nobody")
		}
		return added, nil
	}
	data, err := welcome.Bytes()
	if err != nil {
		return nil, wire.Problemf(wire.CodeInvalid, "welcome %s", welcome.Check())
	}
	refs, err := framing.ParseWelcome(data)
	if err != nil || len(refs) != len(added) {
		return nil, wire.Problemf(wire.CodeInvalid, "welcome is no Welcome for all who are added")
	}
	for _, a := range added {
		if !slices.ContainsFunc(refs, func(ref []byte) bool { return string(ref) == string(a.ref[:]) }) {
			return nil, wire.Problemf(wire.CodeInvalid, "welcome leaves out somebody who is added")
		}
	}
	return added, nil
}

// apply carries a commit out on the leaves as every member does: removes, then
// adds on the leftmost free leaves (RFC 9420, sections 7.7 and 12.3).
func (k *keys) apply(who Who, l *leg, c *framing.Commit, added []applicant) error {
	for _, leaf := range c.Removes {
		k.Leaves[leaf] = holder{} // within the leaves: it was somebody's
	}
	for i := range k.Leaves {
		k.Leaves[i].ready = false
	}
	if c.External {
		k.withdraw(l.Participant)
		if !k.sit(holder{Participant: l.Participant, Account: c.Leaf.Credential.Account, Device: string(who.Device)}) {
			return errGroupFull
		}
	}
	for _, a := range added {
		if !k.sit(holder{Participant: a.participant, Account: a.account, Device: a.device, ref: a.ref}) {
			return errGroupFull
		}
		k.withdraw(a.participant)
	}
	if leaf, ok := k.leafOf(l.Participant); ok {
		k.Leaves[leaf].ready = true // he has made the keys
	}
	return nil
}

var errGroupFull = wire.Problemf(wire.CodeCallFull, "the group of keys has no leaf free; wait until those who left are removed")

// sit gives somebody the leftmost free leaf.
func (k *keys) sit(h holder) bool {
	leaf := slices.IndexFunc(k.Leaves, func(h holder) bool { return h.Participant == "" })
	if leaf < 0 {
		if len(k.Leaves) > wire.MaxLeaf {
			return false
		}
		k.Leaves = append(k.Leaves, holder{})
		leaf = len(k.Leaves) - 1
	}
	k.Leaves[leaf] = h
	return true
}

// note keeps a commit for those who were away, and forgets the oldest.
func (k *keys) note(l logged) {
	k.log = append(slices.Clip(k.log), l)
	size := 0
	for i := len(k.log) - 1; i >= 0; i-- {
		if size += len(k.log[i].commit); size > maxLoggedBytes || len(k.log)-i > maxLogged {
			k.log = k.log[i+1:]
			return
		}
	}
}

// tellCommit hands a commit to all who held the keys before, and the Welcome to
// who was added.
func (s *state) tellCommit(fx *effects, by *leg, before []holder, m *wire.CommitKeys, added []applicant) {
	k := s.Keys
	for _, h := range before {
		l := s.legOf(h.Participant)
		if l == nil || !l.in() || l.Participant == by.Participant || slices.ContainsFunc(added, func(a applicant) bool { return a.participant == l.Participant }) {
			continue
		}
		s.toPeer(fx, l.Session, wire.KeysCommitted{Group: k.Group, Epoch: k.Epoch, Commit: m.Commit, Holders: s.holders(l)})
	}
	for _, a := range added {
		l := s.legOf(a.participant)
		if l == nil {
			continue
		}
		s.toPeer(fx, l.Session, wire.KeysWelcomed{
			Group: k.Group, First: k.First, Epoch: k.Epoch, Welcome: m.Welcome, GroupInfo: m.GroupInfo, Holders: s.holders(l),
		})
	}
}
