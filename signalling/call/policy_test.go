package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// related sets how caller and callee stand to each other, from what a stranger
// is to who admits everyone.
func (w *world) related(caller, callee string, change func(*store.Relation)) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	r := store.Relation{CalleeExists: true, CalleeName: callee, CalleePrivacy: store.Privacy{WhoMayCall: store.Everyone, WhoMayAdd: store.Everyone}}
	change(&r)
	w.store.relations[[2]string{caller, callee}] = r
}

// lastDecision is what the callee reads about the newest attempt.
func (w *world) lastDecision(callee string) (d store.Decision) {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	for _, one := range w.store.decided {
		if one.CalleeID == callee {
			d = one
		}
	}
	return d
}

// night is 22:00 to 07:00 in Rome; time in a bubble begins at midnight UTC.
const night = `{"zone":"Europe/Rome","ranges":[{"from":1320,"to":420}]}`

func TestAQuietCallIsMissedWithoutASound(t *testing.T) {
	for name, change := range map[string]func(*store.Relation){
		"do_not_disturb": func(r *store.Relation) { r.CalleePrivacy.DoNotDisturb, r.CalleeHasCaller = night, true },
		"silenced":       func(r *store.Relation) { r.CalleePrivacy.SilenceUnknown = true },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.related("ana", "bia", change)
				ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
				call := ana.ring("bia").Call
				for _, m := range []any{&wire.Accept{Call: call}, &wire.DeviceRings{Call: call}, &wire.Decline{Call: call}} {
					if _, err := bia.try(m); code(err) != wire.CodeNotFound {
						t.Errorf("%T: %v", m, err)
					}
				}
				if list := w.registry.Incoming(t.Context(), "bia"); len(list) != 0 {
					t.Errorf("a new session is rung for %v", list)
				}
				time.Sleep(45 * time.Second)
				ana.expect("inviteUnanswered", "callEnded", "logged")
				bia.expect()
				if w.lastLog("bia") != wire.OutcomeMissed || w.pushes("bia") != 0 {
					t.Errorf("the log says %q, and there are %d pushes", w.lastLog("bia"), w.pushes("bia"))
				}
				if d := w.lastDecision("bia"); d.Verdict != "quiet" || d.Reason != name || d.CallID != string(call) || d.CallerID != "ana" || d.Path != "ring" {
					t.Errorf("the decision is %+v", d)
				}
			})
		})
	}
}

func TestWhenTheQuietHoursAreOverItRings(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.related("ana", "bia", func(r *store.Relation) { r.CalleePrivacy.DoNotDisturb = night })
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		time.Sleep(6*time.Hour - time.Second) // 06:59:59 in Rome
		ana.must(&wire.Leave{Call: ana.ring("bia").Call})
		bia.expect()
		time.Sleep(time.Second)
		ana.ring("bia")
		bia.expect("incoming")
	})
}

func TestHoursThatCannotBeReadAreQuiet(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.related("ana", "bia", func(r *store.Relation) { r.CalleePrivacy.DoNotDisturb = "broken" })
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		ana.ring("bia")
		bia.expect()
	})
}

func TestWhoIsQuietCallsBackIntoTheSameCall(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.related("ana", "bia", func(r *store.Relation) { r.CalleePrivacy.SilenceUnknown = true })
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		state := ana.ring("bia")
		if again := bia.ring("ana"); again.Call != state.Call || again.Phase != wire.PhaseConnecting {
			t.Errorf("two calls: %+v", again)
		}
		ana.expect("participantJoined", "phaseChanged")
	})
}

func TestABlockTakesAQuietCallOutOfTheLog(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.related("ana", "bia", func(r *store.Relation) { r.CalleePrivacy.SilenceUnknown = true })
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		ana.ring("bia")
		w.store.block("bia", "ana")
		w.registry.Blocked(t.Context(), "bia", "ana")
		time.Sleep(45 * time.Second)
		ana.expect("inviteUnanswered", "callEnded", "logged")
		bia.expect()
		if w.lastLog("bia") != "" {
			t.Errorf("the log says %q", w.lastLog("bia"))
		}
	})
}

