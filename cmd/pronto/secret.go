package main

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"pronto/signalling/avatar"
	"pronto/signalling/contact"
	"pronto/signalling/link"
	"pronto/signalling/notify"
)

const masterKeyBytes = 32

// masterKey reads the master key, or makes one at the first start.
func (c config) masterKey() ([]byte, error) {
	if c.MasterKey != "" {
		return base64.StdEncoding.DecodeString(c.MasterKey)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, badVariable("PRONTO_DATA", "cannot be made: %v", err)
	}
	path := filepath.Join(c.Data, "master.key")
	key, err := os.ReadFile(path)
	if err == nil && len(key) != masterKeyBytes {
		return nil, badVariable("PRONTO_DATA", "has a master.key of %d bytes, not %d: restore it from a backup", len(key), masterKeyBytes)
	}
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	key = make([]byte, masterKeyBytes)
	rand.Read(key) // never fails (crypto/rand, since Go 1.24)
	return key, writeKey(path, key)
}

// writeKey writes the file whole or not at all, and does not replace one that
// another process has just written.
func writeKey(path string, key []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "master-*")
	if err != nil {
		return fmt.Errorf("write the master key: %w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(key)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Link(temp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write the master key: %w", err)
	}
	return nil
}

// derive makes a secret for one purpose from the master key (RFC 5869).
func derive(master []byte, purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, master, nil, "pronto "+purpose, sha256.Size)
}

// secrets are made from the master key, each for one purpose: who learns one cannot
// find out another, nor the numbers in the database.
type secrets struct {
	master, tokens, codes, turn []byte

	numbers contact.Key // hashes phone numbers
	marker  link.Marker
	avatars avatar.Sealer
	vapid   notify.VAPID
}

func newSecrets(master []byte) (s secrets, err error) {
	of := func(purpose string) []byte {
		secret, failed := derive(master, purpose)
		err = errors.Join(err, failed)
		return secret
	}
	s = secrets{master: master, tokens: of("tokens"), codes: of("codes"), turn: of("turn")}
	numbers, marks, pictures, push := of("numbers"), of("link marks"), of("avatars"), of("push")
	if err != nil {
		return s, err
	}
	if s.numbers, err = contact.NewKey(numbers); err != nil {
		return s, err
	}
	if s.marker, err = link.NewMarker(marks); err != nil {
		return s, err
	}
	if s.avatars, err = avatar.NewSealer(pictures); err != nil {
		return s, err
	}
	s.vapid, err = notify.NewVAPID(push)
	return s, err
}

// ownKey is the issuer of the tokens that the server itself gives out.
const ownKey = "pronto"
