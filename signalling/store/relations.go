package store

import (
	"context"
	"time"
)

// Relation is everything that decides whether one person may ring another,
// read in one query.
type Relation struct {
	Caller, Callee string

	// CalleeExists is false for an unknown account; all else is then as if it
	// had no blocks, contacts or settings.
	CalleeExists bool
	// CalleeName is empty unless the caller knows the callee by more than an id
	// and may see his profile.
	CalleeName string
	// CalleeAutomated is that of [User]; false where CalleeName is empty.
	CalleeAutomated bool
	// CalleeShown is whether the callee lets the caller see his profile once they
	// meet, CallerShown whether the caller lets the callee see his.
	CalleeShown, CallerShown bool

	// CalleeBlockedCaller is a block of the account or of its number.
	CalleeBlockedCaller bool
	// CallerBlockedCallee is a block of the account only. Whoever rings somebody
	// he has blocked is told so; if numbers counted, he could block number after
	// number and learn by ringing which is the other's.
	CallerBlockedCallee bool

	// CalleeHasCaller means that the caller is in the callee's contacts.
	CalleeHasCaller bool
	// CallerHasCallee means that the callee is in the caller's contacts.
	CallerHasCallee bool
	// CalleeAnswered means that the callee has answered the caller once.
	CalleeAnswered bool

	CallerPrivacy Privacy
	CalleePrivacy Privacy

	// CalleeSuspended is also the callee's own doing, who has switched his
	// account off.
	CallerSuspended, CalleeSuspended bool
	// CalleeNoCalls is whether the callee takes no calls, and CalleeNoCallsText
	// what he says about it.
	CalleeNoCalls     bool
	CalleeNoCallsText string
	// CalleeRules are the callee's, CallerAsksFirst the caller's; Permitted is
	// whether the callee has permitted the caller's calls, and CallerQuotaSpent
	// whether the caller has made as many calls as he may.
	CalleeRules      Rules
	CallerAsksFirst  bool
	Permitted        bool
	CallerQuotaSpent bool

	// CallerStrangers is how many calls to strangers the caller has made since
	// one was answered, within [StrangersCounted] and up to a thousand;
	// SinceStranger is how long ago the last of them was.
	CallerStrangers int
	SinceStranger   time.Duration
}

// relationQuery has the callees' placeholders between its halves. Both kinds of
// block are always looked up, which OR would not do: else the time that a ring
// takes would tell who is blocked.
var (
	relationHead = `WITH callee (id) AS (VALUES `
	relationTail = `),
		strangers (n, last) AS (
			SELECT COUNT(*), {now} - COALESCE(MAX(at_ms), 0) FROM (
				SELECT at_ms FROM stranger_calls WHERE caller_id = $1 AND at_ms > {now} - 86400000
				ORDER BY at_ms DESC LIMIT 1000) AS recent)
		SELECT c.id, u.id IS NOT NULL, ` + shownName + `, COALESCE(u.automated, FALSE), ` + admitsTo("c.id", "$1", "f", "g") + `, ` + admitsTo("$1", "c.id", "h", "t") + `,
			CASE WHEN EXISTS (SELECT 1 FROM blocks b WHERE b.owner_id = c.id AND b.blocked_id = $1) THEN 1 ELSE 0 END +
			CASE WHEN EXISTS (
				SELECT 1 FROM numbers n JOIN number_blocks f ON f.hash = n.hash WHERE n.user_id = $1 AND f.owner_id = c.id)
				THEN 1 ELSE 0 END > 0,
			EXISTS (SELECT 1 FROM blocks b WHERE b.owner_id = $1 AND b.blocked_id = c.id),
			EXISTS (SELECT 1 FROM contacts k WHERE k.owner_id = c.id AND k.contact_id = $1),
			EXISTS (SELECT 1 FROM contacts k WHERE k.owner_id = $1 AND k.contact_id = c.id),
			EXISTS (SELECT 1 FROM acquaintances a WHERE a.caller_id = $1 AND a.callee_id = c.id),
			COALESCE(t.suspended_until_ms, 0) > {now}, COALESCE(s.suspended_until_ms, 0) > {now} OR COALESCE(s.disabled_ms, 0) > 0,
			COALESCE(s.no_calls, FALSE), COALESCE(s.no_calls_text, ''), n, last,
			COALESCE(s.call_hours, ''), COALESCE(s.by_permission, FALSE), COALESCE(t.asks_first, FALSE), ` + permitted + `, ` + quotaLeft + ` <= 0, ` +
		privacyColumns + `, ` + privacyOf("q", "t") + `
		FROM callee c
		CROSS JOIN strangers
		LEFT JOIN users u ON u.id = c.id` + profileJoins + `
		LEFT JOIN profiles h ON h.user_id = $1
		LEFT JOIN privacy p ON p.user_id = c.id
		LEFT JOIN privacy q ON q.user_id = $1
		LEFT JOIN standing s ON s.user_id = c.id
		LEFT JOIN standing t ON t.user_id = $1`
)

// Relation returns how caller and callee stand to each other, by what is
// committed now.
func (s *Store) Relation(ctx context.Context, caller, callee string) (Relation, error) {
	rel, err := s.Relations(ctx, caller, []string{callee})
	if err != nil {
		return Relation{}, err
	}
	return rel[0], nil
}

// Relations is [Store.Relation] for many callees, in their order.
func (s *Store) Relations(ctx context.Context, caller string, callees []string) ([]Relation, error) {
	var rel []Relation
	err := s.read(ctx, func(ctx context.Context, c conn) (err error) {
		rel, err = relations(ctx, c, caller, callees)
		return err
	})
	return rel, err
}

// relations is Relations inside a transaction too.
func relations(ctx context.Context, c conn, caller string, callees []string) ([]Relation, error) {
	if err := checkIDs("user id", append([]string{caller}, callees...)...); err != nil {
		return nil, err
	}
	byID := make(map[string]Relation, len(callees))
	scan := func(s scanner) (struct{}, error) {
		r := Relation{Caller: caller}
		dest := []any{
			&r.Callee, &r.CalleeExists, &r.CalleeName, &r.CalleeAutomated, &r.CalleeShown, &r.CallerShown,
			&r.CalleeBlockedCaller, &r.CallerBlockedCallee, &r.CalleeHasCaller, &r.CallerHasCallee, &r.CalleeAnswered,
			&r.CallerSuspended, &r.CalleeSuspended, &r.CalleeNoCalls, &r.CalleeNoCallsText, &r.CallerStrangers, &r.SinceStranger,
			&r.CalleeRules.CallHours, &r.CalleeRules.ByPermission, &r.CallerAsksFirst, &r.Permitted, &r.CallerQuotaSpent,
		}
		err := s.Scan(append(append(dest, r.CalleePrivacy.fields()...), r.CallerPrivacy.fields()...)...)
		if r.SinceStranger *= time.Duration(time.Millisecond); r.CallerStrangers == 0 {
			r.SinceStranger = 0
		}
		r.CalleeAutomated = r.CalleeAutomated && r.CalleeName != ""
		byID[r.Callee] = r
		return struct{}{}, err
	}
	err := inLists(callees, 2, "(CAST($%d AS TEXT))", func(marks string, args []any) error {
		_, err := rows(ctx, c, scan, relationHead+marks+relationTail, append([]any{caller}, args...)...)
		return err
	})
	if err != nil {
		return nil, err
	}
	found := make([]Relation, len(callees))
	for i, id := range callees {
		found[i] = byID[id]
	}
	return found, nil
}
