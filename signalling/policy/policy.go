package policy

// Path is the way somebody is reached.
type Path int

// The paths.
const (
	// PathRing calls an account.
	PathRing Path = iota
	// PathInvite calls an account into a running call.
	PathInvite
	// PathLink joins the call of a link; the callee is the link's owner.
	PathLink
)

// Paths lists all paths.
func Paths() []Path { return []Path{PathRing, PathInvite, PathLink} }

// Audience is whom a setting admits. The zero value admits nobody, so that a
// setting that could not be read fails closed.
type Audience int

// The audiences.
const (
	Nobody Audience = iota
	Contacts
	Everyone
)

// Facts are all that is known of one directed pair: who wants to reach whom.
// The zero value is refused.
type Facts struct {
	// CalleeExists is whether there is such an account.
	CalleeExists bool
	// Self is whether both are one account.
	Self bool
	// CalleeBlocksCaller and CallerBlocksCallee are the two block lists.
	CalleeBlocksCaller, CallerBlocksCallee bool
	// CallerIsContact is whether the callee has the caller in his contacts.
	CallerIsContact bool
	// CalleeIsContact is whether the caller has the callee in his contacts.
	CalleeIsContact bool
	// WhoMayCall is the callee's setting.
	WhoMayCall Audience
	// CallerHidesAddress and CalleeHidesAddress are the two settings.
	CallerHidesAddress, CalleeHidesAddress bool
}

// Verdict is what becomes of an attempt.
type Verdict int

// The verdicts. The zero value is Silent.
const (
	// Silent lets the caller's side go on exactly as if every device of the
	// callee were offline; the callee's side learns nothing, now or later.
	Silent Verdict = iota
	// Allow lets it through.
	Allow
	// Refuse tells the caller so: it is his own doing, and he knows it.
	Refuse
)

// Reason is why, in words for the callee's own eyes and for counting; the
// caller never sees it.
type Reason string

// The reasons. The set is closed, fit for a label.
const (
	ReasonAllowed     Reason = "allowed"
	ReasonSelf        Reason = "self"
	ReasonOwnBlock    Reason = "own_block"
	ReasonBlockList   Reason = "block_list"
	ReasonPrivacy     Reason = "privacy"
	ReasonUnknownUser Reason = "unknown_user"
)

// Decide is the one decision. It is total: every path and every combination of
// facts has a verdict.
func Decide(path Path, f Facts) (Verdict, Reason) {
	if f.Self {
		if path == PathLink {
			return Allow, ReasonAllowed // one's own link
		}
		return Refuse, ReasonSelf
	}
	switch {
	case f.CallerBlocksCallee && path != PathLink:
		return Refuse, ReasonOwnBlock
	case !f.CalleeExists:
		return Silent, ReasonUnknownUser
	case f.CalleeBlocksCaller:
		return Silent, ReasonBlockList
	case path == PathLink:
		return Allow, ReasonAllowed // whoever was handed the link was asked to come
	case f.WhoMayCall == Everyone, f.WhoMayCall == Contacts && f.CallerIsContact:
		return Allow, ReasonAllowed
	}
	return Silent, ReasonPrivacy
}

// RelayOnly tells whether two people who talk directly must not learn each
// other's network address: if either hides his, or unless both have the other
// in their contacts.
func RelayOnly(f Facts) bool {
	return f.CallerHidesAddress || f.CalleeHidesAddress || !f.CallerIsContact || !f.CalleeIsContact
}
