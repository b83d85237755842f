package keys

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"pronto/signalling/client/mls"
	"pronto/signalling/framing"
	"pronto/signalling/wire"
)

// Identity is who a device is. Its key is the root of its account, which people
// remember; keep it for as long as the account is the same.
type Identity struct {
	// Account is the account; empty for a guest.
	Account wire.UserID
	// Device is the device.
	Device wire.DeviceID
	// Key is the device's own.
	Key ed25519.PrivateKey
}

func (id Identity) mls() mls.Identity {
	c := framing.Credential{Account: string(id.Account), Device: string(id.Device)}
	copy(c.Root[:], id.Key.Public().(ed25519.PublicKey))
	return mls.Identity{Credential: c.Append(nil), Key: id.Key}
}

// authenticate checks that a credential's chain leads to the key of its leaf.
func authenticate(credential []byte, key ed25519.PublicKey) error {
	c, err := framing.ParseCredential(credential)
	if err != nil {
		return err
	}
	if err := c.Verify(); err != nil {
		return err
	}
	if !bytes.Equal(c.Key(), key) {
		return errors.New("keys: a credential with another key than its leaf")
	}
	return nil
}

// device is what there must be one leaf of.
type device struct{ account, device string }

func deviceOf(m mls.Member) device {
	c, _ := framing.ParseCredential(m.Credential) // it was verified when the leaf came
	return device{c.Account, c.Device}
}

// admit says whether what a commit of somebody else does is allowed: who comes from
// outside removes nobody but himself, and there is nothing that we do not use. Where
// the call's link has a secret, whoever comes knows it.
func (k *Keys) admit(c mls.Change) error {
	switch {
	case c.Unusual:
		return errors.New("keys: a commit with unusual proposals")
	case !c.External:
		return k.link.admitsAdds(c)
	}
	if err := k.link.admitsEntry(k.groupID(k.number), c); err != nil {
		return err
	}
	for _, m := range c.Removed {
		if deviceOf(m) != deviceOf(c.By) {
			return errors.New("keys: a commit from outside removes somebody else")
		}
	}
	return nil
}

// lawful checks a group as a whole: one leaf for each device, none that frames cannot
// name, and the call that it should be of.
func lawful(g *mls.Group, id []byte) error {
	if !bytes.Equal(g.ID(), id) {
		return fmt.Errorf("%w: the group is another one", mls.ErrUnverified)
	}
	seen := map[device]bool{}
	for _, m := range g.Members() {
		d := deviceOf(m)
		if seen[d] {
			return fmt.Errorf("%w: a device is in the group twice", mls.ErrUnverified)
		}
		if seen[d] = true; m.Index > wire.MaxLeaf {
			return fmt.Errorf("%w: more members than frames can name", mls.ErrRefused)
		}
	}
	return nil
}
