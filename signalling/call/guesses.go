package call

import (
	"hash/maphash"
	"sync"
	"time"
)

// Limits of those who try links that lead nowhere. An id has 128 random bits, so
// that these are not what keeps guesses from being right; they keep them few and
// have them noticed.
const (
	guessBurst  = 20               // in a row, if nothing else is said
	guessRefill = 30 * time.Second // for each one more
	guessSlots  = 1 << 16          // bounds the memory; who falls into the same slot shares it
)

// guesses counts, by where they come from, tries of links that lead nowhere.
type guesses struct {
	burst int
	seed  maphash.Seed

	mu    sync.Mutex        // guards what follows
	slots [guessSlots]int64 // when each will be as good as new, in ns since 1970
}

func newGuesses(burst int) *guesses { return &guesses{burst: burst, seed: maphash.MakeSeed()} }

// wait is how long a source has to wait before its next try; 0 if it need not. It
// counts nothing, so that whoever has the right link pays nothing.
func (g *guesses) wait(source string, now time.Time) time.Duration {
	if source == "" {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, time.Duration(g.slots[g.slot(source)]-now.UnixNano())-time.Duration(g.burst-1)*guessRefill)
}

// miss counts a try that led nowhere.
func (g *guesses) miss(source string, now time.Time) {
	if source == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	full := &g.slots[g.slot(source)]
	*full = max(*full, now.UnixNano()) + int64(guessRefill)
}

func (g *guesses) slot(source string) uint64 { return maphash.String(g.seed, source) % guessSlots }
