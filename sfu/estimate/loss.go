package estimate

import "time"

const (
	// lossEvery is over how much time loss is looked at, at least, and lossOf over how many packets.
	lossEvery = 200 * time.Millisecond
	lossOf    = 20
	// tooMuch is the share of lost packets, beyond the way's own, above which the rate is lowered, by lossCut of that
	// share; above hold it is not raised.
	tooMuch, hold = 0.10, 0.05
	lossCut       = 0.5
	// less is how much less must be sent, and same how much of the loss must be left, for loss to count as the way's own.
	less, same = 0.85, 0.75
	// ownAfter is how long it takes for less being sent to show.
	ownAfter = 1200 * time.Millisecond
	// mostOwn is what loss of the way's own is at most.
	mostOwn = 0.5
)

// loss follows the share of packets that do not arrive. Some of it may be the way's own, as on a weak radio link:
// that is what is lost as well when less is sent.
type loss struct {
	expected, lost int // since looked
	looked         time.Duration
	share          float64 // smoothed
	own            float64

	// Of the last time the rate was lowered.
	cutShare, cutSent float64
	cutAt             time.Duration
}

// heard takes how many packets were reported, and how many of them as lost.
func (l *loss) heard(expected, lost int) {
	l.expected += expected
	l.lost += lost
}

// reset forgets what was counted: nothing came for long.
func (l *loss) reset(now time.Duration) {
	l.expected, l.lost, l.share, l.looked = 0, 0, l.own, now
}

// look returns the share of loss that is not the way's own, if enough has been counted. sent is what is being
// sent, in bit/s.
func (l *loss) look(now time.Duration, sent float64) (excess float64, ok bool) {
	if now-l.looked < lossEvery || l.expected < lossOf {
		return 0, false
	}
	share := min(max(float64(l.lost)/float64(l.expected), 0), 1)
	l.expected, l.lost, l.looked = 0, 0, now
	l.share += 0.3 * (share - l.share)
	switch {
	case l.share < l.own:
		l.own += 0.1 * (l.share - l.own)
	case l.cutSent > 0 && l.share < same*l.cutShare:
		l.cutSent = 0 // it was our doing
	case l.cutSent > 0 && sent < less*l.cutSent && now-l.cutAt > ownAfter:
		l.own = min(l.share, mostOwn)
		l.cutSent = 0
	}
	return max(l.share-l.own, 0) / (1 - l.own), true
}

// cut notes that the rate was lowered for loss while so much was sent.
func (l *loss) cut(sent float64, now time.Duration) {
	if l.cutSent == 0 {
		l.cutShare, l.cutSent, l.cutAt = l.share, sent, now
	}
}
