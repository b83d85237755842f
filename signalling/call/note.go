package call

import (
	"encoding/json"

	"pronto/signalling/wire"
)

// RangOnly returns the one account that a call has rung for an account that made it,
// from the snapshot of the call when it is over, or ok is false: of a call of a group or
// by a link, or of one that has rung others besides, there is none.
func RangOnly(snapshot string, caller wire.UserID) (callee wire.UserID, ok bool) {
	var s state
	if json.Unmarshal([]byte(snapshot), &s) != nil || s.Phase != wire.PhaseEnded || s.Group != "" || s.Link != "" || s.Queue != "" {
		return "", false
	}
	for _, p := range s.Past {
		switch {
		case p.User == caller && !p.Guest, p.User == callee:
		case p.Guest || callee != "":
			return "", false
		default:
			callee = p.User
		}
	}
	return callee, callee != ""
}
