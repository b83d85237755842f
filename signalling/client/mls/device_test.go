package mls_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"time"

	"pronto/signalling/client/mls"
)

// psk is an external pre-shared key.
type psk struct {
	ID  []byte `json:"id"`
	Key []byte `json:"key"`
}

// view is what all members of an epoch must agree about, but for Self.
type view struct {
	Epoch         uint64         `json:"epoch"`
	Self          mls.LeafIndex  `json:"self"`
	Authenticator []byte         `json:"authenticator"`
	Exported      []byte         `json:"exported"`
	Members       []memberOfView `json:"members"`
}

type memberOfView struct {
	Leaf       mls.LeafIndex `json:"leaf"`
	Credential []byte        `json:"credential"`
}

// change is what a commit is asked to do.
type change struct {
	Add    [][]byte        `json:"add,omitempty"`
	Remove []mls.LeafIndex `json:"remove,omitempty"`
	PSK    *psk            `json:"psk,omitempty"`
	Data   []byte          `json:"data,omitempty"`
}

// device is one member, of either implementation.
type device interface {
	prepare() ([]byte, error)
	create(group []byte) error
	join(welcome []byte, p *psk) error
	commit(c change) (message, welcome []byte, err error)
	enter(groupInfo []byte, replace *mls.LeafIndex) ([]byte, error)
	settle(won bool) error
	process(message []byte, p *psk) (removed bool, err error)
	groupInfo() ([]byte, error)
	look() (view, error)
}

// ours is a device of this package.
type ours struct {
	cfg      mls.Config
	prepared *mls.Prepared
	group    *mls.Group
	next     *mls.Commit
	psk      *psk
}

func newOurs(name string) *ours {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	d := &ours{}
	d.cfg = mls.Config{
		Identity:     mls.Identity{Credential: []byte(name), Key: key},
		Authenticate: func([]byte, ed25519.PublicKey) error { return nil },
		Now:          time.Now,
		PSK: func(id []byte) []byte {
			if d.psk == nil || !bytes.Equal(d.psk.ID, id) {
				return nil
			}
			return d.psk.Key
		},
	}
	return d
}

func (d *ours) prepare() ([]byte, error) {
	var err error
	d.prepared, err = mls.Prepare(d.cfg.Identity, time.Now(), time.Now().Add(time.Hour))
	if err != nil {
		return nil, err
	}
	return d.prepared.Package.Message(), nil
}

func (d *ours) create(group []byte) (err error) {
	d.group, err = mls.Create(d.cfg, d.prepared, group)
	return err
}

func (d *ours) join(welcome []byte, p *psk) (err error) {
	d.psk = p
	d.group, err = mls.Join(d.cfg, d.prepared, welcome, nil)
	return err
}

func (d *ours) commit(c change) (message, welcome []byte, err error) {
	p := mls.Proposals{Remove: c.Remove, AuthenticatedData: c.Data}
	if d.psk = c.PSK; c.PSK != nil {
		p.PSKs = [][]byte{c.PSK.ID}
	}
	for _, m := range c.Add {
		k, err := mls.ParseKeyPackage(m)
		if err != nil {
			return nil, nil, err
		}
		p.Add = append(p.Add, k)
	}
	if d.next, err = d.group.Commit(p); err != nil {
		return nil, nil, err
	}
	return d.next.Message, d.next.Welcome, nil
}

func (d *ours) enter(groupInfo []byte, replace *mls.LeafIndex) (message []byte, err error) {
	if d.next, err = mls.JoinExternal(d.cfg, groupInfo, mls.Entry{Replace: replace}); err != nil {
		return nil, err
	}
	return d.next.Message, nil
}

func (d *ours) settle(won bool) error {
	if won {
		d.group = d.next.Group
	}
	d.next = nil
	return nil
}

func (d *ours) process(message []byte, p *psk) (removed bool, err error) {
	d.psk = p
	g, _, err := d.group.Process(message)
	if errors.Is(err, mls.ErrRemoved) {
		return true, nil
	}
	if err == nil {
		d.group = g
	}
	return false, err
}

func (d *ours) groupInfo() ([]byte, error) { return d.group.GroupInfo() }

func (d *ours) look() (view, error) {
	exported, err := d.group.Export("label", []byte("context"), 16)
	v := view{Epoch: d.group.Epoch(), Self: d.group.Self(), Authenticator: d.group.EpochAuthenticator(), Exported: exported}
	for _, m := range d.group.Members() {
		v.Members = append(v.Members, memberOfView{m.Index, m.Credential})
	}
	return v, err
}
