package policy

import (
	"fmt"
	"testing"
)

func everyFacts(yield func(Facts)) {
	for bits := range 1 << 8 {
		for _, audience := range []Audience{Nobody, Contacts, Everyone} {
			bit := func(n int) bool { return bits>>n&1 == 1 }
			yield(Facts{
				CalleeExists: bit(0), Self: bit(1), CalleeBlocksCaller: bit(2), CallerBlocksCallee: bit(3),
				CallerIsContact: bit(4), CalleeIsContact: bit(5), CallerHidesAddress: bit(6), CalleeHidesAddress: bit(7),
				WhoMayCall: audience,
			})
		}
	}
}

func TestNobodyIsReachedAgainstABlockOrASetting(t *testing.T) {
	for _, path := range Paths() {
		everyFacts(func(f Facts) {
			verdict, reason := Decide(path, f)
			name := fmt.Sprintf("path %d, %+v: %v %s", path, f, verdict, reason)
			if (verdict == Allow) != (reason == ReasonAllowed) {
				t.Errorf("%s: verdict and reason disagree", name)
			}
			if f.Self {
				return
			}
			if verdict == Allow && (f.CalleeBlocksCaller || !f.CalleeExists) {
				t.Errorf("%s: reached through a block, or nobody", name)
			}
			if verdict == Allow && path != PathLink &&
				(f.WhoMayCall == Nobody || f.WhoMayCall == Contacts && !f.CallerIsContact) {
				t.Errorf("%s: reached against who may call", name)
			}
			if verdict == Refuse && !f.CallerBlocksCallee {
				t.Errorf("%s: a typed refusal that is not the caller's own doing", name)
			}
		})
	}
}

// What a caller can tell depends only on what he knows himself.
func TestACallerCannotTellWhyItIsSilent(t *testing.T) {
	for _, path := range []Path{PathRing, PathInvite} {
		everyFacts(func(f Facts) {
			if f.Self || f.CallerBlocksCallee {
				return
			}
			if verdict, _ := Decide(path, f); verdict == Refuse {
				t.Errorf("path %d, %+v is refused in the caller's face", path, f)
			}
		})
	}
}

func TestDecisions(t *testing.T) {
	known := Facts{CalleeExists: true, WhoMayCall: Everyone}
	with := func(change func(*Facts)) Facts { f := known; change(&f); return f }
	for _, c := range []struct {
		name    string
		path    Path
		facts   Facts
		verdict Verdict
		reason  Reason
	}{
		{"a stranger may ring who admits everyone", PathRing, known, Allow, ReasonAllowed},
		{"nothing known is silence", PathRing, Facts{}, Silent, ReasonUnknownUser},
		{"a blocked caller hears silence", PathRing, with(func(f *Facts) { f.CalleeBlocksCaller = true }), Silent, ReasonBlockList},
		{"a block counts for invitations", PathInvite, with(func(f *Facts) { f.CalleeBlocksCaller = true }), Silent, ReasonBlockList},
		{"a block counts for links", PathLink, with(func(f *Facts) { f.CalleeBlocksCaller = true }), Silent, ReasonBlockList},
		{"a block counts also among contacts", PathRing, with(func(f *Facts) { f.CalleeBlocksCaller, f.CallerIsContact = true, true }), Silent, ReasonBlockList},
		{"contacts only keeps strangers out", PathRing, with(func(f *Facts) { f.WhoMayCall = Contacts }), Silent, ReasonPrivacy},
		{"contacts only lets contacts in", PathRing, with(func(f *Facts) { f.WhoMayCall, f.CallerIsContact = Contacts, true }), Allow, ReasonAllowed},
		{"the caller's own list does not open the callee's door", PathRing, with(func(f *Facts) { f.WhoMayCall, f.CalleeIsContact = Contacts, true }), Silent, ReasonPrivacy},
		{"nobody means contacts neither", PathRing, with(func(f *Facts) { f.WhoMayCall, f.CallerIsContact = Nobody, true }), Silent, ReasonPrivacy},
		{"whom I block I cannot ring", PathRing, with(func(f *Facts) { f.CallerBlocksCallee = true }), Refuse, ReasonOwnBlock},
		{"I cannot ring myself", PathRing, with(func(f *Facts) { f.Self = true }), Refuse, ReasonSelf},
		{"I may join my own link", PathLink, with(func(f *Facts) { f.Self = true }), Allow, ReasonAllowed},
		{"a link opens the door of who admits nobody", PathLink, with(func(f *Facts) { f.WhoMayCall = Nobody }), Allow, ReasonAllowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if verdict, reason := Decide(c.path, c.facts); verdict != c.verdict || reason != c.reason {
				t.Errorf("got %v %s, want %v %s", verdict, reason, c.verdict, c.reason)
			}
		})
	}
}

func TestAddressesAreHiddenUnlessBothAreContactsAndNeitherHides(t *testing.T) {
	everyFacts(func(f Facts) {
		open := f.CallerIsContact && f.CalleeIsContact && !f.CallerHidesAddress && !f.CalleeHidesAddress
		if RelayOnly(f) == open {
			t.Errorf("%+v: RelayOnly is %v", f, !open)
		}
	})
}
