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
	// PathLink joins the call of a link, or asks to be let in; the callee is the
	// link's owner.
	PathLink
	// PathCallRequest asks somebody in the same call to switch between voice
	// and video.
	PathCallRequest
	// PathRingAgain calls somebody back into a running call that he was in, or had
	// declined.
	PathRingAgain
	// PathQueue calls an operator for a visitor of a link, in the name of the
	// link's owner.
	PathQueue
)

var pathNames = []string{"ring", "invite", "group_ring", "link", "call_request", "ring_again", "queue"}

// Paths lists all paths.
func Paths() []Path {
	return []Path{PathRing, PathInvite, PathGroupRing, PathLink, PathCallRequest, PathRingAgain, PathQueue}
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
	return p == PathRing || p == PathInvite || p == PathGroupRing || p == PathRingAgain || p == PathQueue
}

// gathers tells whether the path adds the callee to a call of more than two.
func (p Path) gathers() bool { return p == PathInvite || p == PathGroupRing || p == PathRingAgain }
