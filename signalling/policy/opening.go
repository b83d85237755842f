package policy

import "time"

// Opens reads the hours as those at which somebody is there, and returns whether
// now is one of them, else when the next begins. Without hours somebody is always
// there. It counts by steps of a minute, so that clocks that are put forward or
// back are no special case.
func (h Hours) Opens(now time.Time) (at time.Time, open bool) {
	if len(h.Ranges) == 0 || h.Contain(now) {
		return now, true
	}
	at = now.Truncate(time.Minute)
	for range 2 * dayMinutes {
		if at = at.Add(time.Minute); h.Contain(at) {
			return at, false
		}
	}
	return at, false
}
