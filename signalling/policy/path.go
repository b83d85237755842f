package policy

// Path is the way somebody is reached.
type Path int

// The paths. They are stored by their names.
const (
	// PathRing calls an account.
	PathRing Path = iota
	// PathInvite calls an account into a running call.
	PathInvite
	// PathGroupRing calls several accounts at once, or the members of a group.
	PathGroupRing
	// PathLink joins the call of a link; the callee is the link's owner.
	PathLink
	// PathKnock asks to be let into a call; the callee is who may let in.
	PathKnock
	// PathCallRequest asks somebody in the same call to switch between voice
	// and video.
	PathCallRequest
	// PathRingAgain rings the other one of a call of two that was left.
	PathRingAgain
)

var pathNames = []string{"ring", "invite", "group_ring", "link", "knock", "call_request", "ring_again"}

// Paths lists all paths.
func Paths() []Path {
	return []Path{PathRing, PathInvite, PathGroupRing, PathLink, PathKnock, PathCallRequest, PathRingAgain}
}

// String is the path's name, fit for a label.
func (p Path) String() string {
	if p < 0 || int(p) >= len(pathNames) {
		return "unknown"
	}
	return pathNames[p]
}

// rings tells whether the path makes devices ring.
func (p Path) rings() bool {
	return p == PathRing || p == PathInvite || p == PathGroupRing || p == PathRingAgain
}

// gathers tells whether the path adds the callee to a call of more than two.
func (p Path) gathers() bool { return p == PathInvite || p == PathGroupRing }
