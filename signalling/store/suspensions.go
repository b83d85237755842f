package store

import (
	"context"
	"time"
)

// Suspension is how an account stands that is or was suspended, as its owner may know it:
// never who has reported it, nor what operators have noted.
type Suspension struct {
	// Since and Until are its bounds; both are zero if the account is not suspended.
	Since, Until time.Time
	// Reported is whether it was decided upon reports, and Reason which of [Reasons] most
	// of these gave.
	Reported bool
	Reason   string
	// Appeal is that against this suspension or, of an account that is not suspended, against
	// the last one. Its State is empty if there is none.
	Appeal Appeal
}

// Suspension returns how an account is suspended, or [ErrNotFound] if there is no such one.
func (s *Store) Suspension(ctx context.Context, user string) (Suspension, error) {
	return get(ctx, s, func(s scanner) (n Suspension, err error) {
		a := &n.Appeal
		return n, s.Scan(millis{&n.Since}, millis{&n.Until}, &n.Reported, &n.Reason, &a.Text, &a.State, millis{&a.Filed}, millis{&a.Decided})
	}, `SELECT COALESCE(CASE WHEN n.suspended_until_ms > {now} THEN n.suspended_ms END, 0),
			COALESCE(CASE WHEN n.suspended_until_ms > {now} THEN n.suspended_until_ms END, 0),
			COALESCE(n.suspended_until_ms > {now} AND n.suspended_case <> '', FALSE),
			COALESCE(CASE WHEN n.suspended_until_ms > {now} THEN n.suspended_why END, ''),
			COALESCE(a.text, ''), `+appealState(`n.suspended_until_ms > {now}`)+`, COALESCE(a.filed_ms, 0), COALESCE(a.decided_ms, 0)
		FROM users u LEFT JOIN standing n ON n.user_id = u.id
			LEFT JOIN appeals a ON a.user_id = u.id AND a.suspended_ms = n.suspended_ms WHERE u.id = $1`, user)
}

// Suspend keeps user from doing anything, and others from reaching him, until
// a time; [Forever] is possible. reason is the operators' note, and key the API key or
// [CommandLine]. Who is suspended already stays so by the same suspension. It fails with
// [ErrNotFound] if there is no such user.
func (s *Store) Suspend(ctx context.Context, user string, until time.Time, reason, key string) error {
	if err := checkText("reason", reason, MaxName); err != nil {
		return err
	}
	if err := checkText("key id", key, MaxID); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		return suspend(ctx, c, suspending{user: user, until: until, reason: reason, key: key})
	})
}

// suspending is a suspension to be: by a key, and by a case or none.
type suspending struct {
	user           string
	until          time.Time
	reason         string
	key, caseID    string
	mostlyReported string // one of Reasons; empty without a case
}

func suspend(ctx context.Context, c conn, n suspending) error {
	if err := checkID("user id", n.user); err != nil {
		return err
	}
	// The time that it is known by is that of no other suspension of the account.
	return c.must(ctx, ErrNotFound, `
		INSERT INTO standing (user_id, changed_ms, suspended_until_ms, suspended_reason, suspended_ms, suspended_key, suspended_case, suspended_why)
		SELECT u.id, {now}, CAST($2 AS BIGINT), CAST($3 AS TEXT), {now}, CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT) FROM users u WHERE u.id = $1
		ON CONFLICT (user_id) DO UPDATE SET changed_ms = excluded.changed_ms, suspended_until_ms = excluded.suspended_until_ms,
			suspended_reason = excluded.suspended_reason, suspended_key = excluded.suspended_key,
			suspended_case = CASE WHEN `+goesOn+` THEN standing.suspended_case ELSE excluded.suspended_case END,
			suspended_why = CASE WHEN `+goesOn+` THEN standing.suspended_why ELSE excluded.suspended_why END,
			suspended_ms = CASE WHEN standing.suspended_until_ms > {now} THEN standing.suspended_ms
				WHEN standing.suspended_ms >= excluded.suspended_ms THEN standing.suspended_ms + 1 ELSE excluded.suspended_ms END`,
		n.user, n.until.UnixMilli(), n.reason, n.key, n.caseID, n.mostlyReported)
}

// goesOn tells of a suspension by no case whether it only changes one, whose case stays.
const goesOn = `excluded.suspended_case = '' AND standing.suspended_until_ms > {now}`

// Resume ends a suspension, and closes the appeal against it; it is no error if there is
// none. It fails with [ErrNotFound] if there is no such user.
func (s *Store) Resume(ctx context.Context, user string) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := resume(ctx, c, user); err != nil {
			return err
		}
		_, err := c.exec(ctx, `UPDATE report_cases SET version = version + 1
			WHERE id IN (SELECT case_id FROM appeals WHERE user_id = $1 AND decided_ms IS NULL)`, user)
		if err != nil {
			return err
		}
		_, err = c.exec(ctx, `UPDATE appeals SET outcome = 'closed', decided_ms = {now} WHERE user_id = $1 AND decided_ms IS NULL`, user)
		return err
	})
}

func resume(ctx context.Context, c conn, user string) error {
	return setStanding(ctx, c, user, `suspended_until_ms, suspended_reason`, `CAST($2 AS BIGINT), CAST($3 AS TEXT)`, 0, "")
}
