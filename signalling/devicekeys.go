package signalling

import (
	"context"
	"crypto/ed25519"
	"time"

	"pronto/signalling/call"
	"pronto/signalling/framing"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// setDeviceKey registers a device's identity key. The server keeps it and hands
// it on; nothing depends on the server's word for it.
func (s *Server) setDeviceKey(ctx context.Context, who call.Who, m *wire.SetDeviceKey) error {
	key, err := m.Key.Bytes()
	if err != nil || len(key) != ed25519.PublicKeySize {
		return wire.Problemf(wire.CodeInvalid, "key is no Ed25519 public key")
	}
	root := framing.Credential{Account: string(who.User), Device: string(who.Device), Root: [32]byte(key)}
	rooted, err := s.cfg.Store.SetDeviceKey(ctx, string(who.User), string(who.Device), string(m.Key), string(wire.ToBlob(root.Append(nil))))
	if rooted {
		s.cfg.Post.NoteKeysWanted(who.User, who.Device)
	}
	return err
}

// signDevice lengthens this device's chain by one it has signed.
func (s *Server) signDevice(ctx context.Context, who call.Who, m *wire.SignDevice) error {
	own, err := s.cfg.Store.DeviceKey(ctx, string(who.User), string(who.Device))
	if err != nil {
		return err
	}
	credential, err := credentialOf(own.Credential)
	switch {
	case err != nil: // there is none
		return wire.Problemf(wire.CodeForbidden, "this device has no credential yet; let a device that has one sign it first")
	case m.Device == who.Device:
		return wire.Problemf(wire.CodeInvalid, "a device does not sign itself")
	case len(credential.Chain) >= framing.MaxChain:
		return wire.Problemf(wire.CodeForbidden, "this device is too far from the account's root; sign with one that is nearer")
	}
	key, err := m.Key.Bytes()
	signature, err2 := m.Signature.Bytes()
	if err != nil || err2 != nil || len(key) != ed25519.PublicKeySize || len(signature) != ed25519.SignatureSize {
		return wire.Problemf(wire.CodeInvalid, "key or signature is not of Ed25519")
	}
	credential.Device = string(m.Device)
	credential.Chain = append(credential.Chain, framing.Signed{Device: string(m.Device), Key: [32]byte(key), Signature: [64]byte(signature)})
	if credential.Verify() != nil {
		return wire.Problemf(wire.CodeInvalid, "signature is not this device's over the account, the device and the key")
	}
	err = s.cfg.Store.SignDevice(ctx, string(who.User), string(m.Device), string(m.Key),
		string(wire.ToBlob(credential.Append(nil))), string(who.Device), own.Credential)
	if err == nil {
		s.cfg.Post.NoteKeysWanted(who.User, m.Device)
	}
	return err
}

// putKeyPackages keeps key packages of a device.
func (s *Server) putKeyPackages(ctx context.Context, who call.Who, m *wire.PutKeyPackages) error {
	packages := make([]store.KeyPackage, 0, len(m.Packages)+1)
	for _, blob := range m.Packages {
		p, err := keyPackage(who, blob)
		if err != nil {
			return err
		}
		packages = append(packages, p)
	}
	if m.LastResort != "" {
		p, err := keyPackage(who, m.LastResort)
		if err != nil {
			return err
		}
		p.LastResort = true
		packages = append(packages, p)
	}
	kept, err := s.cfg.Store.PutKeyPackages(ctx, string(who.User), string(who.Device), packages, wire.MaxKeyPackages)
	if err != nil {
		return err
	}
	who.Reply(wire.KeyPackages{Left: uint32(kept.Left), LastResort: kept.LastResort})
	return nil
}

func keyPackage(who call.Who, blob wire.Blob) (store.KeyPackage, error) {
	data, err := blob.Bytes()
	if err != nil || len(blob) > wire.MaxKeyPackageBytes {
		return store.KeyPackage{}, wire.Problemf(wire.CodeInvalid, "a key package has at most %d characters of base64url", wire.MaxKeyPackageBytes)
	}
	p, err := framing.ParseKeyPackage(data)
	switch c := &p.Leaf.Credential; {
	case err != nil:
		return store.KeyPackage{}, wire.Problemf(wire.CodeInvalid, "a key package is not one of the suite that is used here")
	case c.Account != string(who.User) || c.Device != string(who.Device):
		return store.KeyPackage{}, wire.Problemf(wire.CodeInvalid, "the credential in a key package is not this device's")
	case p.NotAfter.Before(time.Now()):
		return store.KeyPackage{}, wire.Problemf(wire.CodeInvalid, "a key package has expired; make others")
	}
	return store.KeyPackage{Ref: string(wire.ToBlob(p.Ref[:])), Package: string(blob), Expires: p.NotAfter}, nil
}
