package call

import (
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Encryption says which calls are end-to-end encrypted.
type Encryption string

// The choices.
const (
	// EncryptionRequired encrypts all calls.
	EncryptionRequired Encryption = "required"
	// EncryptionOptional encrypts all calls but those that ask for none.
	EncryptionOptional Encryption = "optional"
	// EncryptionOff encrypts no call.
	EncryptionOff Encryption = "off"
)

func (e Encryption) valid() bool {
	return e == "" || e == EncryptionRequired || e == EncryptionOptional || e == EncryptionOff
}

// begin returns the keys of a new call, or nil for one that is not encrypted.
// Nothing turns an encrypted call into another.
func (e Encryption) begin(who Who, unencrypted bool) (*keys, error) {
	switch {
	case e == EncryptionOff, unencrypted && e == EncryptionOptional:
		return nil, nil
	case unencrypted:
		return nil, errMustBeEncrypted
	case who.Encryption < wire.EncryptionVersion:
		return nil, errNeedsKeys
	}
	return newKeys(), nil
}

// ofLink is begin for the call of a link: its owner has chosen when he made it,
// and the operator may have allowed less since.
func (e Encryption) ofLink(link store.Link) *keys {
	if e == EncryptionOff || e == EncryptionOptional && link.Unencrypted {
		return nil
	}
	return newKeys()
}

func newKeys() *keys { return &keys{Leaves: []holder{}} }

var errMustBeEncrypted = wire.Problemf(wire.CodeForbidden, "all calls of this server are end-to-end encrypted; ask without unencrypted")

// AllowsUnencrypted tells whether a call or a link may ask for no encryption.
func (r *Registry) AllowsUnencrypted() bool {
	return r.cfg.Encryption == EncryptionOptional || r.cfg.Encryption == EncryptionOff
}

// speaks tells whether a client can take part in the call.
func (s *state) speaks(who Who) bool {
	return s.Keys == nil || who.Encryption >= wire.EncryptionVersion
}
