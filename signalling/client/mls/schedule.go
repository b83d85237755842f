package mls

import (
	"crypto/hpke"
	"fmt"
)

// groupContext is what all members agree on (RFC 9420, section 8.1).
type groupContext struct {
	group      []byte
	epoch      uint64
	treeHash   []byte
	transcript []byte // confirmed transcript hash
	extensions []extension
}

func readGroupContext(r *reader) groupContext {
	if v, s := r.u16(), r.u16(); r.err == nil && (v != version || s != Suite) {
		r.fail("a group of version %d and suite %d", v, s)
	}
	return groupContext{r.vec(), r.u64(), r.vec(), r.vec(), readExtensions(r)}
}

func (c groupContext) write(w *writer) {
	w.u16(version)
	w.u16(Suite)
	w.vec(c.group)
	w.u64(c.epoch)
	w.vec(c.treeHash)
	w.vec(c.transcript)
	writeExtensions(w, c.extensions)
}

// epochSecrets are the secrets of one epoch (RFC 9420, section 8). It does not change.
type epochSecrets struct {
	joiner, welcome                            []byte
	exporter, authenticator, external          []byte
	confirmation, membership, resumption, init []byte
}

// joinerSecret mixes what the commit brings into what the epoch before left.
func joinerSecret(init, commit []byte, context groupContext) []byte {
	return expandWithLabel(extract(init, commit), "joiner", encode(context.write), hashSize)
}

func welcomeSecret(joiner, psk []byte) []byte {
	return deriveSecret(extract(joiner, psk), "welcome")
}

func newEpochSecrets(joiner, psk []byte, context groupContext) *epochSecrets {
	intermediate := extract(joiner, psk)
	epoch := expandWithLabel(intermediate, "epoch", encode(context.write), hashSize)
	return &epochSecrets{
		joiner: joiner, welcome: deriveSecret(intermediate, "welcome"),
		exporter: deriveSecret(epoch, "exporter"), authenticator: deriveSecret(epoch, "authentication"),
		external: deriveSecret(epoch, "external"), confirmation: deriveSecret(epoch, "confirm"),
		membership: deriveSecret(epoch, "membership"), resumption: deriveSecret(epoch, "resumption"),
		init: deriveSecret(epoch, "init"),
	}
}

// export is MLS-Exporter (RFC 9420, section 8.5).
func (s *epochSecrets) export(label string, context []byte, n int) []byte {
	return expandWithLabel(deriveSecret(s.exporter, label), "exported", hash(context), n)
}

// externalKey is the key with which somebody joins by an external commit (section 8.3).
func (s *epochSecrets) externalKey() (hpke.PrivateKey, error) {
	k, err := kem.DeriveKeyPair(s.external)
	if err != nil {
		return nil, fmt.Errorf("mls: derive the external key: %w", err)
	}
	return k, nil
}

const externalInitLabel = "MLS 1.0 external init secret"

// externalInit makes an init secret for the group whose external key is given.
func externalInit(key []byte) (kemOutput, secret []byte, err error) {
	public, err := kem.NewPublicKey(key)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: the external key: %w", ErrMalformed, err)
	}
	kemOutput, sender, err := hpke.NewSender(public, kdf, aead, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: the external key: %w", ErrMalformed, err)
	}
	secret, err = sender.Export(externalInitLabel, hashSize)
	if err != nil {
		return nil, nil, fmt.Errorf("mls: export: %w", err)
	}
	return kemOutput, secret, nil
}

// openExternalInit returns the init secret that somebody has made for us.
func (s *epochSecrets) openExternalInit(kemOutput []byte) ([]byte, error) {
	key, err := s.externalKey()
	if err != nil {
		return nil, err
	}
	recipient, err := hpke.NewRecipient(kemOutput, key, kdf, aead, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: an external init: %w", ErrMalformed, err)
	}
	secret, err := recipient.Export(externalInitLabel, hashSize)
	if err != nil {
		return nil, fmt.Errorf("mls: export: %w", err)
	}
	return secret, nil
}

// confirmedTranscript and interimTranscript are of RFC 9420, section 8.2.
func confirmedTranscript(interim []byte, c *authenticated) []byte {
	return hash(interim, encode(func(w *writer) {
		w.u16(c.format)
		c.content.write(w)
		w.vec(c.signature)
	}))
}

func interimTranscript(confirmed, tag []byte) []byte {
	return hash(confirmed, encode(func(w *writer) { w.vec(tag) }))
}
