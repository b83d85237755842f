package media

import (
	"sync/atomic"

	"github.com/pion/rtp/codecs"

	"pronto/signalling/wire"
)

// voice sends a clip's sounds on a track while it is on. While it is off
// nothing leaves, and time goes on.
type voice struct {
	clip  *Clip
	track *track
	on    atomic.Bool

	cipher Cipher // nil if the call is not encrypted

	// Owned by the scheduler's goroutine.
	talking bool
}

// send sends the sound of one step. The marker begins a talk spurt (RFC 7587,
// section 4.2).
func (v *voice) send(step int64) {
	if !v.on.Load() {
		v.talking = false
		return
	}
	s := v.clip.sounds[step%int64(len(v.clip.sounds))]
	v.talking = v.put(s.payload, uint32(step*soundTicks), !v.talking, s.level)
}

// put sends a sound, sealed if the call is encrypted. It reports whether it could.
func (v *voice) put(payload []byte, ticks uint32, marker bool, level uint8) bool {
	if v.cipher != nil {
		sealed, err := v.cipher.Seal(wire.SourceMicrophone, false, payload)
		if err != nil {
			return false // no key yet: nothing leaves
		}
		payload = sealed
	}
	v.track.write(payload, ticks, marker, level)
	return true
}

// film sends one encoding of a clip's picture on a track while it is on.
type film struct {
	picture *picture
	track   *track
	on      atomic.Bool

	cipher Cipher // nil if the call is not encrypted

	// Owned by the scheduler's goroutine.
	payloader codecs.VP8Payloader
	next      int // frame of the loop
	rolling   bool
}

func newFilm(p *picture, t *track) *film {
	return &film{picture: p, track: t, payloader: codecs.VP8Payloader{EnablePictureID: true}}
}

// send sends the frame of one step. The first one, and the one after the
// receiver has asked for it, is a key frame: the loop jumps to its next one.
func (f *film) send(step int64) {
	if !f.on.Load() {
		f.rolling = false
		return
	}
	if wanted := f.track.keyWanted.Swap(false); wanted || !f.rolling {
		f.next = f.picture.nextKey(f.next)
	}
	frame := f.picture.frames[f.next]
	f.next = (f.next + 1) % len(f.picture.frames)
	f.rolling = f.put(frame, uint32(step*frameTicks))
}

// put sends a frame, sealed if the call is encrypted. It reports whether it could.
func (f *film) put(frame frame, ticks uint32) bool {
	if f.cipher != nil {
		sealed, err := f.cipher.Seal(wire.SourceCamera, frame.key, frame.data)
		if err != nil {
			return false // no key yet: nothing leaves
		}
		frame.data = sealed
	}
	if frame.key {
		f.track.sent.keys.Add(1)
	}
	payloads := f.payloader.Payload(mtu, frame.data)
	for i, payload := range payloads {
		f.track.write(payload, ticks, i == len(payloads)-1, silence)
	}
	return true
}
