package store

import (
	"context"
	"time"
)

// StrangersCounted is how far back calls to strangers are counted.
const StrangersCounted = 24 * time.Hour

// Answer says that somebody answered somebody's call: they are no strangers any
// more, and what the caller did before is forgiven.
type Answer struct{ Caller, Callee string }

// writeStrangers notes a call to people who do not know the caller. The rows
// are there from the beginning, so that a crash does not forgive them.
func writeStrangers(ctx context.Context, c conn, caller, call string, strangers []string) error {
	for _, callee := range strangers {
		// A guest has no account and rings nobody.
		_, err := c.exec(ctx, `
			INSERT INTO stranger_calls (caller_id, callee_id, call_id, at_ms)
			SELECT u.id, CAST($2 AS TEXT), CAST($3 AS TEXT), {now} FROM users u WHERE u.id = $1 {keyshare}
			ON CONFLICT DO NOTHING`, caller, callee, call)
		if err != nil {
			return err
		}
	}
	return nil
}

// writeAnswers makes people acquainted.
func writeAnswers(ctx context.Context, c conn, answers []Answer) error {
	for _, a := range answers {
		if err := forgive(ctx, c, a.Caller); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `UPDATE call_permissions SET unanswered = 0 WHERE callee_id = $2 AND caller_id = $1`, a.Caller, a.Callee); err != nil {
			return err
		}
		_, err := c.exec(ctx, `
			INSERT INTO acquaintances (caller_id, callee_id)
			SELECT a.id, b.id FROM users a, users b WHERE a.id = $1 AND b.id = $2 {keyshare} ON CONFLICT DO NOTHING`, a.Caller, a.Callee)
		if err != nil {
			return err
		}
	}
	return nil
}

// forgive forgets the calls to strangers of caller.
func forgive(ctx context.Context, c conn, caller string) error {
	_, err := c.exec(ctx, `DELETE FROM stranger_calls WHERE caller_id = $1`, caller)
	return err
}

// forgiveIfAdded is forgive when owner, who was called by the other in vain,
// has put him into his contacts.
func forgiveIfAdded(ctx context.Context, c conn, owner, caller string) error {
	_, err := c.exec(ctx, `
		DELETE FROM stranger_calls WHERE caller_id = $1
			AND EXISTS (SELECT 1 FROM stranger_calls s WHERE s.caller_id = $1 AND s.callee_id = $2)`, caller, owner)
	return err
}
