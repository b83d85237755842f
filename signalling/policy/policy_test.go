package policy

import (
	"fmt"
	"slices"
	"testing"
)

var audiences = []Audience{Nobody, Contacts, Everyone}

// everyFacts yields all combinations of what [Decide] may look at.
func everyFacts(yield func(Facts)) {
	for bits := range 1 << 15 {
		bit := func(n int) bool { return bits>>n&1 == 1 }
		for _, call := range audiences {
			for _, add := range audiences {
				f := Facts{
					CalleeExists: bit(0), Self: bit(1), CalleeBlocksCaller: bit(2), CallerBlocksCallee: bit(3), CallerIsContact: bit(4),
					SilenceUnknown: bit(5), DoNotDisturb: bit(6), CalleeNoCalls: bit(7), CallerSuspended: bit(8), CalleeSuspended: bit(9),
					CallerCoolingDown: bit(10), OfGroup: bit(11), CallerInGroup: bit(12), CalleeInGroup: bit(13), CalleeLeftGroup: bit(14),
					WhoMayCall: call, WhoMayAdd: add,
				}
				yield(f)
				f.CalleeBusy = true
				yield(f)
				f.CalleeBusy = false
				if call != Everyone || add != Everyone {
					continue // what follows has nothing to do with whom the callee admits
				}
				for more := range 7 {
					f.CallerAsksFirst, f.CallerPermitted, f.CallerQuotaSpent = (more+1)&1 != 0, (more+1)&2 != 0, (more+1)&4 != 0
					yield(f)
				}
			}
		}
	}
}

// rule is a sentence about who may be reached. Rules of one kind may hold at
// once, in any order.
type rule struct {
	text    string
	reason  Reason
	paths   []Path
	applies func(Facts) bool
}

var (
	ringing = []Path{PathRing, PathInvite, PathGroupRing, PathRingAgain, PathQueue}
	several = []Path{PathInvite, PathGroupRing, PathRingAgain}
	byLink  = []Path{PathLink}
	inCall  = []Path{PathCallRequest}
	toQueue = []Path{PathQueue}
)

func but(left []Path) []Path {
	return slices.DeleteFunc(Paths(), func(p Path) bool { return slices.Contains(left, p) })
}

// The rules. What is refused for one of the first is refused, whatever else
// there is; then what is kept away; then what is only quiet; then what is
// busy; all else is allowed.
var (
	toHisFace = []rule{
		{"a suspended account does nothing", ReasonCallerSuspended, Paths(), func(f Facts) bool { return f.CallerSuspended }},
		{"nobody calls himself", ReasonSelf, but(byLink), func(f Facts) bool { return f.Self }},
		{"who annoyed many strangers waits", ReasonCoolingDown, ringing, func(f Facts) bool { return !f.Self && f.CallerCoolingDown }},
		{"who asks first calls whom he may", ReasonNotPermitted, ringing, func(f Facts) bool { return !f.Self && f.CallerAsksFirst && !f.CallerPermitted }},
		{"who asks first calls one at a time", ReasonNotPermitted, several, func(f Facts) bool { return !f.Self && f.CallerAsksFirst }},
		{"who has a quota keeps to it", ReasonQuota, ringing, func(f Facts) bool { return !f.Self && f.CallerQuotaSpent }},
		{"whom I block I do not call", ReasonOwnBlock, but(byLink), func(f Facts) bool { return !f.Self && f.CallerBlocksCallee }},
		{"a group is for its members", ReasonOutsider, Paths(), func(f Facts) bool { return !f.Self && f.OfGroup && !f.CallerInGroup }},
		{"who takes no calls says so", ReasonNoCalls, but(inCall), func(f Facts) bool { return !f.Self && f.CalleeExists && f.CalleeNoCalls }},
	}
	keptAway = []rule{
		{"nobody is there", ReasonUnknownUser, Paths(), func(f Facts) bool { return !f.CalleeExists }},
		{"who is suspended is not there", ReasonCalleeSuspended, Paths(), func(f Facts) bool { return f.CalleeSuspended }},
		{"a block holds on every path", ReasonBlockList, Paths(), func(f Facts) bool { return f.CalleeBlocksCaller }},
		{"who is not in a group is not rung for it", ReasonNotMember, Paths(), func(f Facts) bool { return f.OfGroup && !f.CalleeInGroup }},
		{"who left a group by choice is left alone", ReasonNotMember, Paths(), func(f Facts) bool { return f.OfGroup && f.CalleeLeftGroup }},
		{"nobody may call", ReasonPrivacy, ringing, func(f Facts) bool { return f.WhoMayCall == Nobody }},
		{"only contacts may call", ReasonPrivacy, ringing, func(f Facts) bool { return f.WhoMayCall == Contacts && !f.CallerIsContact }},
		{"nobody may add", ReasonPrivacy, several, func(f Facts) bool { return f.WhoMayAdd == Nobody }},
		{"only contacts may add", ReasonPrivacy, several, func(f Facts) bool { return f.WhoMayAdd == Contacts && !f.CallerIsContact }},
	}
	quieted = []rule{
		{"these hours are quiet", ReasonDoNotDisturb, ringing, func(f Facts) bool { return f.DoNotDisturb }},
		{"the unknown are quiet", ReasonSilenced, ringing, func(f Facts) bool { return f.SilenceUnknown && !f.CallerIsContact }},
		{"a busy operator is quiet", ReasonInCall, toQueue, func(f Facts) bool { return f.CalleeBusy }},
	}
	said = []rule{
		{"who is in a call and wants no other is busy", ReasonInCall, ringing, func(f Facts) bool { return f.CalleeBusy }},
	}
)

