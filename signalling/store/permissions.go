package store

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"
)

// MaxUnanswered is how many calls in a row may stay unanswered before the
// permission to call is withdrawn by itself.
const MaxUnanswered = 4

// MaxPermissions is how many an account gives.
const MaxPermissions = 2000

// permitted tells whether the account $1 may call c by the permission of c.
const permitted = `EXISTS (SELECT 1 FROM call_permissions m WHERE m.callee_id = c.id AND m.caller_id = $1
	AND (m.until_ms = 0 OR m.until_ms > {now}) AND m.unanswered < 4)`

// quotaLeft is how many calls the account $1, whose row of standing is t, may
// make still; a great many if it has no quota.
const quotaLeft = `CASE WHEN COALESCE(t.ring_quota, 0) = 0 THEN 1000000 ELSE t.ring_quota
	+ (SELECT COALESCE(SUM(o.calls), 0) FROM quota_overrides o WHERE o.user_id = $1 AND o.until_ms > {now})
	- (SELECT COUNT(*) FROM call_log l WHERE l.user_id = $1 AND l.direction = 'outgoing' AND l.started_ms > {now} - 604800000) END`

// Rules are how an account that is not a person calls and is called.
type Rules struct {
	// CallHours are when it takes calls, in the policy layer's words; empty is
	// always. At most [MaxHours] bytes.
	CallHours string
	// ByPermission admits only callers whom it has permitted.
	ByPermission bool
	// AsksFirst lets it call only who has permitted it, one at a time.
	AsksFirst bool
	// Quota is how many calls it may make in seven days; 0 is any number.
	Quota int64
}

// Rules returns those of user, who need not exist.
func (s *Store) Rules(ctx context.Context, user string) (Rules, error) {
	found, err := list(ctx, s, func(s scanner) (r Rules, err error) {
		return r, s.Scan(&r.CallHours, &r.ByPermission, &r.AsksFirst, &r.Quota)
	}, `SELECT call_hours, by_permission, asks_first, ring_quota FROM standing WHERE user_id = $1`, user)
	if err != nil || len(found) == 0 {
		return Rules{}, err
	}
	return found[0], nil
}

// SetRules replaces the rules of user. It fails with [ErrNotFound] if there is
// no such user.
func (s *Store) SetRules(ctx context.Context, user string, r Rules) error {
	if err := checkText("the call hours", r.CallHours, MaxHours); err != nil {
		return err
	}
	if r.Quota < 0 {
		return invalid("the quota is negative")
	}
	return s.setStanding(ctx, user, `call_hours, by_permission, asks_first, ring_quota`,
		`CAST($2 AS TEXT), CAST($3 AS BOOLEAN), CAST($4 AS BOOLEAN), CAST($5 AS BIGINT)`, r.CallHours, r.ByPermission, r.AsksFirst, r.Quota)
}

// Permission lets somebody call.
type Permission struct {
	Callee, Caller string
	Created        time.Time
	Until          time.Time // zero is for good
	// Unanswered counts his calls since one was answered; at [MaxUnanswered]
	// the permission is withdrawn.
	Unanswered int
}

// Permit lets caller call callee, anew if he might already, for a while; 0 is
// for good. It fails with [ErrNotFound] if there is no such callee and with
// [ErrLimit] beyond [MaxPermissions].
func (s *Store) Permit(ctx context.Context, callee, caller string, during time.Duration) error {
	if err := checkIDs("user id", callee, caller); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		var n int
		if err := c.row(ctx, `SELECT COUNT(*) FROM call_permissions WHERE callee_id = $1 AND caller_id <> $2`, []any{callee, caller}, &n); err != nil {
			return err
		}
		if n >= MaxPermissions {
			return ErrLimit
		}
		return c.must(ctx, ErrNotFound, `INSERT INTO call_permissions (callee_id, caller_id, created_ms, until_ms)
			SELECT u.id, CAST($2 AS TEXT), {now}, CASE WHEN CAST($3 AS BIGINT) > 0 THEN {now} + CAST($3 AS BIGINT) ELSE 0 END FROM users u WHERE u.id = $1
			ON CONFLICT (callee_id, caller_id) DO UPDATE SET created_ms = excluded.created_ms, until_ms = excluded.until_ms, unanswered = 0`,
			callee, caller, during.Milliseconds())
	})
}

// Withdraw takes a permission back; it is no error if there is none.
func (s *Store) Withdraw(ctx context.Context, callee, caller string) error {
	return s.remove(ctx, `DELETE FROM call_permissions WHERE callee_id = $1 AND caller_id = $2`, callee, caller)
}

// Permissions returns those that callee has given and that are good.
func (s *Store) Permissions(ctx context.Context, callee string) ([]Permission, error) {
	return list(ctx, s, func(s scanner) (p Permission, err error) {
		return p, s.Scan(&p.Callee, &p.Caller, millis{&p.Created}, millis{&p.Until}, &p.Unanswered)
	}, `SELECT callee_id, caller_id, created_ms, until_ms, unanswered FROM call_permissions
		WHERE callee_id = $1 AND (until_ms = 0 OR until_ms > {now}) AND unanswered < 4 ORDER BY created_ms, caller_id`, callee)
}

// countUnanswered notes, when a call ends, whom its caller did not reach.
func countUnanswered(ctx context.Context, c conn, call string) error {
	_, err := c.exec(ctx, `UPDATE call_permissions SET unanswered = unanswered + 1
		WHERE caller_id IN (SELECT user_id FROM call_log WHERE call_id = $1 AND direction = 'outgoing')
			AND callee_id IN (SELECT user_id FROM call_log WHERE call_id = $1 AND direction = 'incoming' AND outcome = 'missed')`, call)
	return err
}

// Override allows calls beyond a quota, and is kept to be looked at.
type Override struct {
	User string
	// Key is the API key that allowed it.
	Key     string
	Calls   int64
	Reason  string
	Created time.Time
	Until   time.Time
}

// OverrideQuota allows user so many calls more, for a while. It fails with
// [ErrNotFound] if there is no such user.
func (s *Store) OverrideQuota(ctx context.Context, o Override, during time.Duration) error {
	if err := checkIDs("user or key id", o.User, o.Key); err != nil {
		return err
	}
	if err := checkID("reason", o.Reason); err != nil {
		return err
	}
	if o.Calls < 1 || during <= 0 {
		return invalid("an override of %d calls for %s", o.Calls, during)
	}
	return s.change(ctx, ErrNotFound, `INSERT INTO quota_overrides (id, user_id, key_id, calls, reason, created_ms, until_ms)
		SELECT CAST($1 AS TEXT), u.id, CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS TEXT), {now}, {now} + $6 FROM users u WHERE u.id = $2`,
		ulid.Make().String(), o.User, o.Key, o.Calls, o.Reason, during.Milliseconds())
}

// Overrides returns the newest hundred of user, past ones too.
func (s *Store) Overrides(ctx context.Context, user string) ([]Override, error) {
	return list(ctx, s, func(s scanner) (o Override, err error) {
		return o, s.Scan(&o.User, &o.Key, &o.Calls, &o.Reason, millis{&o.Created}, millis{&o.Until})
	}, `SELECT user_id, key_id, calls, reason, created_ms, until_ms FROM quota_overrides WHERE user_id = $1 ORDER BY created_ms DESC, id DESC LIMIT 100`, user)
}
