package keys

import (
	"context"
	"crypto/ed25519"
	"errors"
	"math/rand/v2"
	"time"

	"pronto/signalling/client/mls"
	"pronto/signalling/client/sframe"
	"pronto/signalling/framing"
	"pronto/signalling/wire"
)

const baseKeyLabel = "SFrame 1.0 Base Key" // RFC 9605, section 5.2

// wanted commits what the server asks for.
func (k *Keys) wanted(ctx context.Context, w wire.KeysWanted) error {
	if k.group == nil || w.Group != k.number || uint64(w.Epoch) != k.group.Epoch() {
		return nil
	}
	var p mls.Proposals
	for _, leaf := range w.Remove {
		p.Remove = append(p.Remove, mls.LeafIndex(leaf))
	}
	for _, a := range w.Add[:min(len(w.Add), wire.MaxAdded)] {
		message, err := a.KeyPackage.Bytes()
		if err != nil {
			continue
		}
		pkg, err := mls.ParseKeyPackage(message)
		if err == nil { // each by itself: one that is bad must not keep the others out
			_, err = k.make(mls.Proposals{Remove: p.Remove, Add: append(p.Add[:len(p.Add):len(p.Add)], pkg)})
		}
		if err != nil {
			k.report(ctx, wire.KeyFailureIdentity)
			continue
		}
		p.Add = append(p.Add, pkg)
	}
	if len(p.Add) == 0 && len(p.Remove) == 0 {
		return nil
	}
	return k.commit(ctx, p)
}

// make makes a commit that leads to a lawful group.
func (k *Keys) make(p mls.Proposals) (*mls.Commit, error) {
	c, err := k.group.Commit(k.link.with(p))
	if err != nil {
		return nil, err
	}
	return c, lawful(c.Group, k.groupID(k.number))
}

// commit makes a commit and sends it. If somebody else was first his follows.
func (k *Keys) commit(ctx context.Context, p mls.Proposals) error {
	if k.group == nil {
		return nil
	}
	c, err := k.make(p)
	if err != nil {
		return k.spoilt(ctx, wire.KeyFailureCommit, err)
	}
	if err := k.send(ctx, k.number, uint32(k.group.Epoch()), c); !stale(err) {
		return err
	}
	return nil
}

// send sends a commit, and takes it as the group's if the server does.
func (k *Keys) send(ctx context.Context, number, epoch uint32, c *mls.Commit) error {
	info, err := k.link.info(c.Group)
	if err != nil {
		return err
	}
	accepted, err := request[wire.KeysAccepted](ctx, k, wire.CommitKeys{
		Call: k.cfg.Call, Group: number, Epoch: epoch,
		Commit: wire.ToBlob(c.Message), Welcome: wire.ToBlob(c.Welcome), GroupInfo: wire.ToBlob(info),
	})
	if err != nil {
		return err
	}
	return k.adopt(ctx, c.Group, number, accepted.First, accepted.Holders)
}

// committed follows a commit of somebody else.
func (k *Keys) committed(ctx context.Context, c wire.KeysCommitted) error {
	if k.group == nil || k.mine != nil || c.Group != k.number || uint64(c.Epoch) <= k.group.Epoch() {
		return nil // not for us, or known; or what removes our old leaf while we enter anew
	}
	if uint64(c.Epoch) > k.group.Epoch()+1 {
		return k.sync(ctx)
	}
	next, err := k.process(c)
	switch {
	case errors.Is(err, mls.ErrRemoved):
		return k.enter(ctx)
	case err != nil:
		if err := k.spoilt(ctx, wire.KeyFailureCommit, err); err != nil {
			return err
		}
		return k.enter(ctx)
	}
	return k.adopt(ctx, next, c.Group, k.first, c.Holders)
}

func (k *Keys) process(c wire.KeysCommitted) (*mls.Group, error) {
	message, err := c.Commit.Bytes()
	if err != nil {
		return nil, mls.ErrMalformed
	}
	next, _, err := k.group.Process(message)
	if err != nil {
		return nil, err
	}
	return next, lawful(next, k.groupID(k.number))
}