// reasons are those of the rules that hold.
func reasons(rules []rule, path Path, f Facts) []Reason {
	var list []Reason
	for _, r := range rules {
		if slices.Contains(r.paths, path) && r.applies(f) {
			list = append(list, r.reason)
		}
	}
	return list
}

func TestEveryPathWithEveryFactFollowsTheRules(t *testing.T) {
	wrong, seen := 0, map[Reason]int{}
	everyFacts(func(f Facts) {
		for _, path := range Paths() {
			verdict, reason := Decide(path, f)
			seen[reason]++
			want, because := Allow, []Reason{ReasonAllowed}
			switch refused, away, quiet := reasons(toHisFace, path, f), reasons(keptAway, path, f), reasons(quieted, path, f); {
			case len(refused) > 0:
				want, because = Refuse, refused
			case f.Self: // his own link
			case len(away) > 0:
				want, because = Silent, away
			case len(quiet) > 0:
				want, because = Quiet, quiet
			case len(reasons(said, path, f)) > 0:
				want, because = Busy, reasons(said, path, f)
			}
			if verdict != want || !slices.Contains(because, reason) {
				if wrong++; wrong < 20 {
					t.Errorf("%s, %+v: got %s because of %s, want %s because of one of %v", path, f, verdict, reason, want, because)
				}
			}
		}
	})
	for _, reason := range append(Reasons(), ReasonAllowed) {
		if seen[reason] == 0 {
			t.Errorf("%s is the reason for nothing", reason)
		}
	}
	if len(seen) != len(Reasons())+1 {
		t.Errorf("there are %d reasons, %d are listed", len(seen), len(Reasons()))
	}
}

// known is what the caller knows himself, or everybody does.
type known struct{ self, ownBlock, suspended, cooling, ofGroup, inGroup, noCalls, asks, permitted, spent bool }

// Whether a caller is refused rests on nothing that he must not know.
func TestARefusalTellsNothingAboutTheCallee(t *testing.T) {
	for _, path := range Paths() {
		refused := map[known]bool{}
		everyFacts(func(f Facts) {
			k := known{
				f.Self, f.CallerBlocksCallee, f.CallerSuspended, f.CallerCoolingDown, f.OfGroup, f.CallerInGroup,
				f.CalleeExists && f.CalleeNoCalls, f.CallerAsksFirst, f.CallerPermitted, f.CallerQuotaSpent,
			}
			verdict, _ := Decide(path, f)
			if was, ok := refused[k]; ok && was != (verdict == Refuse) {
				t.Fatalf("%s, %+v: the refusal depends on more than %+v", path, f, k)
			}
			refused[k] = verdict == Refuse
		})
	}
}

