package sframe

// windowSize is how far a frame may be behind the latest: about 10 s of three layers.
const windowSize = 1024

// window notes which counters of one KID have come. The zero value has seen none.
type window struct {
	begun bool
	top   uint64
	seen  [windowSize / 64]uint64 // bit i is of the counter that is i modulo windowSize
}

// take notes a counter, and tells whether it is new.
func (w *window) take(counter uint64) bool {
	switch {
	case !w.begun:
		w.begun, w.top = true, counter
	case counter > w.top:
		if counter-w.top >= windowSize {
			clear(w.seen[:])
		} else {
			for c := w.top + 1; c < counter; c++ {
				w.seen[c%windowSize/64] &^= 1 << (c % 64)
			}
		}
		w.seen[counter%windowSize/64] &^= 1 << (counter % 64)
		w.top = counter
	case w.top-counter >= windowSize:
		return false
	}
	bit := uint64(1) << (counter % 64)
	if w.seen[counter%windowSize/64]&bit != 0 {
		return false
	}
	w.seen[counter%windowSize/64] |= bit
	return true
}
