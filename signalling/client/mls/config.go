package mls

import (
	"crypto/ed25519"
	"errors"
	"time"
)

// Config is what a member brings into a group.
type Config struct {
	// Identity is who we are.
	Identity Identity
	// Authenticate says whether a credential may speak with a signature key: it is
	// asked for each leaf that is new to us. Required; what it returns is wrapped.
	Authenticate func(credential []byte, key ed25519.PublicKey) error
	// Admit says whether what somebody else's commit does is allowed. It is asked after
	// the commit's signature is verified and before anything is decrypted. Nil allows
	// what RFC 9420 does.
	Admit func(Change) error
	// PSK returns an external pre-shared key by its id, nil if it is not known. May be nil.
	PSK func(id []byte) []byte
	// Now is the time by which key packages are fresh or not. Nil means that their
	// lifetime does not count.
	Now func() time.Time
}

// Validate reports what is missing.
func (c Config) Validate() error {
	if c.Authenticate == nil {
		return errors.New("mls: Config.Authenticate is missing")
	}
	return c.Identity.validate()
}

// Member is somebody in a group.
type Member struct {
	// Index is his leaf, which is his as long as he stays.
	Index LeafIndex
	// Credential is the identity of his basic credential.
	Credential []byte
	// Key is his Ed25519 signature key.
	Key ed25519.PublicKey
}

// Change is what a commit does.
type Change struct {
	// By is whose commit it is; if External, his leaf is new.
	By Member
	// External says that By joins by this commit, without being added. It may remove one
	// leaf, which should be By's own of before: Admit has to see to that.
	External bool
	// Epoch is the epoch that the commit begins.
	Epoch uint64
	// Added came, and Removed went, By not counted.
	Added, Removed []Member
	// PSKs are the ids of the external pre-shared keys that were mixed in.
	PSKs [][]byte
	// AuthenticatedData is what By said beside it.
	AuthenticatedData []byte
	// Path says that By has new keys.
	Path bool
	// Unusual says that it has other proposals than adds, removes and external
	// pre-shared keys, or some that were sent before it.
	Unusual bool
}

var (
	// ErrEpoch is returned for a message of another epoch than ours. An earlier one is
	// late and of no use; a later one says that we have missed some.
	ErrEpoch = errors.New("mls: a message of another epoch")
	// ErrRemoved is returned for a commit that takes us out of the group.
	ErrRemoved = errors.New("mls: we were removed")
	// ErrPSK is returned for what needs a pre-shared key that we do not have.
	ErrPSK = errors.New("mls: a pre-shared key that we do not have")
	// ErrRefused is returned for what is valid but not allowed or not supported.
	ErrRefused = errors.New("mls: refused")
)