// No block and no stricter setting ever opens a door.
func TestBeingStricterNeverLetsMoreThrough(t *testing.T) {
	reach := map[Verdict]int{Refuse: 0, Silent: 0, Quiet: 1, Busy: 2, Allow: 3}
	stricter := map[string]func(*Facts){
		"a block":             func(f *Facts) { f.CalleeBlocksCaller = true },
		"nobody may call":     func(f *Facts) { f.WhoMayCall = Nobody },
		"nobody may add":      func(f *Facts) { f.WhoMayAdd = Nobody },
		"do not disturb":      func(f *Facts) { f.DoNotDisturb = true },
		"silence the unknown": func(f *Facts) { f.SilenceUnknown = true },
		"no contact":          func(f *Facts) { f.CallerIsContact = false },
		"suspended":           func(f *Facts) { f.CalleeSuspended = true },
		"no calls":            func(f *Facts) { f.CalleeNoCalls = true },
		"left":                func(f *Facts) { f.CalleeLeftGroup = true },
		"busy":                func(f *Facts) { f.CalleeBusy = true },
	}
	everyFacts(func(f Facts) {
		for _, path := range Paths() {
			before, _ := Decide(path, f)
			for name, change := range stricter {
				g := f
				change(&g)
				if after, _ := Decide(path, g); reach[after] > reach[before] {
					t.Fatalf("%s, %+v: with %s %s becomes %s", path, f, name, before, after)
				}
			}
		}
	})
}

