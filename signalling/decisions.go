package signalling

import (
	"context"
	"encoding/base64"

	"pronto/signalling/call"
	"pronto/signalling/policy"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// decisions answers why the account's devices did or did not ring. It reads
// what is kept about the account that asks, and of no other.
func (s *Server) decisions(ctx context.Context, who call.Who, m *wire.GetDecisions) error {
	before, err := base64.RawURLEncoding.DecodeString(m.Before)
	if err != nil {
		return wire.Problemf(wire.CodeInvalid, "getDecisions before is not a place in a list")
	}
	limit := int(m.Limit)
	if limit == 0 {
		limit = 50
	}
	list, next, err := s.cfg.Store.Decisions(ctx, string(who.User), string(before), limit)
	if err != nil {
		return err
	}
	page := wire.Decisions{
		Entries: make([]wire.Decision, 0, len(list)), Next: base64.RawURLEncoding.EncodeToString([]byte(next)),
	}
	for _, d := range list {
		page.Entries = append(page.Entries, decision(d))
	}
	who.Reply(page)
	return nil
}

func decision(d store.Decision) wire.Decision {
	return wire.Decision{
		From: wire.UserID(d.CallerID), Name: d.CallerName, Call: wire.CallID(d.CallID), Path: decisionPaths[d.Path],
		Verdict: wire.Verdict(d.Verdict), Reason: decisionReason(policy.Reason(d.Reason)), AtMs: wire.UnixMs(d.At.UnixMilli()),
	}
}

// decisionPaths are the paths as clients know them.
var decisionPaths = map[string]wire.DecisionPath{
	policy.PathRing.String():        wire.DecisionRing,
	policy.PathInvite.String():      wire.DecisionInvite,
	policy.PathGroupRing.String():   wire.DecisionGroupRing,
	policy.PathLink.String():        wire.DecisionLink,
	policy.PathCallRequest.String(): wire.DecisionCallRequest,
	policy.PathRingAgain.String():   wire.DecisionRingAgain,
	policy.PathQueue.String():       wire.DecisionQueue,
}

// decisionReason is the reason as clients know it.
func decisionReason(r policy.Reason) wire.Reason {
	switch r {
	case policy.ReasonAllowed:
		return wire.ReasonNothingAgainst
	case policy.ReasonBlockList:
		return wire.ReasonBlocked
	case policy.ReasonPrivacy:
		return wire.ReasonPrivacy
	case policy.ReasonDoNotDisturb:
		return wire.ReasonDoNotDisturb
	case policy.ReasonSilenced:
		return wire.ReasonSilenced
	case policy.ReasonInCall:
		return wire.ReasonInCall
	case policy.ReasonNoCalls:
		return wire.ReasonNoCalls
	case policy.ReasonCalleeSuspended:
		return wire.ReasonSuspended
	case policy.ReasonNotMember:
		return wire.ReasonNotMember
	}
	return wire.ReasonOther
}
