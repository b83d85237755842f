package sframe

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

var (
	// ErrAhead is returned for a frame of an epoch whose keys may be about to come. It is an ErrNoKey.
	ErrAhead = fmt.Errorf("%w yet", ErrNoKey)
	// ErrBefore is returned for a frame of just before our first keys, which we are not to open. It is an ErrNoKey.
	ErrBefore = fmt.Errorf("%w of before we came", ErrNoKey)
	// ErrTag is returned for what was sealed with another key, or changed on its way.
	ErrTag = errors.New("sframe: not authentic")
	// ErrReplay is returned for a frame that came before, or is too old to tell.
	ErrReplay = errors.New("sframe: a frame that came before")
	// ErrKind is returned for a frame of another kind than the stream it came in.
	ErrKind = errors.New("sframe: a frame of another stream")
)

const (
	// KeepOld is how long keys of an epoch that is over open frames.
	KeepOld = 10 * time.Second
	// maxEpochs is how many epochs have keys at most. It is what the SFU lets through.
	maxEpochs = 16
	// maxAway is how far from ours an epoch may be that we have not got yet, or that was before we came.
	maxAway = 8
	// before is how long after our first keys others may still seal with those of before: they switch within a second.
	before = 3 * time.Second
	// maxStreams is how many KIDs are told apart in one epoch; what is above is refused.
	maxStreams = 4096
)

// Opener opens what comes in one call. The zero value has no key.
type Opener struct {
	mu     sync.Mutex // guards what follows; held while a frame is opened
	epochs []*epoch   // latest first
	first  uint32     // epoch that we had keys of
	since  time.Time  // when we got them
	added  chan struct{}
}

// Added is closed when the next epoch's keys are there.
func (o *Opener) Added() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.added == nil {
		o.added = make(chan struct{})
	}
	return o.added
}

// epoch is what one epoch's keys have opened.
type epoch struct {
	number  uint32
	base    []byte
	members map[uint8]bool
	until   time.Time // zero while it is the latest
	streams map[uint64]*incoming
}

// incoming is one KID.
type incoming struct {
	key    *key
	window window
}

// Add opens frames of an epoch from now on, sealed by the leaves that are in it. Those
// of the epochs before are opened for KeepOld longer.
func (o *Opener) Add(number uint32, base []byte, leaves []uint8, now time.Time) error {
	if len(base) != BaseKeySize {
		return fmt.Errorf("sframe: a base key of %d bytes, not %d", len(base), BaseKeySize)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.epochs) > 0 && number <= o.epochs[0].number {
		return fmt.Errorf("sframe: epoch %d after %d", number, o.epochs[0].number)
	}
	e := &epoch{number: number, base: base, members: map[uint8]bool{}, streams: map[uint64]*incoming{}}
	for _, l := range leaves {
		e.members[l] = true
	}
	if len(o.epochs) > 0 {
		o.epochs[0].until = now.Add(KeepOld)
	} else {
		o.first, o.since = number, now
	}
	o.epochs = append([]*epoch{e}, o.epochs[:min(len(o.epochs), maxEpochs-1)]...)
	o.forget(now)
	if o.added != nil {
		close(o.added)
		o.added = nil
	}
	return nil
}

// forget drops epochs that are over. The caller holds o.mu.
func (o *Opener) forget(now time.Time) {
	for i, e := range o.epochs {
		if !e.until.IsZero() && now.After(e.until) {
			o.epochs = o.epochs[:i:i] // those after it ended before it
			return
		}
	}
}

// Opened is a frame that was opened.
type Opened struct {
	// Name says whose it is: whoever's credential is in the leaf, whatever the server says.
	Name Name
	// Epoch is the whole number of the frame's epoch.
	Epoch uint32
	// Frame is what was sealed.
	Frame []byte
}

// Open opens a frame that came in a stream of a kind.
func (o *Opener) Open(kind Kind, codec Codec, frame []byte, now time.Time) (Opened, error) {
	clear, sealed, err := codec.within(frame)
	if err != nil {
		return Opened{}, err
	}
	h, sealed, err := ParseHeader(sealed)
	if err != nil {
		return Opened{}, err
	}
	name, ok := ParseKID(h.KID)
	if !ok || len(sealed) < TagSize {
		return Opened{}, fmt.Errorf("%w: no sealed frame", ErrMalformed)
	}
	if name.Kind != kind {
		return Opened{}, ErrKind
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forget(now)
	for _, e := range o.epochs {
		if uint8(e.number) == name.Epoch {
			plain, err := e.open(name, h, clear, sealed)
			return Opened{name, e.number, plain}, err
		}
	}
	return Opened{}, o.missing(name.Epoch, now)
}

// missing says why there are no keys for an epoch, which is named by its low bits. The caller holds o.mu.
func (o *Opener) missing(low uint8, now time.Time) error {
	if len(o.epochs) == 0 {
		return ErrNoKey
	}
	latest := o.epochs[0].number
	switch {
	case low-uint8(latest)-1 < maxAway:
		return ErrAhead
	case now.Sub(o.since) < before && latest-o.first < maxAway && uint8(o.first)-low-1 < maxAway:
		return ErrBefore
	}
	return ErrNoKey
}

func (e *epoch) open(name Name, h Header, clear, sealed []byte) ([]byte, error) {
	if !e.members[name.Leaf] {
		return nil, ErrNoKey
	}
	in, known := e.streams[h.KID]
	if !known {
		if len(e.streams) >= maxStreams {
			return nil, ErrNoKey
		}
		k, err := newKey(e.base, h.KID)
		if err != nil {
			return nil, err
		}
		in = &incoming{key: k}
	}
	plain, err := in.key.open(h, clear, sealed)
	if err != nil {
		return nil, ErrTag
	}
	if !in.window.take(h.Counter) {
		return nil, ErrReplay
	}
	e.streams[h.KID] = in
	return plain, nil
}
