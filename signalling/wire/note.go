package wire

// NoteKey is a key by which a note is sealed for one browser of an account. Whoever
// seals verifies it: that Credential leads from the root that he knows of the account
// to a key, and that Signature is of that key.
type NoteKey struct {
	// Credential is the device's, as in [Device.Credential].
	Credential Blob `json:"credential" limit:"1..2048"`
	// Key is an X25519 public key (RFC 7748): 32 bytes.
	Key Blob `json:"key" limit:"43..43"`
	// Signature is the Ed25519 signature, 64 bytes, by the key that Credential leads
	// to, over: the text "pronto note key 1"; the account, with its length in one byte
	// before it; Key.
	Signature Blob `json:"signature" limit:"86..86"`
}

// SetNoteKey publishes the key by which notes are sealed for this device, in place of
// the one before. It is gone with the device, and when the device gets another identity
// key. The reply is [Done]; forbidden while its identity key has no credential, as this
// device's or as another's of the account ([SetDeviceKey], [SignDevice]); invalid if
// credential or signature is not this device's.
type SetNoteKey struct {
	// Credential is as in [NoteKey].
	Credential Blob `json:"credential" limit:"1..2048"`
	// Key is as in [NoteKey].
	Key Blob `json:"key" limit:"43..43"`
	// Signature is as in [NoteKey].
	Signature Blob `json:"signature" limit:"86..86"`
}

// GetNoteKeys asks by which keys to seal a note about a call. It must be ours, have rung
// one account and nobody else, and be over for ten minutes at most, unanswered and not
// declined; any other is notFound. The reply is [NoteKeys], the same whether we may
// reach the account or not; the note goes to PUT /v1/notes/{call}.
type GetNoteKeys struct {
	// Call is the call.
	Call CallID `json:"call" limit:"1..64"`
}

// NoteKeys are the keys by which a note is sealed for an account.
type NoteKeys struct {
	// Keys are one for each of its browsers, at most 20, the most recently used first;
	// none if the account takes no notes or no browser of it can open one.
	Keys []NoteKey `json:"keys"`
}

// NoteKeyWanted asks a device that can encrypt, whose account takes notes and that has
// published no key for them, for [SetNoteKey]: if its identity key has a credential, or if
// it has no identity key yet ([SetDeviceKey]). It comes after hello, when the account
// begins to take notes ([SetPrivacy]), and when the device gets its credential.
type NoteKeyWanted struct{}
