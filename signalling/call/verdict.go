package call

import (
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// decide turns relations into callees by the one policy.
func (r *Registry) decide(path policy.Path, relations []store.Relation) ([]callee, error) {
	callees := make([]callee, 0, len(relations))
	for _, rel := range relations {
		verdict, reason := policy.Decide(path, facts(rel))
		switch verdict {
		case policy.Refuse:
			if reason == policy.ReasonSelf {
				return nil, wire.Problemf(wire.CodeInvalid, "users has the caller's own account")
			}
			return nil, wire.Problemf(wire.CodeForbidden, "you have blocked this account; unblock it first")
		case policy.Silent:
			r.cfg.Events(Refused{Reason: string(reason)})
		}
		// The name is the caller's to see only if he knows the account anyway;
		// else a ring would tell which accounts exist.
		name := rel.Callee
		if rel.CallerHasCallee && rel.CalleeName != "" {
			name = rel.CalleeName
		}
		callees = append(callees, callee{user: wire.UserID(rel.Callee), name: name, silent: verdict != policy.Allow})
	}
	return callees, nil
}

func facts(rel store.Relation) policy.Facts {
	return policy.Facts{
		CalleeExists: rel.CalleeExists, Self: rel.Caller == rel.Callee,
		CalleeBlocksCaller: rel.CalleeBlockedCaller, CallerBlocksCallee: rel.CallerBlockedCallee,
		CallerIsContact: rel.CalleeHasCaller, CalleeIsContact: rel.CallerHasCallee,
		WhoMayCall:         audience(rel.CalleePrivacy.WhoMayCall),
		CallerHidesAddress: rel.CallerPrivacy.HideAddress, CalleeHidesAddress: rel.CalleePrivacy.HideAddress,
	}
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
