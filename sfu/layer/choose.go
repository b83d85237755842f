package layer

import "time"

// StaleAfter is how long an encoding may be silent before it counts as stopped.
const StaleAfter = time.Second

// AssumedHeight is the height in pixels that the highest of three encodings is
// taken to have until more is known.
const AssumedHeight = 720

// None is the choice when there is no encoding.
const None = -1

// Encoding is what is known about one encoding.
type Encoding struct {
	// Present: at least one packet has ever come.
	Present bool
	// Live: a packet has come within [StaleAfter].
	Live bool
	// Height is that of its newest key frame in pixels, 0 if unknown.
	Height int
}

// Choose returns the index of the lowest live encoding that is at least height
// pixels high, else of the highest live one. encodings are in order from lowest to
// highest. If none is live (a muted camera) the current choice stays, if it is
// present. It returns [None] when there is nothing or height is 0.
func Choose(encodings []Encoding, current, height int) int {
	if height <= 0 {
		return None
	}
	heights := Heights(encodings)
	best := None
	for i, e := range encodings {
		if !e.Live {
			continue
		}
		best = i
		if heights[i] >= height {
			break
		}
	}
	if best != None {
		return best
	}
	if current >= 0 && current < len(encodings) && encodings[current].Present {
		return current
	}
	for i, e := range encodings {
		if e.Present {
			return i
		}
	}
	return None
}

// Heights returns the height of each encoding. Learnt heights count only if every
// present encoding has one and they ascend: senders that encrypt end to end
// write the same constant into each. Otherwise each encoding is taken to be twice
// as high as the one below it, the highest [AssumedHeight].
func Heights(encodings []Encoding) []int {
	heights := make([]int, len(encodings))
	last, learnt, present := 0, true, 0
	for i, e := range encodings {
		if !e.Present {
			continue
		}
		present++
		learnt = learnt && e.Height > last
		last = e.Height
		heights[i] = e.Height
	}
	if learnt && present > 0 {
		return heights
	}
	for i := range heights {
		heights[i] = AssumedHeight >> (len(heights) - 1 - i)
	}
	return heights
}
