package call

import (
	"context"
	"time"

	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// callee is somebody to be rung, with policy's word on him.
type callee struct {
	user      wire.UserID
	name      string
	automated bool // as the caller may know
	silent    bool // rings nowhere
	quiet     bool // silent, but a missed call in the end
	busy      bool // silent, and a missed call at once: he is in another call
	stranger  bool // does not know the caller
	verdict   policy.Verdict
	reason    policy.Reason
	veiled    bool // must not see the caller's profile
	queued    bool // is an operator
	again     bool // was in this call, or called into it, before
}

// decide turns relations into callees of a call by the one policy. more adds what the
// relations do not know. After an error the callees are those judged so far.
func (r *Registry) decide(path policy.Path, call wire.CallID, relations []store.Relation, more ...func(*policy.Facts, store.Relation)) ([]callee, error) {
	callees := make([]callee, 0, len(relations))
	for _, rel := range relations {
		f := r.factsNow(rel, call)
		wait := r.cfg.Limits.coolingDown(rel)
		f.CallerCoolingDown = wait > 0
		for _, add := range more {
			add(&f, rel)
		}
		verdict, reason := policy.Decide(path, f)
		callees = append(callees, judged(rel, verdict, reason))
		if verdict != policy.Allow {
			r.cfg.Events(Refused{Reason: string(reason)})
		}
		// Among several, one who is not to be reached does not keep the
		// others from being rung, unless the caller chose him.
		one := f.OfGroup && reason == policy.ReasonOwnBlock || len(relations) > 1 && reason == policy.ReasonNoCalls
		if verdict == policy.Refuse && !one {
			return callees, refusal(reason, rel, wait)
		}
	}
	return callees, nil
}

func judged(rel store.Relation, verdict policy.Verdict, reason policy.Reason) callee {
	// The name is the caller's to see only if he knows the account anyway;
	// else a ring would tell which accounts exist.
	name := rel.Callee
	if rel.CalleeName != "" {
		name = rel.CalleeName
	}
	return callee{
		user: wire.UserID(rel.Callee), name: name, automated: rel.CalleeAutomated, silent: verdict != policy.Allow, quiet: verdict == policy.Quiet, busy: verdict == policy.Busy,
		stranger: !rel.CalleeHasCaller && !rel.CalleeAnswered, verdict: verdict, reason: reason,
		veiled: !rel.CallerShown,
	}
}

// refusal is what a caller is told to his face.
func refusal(reason policy.Reason, rel store.Relation, wait time.Duration) error {
	switch reason {
	case policy.ReasonSelf:
		return wire.Problemf(wire.CodeInvalid, "users has the caller's own account")
	case policy.ReasonOwnBlock:
		return wire.Problemf(wire.CodeForbidden, "you have blocked this account; unblock it first")
	case policy.ReasonCallerSuspended:
		return wire.Problemf(wire.CodeSuspended, "the account is suspended; ask who runs this server")
	case policy.ReasonCoolingDown:
		return tooOften(wait, "many who do not know you have not answered lately; wait")
	case policy.ReasonNotPermitted:
		return wire.Problemf(wire.CodeForbidden, "the account may call only who has permitted it, one at a time")
	case policy.ReasonQuota:
		return tooOften(time.Hour, "the account has made as many calls in seven days as it may")
	case policy.ReasonNoCalls:
		p := wire.Problemf(wire.CodeCallsNotAccepted, "the account takes no calls")
		p.Text = rel.CalleeNoCallsText
		return p
	}
	return errNoCall
}

// facts are what is known of a pair at this moment. Whether the caller cools
// down is not among them: that is asked once for each attempt.
func facts(rel store.Relation) policy.Facts {
	return policy.Facts{
		CalleeExists: rel.CalleeExists, Self: rel.Caller == rel.Callee,
		CalleeBlocksCaller: rel.CalleeBlockedCaller, CallerBlocksCallee: rel.CallerBlockedCallee,
		CallerIsContact: rel.CalleeHasCaller, CalleeIsContact: rel.CallerHasCallee,
		WhoMayCall: audience(rel.CalleePrivacy.WhoMayCall), WhoMayAdd: audience(rel.CalleePrivacy.WhoMayAdd),
		SilenceUnknown: rel.CalleePrivacy.SilenceUnknown, DoNotDisturb: disturbs(rel.CalleePrivacy.DoNotDisturb, time.Now()),
		CallerHidesAddress: rel.CallerPrivacy.HideAddress, CalleeHidesAddress: rel.CalleePrivacy.HideAddress,
		CalleeNoCalls:   TakesNoCalls(rel, time.Now()),
		CallerAsksFirst: rel.CallerAsksFirst, CallerPermitted: rel.Permitted, CallerQuotaSpent: rel.CallerQuotaSpent,
		CallerSuspended: rel.CallerSuspended, CalleeSuspended: rel.CalleeSuspended,
	}
}

// factsNow is facts with what the store does not know: whether the callee is in
// another call than this one, if that matters to him.
func (r *Registry) factsNow(rel store.Relation, call wire.CallID) policy.Facts {
	f := facts(rel)
	f.CalleeBusy = r.inAnother(wire.UserID(rel.Callee), call) && rel.CalleePrivacy.RejectInCall
	return f
}

// TakesNoCalls tells whether the callee's account takes no calls from the caller,
// publicly: at all, at this hour, or from who has no permission.
func TakesNoCalls(rel store.Relation, now time.Time) bool {
	return rel.CalleeNoCalls || closed(rel.CalleeRules.CallHours, now) || rel.CalleeRules.ByPermission && !rel.Permitted
}

// disturbs tells whether now is one of the hours without calls. Hours that
// cannot be read are taken for now.
func disturbs(hours string, now time.Time) bool {
	h, err := policy.ParseHours(hours)
	return err != nil || h.Contain(now)
}

// closed tells whether now is none of the hours at which an account takes
// calls; no hours are all. Hours that cannot be read are none.
func closed(hours string, now time.Time) bool {
	if hours == "" {
		return false
	}
	h, err := policy.ParseHours(hours)
	return err != nil || !h.Contain(now)
}

func audience(w store.WhoMayCall) policy.Audience {
	switch w {
	case store.Everyone:
		return policy.Everyone
	case store.Contacts:
		return policy.Contacts
	}
	return policy.Nobody
}

// decisions are what the callees may read later about this attempt. What the
// caller's own side decided is not among them: it would tell the callees whom
// he has blocked, or how he stands.
func decisions(who Who, call wire.CallID, path policy.Path, callees []callee) []store.Decision {
	var list []store.Decision
	for _, c := range callees {
		switch c.reason {
		case policy.ReasonSelf, policy.ReasonOwnBlock, policy.ReasonCallerSuspended, policy.ReasonCoolingDown, policy.ReasonOutsider,
			policy.ReasonNotPermitted, policy.ReasonQuota:
			continue
		}
		d := store.Decision{
			CalleeID: string(c.user), CallerName: who.Name, CallID: string(call), Path: path.String(),
			Verdict: c.verdict.String(), Reason: string(c.reason),
		}
		if !who.Guest() {
			d.CallerID = string(who.User)
		}
		if c.veiled {
			d.CallerName = string(who.User)
		}
		if c.again {
			d.Path = policy.PathRingAgain.String()
		}
		list = append(list, d)
	}
	return list
}

// strangers are those callees who do not know the caller. Who must not be
// reached counts like anybody else, or the count would tell.
func strangers(callees []callee) []string {
	var list []string
	for _, c := range callees {
		if c.stranger {
			list = append(list, string(c.user))
		}
	}
	return list
}

// keep stores decisions of an attempt that came to nothing. An attempt that was
// refused stays refused if they cannot be stored.
func (r *Registry) keep(ctx context.Context, list []store.Decision) {
	if len(list) == 0 {
		return
	}
	if err := r.cfg.Store.WriteDecisions(ctx, list...); err != nil {
		r.cfg.Logger.Error("a decision could not be stored", "err", err)
	}
}
