package policy

// Verdict is what becomes of an attempt.
type Verdict int

// The verdicts. The zero value is Silent. To the caller Silent and Quiet are
// the same.
const (
	// Silent lets the caller's side go on exactly as if every device of the
	// callee were offline; the callee's devices learn nothing, now or later.
	Silent Verdict = iota
	// Quiet is Silent, but the callee finds a missed call in his log.
	Quiet
	// Busy rings nowhere and tells the caller at once that the callee is in another
	// call; the callee finds a missed call in his log. It is the callee's wish that
	// this is told, so it comes after all that keeps the caller from learning anything.
	Busy
	// Allow lets it through.
	Allow
	// Refuse tells the caller so: it is his own doing or his own standing, or
	// a callee who says publicly that he takes no calls.
	Refuse
)

var verdictNames = []string{"silent", "quiet", "busy", "allowed", "refused"}

// String is the verdict's name.
func (v Verdict) String() string {
	if v < 0 || int(v) >= len(verdictNames) {
		return "unknown"
	}
	return verdictNames[v]
}

// Reason is why, in words for the callee's own eyes and for counting; of the
// reasons of Silent and Quiet the caller never learns.
type Reason string

// The reasons. The set is closed, fit for a label.
const (
	ReasonAllowed         Reason = "allowed"
	ReasonSelf            Reason = "self"
	ReasonOwnBlock        Reason = "own_block"
	ReasonCallerSuspended Reason = "caller_suspended"
	ReasonCoolingDown     Reason = "cooling_down"
	ReasonNotPermitted    Reason = "not_permitted" // the caller must ask first, and has no permission
	ReasonQuota           Reason = "quota"         // the caller has made as many calls as he may
	ReasonOutsider        Reason = "outsider"      // the caller is not in the group
	ReasonUnknownUser     Reason = "unknown_user"
	ReasonNoCalls         Reason = "no_calls"
	ReasonCalleeSuspended Reason = "callee_suspended"
	ReasonBlockList       Reason = "block_list"
	ReasonNotMember       Reason = "not_member" // the callee is not in the group
	ReasonPrivacy         Reason = "privacy"
	ReasonDoNotDisturb    Reason = "do_not_disturb"
	ReasonSilenced        Reason = "silenced" // the callee silences unknown callers
	ReasonInCall          Reason = "in_call"  // the callee wants no ring while he is in a call
)

// Reasons lists the reasons for which somebody is not reached.
func Reasons() []Reason {
	return []Reason{
		ReasonSelf, ReasonOwnBlock, ReasonCallerSuspended, ReasonCoolingDown, ReasonNotPermitted, ReasonQuota, ReasonOutsider,
		ReasonUnknownUser, ReasonNoCalls,
		ReasonCalleeSuspended, ReasonBlockList, ReasonNotMember, ReasonPrivacy, ReasonDoNotDisturb, ReasonSilenced, ReasonInCall,
	}
}

// Decide is the one decision. It is total: every path and every combination of
// facts has a verdict.
//
// What the caller may be told comes first, and rests on nothing that he must
// not know; so a refusal never depends on the callee's blocks, contacts or
// settings.
//
// Who wants no ring while he is in a call is busy to whoever rings him, adds him to
// a running call or calls his group. What is no ring goes on as ever: links, what is
// asked within a call, and whatever he does himself, such as moving a call to another
// device of his or joining a second one.
func Decide(path Path, f Facts) (Verdict, Reason) {
	if verdict, reason := judgeCaller(path, f); reason != "" {
		return verdict, reason
	}
	switch {
	case !f.CalleeExists:
		return Silent, ReasonUnknownUser
	case f.CalleeNoCalls && path != PathCallRequest: // in a call that he made himself he may be asked
		return Refuse, ReasonNoCalls
	case f.CalleeSuspended:
		return Silent, ReasonCalleeSuspended
	case f.CalleeBlocksCaller:
		return Silent, ReasonBlockList
	case f.OfGroup && (f.CalleeLeftGroup || !f.CalleeInGroup):
		return Silent, ReasonNotMember
	case path == PathLink: // whoever was handed the link was asked to come
		return Allow, ReasonAllowed
	case path == PathCallRequest: // they are talking already
		return Allow, ReasonAllowed
	case !path.rings(): // no path of ours
		return Silent, ReasonPrivacy
	case !f.WhoMayCall.admits(f.CallerIsContact):
		return Silent, ReasonPrivacy
	case path.gathers() && !f.WhoMayAdd.admits(f.CallerIsContact):
		return Silent, ReasonPrivacy
	case f.DoNotDisturb:
		return Quiet, ReasonDoNotDisturb
	case f.SilenceUnknown && !f.CallerIsContact:
		return Quiet, ReasonSilenced
	case f.CalleeBusy && path == PathQueue: // visitors learn nothing of single operators
		return Quiet, ReasonInCall
	case f.CalleeBusy:
		return Busy, ReasonInCall
	}
	return Allow, ReasonAllowed
}

// judgeCaller decides what the caller's own standing and doing decide. An empty
// reason leaves it to the callee's side.
func judgeCaller(path Path, f Facts) (Verdict, Reason) {
	own := path == PathLink
	switch {
	case f.CallerSuspended:
		return Refuse, ReasonCallerSuspended
	case f.Self && own:
		return Allow, ReasonAllowed // one's own link
	case f.Self:
		return Refuse, ReasonSelf
	case f.CallerCoolingDown && path.rings(): // contacts too: else he could find out who has him in his
		return Refuse, ReasonCoolingDown
	case f.CallerAsksFirst && path.rings() && (path.gathers() || !f.CallerPermitted): // one at a time: who is called does not see others who are
		return Refuse, ReasonNotPermitted
	case f.CallerQuotaSpent && path.rings():
		return Refuse, ReasonQuota
	case f.CallerBlocksCallee && !own:
		return Refuse, ReasonOwnBlock
	case f.OfGroup && !f.CallerInGroup:
		return Refuse, ReasonOutsider
	}
	return Silent, ""
}

// RelayOnly tells whether two people who talk directly must not learn each
// other's network address: if either hides his, or unless both have the other
// in their contacts.
func RelayOnly(f Facts) bool {
	return f.CallerHidesAddress || f.CalleeHidesAddress || !f.CallerIsContact || !f.CalleeIsContact
}