func TestDecisions(t *testing.T) {
	open := Facts{CalleeExists: true, WhoMayCall: Everyone, WhoMayAdd: Everyone}
	with := func(change func(*Facts)) Facts { f := open; change(&f); return f }
	for _, c := range []struct {
		name    string
		path    Path
		facts   Facts
		verdict Verdict
		reason  Reason
	}{
		{"a stranger may ring who admits everyone", PathRing, open, Allow, ReasonAllowed},
		{"nothing known is silence", PathRing, Facts{}, Silent, ReasonUnknownUser},
		{"who is in a call and wants no other is busy to contacts too", PathRing, with(func(f *Facts) { f.CalleeBusy, f.CallerIsContact = true, true }), Busy, ReasonInCall},
		{"a blocked caller does not learn that he is busy", PathRing, with(func(f *Facts) { f.CalleeBusy, f.CalleeBlocksCaller = true, true }), Silent, ReasonBlockList},
		{"who may not call does not either", PathRing, with(func(f *Facts) { f.CalleeBusy, f.WhoMayCall = true, Nobody }), Silent, ReasonPrivacy},
		{"nor who may not add", PathInvite, with(func(f *Facts) { f.CalleeBusy, f.WhoMayAdd = true, Nobody }), Silent, ReasonPrivacy},
		{"nor a stranger who is silenced", PathRing, with(func(f *Facts) { f.CalleeBusy, f.SilenceUnknown = true, true }), Quiet, ReasonSilenced},
		{"nor anybody at quiet hours", PathGroupRing, with(func(f *Facts) { f.CalleeBusy, f.DoNotDisturb = true, true }), Quiet, ReasonDoNotDisturb},
		{"who is busy is called back into no other call", PathRingAgain, with(func(f *Facts) { f.CalleeBusy = true }), Busy, ReasonInCall},
		{"who is busy may be asked for video", PathCallRequest, with(func(f *Facts) { f.CalleeBusy = true }), Allow, ReasonAllowed},
		{"the link of who is busy is open", PathLink, with(func(f *Facts) { f.CalleeBusy = true }), Allow, ReasonAllowed},
		{"a path that there is not is silence", Path(99), open, Silent, ReasonPrivacy},
		{"a blocked caller hears silence", PathRing, with(func(f *Facts) { f.CalleeBlocksCaller = true }), Silent, ReasonBlockList},
		{"a block counts also among contacts", PathRing, with(func(f *Facts) { f.CalleeBlocksCaller, f.CallerIsContact = true, true }), Silent, ReasonBlockList},
		{"the caller's own list does not open the callee's door", PathRing, with(func(f *Facts) { f.WhoMayCall, f.CalleeIsContact = Contacts, true }), Silent, ReasonPrivacy},
		{"whom I block I cannot ring", PathRing, with(func(f *Facts) { f.CallerBlocksCallee = true }), Refuse, ReasonOwnBlock},
		{"I may join my own link", PathLink, with(func(f *Facts) { f.Self = true }), Allow, ReasonAllowed},
		{"a link opens the door of who admits nobody", PathLink, with(func(f *Facts) { f.WhoMayCall = Nobody }), Allow, ReasonAllowed},
		{"a group is no way around who may call", PathGroupRing, with(func(f *Facts) { f.WhoMayCall = Contacts }), Silent, ReasonPrivacy},
		{"who may add does not keep a single call away", PathRing, with(func(f *Facts) { f.WhoMayAdd = Nobody }), Allow, ReasonAllowed},
		{"at quiet hours contacts are quiet too", PathRing, with(func(f *Facts) { f.DoNotDisturb, f.CallerIsContact = true, true }), Quiet, ReasonDoNotDisturb},
		{"who may not call is not even listed at quiet hours", PathRing, with(func(f *Facts) { f.DoNotDisturb, f.WhoMayCall = true, Nobody }), Silent, ReasonPrivacy},
		{"a contact is not silenced", PathRing, with(func(f *Facts) { f.SilenceUnknown, f.CallerIsContact = true, true }), Allow, ReasonAllowed},
		{"a blocked caller is told of no calls like anybody", PathRing, with(func(f *Facts) { f.CalleeNoCalls, f.CalleeBlocksCaller = true, true }), Refuse, ReasonNoCalls},
		{"who cools down may come by a link", PathLink, with(func(f *Facts) { f.CallerCoolingDown = true }), Allow, ReasonAllowed},
		{"who cools down rings no contact either", PathRing, with(func(f *Facts) { f.CallerCoolingDown, f.CallerIsContact = true, true }), Refuse, ReasonCoolingDown},
		{"who asks first calls who permits it", PathRing, with(func(f *Facts) { f.CallerAsksFirst, f.CallerPermitted = true, true }), Allow, ReasonAllowed},
		{"a permission opens no block", PathRing, with(func(f *Facts) { f.CallerAsksFirst, f.CallerPermitted, f.CalleeBlocksCaller = true, true, true }), Silent, ReasonBlockList},
		{"who asks first comes by a link like anybody", PathLink, with(func(f *Facts) { f.CallerAsksFirst = true }), Allow, ReasonAllowed},
		{"who called out may be asked for video", PathCallRequest, with(func(f *Facts) { f.CalleeNoCalls = true }), Allow, ReasonAllowed},
	} {
		t.Run(c.name, func(t *testing.T) {
			if verdict, reason := Decide(c.path, c.facts); verdict != c.verdict || reason != c.reason {
				t.Errorf("got %v %s, want %v %s", verdict, reason, c.verdict, c.reason)
			}
		})
	}
}

func TestAddressesAreHiddenUnlessBothAreContactsAndNeitherHides(t *testing.T) {
	for bits := range 1 << 4 {
		f := Facts{
			CallerIsContact: bits&1 != 0, CalleeIsContact: bits&2 != 0,
			CallerHidesAddress: bits&4 != 0, CalleeHidesAddress: bits&8 != 0,
		}
		open := f.CallerIsContact && f.CalleeIsContact && !f.CallerHidesAddress && !f.CalleeHidesAddress
		if RelayOnly(f) == open {
			t.Errorf("%+v: RelayOnly is %v", f, !open)
		}
	}
}

func TestPathsAndVerdictsHaveNamesOfTheirOwn(t *testing.T) {
	names := map[string]bool{}
	for _, p := range Paths() {
		names[p.String()] = true
	}
	for _, v := range []Verdict{Silent, Quiet, Busy, Allow, Refuse} {
		names[v.String()] = true
	}
	if len(names) != len(Paths())+5 || names["unknown"] {
		t.Errorf("the names are %v", names)
	}
	if got := fmt.Sprint(Path(-1), Path(99), Verdict(9)); got != "unknown unknown unknown" {
		t.Errorf("others are %s", got)
	}
}
