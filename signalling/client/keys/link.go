package keys

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"pronto/signalling/client/mls"
)

// linkKey is what a link's secret stands for, the part of its address after #: whoever
// enters has to know it, so that the server cannot let in whom it likes. Nil is of a
// call without one.
type linkKey []byte

// linkPSK is the id of the pre-shared key with which members add somebody.
var linkPSK = []byte("pronto link 1")

// groupProof is the group info's extension that shows that its maker knows the secret.
const groupProof = 0xf0a1

// newLinkKey derives the key (RFC 5869).
func newLinkKey(secret string) (linkKey, error) {
	if secret == "" {
		return nil, nil
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, string(linkPSK), sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("keys: derive the link's key: %w", err)
	}
	return key, nil
}

func (l linkKey) mac(parts ...[]byte) []byte {
	m := hmac.New(sha256.New, l)
	m.Write(bytes.Join(parts, nil))
	return m.Sum(nil)
}

func number(epoch uint64) []byte { return binary.BigEndian.AppendUint64(nil, epoch) }

// psk is for [mls.Config.PSK].
func (l linkKey) psk(id []byte) []byte {
	if l == nil || !bytes.Equal(id, linkPSK) {
		return nil
	}
	return l
}

// with adds the pre-shared key to a commit that adds somebody.
func (l linkKey) with(p mls.Proposals) mls.Proposals {
	if l != nil && len(p.Add) > 0 {
		p.PSKs = [][]byte{linkPSK}
	}
	return p
}

// entry is what shows in a commit from outside that its maker knows the secret: for
// the epoch that it is made in, and his key.
func (l linkKey) entry(group []byte, epoch uint64, key []byte) []byte {
	if l == nil {
		return nil
	}
	return l.mac(group, number(epoch), key)
}

// errLocked is returned where we do not know the link's secret: nothing helps but
// another link.
var errLocked = errors.New("keys: the call has a link with a secret that we do not know")

var errLink = errors.New("keys: somebody who does not know the link's secret")

func (l linkKey) admitsAdds(c mls.Change) error {
	if l != nil && len(c.Added) > 0 && len(c.PSKs) == 0 {
		return errLink
	}
	return nil
}

func (l linkKey) admitsEntry(group []byte, c mls.Change) error {
	if !hmac.Equal(c.AuthenticatedData, l.entry(group, c.Epoch-1, c.By.Key)) {
		return errLink
	}
	return nil
}

// info is a group's info, with the proof.
func (l linkKey) info(g *mls.Group) ([]byte, error) {
	if l == nil {
		return g.GroupInfo()
	}
	return g.GroupInfo(mls.Extension{Type: groupProof, Data: l.group(g.ID(), g.Epoch(), g.Confirmation())})
}

func (l linkKey) group(id []byte, epoch uint64, confirmation []byte) []byte {
	return l.mac([]byte("pronto group 1"), id, number(epoch), confirmation)
}

// admitsGroup checks the proof of a group that is offered to us: somebody without the
// secret could have put himself into one of his own making. If we are the one without
// it is errLocked.
func (l linkKey) admitsGroup(i mls.Info) error {
	shown, ok := i.Extension(groupProof)
	switch {
	case l == nil && ok:
		return errLocked
	case l != nil && !hmac.Equal(shown, l.group(i.Group, i.Epoch, i.Confirmation)):
		return fmt.Errorf("%w: %w", mls.ErrUnverified, errLink)
	}
	return nil
}