// sync gets the commits that we have missed, or enters anew.
func (k *Keys) sync(ctx context.Context) error {
	switch {
	case k.mine != nil:
		return k.knock(ctx) // we are on the way in
	case k.group == nil:
		return k.enter(ctx)
	}
	log, err := request[wire.KeysLog](ctx, k, wire.SyncKeys{Call: k.cfg.Call, Group: k.number, Epoch: uint32(k.group.Epoch())})
	switch {
	case err != nil:
		return err
	case log.Group == k.number && uint64(log.Epoch) == k.group.Epoch():
		return k.ready(ctx)
	case log.Group != k.number || len(log.Commits) == 0:
		return k.enter(ctx)
	}
	for _, c := range log.Commits {
		c.Group = k.number
		if k.mine != nil || uint64(c.Epoch) > k.group.Epoch()+1 {
			return nil // it has led to entering anew
		}
		if err := k.committed(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// adopt makes a group the one that we are in: first its keys open, later they seal.
func (k *Keys) adopt(ctx context.Context, g *mls.Group, number, first uint32, holders []wire.KeyHolder) error {
	base, err := g.Export(baseKeyLabel, nil, sframe.BaseKeySize)
	if err != nil {
		return err
	}
	k.group, k.number, k.first = g, number, first
	k.mine, k.tries, k.enterAt = nil, 0, time.Time{}
	v := k.look(holders)
	leaves, named := []uint8(nil), map[uint8]wire.ParticipantID{}
	for i, m := range g.Members() {
		leaves = append(leaves, uint8(m.Index))
		named[uint8(m.Index)] = v.holders[i].Participant
	}
	k.seal.name(v.frameEpoch, named)
	if err := k.seal.opener.Add(v.frameEpoch, base, leaves, time.Now()); err != nil {
		return err
	}
	k.view.Store(v)
	if k.cfg.Holders != nil {
		k.cfg.Holders(v.holders)
	}
	k.switchAt = time.Now().Add(switchWithin)
	if !k.sealing || len(leaves) == 1 {
		k.switchNow() // there is nothing older to go on with
	}
	k.renewAt = time.Now().Add(renewEvery + rand.N(renewEvery/10))
	return k.ready(ctx)
}

// look joins what the group says with the server's word on who holds which leaf.
func (k *Keys) look(holders []wire.KeyHolder) *view {
	g := k.group
	v := &view{
		epoch: g.Epoch(), frameEpoch: k.first + uint32(g.Epoch()), authenticator: g.EpochAuthenticator(),
		keyOf: map[wire.ParticipantID]ed25519.PublicKey{},
	}
	participants := map[uint32]wire.ParticipantID{}
	for _, h := range holders {
		participants[h.Leaf] = h.Participant
	}
	for _, m := range g.Members() {
		c, _ := framing.ParseCredential(m.Credential) // it was verified when the leaf came
		h := Holder{
			Participant: participants[uint32(m.Index)], Account: c.Account, Device: c.Device,
			Root: c.Root[:], Self: m.Index == g.Self(),
		}
		v.holders = append(v.holders, h)
		if h.Participant != "" {
			v.keyOf[h.Participant] = m.Key
		}
	}
	return v
}

// ready says that we can open what is sealed now.
func (k *Keys) ready(ctx context.Context) error {
	_, err := request[wire.Done](ctx, k, wire.KeysReady{Call: k.cfg.Call, Group: k.number, Epoch: uint32(k.group.Epoch())})
	if stale(err) {
		return nil // there is a later epoch already
	}
	return err
}

// switchNow seals with the group's keys from now on.
func (k *Keys) switchNow() {
	k.switchAt = time.Time{}
	if k.group == nil {
		return
	}
	base, err := k.group.Export(baseKeyLabel, nil, sframe.BaseKeySize)
	if err != nil {
		return
	}
	// An epoch that is in use already is an error that changes nothing.
	if k.seal.sealer.Use(k.first+uint32(k.group.Epoch()), uint8(k.group.Self()), base) == nil {
		k.sealing = true
	}
}
