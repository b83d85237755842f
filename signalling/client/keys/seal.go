package keys

import (
	"errors"
	"sync"
	"time"

	"pronto/signalling/client/sframe"
	"pronto/signalling/wire"
)

// kinds are the kinds of streams by what they carry.
var kinds = map[wire.Source]sframe.Kind{
	wire.SourceMicrophone: sframe.Microphone, wire.SourceCamera: sframe.Camera,
	wire.SourceScreen: sframe.Screen, wire.SourceScreenAudio: sframe.ScreenAudio,
}

// errSource is returned for a source that has no kind.
var errSource = errors.New("keys: no such source")

// codecOf is the envelope of what a source sends: sound is Opus, pictures are VP8.
func codecOf(source wire.Source) sframe.Codec {
	if source == wire.SourceMicrophone || source == wire.SourceScreenAudio {
		return sframe.Bare
	}
	return sframe.VP8
}

// holdFor is how long frames are held for the keys of their epoch: a sender may be a little ahead of us.
const holdFor = time.Second

// maxNamed is for how many epochs it is known whose a leaf was.
const maxNamed = 16

// seal is what connections use, while keys come and go.
type seal struct {
	sealer sframe.Sealer
	opener sframe.Opener

	mu      sync.Mutex // guards what follows; held for access only
	named   []names    // latest first
	awaited <-chan struct{}
	giveUp  time.Time // when awaited is waited for no more
}

// await waits for the keys of another epoch, and reports whether they are there. All frames that wait for the same
// keys are given up at the same time, so that none waits for one after the other.
func (s *seal) await(added, done <-chan struct{}) bool {
	s.mu.Lock()
	if s.awaited != added {
		s.awaited, s.giveUp = added, time.Now().Add(holdFor)
	}
	timer := time.NewTimer(time.Until(s.giveUp))
	s.mu.Unlock()
	defer timer.Stop()
	select {
	case <-added:
		return true
	case <-timer.C:
	case <-done:
	}
	return false
}

// names are whose the leaves of an epoch are.
type names struct {
	epoch  uint32
	leaves map[uint8]wire.ParticipantID
}

func (s *seal) name(epoch uint32, leaves map[uint8]wire.ParticipantID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named = append([]names{{epoch, leaves}}, s.named[:min(len(s.named), maxNamed-1)]...)
}

func (s *seal) whose(epoch uint32, leaf uint8) wire.ParticipantID {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.named {
		if n.epoch == epoch {
			return n.leaves[leaf]
		}
	}
	return ""
}

// Seal seals a frame of what a source sends. It fails while there is no key: what
// cannot be sealed must not be sent.
func (k *Keys) Seal(source wire.Source, keyFrame bool, frame []byte) ([]byte, error) {
	kind, ok := kinds[source]
	if !ok {
		return nil, errSource
	}
	return k.seal.sealer.Seal(kind, codecOf(source), keyFrame, frame)
}

// Open opens a frame that came for a source, and says whose it is: the participant
// whose credential is in the leaf that has sealed it. It waits up to a second for keys
// that are about to come.
func (k *Keys) Open(source wire.Source, frame []byte) ([]byte, wire.ParticipantID, error) {
	kind, ok := kinds[source]
	if !ok {
		return nil, "", errSource
	}
	added := k.seal.opener.Added()
	opened, err := k.seal.opener.Open(kind, codecOf(source), frame, time.Now())
	for errors.Is(err, sframe.ErrAhead) && k.seal.await(added, k.done) {
		added = k.seal.opener.Added()
		opened, err = k.seal.opener.Open(kind, codecOf(source), frame, time.Now())
	}
	if err != nil {
		k.unopened(err)
		return nil, "", err
	}
	return opened.Frame, k.seal.whose(opened.Epoch, opened.Name.Leaf), nil
}

// unopened has a failure told and mended.
func (k *Keys) unopened(err error) {
	var failure wire.KeyFailure
	switch {
	case errors.Is(err, sframe.ErrBefore):
		return // the others will seal with our keys in a moment
	case errors.Is(err, sframe.ErrNoKey):
		failure = wire.KeyFailureNoKey
	case errors.Is(err, sframe.ErrTag):
		failure = wire.KeyFailureBadTag
	case errors.Is(err, sframe.ErrReplay):
		failure = wire.KeyFailureReplay
	default:
		return
	}
	select {
	case k.trouble <- failure:
	default: // there is some already
	}
}
