package estimate

import "time"

const (
	// firstWindow and laterWindow are over how much time arrived bytes are counted.
	firstWindow, laterWindow = 300 * time.Millisecond, 150 * time.Millisecond
	// weight is that of a new window.
	weight = 0.4
)

// throughput is how much arrives, in bit/s, smoothed over some windows.
type throughput struct {
	bps    float64 // 0 before the first window is over
	latest float64 // in the last window alone
	begun  bool
	began  time.Duration // of the window, by the receiver's clock
	bytes  int
}

// heard takes a packet that arrived.
func (t *throughput) heard(arrived time.Duration, bytes int) {
	window := laterWindow
	if t.bps == 0 {
		window = firstWindow
	}
	elapsed := arrived - t.began
	switch {
	case !t.begun || elapsed < -window || elapsed > 20*window:
		t.begun, t.began, t.bytes = true, arrived, bytes
		return
	case elapsed >= window:
		sample := float64(t.bytes) * 8 / elapsed.Seconds()
		t.latest = sample
		if t.bps == 0 {
			t.bps = sample
		} else {
			t.bps += weight * (sample - t.bps)
		}
		t.began, t.bytes = arrived, 0
	}
	t.bytes += bytes
}
