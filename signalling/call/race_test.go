//go:build race

package call

// raceEnabled tells whether the race detector slows everything down.
const raceEnabled = true
