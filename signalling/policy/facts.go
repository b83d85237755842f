package policy

// Audience is whom a setting admits. The zero value admits nobody, so that a
// setting that could not be read fails closed.
type Audience int

// The audiences.
const (
	Nobody Audience = iota
	Contacts
	Everyone
)

// admits tells whether the audience has somebody in it.
func (a Audience) admits(contact bool) bool { return a == Everyone || a == Contacts && contact }

// Facts are all that is known of one directed pair: who wants to reach whom.
// The zero value is not let through.
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

	// WhoMayCall is whose calls reach the callee at all.
	WhoMayCall Audience
	// WhoMayAdd is who, of those, may also call him into a call of several.
	WhoMayAdd Audience
	// SilenceUnknown keeps his devices quiet for who is not in his contacts.
	SilenceUnknown bool
	// DoNotDisturb is whether it is an hour now at which he wants no ring.
	DoNotDisturb bool
	// CalleeBusy is whether one of his devices is in another call now, and he wants
	// no other to ring meanwhile. A call that he only hears ringing is none; one that
	// he has made or put on hold is.
	CalleeBusy bool
	// CallerHidesAddress and CalleeHidesAddress are the two settings.
	CallerHidesAddress, CalleeHidesAddress bool

	// CalleeNoCalls is whether the callee's account takes no calls, publicly: at
	// all, at this hour, or from who has no permission.
	CalleeNoCalls bool
	// CallerAsksFirst is whether the caller may call only who has permitted it,
	// CallerPermitted whether the callee has, and CallerQuotaSpent whether the
	// caller has made as many calls as he may.
	CallerAsksFirst, CallerPermitted, CallerQuotaSpent bool
	// CallerSuspended and CalleeSuspended are the operators' doing.
	CallerSuspended, CalleeSuspended bool
	// CallerCoolingDown is whether too many strangers did not answer the
	// caller lately.
	CallerCoolingDown bool

	// OfGroup is whether the call is one of a group that has members; the
	// following count only then.
	OfGroup bool
	// CallerInGroup and CalleeInGroup are whether they are active members.
	CallerInGroup, CalleeInGroup bool
	// CalleeLeftGroup is whether the callee left the group by choice.
	CalleeLeftGroup bool
}
