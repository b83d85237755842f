package call

import (
	"slices"
	"time"

	"pronto/signalling/wire"
)

const (
	// shortStay is how short a stay in the call of a link or a group is no
	// talk, and for how long it is held against the call.
	shortStay = time.Minute
	// maxShortStays is how many short stays within that time shut the call: so
	// many who come and go at once are one who tries to get in or to disturb.
	maxShortStays = 30
)

// churn notes that somebody has left, and shuts a call in which many come and go:
// that of a group is locked; to that of a link, and to the link, all but hosts have
// to be let in. Who has the host's rights opens it again.
func (s *state) churn(fx *effects, l leg, reason wire.LeaveReason, now time.Time) {
	if s.Link == "" && s.Group == "" || reason == wire.LeaveMoved || now.Sub(l.Joined) >= shortStay {
		return
	}
	recent := slices.DeleteFunc(slices.Clone(s.shortStays), func(at time.Time) bool { return now.Sub(at) >= shortStay })
	s.shortStays = append(recent, now)
	if len(s.shortStays) < maxShortStays || s.Locked || s.Lobby == wire.LobbyEveryone {
		return
	}
	s.shortStays = nil
	if s.Link != "" {
		s.setLobby(fx, wire.LobbyEveryone, true, now)
	} else {
		s.Locked, fx.durable = true, true
		s.broadcast(fx, wire.LockChanged{On: true})
	}
	fx.count(Alerted{Alert: "churn"})
}
