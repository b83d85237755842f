package store

import "context"

// NoteKey is by which notes are sealed for a device. All is base64url.
type NoteKey struct {
	// Credential leads from the account's root to the key that has made Signature.
	Credential string
	Key        string
	Signature  string
}

// vouchedFor is whether the identity key of a device, whose row has the alias d, has a
// credential: as this device's, or as another's. A browser has one key, and may be several
// devices: each of its tabs, where nobody has given it an id.
const vouchedFor = `EXISTS (SELECT 1 FROM devices o WHERE o.user_id = d.user_id AND o.identity_key = d.identity_key
	AND o.state = 'active' AND o.credential IS NOT NULL)`

// CredentialOfKey returns a credential that an identity key of an account has, as
// whichever active device's; [ErrNotFound] if it has none.
func (s *Store) CredentialOfKey(ctx context.Context, user, identity string) (string, error) {
	return get(ctx, s, func(s scanner) (credential string, err error) { return credential, s.Scan(&credential) }, `
		SELECT credential FROM devices WHERE user_id = $1 AND identity_key = $2 AND state = 'active' AND credential IS NOT NULL
		ORDER BY id LIMIT 1`, user, identity)
}

// SetNoteKey keeps the key by which notes are sealed for an active device, as long as
// the device's identity key is the one that is named. It fails with [ErrConflict] if that
// has changed or has no credential.
func (s *Store) SetNoteKey(ctx context.Context, user, device, identity string, k NoteKey) error {
	for _, text := range []string{k.Credential, k.Key, k.Signature} {
		if err := checkText("note key, signature or credential", text, MaxCredential); err != nil {
			return err
		}
	}
	return s.change(ctx, ErrConflict, `
		UPDATE devices AS d SET note_credential = $4, note_key = $5, note_signature = $6
		WHERE d.user_id = $1 AND d.id = $2 AND d.identity_key = $3 AND d.state = 'active' AND `+vouchedFor,
		user, device, identity, k.Credential, k.Key, k.Signature)
}

// NoteKeys returns the keys by which notes are sealed for an account, of the most
// recently seen device first; none if it takes no notes.
func (s *Store) NoteKeys(ctx context.Context, user string) ([]NoteKey, error) {
	return list(ctx, s, func(s scanner) (k NoteKey, err error) { return k, s.Scan(&k.Credential, &k.Key, &k.Signature) }, `
		SELECT d.note_credential, d.note_key, d.note_signature FROM devices d JOIN privacy p ON p.user_id = d.user_id
		WHERE d.user_id = $1 AND d.state = 'active' AND d.note_key IS NOT NULL AND p.take_notes AND `+vouchedFor+`
		ORDER BY d.seen_ms DESC, d.id`, user)
}

// wantsNoteKey is whether a device, whose row has the alias d, should publish a key for
// notes and has not. One without an identity key has been in no call yet: it makes that
// first. One that nobody has signed cannot yet.
const wantsNoteKey = `d.note_key IS NULL AND COALESCE((SELECT p.take_notes FROM privacy p WHERE p.user_id = d.user_id), FALSE) AND
	(d.identity_key IS NULL OR ` + vouchedFor + `)`

// NoteKeysWanted returns those active devices of an account which takes notes that should
// publish a key for notes and have not.
func (s *Store) NoteKeysWanted(ctx context.Context, user string) ([]string, error) {
	return list(ctx, s, scanID, `SELECT d.id FROM devices d WHERE d.user_id = $1 AND d.state = 'active' AND `+wantsNoteKey, user)
}
