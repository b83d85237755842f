package store

import (
	"context"
	"time"

	"github.com/oklog/ulid/v2"
)

// Decision is what became of one attempt to reach somebody, for his own eyes.
type Decision struct {
	// ID orders and names the attempt; made by the store.
	ID string
	// CalleeID is who was to be reached, and whose row it is.
	CalleeID string
	// CallerID is who wanted to; empty for a guest. CallerName is what he was
	// called then.
	CallerID, CallerName string
	// CallID is empty where no call came about.
	CallID string
	// Path, Verdict and Reason are the policy layer's words.
	Path, Verdict, Reason string
	At                    time.Time
}

// DecisionsKept is how long decisions are kept.
const DecisionsKept = 30 * 24 * time.Hour

// writeDecisions inserts decisions of one attempt, those alike together: one
// statement for a call of two. Whoever has no account keeps none.
func writeDecisions(ctx context.Context, c conn, decisions []Decision) error {
	if len(decisions) == 0 {
		return nil
	}
	id := ulid.Make().String()
	for len(decisions) > 0 {
		like := decisions[0]
		var callees []string
		var rest []Decision
		for _, d := range decisions {
			callee := d.CalleeID
			d.CalleeID, like.CalleeID = "", ""
			if d == like {
				callees = append(callees, callee)
				continue
			}
			d.CalleeID = callee
			rest = append(rest, d)
		}
		decisions = rest
		if err := like.validate(callees); err != nil {
			return err
		}
		err := inLists(callees, 8, "$%d", func(marks string, args []any) error {
			_, err := c.exec(ctx, `
				INSERT INTO decisions (callee_id, id, caller_id, caller_name, call_id, path, verdict, reason, at_ms)
				SELECT u.id, CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT),
					CAST($6 AS TEXT), CAST($7 AS TEXT), {now}
				FROM users u WHERE u.id IN (`+marks+`) {keyshare} ON CONFLICT DO NOTHING`,
				append([]any{id, like.CallerID, like.CallerName, like.CallID, like.Path, like.Verdict, like.Reason}, args...)...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *Decision) validate(callees []string) error {
	if err := checkIDs("callee, path, verdict or reason", append(callees, d.Path, d.Verdict, d.Reason)...); err != nil {
		return err
	}
	for _, text := range []string{d.CallerID, d.CallID} {
		if err := checkText("caller or call id", text, MaxID); err != nil {
			return err
		}
	}
	return checkText("caller's name", d.CallerName, MaxName)
}

// WriteDecisions keeps decisions that belong to no call's transaction.
func (s *Store) WriteDecisions(ctx context.Context, decisions ...Decision) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error { return writeDecisions(ctx, c, decisions) })
}

// Decisions returns at most limit (1 to [MaxPage]) decisions about callee of
// the last [DecisionsKept], the newest first, that are older than the one
// named before (empty: the newest), and the id to ask the next page with,
// which is empty after the last.
func (s *Store) Decisions(ctx context.Context, callee, before string, limit int) ([]Decision, string, error) {
	if err := checkText("before", before, MaxID); err != nil {
		return nil, "", err
	}
	limit = min(max(limit, 1), MaxPage)
	text := `SELECT id, callee_id, caller_id, caller_name, call_id, path, verdict, reason, at_ms
		FROM decisions WHERE callee_id = $1 AND at_ms > {now} - $3`
	args := []any{callee, limit + 1, DecisionsKept.Milliseconds()} // one more tells whether there is another page
	if before != "" {
		text += ` AND id < $4`
		args = append(args, before)
	}
	page, err := list(ctx, s, func(s scanner) (d Decision, err error) {
		return d, s.Scan(&d.ID, &d.CalleeID, &d.CallerID, &d.CallerName, &d.CallID, &d.Path, &d.Verdict, &d.Reason, millis{&d.At})
	}, text+` ORDER BY id DESC LIMIT $2`, args...)
	if err != nil || len(page) <= limit {
		return page, "", err
	}
	page = page[:limit]
	return page, page[limit-1].ID, nil
}

// SweepDecisions deletes decisions and calls to strangers that are no longer
// looked at, and returns how many there were.
func (s *Store) SweepDecisions(ctx context.Context) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		gone, err := c.exec(ctx, `DELETE FROM decisions WHERE at_ms <= {now} - $1`, DecisionsKept.Milliseconds())
		if err != nil {
			return err
		}
		calls, err := c.exec(ctx, `DELETE FROM stranger_calls WHERE at_ms <= {now} - $1`, StrangersCounted.Milliseconds())
		n = gone + calls
		return err
	})
	return n, err
}