func TestASettingThatChangesWhileACallIsStoredCounts(t *testing.T) {
	for reason, change := range map[string]func(*store.Relation){
		"silenced":         func(r *store.Relation) { r.CalleePrivacy.SilenceUnknown = true },
		"privacy":          func(r *store.Relation) { r.CalleePrivacy.WhoMayCall = store.Nobody },
		"callee_suspended": func(r *store.Relation) { r.CalleeSuspended = true },
		"no_calls":         func(r *store.Relation) { r.CalleeNoCalls = true },
	} {
		t.Run(reason, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.related("ana", "bia", func(*store.Relation) {})
				ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
				w.store.afterRead = func() { w.related("ana", "bia", change) }
				ana.ring("bia")
				bia.expect()
				if d := w.lastDecision("bia"); d.Reason != reason {
					t.Errorf("the decision is %+v", d)
				}
				if w.pushes("bia") != 0 {
					t.Error("a push waits")
				}
			})
		})
	}
}

func TestWhoTakesNoCallsSaysSo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.related("ana", "desk", func(r *store.Relation) { r.CalleeNoCalls, r.CalleeNoCallsText = true, "Write to us." })
		ana, bia, desk := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("desk", "phone")
		_, err := ana.try(&wire.Ring{Users: []wire.UserID{"desk"}, Kind: wire.KindVoice})
		if p := wire.AsProblem(err); p.Code != wire.CodeCallsNotAccepted || p.Text != "Write to us." {
			t.Errorf("the caller is told %+v", p)
		}
		if d := w.lastDecision("desk"); d.Verdict != "refused" || d.Reason != "no_calls" {
			t.Errorf("the decision is %+v", d)
		}
		ana.ring("bia", "desk") // the others are rung
		bia.expect("incoming")
		desk.expect()
	})
}

func TestWhatTheCallersOwnSideDecidesIsNotToldToTheCallee(t *testing.T) {
	for want, change := range map[wire.Code]func(*store.Relation){
		wire.CodeForbidden:   func(r *store.Relation) { r.CallerBlockedCallee = true },
		wire.CodeSuspended:   func(r *store.Relation) { r.CallerSuspended = true },
		wire.CodeRateLimited: func(r *store.Relation) { r.CallerStrangers = 1000 },
	} {
		inWorld(t, func(t *testing.T, w *world) {
			w.related("ana", "bia", change)
			ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
			if _, err := ana.try(&wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}); code(err) != want {
				t.Errorf("want %s, the caller is told %v", want, err)
			}
			bia.expect()
			if len(w.store.decided) != 0 {
				t.Errorf("%s is kept with the callee: %+v", want, w.store.decided)
			}
		})
	}
}

func TestWhoMayAddDecidesForCallsOfSeveral(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.related("ana", "bia", func(r *store.Relation) { r.CalleePrivacy.WhoMayAdd = store.Contacts })
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		ana.ring("bia", "carlo")
		bia.expect()
		carlo.expect("incoming")
		if d := w.lastDecision("bia"); d.Path != policy.PathGroupRing.String() || d.Verdict != "silent" || d.Reason != "privacy" {
			t.Errorf("the decision is %+v", d)
		}
		call := ana.ring("dora").Call
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"bia"}})
		bia.expect()
		if d := w.lastDecision("bia"); d.Path != policy.PathInvite.String() {
			t.Errorf("the decision is %+v", d)
		}
		ana.ring("bia")
		bia.expect("incoming")
	})
}

