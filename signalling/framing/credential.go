package framing

import (
	"crypto/ed25519"
	"errors"
	"fmt"
)

// Limits of a credential.
const (
	// MaxName is the longest account or device id, in bytes.
	MaxName = 64
	// MaxChain is how many signatures may lead from the root to a device.
	MaxChain = 4
)

const credentialVersion = 1

// ErrCredential means that a credential's signatures do not hold.
var ErrCredential = errors.New("framing: the credential does not hold")

// Credential is the identity in a leaf's basic credential (RFC 9420, section
// 5.3): a device, its account, and the signatures that lead to its key from the
// account's root, the key of its first device. People remember each other by the
// root.
type Credential struct {
	// Account is the account's id; empty for a guest.
	Account string
	// Device is the device's id.
	Device string
	// Root is the account's root key, for a guest the device's own.
	Root [ed25519.PublicKeySize]byte
	// Chain is empty if the device's key is the root. Else its first element is
	// signed by the root, each other one by the one before, and the last one is
	// the device itself.
	Chain []Signed
}

// Signed is a device whose key another one has signed.
type Signed struct {
	Device    string
	Key       [ed25519.PublicKeySize]byte
	Signature [ed25519.SignatureSize]byte // over [Statement]
}

// Statement is what a device signs to say that another device is of its account:
// a text, the account and the device, each with its length in a byte, the key.
func Statement(account, device string, key []byte) []byte {
	b := []byte("pronto device 1")
	b = appendName(b, account)
	b = appendName(b, device)
	return append(b, key...)
}

// NoteKeyStatement is what a device signs to say by which key notes are sealed for its
// account: a text, the account with its length in a byte, the key.
func NoteKeyStatement(account string, key []byte) []byte {
	return append(appendName([]byte("pronto note key 1"), account), key...)
}

// Key is the device's public key, which the leaf must have as its signature key.
func (c *Credential) Key() []byte {
	if n := len(c.Chain); n > 0 {
		return c.Chain[n-1].Key[:]
	}
	return c.Root[:]
}

// Verify checks the signatures of the chain, or fails with [ErrCredential].
func (c *Credential) Verify() error {
	signer := ed25519.PublicKey(c.Root[:])
	for i := range c.Chain {
		s := &c.Chain[i]
		if !ed25519.Verify(signer, Statement(c.Account, s.Device, s.Key[:]), s.Signature[:]) {
			return fmt.Errorf("%w: signature %d of its chain is not the signer's", ErrCredential, i+1)
		}
		signer = s.Key[:]
	}
	return nil
}

// Append appends the credential's bytes: the version; account, device and the
// root; the length of the chain and its elements.
func (c *Credential) Append(b []byte) []byte {
	b = append(b, credentialVersion)
	b = appendName(b, c.Account)
	b = appendName(b, c.Device)
	b = append(b, c.Root[:]...)
	b = append(b, byte(len(c.Chain)))
	for i := range c.Chain {
		b = appendName(b, c.Chain[i].Device)
		b = append(b, c.Chain[i].Key[:]...)
		b = append(b, c.Chain[i].Signature[:]...)
	}
	return b
}

// ParseCredential reads what [Credential.Append] has written, or fails with
// [ErrMalformed]. It does not verify it.
func ParseCredential(data []byte) (Credential, error) {
	r := &reader{data: data}
	var c Credential
	r.want(r.uint8() == credentialVersion)
	c.Account = r.name()
	c.Device = r.name()
	copy(c.Root[:], r.take(len(c.Root)))
	n := int(r.uint8())
	r.want(n <= MaxChain && (n == 0 || c.Account != ""))
	for i := 0; i < n && !r.bad; i++ {
		s := Signed{Device: r.name()}
		copy(s.Key[:], r.take(len(s.Key)))
		copy(s.Signature[:], r.take(len(s.Signature)))
		c.Chain = append(c.Chain, s)
		r.want(s.Device != "")
	}
	r.want(c.Device != "" && (n == 0 || !r.bad && c.Chain[n-1].Device == c.Device))
	if err := r.end(); err != nil {
		return Credential{}, err
	}
	return c, nil
}

func (r *reader) name() string {
	n := int(r.uint8())
	r.want(n <= MaxName)
	if r.bad {
		return ""
	}
	return string(r.take(n))
}

// appendName appends a text of at most [MaxName] bytes; of a longer one what
// fits.
func appendName(b []byte, text string) []byte {
	text = text[:min(len(text), MaxName)]
	return append(append(b, byte(len(text))), text...)
}
