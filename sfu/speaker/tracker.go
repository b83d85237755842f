package speaker

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// onLevel and offLevel, in −dBov: who is louder than the first begins to speak, who is quieter than the
	// second for linger has stopped.
	onLevel, offLevel = 45, 55
	linger            = 600 * time.Millisecond
	// staleAfter is how long a level holds when no packet comes (discontinuous transmission, mute).
	staleAfter = 400 * time.Millisecond
	// attack and release are the time constants of the smoothing.
	attack, release = 100 * time.Millisecond, 800 * time.Millisecond
	// bonus is how much louder, in dB, somebody must be to pass another in the ranking.
	bonus = 6.0
	// hold is for how long nobody passes who has just passed another.
	hold = time.Second
)

// Tracker follows the levels of the members of one room, each known by a key. It is
// not safe for concurrent use.
type Tracker[K comparable] struct {
	voices map[K]*voice
	ranked []K // everybody in voices
	next   int // order of the next who is heard for the first time
}

type voice struct {
	order    int     // of arrival, to break ties
	loudness float64 // smoothed, in dB above silence: 0 to 127
	heard    time.Time
	updated  time.Time
	speaking bool
	loud     time.Time // last time above offLevel while speaking
	raised   time.Time // when it last passed somebody in the ranking
}

// NewTracker returns an empty tracker.
func NewTracker[K comparable]() *Tracker[K] { return &Tracker[K]{voices: map[K]*voice{}} }

// Heard takes the level, in −dBov, that somebody had lately.
func (t *Tracker[K]) Heard(who K, level uint8, now time.Time) {
	v := t.voices[who]
	if v == nil {
		v = &voice{order: t.next, updated: now}
		t.next++
		t.voices[who] = v
		t.ranked = append(t.ranked, who)
	}
	v.heard = now
	v.approach(float64(Silence-min(level, Silence)), now)
}

// Gone forgets somebody.
func (t *Tracker[K]) Gone(who K) {
	delete(t.voices, who)
	t.ranked = slices.DeleteFunc(t.ranked, func(o K) bool { return o == who })
}

// Speaking returns who speaks, loudest first.
func (t *Tracker[K]) Speaking(now time.Time) []K {
	t.settle(now)
	var speaking []K
	for who, v := range t.voices {
		if v.speaking {
			speaking = append(speaking, who)
		}
	}
	slices.SortFunc(speaking, func(a, b K) int { return t.voices[a].compare(t.voices[b]) })
	return speaking
}

// Ranking returns everybody who has been heard, who should be heard first at the front: a room
// with few slots takes as many as it has. Somebody moves up past another only when
// clearly louder, and keeps that place for some time, so that streams are not
// switched back and forth. The slice is the caller's.
func (t *Tracker[K]) Ranking(now time.Time) []K {
	t.settle(now)
	for i := 1; i < len(t.ranked); i++ {
		mover := t.voices[t.ranked[i]]
		for j := i; j > 0 && mover.passes(t.voices[t.ranked[j-1]], now); j-- {
			t.ranked[j-1], t.ranked[j] = t.ranked[j], t.ranked[j-1]
			mover.raised = now
		}
	}
	return slices.Clone(t.ranked)
}

// passes tells whether v takes the place of the one before it.
func (v *voice) passes(before *voice, now time.Time) bool {
	return v.loudness > before.loudness+bonus && now.Sub(before.raised) >= hold
}

// settle lets those fade who have sent nothing, and decides who speaks.
func (t *Tracker[K]) settle(now time.Time) {
	for _, v := range t.voices {
		if now.Sub(v.heard) > staleAfter {
			v.approach(0, now)
		}
		switch {
		case v.loudness >= Silence-onLevel:
			v.speaking, v.loud = true, now
		case v.speaking && v.loudness >= Silence-offLevel:
			v.loud = now
		case v.speaking && now.Sub(v.loud) >= linger:
			v.speaking = false
		}
	}
}

// approach moves the smoothed loudness towards a value.
func (v *voice) approach(value float64, now time.Time) {
	constant := release
	if value > v.loudness {
		constant = attack
	}
	elapsed := max(now.Sub(v.updated), 20*time.Millisecond) // one packet
	v.loudness += (value - v.loudness) * (1 - math.Exp(-float64(elapsed)/float64(constant)))
	v.updated = now
}

// compare orders the louder first.
func (v *voice) compare(other *voice) int {
	return cmp.Or(cmp.Compare(other.loudness, v.loudness), cmp.Compare(v.order, other.order))
}