func TestStrangersAreCountedWhateverTheyAnswerAndAnswersMakeAcquainted(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.related("ana", "bia", func(*store.Relation) {})
		w.related("ana", "mal", func(r *store.Relation) { r.CalleeBlockedCaller = true })
		w.related("ana", "none", func(r *store.Relation) { r.CalleeExists = false })
		w.related("ana", "old", func(r *store.Relation) { r.CalleeAnswered = true })
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := ana.ring("bia").Call
		bia.must(&wire.Accept{Call: call})
		for _, other := range []wire.UserID{"mal", "none", "old", "friend"} {
			ana.ring(other)
		}
		ana.must(&wire.Invite{Call: call, Users: []wire.UserID{"mal", "friend"}})
		w.store.mu.Lock()
		defer w.store.mu.Unlock()
		if got := w.store.strangers["ana"]; len(got) != 4 || got[0] != "bia" || got[1] != "mal" || got[2] != "none" || got[3] != "mal" {
			t.Errorf("the strangers are %v", got)
		}
		if got := w.store.answers; len(got) != 1 || got[0] != (store.Answer{Caller: "ana", Callee: "bia"}) {
			t.Errorf("the answers are %v", got)
		}
	})
}

func TestCoolingDownEndsAfterItsTime(t *testing.T) {
	l := Limits{}.filled()
	for _, c := range []struct {
		strangers int
		since     time.Duration
		want      time.Duration
	}{
		{0, 0, 0}, {19, time.Second, 0}, {20, 0, time.Hour}, {20, 59 * time.Minute, time.Minute}, {20, time.Hour, 0}, {21, time.Minute, 59 * time.Minute},
	} {
		if got := l.coolingDown(store.Relation{CallerStrangers: c.strangers, SinceStranger: c.since}); got != c.want {
			t.Errorf("after %d strangers, the last %s ago, the wait is %s, want %s", c.strangers, c.since, got, c.want)
		}
	}
}

func TestRingsAreLimitedByTheMinute(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.registry.Close()
		w.limits = Limits{}
		w.start()
		ana := w.device("ana", "laptop")
		try := func(user wire.UserID) *wire.Problem {
			reply, err := ana.try(&wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice})
			if err != nil {
				return wire.AsProblem(err)
			}
			ana.must(&wire.Leave{Call: reply.(wire.CallState).Call})
			return nil
		}
		w.related("ana", "none", func(r *store.Relation) { r.CalleeExists = false })
		for range 3 {
			for _, user := range []wire.UserID{"bia", "none", "carlo"} {
				if p := try(user); p != nil {
					t.Fatal(p)
				}
			}
			time.Sleep(time.Second)
		}
		for _, user := range []wire.UserID{"bia", "none"} { // alike, whether they exist or not
			if p := try(user); p == nil || p.Code != wire.CodeRateLimited || p.RetryAfterMs != 57_000 {
				t.Errorf("the fourth ring of %s: %v", user, p)
			}
		}
		if p := try("dora"); p != nil {
			t.Errorf("the tenth ring: %v", p)
		}
		if p := try("ezio"); p == nil || p.Code != wire.CodeRateLimited {
			t.Errorf("the eleventh ring: %v", p)
		}
		time.Sleep(57 * time.Second)
		if p := try("bia"); p != nil {
			t.Errorf("a minute later: %v", p)
		}
		time.Sleep(2 * time.Minute)
		if p := try("bia"); p != nil || len(w.registry.rates.rang) > 2 {
			t.Errorf("much later: %v; %d are remembered", p, len(w.registry.rates.rang))
		}
	})
}

// Many accounts of one network ring as one; another network has its own count, and so
// has who comes from where nothing is known of.
func TestRingsOfANetworkAreLimitedTogether(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.registry.Close()
		w.limits = Limits{PrefixRings: 4}
		w.start()
		try := func(caller, prefix string) *wire.Problem {
			d := w.device(caller, "laptop")
			d.who.Prefix = prefix
			reply, err := d.try(&wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
			if err != nil {
				return wire.AsProblem(err)
			}
			d.must(&wire.Leave{Call: reply.(wire.CallState).Call})
			return nil
		}
		for i := range 4 {
			if p := try(fmt.Sprint("spam", i), "192.0.2.0/24"); p != nil {
				t.Fatal(p)
			}
		}
		if p := try("spam9", "192.0.2.0/24"); p == nil || p.Code != wire.CodeRateLimited || p.RetryAfterMs != 60_000 {
			t.Errorf("the fifth account of the network: %v", p)
		}
		for prefix, caller := range map[string]string{"198.51.100.0/24": "ana", "2001:db8:1:2::/64": "carlo", "": "dora"} {
			if p := try(caller, prefix); p != nil {
				t.Errorf("%s from %q: %v", caller, prefix, p)
			}
		}
		time.Sleep(time.Minute)
		if p := try("spam9", "192.0.2.0/24"); p != nil {
			t.Errorf("a minute later: %v", p)
		}
	})
}

