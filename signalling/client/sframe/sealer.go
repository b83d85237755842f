package sframe

import (
	"errors"
	"fmt"
	"sync"
)

// ErrNoKey is returned while there is no key: what cannot be sealed is not sent, and
// what cannot be opened is not played.
var ErrNoKey = errors.New("sframe: no key")

// maxCounter is how many frames are sealed with one key: then the next generation begins.
const maxCounter = 1 << 24

// Sealer seals what a device sends in one call. The zero value has no key.
type Sealer struct {
	mu      sync.Mutex // guards what follows; held while a frame is sealed
	begun   bool
	base    []byte
	leaf    uint8
	epoch   uint32
	streams map[Kind]*stream
}

// stream is where one kind stands in this epoch.
type stream struct {
	name    Name
	key     *key
	counter uint64
}

// Use seals with the base key of an epoch from now on, as the leaf that we have in it. An
// epoch is used once: one that is not later than the last is an error, for its counters
// would begin anew.
func (s *Sealer) Use(epoch uint32, leaf uint8, base []byte) error {
	if len(base) != BaseKeySize {
		return fmt.Errorf("sframe: a base key of %d bytes, not %d", len(base), BaseKeySize)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun && epoch <= s.epoch {
		return fmt.Errorf("sframe: epoch %d after %d", epoch, s.epoch)
	}
	s.begun, s.epoch, s.leaf, s.base, s.streams = true, epoch, leaf, base, map[Kind]*stream{}
	return nil
}

// Stop forgets the key: nothing is sealed until Use is called with a later epoch.
func (s *Sealer) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base, s.streams = nil, nil
}

// Seal seals a frame of a kind, in the envelope of its codec.
func (s *Sealer) Seal(kind Kind, codec Codec, keyFrame bool, plain []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.base == nil {
		return nil, ErrNoKey
	}
	st, err := s.stream(kind)
	if err != nil {
		return nil, err
	}
	clear := codec.around(keyFrame)
	sealed := append(make([]byte, 0, len(clear)+maxHeader+len(plain)+TagSize), clear...)
	sealed = st.key.seal(sealed, Header{st.name.KID(), st.counter}, clear, plain)
	st.counter++
	return sealed, nil
}

// stream returns where a kind stands, in a new generation if its counter is used up.
// The caller holds s.mu.
func (s *Sealer) stream(kind Kind) (*stream, error) {
	st := s.streams[kind]
	if st != nil && st.counter < maxCounter {
		return st, nil
	}
	name := Name{Kind: kind, Leaf: s.leaf, Epoch: uint8(s.epoch)}
	if st != nil {
		if name.Generation = st.name.Generation + 1; name.Generation > maxGeneration {
			return nil, ErrNoKey
		}
	}
	k, err := newKey(s.base, name.KID())
	if err != nil {
		return nil, err
	}
	st = &stream{name: name, key: k}
	s.streams[kind] = st
	return st, nil
}
