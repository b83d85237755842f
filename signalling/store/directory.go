package store

import (
	"context"
	"time"
)

// PageUsers returns at most limit users after the one that was made at a time
// and has an id, the oldest first.
func (s *Store) PageUsers(ctx context.Context, after time.Time, id string, limit int) ([]User, error) {
	return list(ctx, s, scanUser, `SELECT `+userColumns+` FROM users WHERE created_ms > $1 OR created_ms = $1 AND id > $2
		ORDER BY created_ms, id LIMIT $3`, millisOf(after), id, limit)
}

// CallsFilter chooses calls.
type CallsFilter struct {
	// Live chooses those that go on.
	Live bool
	// Link and User, if not empty, choose those of a link, and those in
	// somebody's call log.
	Link, User string
}

// PageCalls returns at most limit calls that were created before the one at a
// time with an id, the newest first, without their snapshots.
func (s *Store) PageCalls(ctx context.Context, f CallsFilter, before time.Time, id string, limit int) ([]CallRow, error) {
	at := int64(1) << 60
	if !before.IsZero() {
		at = before.UnixMilli()
	}
	calls, err := list(ctx, s, scanCall, `SELECT `+callColumns+` FROM calls c
		WHERE (c.created_ms < $1 OR c.created_ms = $1 AND c.id < $2) AND (NOT CAST($3 AS BOOLEAN) OR c.ended_ms IS NULL)
			AND (CAST($4 AS TEXT) = '' OR c.link_id = CAST($4 AS TEXT))
			AND (CAST($5 AS TEXT) = '' OR EXISTS (SELECT 1 FROM call_log g WHERE g.call_id = c.id AND g.user_id = CAST($5 AS TEXT)))
		ORDER BY c.created_ms DESC, c.id DESC LIMIT $6`, at, id, f.Live, f.Link, f.User, limit)
	for i := range calls {
		calls[i].Snapshot = ""
	}
	return calls, err
}

// CallCount is how many calls of one kind began within a time, or ended in one
// way.
type CallCount struct {
	Kind      Kind
	Topology  Topology
	EndReason string // empty of those that go on
	Calls     int64
	Talked    time.Duration // of those that have ended, from their creation
}

// CountCalls returns how many calls were created since a time; calls that ended
// more than a day ago may be gone.
func (s *Store) CountCalls(ctx context.Context, since time.Time) ([]CallCount, error) {
	return list(ctx, s, func(s scanner) (c CallCount, err error) {
		var ms int64
		err = s.Scan(&c.Kind, &c.Topology, &c.EndReason, &c.Calls, &ms)
		c.Talked = time.Duration(ms) * time.Millisecond
		return c, err
	}, `SELECT kind, topology, end_reason, COUNT(*), CAST(COALESCE(SUM(COALESCE(ended_ms, created_ms) - created_ms), 0) AS BIGINT)
		FROM calls WHERE created_ms >= $1 GROUP BY kind, topology, end_reason ORDER BY kind, topology, end_reason`, millisOf(since))
}
