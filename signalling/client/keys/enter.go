package keys

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"pronto/signalling/client/mls"
	"pronto/signalling/wire"
)

// enter asks to be let in, with a new key package.
func (k *Keys) enter(ctx context.Context) error {
	now := time.Now()
	p, err := mls.Prepare(k.mls.Identity, now, now.Add(packagesFor))
	if err != nil {
		return err
	}
	k.mine = p
	return k.knock(ctx)
}

// knock says that we wait, with the key package that we have: somebody may be about to let us in with it.
func (k *Keys) knock(ctx context.Context) error {
	state, err := k.ask(ctx)
	if err != nil {
		return err
	}
	if state.Group == 0 {
		return k.found(ctx, 1)
	}
	k.enterAt = time.Now().Add(welcomeWithin)
	return nil
}

// ask says that we wait, and returns how the group stands.
func (k *Keys) ask(ctx context.Context) (wire.Keys, error) {
	return request[wire.Keys](ctx, k, wire.EnterKeys{Call: k.cfg.Call, KeyPackage: wire.ToBlob(k.mine.Package.Message())})
}

// found founds a group. Whoever is first does.
func (k *Keys) found(ctx context.Context, number uint32) error {
	g, err := mls.Create(k.mls, k.mine, k.groupID(number))
	if err != nil {
		return err
	}
	info, err := k.link.info(g)
	if err != nil {
		return err
	}
	accepted, err := request[wire.KeysAccepted](ctx, k, wire.FoundKeys{Call: k.cfg.Call, Group: number, GroupInfo: wire.ToBlob(info)})
	if err != nil {
		k.enterAt = soon()
		if stale(err) {
			return nil // somebody was first
		}
		return err
	}
	return k.adopt(ctx, g, number, accepted.First, accepted.Holders)
}

// enterByOwnCommit enters from outside, where nobody has let us in.
func (k *Keys) enterByOwnCommit(ctx context.Context) error {
	if k.mine == nil {
		return k.enter(ctx)
	}
	state, err := k.ask(ctx)
	if err != nil {
		return err
	}
	if state.Group == 0 {
		return k.found(ctx, 1)
	}
	c, err := k.fromOutside(state)
	if err == nil {
		err = k.send(ctx, state.Group, state.Epoch, c)
	} else if err2 := k.spoilt(ctx, wire.KeyFailureWelcome, err); err2 != nil {
		return err2
	}
	if err == nil {
		return nil
	}
	k.tries++
	if !stale(err) && k.tries%maxTries == 0 {
		return k.found(ctx, state.Group+1)
	}
	k.enterAt = soon()
	if stale(err) {
		return nil
	}
	return err
}

// fromOutside makes the commit.
func (k *Keys) fromOutside(state wire.Keys) (*mls.Commit, error) {
	info, err := state.GroupInfo.Bytes()
	if err != nil {
		return nil, err
	}
	said, err := mls.ParseInfo(info)
	if err != nil {
		return nil, err
	}
	if err := k.link.admitsGroup(said); err != nil {
		return nil, err
	}
	members, err := mls.MembersOf(k.mls, info)
	if err != nil {
		return nil, err
	}
	key := k.cfg.Identity.Key.Public().(ed25519.PublicKey)
	e := mls.Entry{AuthenticatedData: k.link.entry(said.Group, said.Epoch, key)}
	for _, m := range members {
		if deviceOf(m) == (device{string(k.cfg.Identity.Account), string(k.cfg.Identity.Device)}) {
			e.Replace = &m.Index
		}
	}
	c, err := mls.JoinExternal(k.mls, info, e)
	if err != nil {
		return nil, err
	}
	return c, lawful(c.Group, k.groupID(state.Group))
}

// welcomed enters with a Welcome.
func (k *Keys) welcomed(ctx context.Context, w wire.KeysWelcomed) error {
	if k.mine == nil {
		return nil // we are in already
	}
	g, err := k.join(w)
	if err != nil {
		if !errors.Is(err, mls.ErrRefused) { // it may be for a key package of before
			k.report(ctx, wire.KeyFailureWelcome)
		}
		k.enterAt = time.Now()
		return err // and nothing more if we are locked out
	}
	return k.adopt(ctx, g, w.Group, w.First, w.Holders)
}

func (k *Keys) join(w wire.KeysWelcomed) (*mls.Group, error) {
	welcome, err := w.Welcome.Bytes()
	if err != nil {
		return nil, err
	}
	info, err := w.GroupInfo.Bytes()
	if err != nil {
		return nil, err
	}
	said, err := mls.ParseInfo(info)
	if err != nil {
		return nil, err
	}
	if err := k.link.admitsGroup(said); err != nil {
		return nil, err
	}
	g, err := mls.Join(k.mls, k.mine, welcome, said.Tree)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(g.Confirmation(), said.Confirmation) || g.Epoch() != uint64(w.Epoch) {
		return nil, fmt.Errorf("%w: a welcome to another epoch than its group info", mls.ErrUnverified)
	}
	return g, lawful(g, k.groupID(w.Group))
}

// spoilt reports what was not good; another error is returned.
func (k *Keys) spoilt(ctx context.Context, failure wire.KeyFailure, err error) error {
	for _, bad := range []error{mls.ErrMalformed, mls.ErrUnverified, mls.ErrRefused, mls.ErrEpoch, mls.ErrPSK} {
		if errors.Is(err, bad) {
			k.report(ctx, failure)
			return nil
		}
	}
	return err
}

// stale tells that somebody else was first.
func stale(err error) bool {
	p, ok := errors.AsType[*wire.Problem](err)
	return ok && p.Code == wire.CodeStale
}
