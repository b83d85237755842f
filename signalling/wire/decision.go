package wire

// DecisionPath is the way somebody tried to reach us.
type DecisionPath string

// The paths.
const (
	DecisionRing        DecisionPath = "ring"
	DecisionInvite      DecisionPath = "invite"      // into a running call
	DecisionGroupRing   DecisionPath = "groupRing"   // a ring of several
	DecisionLink        DecisionPath = "link"        // by a link of ours
	DecisionCallRequest DecisionPath = "callRequest" // to switch between voice and video
	DecisionRingAgain   DecisionPath = "ringAgain"   // back into a call that we were in, or had declined
	DecisionQueue       DecisionPath = "queue"       // a visitor of a queue whose operator we are
)

// Values lists all paths.
func (DecisionPath) Values() []string {
	return []string{
		string(DecisionRing), string(DecisionInvite), string(DecisionGroupRing), string(DecisionLink),
		string(DecisionCallRequest), string(DecisionRingAgain), string(DecisionQueue),
	}
}

// Verdict is what became of an attempt to reach us.
type Verdict string

// The verdicts.
const (
	VerdictAllowed Verdict = "allowed" // our devices rang, or he was let in
	VerdictQuiet   Verdict = "quiet"   // no device rang; it is in our log as missed
	VerdictBusy    Verdict = "busy"    // no device rang; he was told that we are in a call, and it is in our log as missed
	VerdictSilent  Verdict = "silent"  // nothing; he saw what he would see if we were offline
	VerdictRefused Verdict = "refused" // he was told that we take no calls
)

// Values lists all verdicts.
func (Verdict) Values() []string {
	return []string{string(VerdictAllowed), string(VerdictQuiet), string(VerdictBusy), string(VerdictSilent), string(VerdictRefused)}
}

// Reason is why.
type Reason string

// The reasons.
const (
	ReasonNothingAgainst Reason = "nothingAgainst"
	ReasonBlocked        Reason = "blocked"      // we have blocked him
	ReasonPrivacy        Reason = "privacy"      // whoMayCall or whoMayAdd does not have him
	ReasonDoNotDisturb   Reason = "doNotDisturb" // it was one of our hours without calls
	ReasonSilenced       Reason = "silenced"     // he is not in our contacts, and silenceUnknown is on
	ReasonInCall         Reason = "inCall"       // we were in a call, and rejectInCall is on
	ReasonNoCalls        Reason = "noCalls"      // our account takes no calls
	ReasonSuspended      Reason = "suspended"    // our account was suspended
	ReasonNotMember      Reason = "notMember"    // we are not in the group, or have left it
	ReasonOther          Reason = "other"
)

// Values lists all reasons.
func (Reason) Values() []string {
	return []string{
		string(ReasonNothingAgainst), string(ReasonBlocked), string(ReasonPrivacy), string(ReasonDoNotDisturb), string(ReasonSilenced),
		string(ReasonInCall), string(ReasonNoCalls), string(ReasonSuspended), string(ReasonNotMember), string(ReasonOther),
	}
}

// GetDecisions asks why our devices did or did not ring, for a page of the
// attempts to reach us in the last 30 days, newest first. Nobody else may read
// them, and who tried does not learn of it. The reply is [Decisions].
type GetDecisions struct {
	// Before is [Decisions.Next] of the page before; absent for the first.
	Before string `json:"before,omitzero" limit:"0..64"`
	// Limit is how many at most; 0 means 50.
	Limit uint32 `json:"limit,omitzero" limit:"0..100"`
}

// Decisions is a page of attempts to reach us.
type Decisions struct {
	// Entries are the attempts, newest first.
	Entries []Decision `json:"entries"`
	// Next continues the list; absent at its end.
	Next string `json:"next,omitzero"`
}

// Decision is what became of one attempt to reach us.
type Decision struct {
	// From is who tried; absent for a guest.
	From UserID `json:"from,omitzero"`
	// Name is what he was called then.
	Name string `json:"name"`
	// Call is the call; absent if none came about, or for a link.
	Call CallID `json:"call,omitzero"`
	// Path is how he tried.
	Path DecisionPath `json:"path"`
	// Verdict is what became of it.
	Verdict Verdict `json:"verdict"`
	// Reason is why.
	Reason Reason `json:"reason"`
	// AtMs is when.
	AtMs UnixMs `json:"atMs"`
}
