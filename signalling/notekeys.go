package signalling

import (
	"context"
	"crypto/ed25519"
	"errors"
	"slices"

	"pronto/signalling/call"
	"pronto/signalling/framing"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// setNoteKey publishes by which key notes are sealed for a device. Whoever seals one
// checks it himself; here it is checked so that nobody publishes what others refuse.
func (s *Server) setNoteKey(ctx context.Context, who call.Who, m *wire.SetNoteKey) error {
	own, err := s.cfg.Store.DeviceKey(ctx, string(who.User), string(who.Device))
	if err != nil {
		return err
	}
	signed, err := s.cfg.Store.CredentialOfKey(ctx, string(who.User), own.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return wire.Problemf(wire.CodeForbidden, "this device has no credential yet; let a device that has one sign it first")
	case err != nil:
		return err
	}
	credential, err := credentialOf(signed)
	if err != nil {
		return err
	}
	shown, err := credentialOf(string(m.Credential))
	switch {
	case err != nil, shown.Verify() != nil, shown.Account != string(who.User), shown.Device != string(who.Device),
		shown.Root != credential.Root, [32]byte(shown.Key()) != [32]byte(credential.Key()):
		return wire.Problemf(wire.CodeInvalid, "credential is not this device's; getDevices has it")
	}
	key, err := m.Key.Bytes()
	signature, err2 := m.Signature.Bytes()
	switch {
	case err != nil, err2 != nil, len(key) != 32, len(signature) != ed25519.SignatureSize:
		return wire.Problemf(wire.CodeInvalid, "key is not of X25519, or signature not of Ed25519")
	case !ed25519.Verify(shown.Key(), framing.NoteKeyStatement(string(who.User), key), signature):
		return wire.Problemf(wire.CodeInvalid, "signature is not this device's over the account and the key")
	}
	return s.cfg.Store.SetNoteKey(ctx, string(who.User), string(who.Device), own.Key,
		store.NoteKey{Credential: string(m.Credential), Key: string(m.Key), Signature: string(m.Signature)})
}

// noteKeys are an account's, each once, the most recently used first, and all of one
// root: who seals a note refuses an account that has two.
func (s *Server) noteKeys(ctx context.Context, user wire.UserID) ([]wire.NoteKey, error) {
	kept, err := s.cfg.Store.NoteKeys(ctx, string(user))
	if err != nil {
		return nil, err
	}
	keys, seen := []wire.NoteKey{}, map[string]bool{}
	var root [32]byte
	for _, k := range kept {
		credential, err := credentialOf(k.Credential)
		if err != nil {
			continue
		}
		if len(keys) == 0 {
			root = credential.Root
		}
		if credential.Root == root && !seen[k.Key] && len(keys) < framing.MaxNoteKeys {
			seen[k.Key] = true
			keys = append(keys, wire.NoteKey{Credential: wire.Blob(k.Credential), Key: wire.Blob(k.Key), Signature: wire.Blob(k.Signature)})
		}
	}
	return keys, nil
}

func credentialOf(blob string) (framing.Credential, error) {
	data, err := wire.Blob(blob).Bytes()
	if err != nil {
		return framing.Credential{}, err
	}
	return framing.ParseCredential(data)
}

// takingNotes carries out a change of an account's settings, nil if they stay. If by it
// the account begins to take notes, its devices are asked for keys.
func (s *Server) takingNotes(ctx context.Context, user wire.UserID, p *store.Privacy, change func() error) error {
	if p == nil || !p.TakeNotes {
		return change()
	}
	before, err := s.cfg.Store.Privacy(ctx, string(user))
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	if !before.TakeNotes {
		s.cfg.Post.NoteKeysWanted(user, "")
	}
	return nil
}

// wantNoteKeys asks those sessions here of an account whose devices should publish a key
// for notes and have not; device, if it is not empty, is the only one.
func (s *Server) wantNoteKeys(user wire.UserID, device wire.DeviceID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var able []*session
	for one := range s.users[user] {
		if one.who.Encryption > 0 && !one.who.Guest() && (device == "" || one.who.Device == device) {
			able = append(able, one)
		}
	}
	if len(able) == 0 || s.closed {
		return
	}
	s.wait.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
		defer cancel()
		without, err := s.cfg.Store.NoteKeysWanted(ctx, string(user))
		if err != nil {
			s.cfg.Logger.Warn("devices could not be asked for keys for notes; they are when they sign in", "err", err)
			return
		}
		for _, one := range able {
			if slices.Contains(without, string(one.who.Device)) {
				one.send(event(wire.NoteKeyWanted{}))
			}
		}
	})
}