// Each change of a group is told to all of its members.
func TestChangesOfGroupsAreLimitedByTheMinute(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for range maxGroupChanges {
			if err := w.registry.CountGroupChange("ana"); err != nil {
				t.Fatal(err)
			}
		}
		if p := wire.AsProblem(w.registry.CountGroupChange("ana")); p.Code != wire.CodeRateLimited || p.RetryAfterMs != 60_000 {
			t.Errorf("one more: %+v", p)
		}
		if err := w.registry.CountGroupChange("bia"); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		time.Sleep(time.Minute)
		if err := w.registry.CountGroupChange("ana"); err != nil {
			t.Errorf("a minute later: %v", err)
		}
	})
}

func TestWhoIsSuspendedLeavesHisCallsAndRingsNoMore(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		call := ana.ring("bia").Call
		bia.must(&wire.Accept{Call: call})
		other := carlo.ring("bia").Call
		ana.heard()
		bia.heard()
		w.registry.Suspended(t.Context(), "bia")
		ana.expect("participantLeft", "callEnded", "logged")
		if got := bia.heard(); !slices.Contains(got, "ringStopped") || !slices.Contains(got, "logged") {
			t.Errorf("his own device heard %q", got)
		}
		carlo.expect()
		if _, err := bia.try(&wire.Accept{Call: other}); code(err) != wire.CodeNotFound {
			t.Errorf("accepting: %v", err)
		}
		time.Sleep(45 * time.Second)
		carlo.expect("inviteUnanswered", "callEnded", "logged")
		if w.pushes("bia") != 0 {
			t.Error("a push waits")
		}
	})
}

func TestTheOwnerOfALinkReadsWhoCameAndWhoDidNot(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.registry.Close()
		w.limits = Limits{}
		w.start()
		w.store.links["l1"] = store.Link{ID: "l1", OwnerID: "bia", Kind: store.Voice}
		w.related("mal", "bia", func(r *store.Relation) { r.CalleeBlockedCaller = true })
		ana, mal := w.device("ana", "laptop"), w.device("mal", "laptop")
		ana.must(&wire.JoinLink{Link: "l1"})
		if d := w.lastDecision("bia"); d.CallerID != "ana" || d.Path != "link" || d.Verdict != "allowed" {
			t.Errorf("the decision is %+v", d)
		}
		for range 20 {
			if _, err := mal.try(&wire.JoinLink{Link: "l1"}); code(err) != wire.CodeNotFound {
				t.Errorf("joining: %v", err)
			}
		}
		if d := w.lastDecision("bia"); d.CallerID != "mal" || d.Reason != "block_list" {
			t.Errorf("the decision is %+v", d)
		}
		if n := len(w.store.decided); n != 4 {
			t.Errorf("%d decisions are kept; nobody may fill the list", n)
		}
		guest := w.device("g1", "page")
		guest.who.Link, guest.who.Name = "l1", "Zoe"
		guest.must(&wire.JoinLink{Link: "l1"})
		if d := w.lastDecision("bia"); d.CallerID != "" || d.CallerName != "Zoe" {
			t.Errorf("the decision is %+v", d)
		}
		w.related("g2", "bia", func(r *store.Relation) { r.CalleeSuspended = true })
		other := w.device("g2", "page")
		other.who.Link = "l1"
		if _, err := other.try(&wire.JoinLink{Link: "l1"}); code(err) != wire.CodeNotFound {
			t.Errorf("a guest of who is suspended: %v", err)
		}
	})
}
