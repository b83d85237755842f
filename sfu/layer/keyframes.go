package layer

import "time"

const (
	// KeyFrameInterval is the least time between two requests for a key frame of one encoding: two
	// a second, however many want one.
	KeyFrameInterval = 500 * time.Millisecond
	// slowAfter is after how many unanswered requests the interval becomes four times as long.
	slowAfter = 10
)

// KeyFrames merges the wishes for key frames of one encoding. The zero value is ready. It is
// not safe for concurrent use.
type KeyFrames struct {
	wanted bool
	since  time.Time // the first wish
	sent   time.Time // the last request
	tries  int       // requests since the first wish
}

// Want says that a key frame is wished for. It reports whether the wish was merged
// into one that is waiting already.
func (k *KeyFrames) Want(now time.Time) (merged bool) {
	if k.wanted {
		return true
	}
	k.wanted, k.since, k.tries = true, now, 0
	return false
}

// Wanted tells whether a wish is open.
func (k *KeyFrames) Wanted() bool { return k.wanted }

// Due tells whether a request is to be sent now, and counts it as sent. repeat tells that
// the one before it was not answered.
func (k *KeyFrames) Due(now time.Time) (due, repeat bool) {
	interval := KeyFrameInterval
	if k.tries >= slowAfter {
		interval *= 4
	}
	if !k.wanted || (!k.sent.IsZero() && now.Sub(k.sent) < interval) {
		return false, false
	}
	k.sent = now
	k.tries++
	return true, k.tries > 1
}

// Came says that a key frame began at the given time. It returns how long after
// the first wish, and whether there was one. A key frame from before the wish fulfils nothing.
func (k *KeyFrames) Came(at time.Time) (after time.Duration, fulfilled bool) {
	if !k.wanted || at.Before(k.since) {
		return 0, false
	}
	k.wanted = false
	return at.Sub(k.since), true
}

// Forget drops the wish: nobody is waiting any more.
func (k *KeyFrames) Forget() { k.wanted = false }
