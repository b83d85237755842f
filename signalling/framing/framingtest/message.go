package framingtest

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"sync/atomic"

	"pronto/signalling/framing"
)

// Device is somebody who makes messages.
type Device struct {
	Account, ID string
	Key         [32]byte
}

// NewDevice returns a device with a key of its own. account is empty for a
// guest.
func NewDevice(account, id string) *Device {
	return &Device{Account: account, ID: id, Key: sha256.Sum256([]byte("key of " + account + "/" + id))}
}

// Credential is the device's, as the account's root.
func (d *Device) Credential() *framing.Credential {
	return &framing.Credential{Account: d.Account, Device: d.ID, Root: d.Key}
}

var made atomic.Uint32

// KeyPackage makes another key package of the device, as an MLSMessage.
func (d *Device) KeyPackage() []byte {
	p := []byte{0, 1, 0, 5, 0, 1, 0, 1}
	p = vector(p, noise(32))
	p = d.leaf(p, 1)
	p = vector(p, nil)
	return vector(p, noise(64))
}

func (d *Device) leaf(b []byte, source byte) []byte {
	b = vector(b, noise(32))
	b = vector(b, d.Key[:])
	b = vector(append(b, 0, 1), d.Credential().Append(nil))
	for _, capability := range [][]byte{{0, 1}, {0, 1}, nil, nil, {0, 1}} {
		b = vector(b, capability)
	}
	b = append(b, source)
	if source == 1 {
		b = binary.BigEndian.AppendUint64(b, 0)
		b = binary.BigEndian.AppendUint64(b, 1<<33)
	} else {
		b = vector(b, nil)
	}
	b = vector(b, nil)
	return vector(b, noise(64))
}

// GroupID is the id of a call's group.
func GroupID(call string, group uint32) []byte {
	return []byte(call + "/" + strconv.FormatUint(uint64(group), 10))
}

// GroupInfo makes a GroupInfo.
func GroupInfo(group []byte, epoch uint64) []byte {
	b := []byte{0, 1, 0, 4, 0, 1, 0, 1}
	b = binary.BigEndian.AppendUint64(vector(b, group), epoch)
	b = vector(vector(b, noise(32)), noise(32))
	b = vector(vector(b, nil), nil)
	b = append(vector(b, noise(32)), 0, 0, 0, 0)
	return vector(b, noise(64))
}

// Welcome makes a Welcome for those whose key packages these are.
func Welcome(packages ...[]byte) []byte {
	var secrets []byte
	for _, data := range packages {
		p, err := framing.ParseKeyPackage(data)
		if err != nil {
			panic("framingtest: not a key package")
		}
		secrets = vector(secrets, p.Ref[:])
		secrets = vector(vector(secrets, noise(32)), noise(48))
	}
	return vector(vector([]byte{0, 1, 0, 3, 0, 1}, secrets), noise(64))
}

// Commit makes a commit of the member on a leaf that adds whose key packages
// these are, and removes leaves.
func (d *Device) Commit(group []byte, epoch uint64, leaf uint32, add [][]byte, remove ...uint32) []byte {
	b := []byte{0, 1, 0, 1}
	b = binary.BigEndian.AppendUint64(vector(b, group), epoch)
	b = binary.BigEndian.AppendUint32(append(b, 1), leaf)
	b = append(vector(b, nil), 3)
	var proposals []byte
	for _, data := range add {
		proposals = append(append(proposals, 1, 0, 1), data[4:]...)
	}
	b = vector(b, append(proposals, removes(remove)...))
	b = d.path(b)
	return vector(vector(vector(b, noise(64)), noise(32)), noise(32))
}

// External makes an external commit, by which the device adds itself and
// removes its old leaf, if it has one.
func (d *Device) External(group []byte, epoch uint64, old ...uint32) []byte {
	b := []byte{0, 1, 0, 1}
	b = binary.BigEndian.AppendUint64(vector(b, group), epoch)
	b = append(vector(append(b, 4), nil), 3)
	b = vector(b, append(vector([]byte{1, 0, 6}, noise(32)), removes(old)...))
	b = d.path(b)
	return vector(vector(b, noise(64)), noise(32))
}

func removes(leaves []uint32) (b []byte) {
	for _, leaf := range leaves {
		b = binary.BigEndian.AppendUint32(append(b, 1, 0, 3), leaf)
	}
	return b
}

// path appends an update path with one node.
func (d *Device) path(b []byte) []byte {
	b = d.leaf(append(b, 1), 3)
	node := vector(nil, noise(32))
	node = vector(node, vector(vector(nil, noise(32)), noise(48)))
	return vector(b, node)
}

// noise is bytes that never come twice.
func noise(n int) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint32(nil, made.Add(1)))
	return append(sum[:], sum[:]...)[:n]
}

func vector(b, data []byte) []byte {
	switch n := len(data); {
	case n < 1<<6:
		b = append(b, byte(n))
	case n < 1<<14:
		b = append(b, 1<<6|byte(n>>8), byte(n))
	default:
		b = append(b, 2<<6|byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return append(b, data...)
}
