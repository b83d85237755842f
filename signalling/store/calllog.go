package store

import (
	"context"
	"time"
)

// Direction says whether the owner of a log row called or was called.
type Direction string

// The directions of a log row.
const (
	Incoming Direction = "incoming"
	Outgoing Direction = "outgoing"
)

// LogRow is one call as one of its users sees it afterwards. The log is the
// account's, not a device's: a device that is linked later reads it here, so that no
// copy has to pass from one device to another.
type LogRow struct {
	CallID, UserID string
	Direction      Direction
	// PeerName and PeerIDs are the call layer's words for the others.
	PeerName, PeerIDs string
	Kind              Kind
	Outcome           string
	Started           time.Time
	Ended             time.Time // zero while the call goes on
	// Duration is how long they were connected, to the millisecond.
	Duration time.Duration
	// Note is whether a note that the caller has left waits.
	Note bool
}

// LogChange inserts or replaces a user's log row of a call. The time of the
// row's beginning is that of its first insertion and never changes, so that
// paging is steady.
type LogChange struct {
	// UserID is whose row it is. A change for somebody who has no account (a
	// guest, or deleted meanwhile) is passed over.
	UserID            string
	Direction         Direction
	PeerName, PeerIDs string
	Kind              Kind
	Outcome           string
	// Ended notes the present moment as the row's end, unless it has one.
	Ended    bool
	Duration time.Duration
}

// Cursor is a place in a user's log: the rows older than the one it names. The
// zero Cursor is before the newest.
type Cursor struct {
	Started time.Time
	CallID  string
}

// writeLog upserts the log rows of a call.
func writeLog(ctx context.Context, c conn, callID string, changes []LogChange) error {
	for _, l := range changes {
		if err := l.validate(); err != nil {
			return err
		}
		// Locking the user's row keeps him from being deleted between the
		// look and the insertion, which would fail the whole transition.
		_, err := c.exec(ctx, `
			INSERT INTO call_log (call_id, user_id, direction, peer_name, peer_ids, kind, outcome, started_ms, ended_ms, duration_ms)
			SELECT CAST($1 AS TEXT), u.id, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT),
				CAST($7 AS TEXT), {now}, CASE WHEN CAST($8 AS BOOLEAN) THEN {now} END, CAST($9 AS BIGINT)
			FROM users u WHERE u.id = $2 {keyshare}
			ON CONFLICT (call_id, user_id) DO UPDATE SET direction = excluded.direction, peer_name = excluded.peer_name,
				peer_ids = excluded.peer_ids, kind = excluded.kind, outcome = excluded.outcome,
				ended_ms = COALESCE(call_log.ended_ms, excluded.ended_ms), duration_ms = excluded.duration_ms`,
			callID, l.UserID, string(l.Direction), l.PeerName, l.PeerIDs, string(l.Kind), l.Outcome, l.Ended,
			l.Duration.Milliseconds())
		if err != nil {
			return err
		}
	}
	return nil
}

// endOrphans ends the rows of a call that are still open.
func endOrphans(ctx context.Context, c conn, callID string, outcomes map[Direction]string) error {
	for direction, outcome := range outcomes {
		_, err := c.exec(ctx, `UPDATE call_log SET outcome = $3, ended_ms = {now} WHERE call_id = $1 AND direction = $2 AND ended_ms IS NULL`,
			callID, string(direction), outcome)
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *LogChange) validate() error {
	switch {
	case l.Direction != Incoming && l.Direction != Outgoing:
		return invalid("the direction is neither incoming nor outgoing")
	case l.Kind != Voice && l.Kind != Video:
		return invalid("the kind is neither voice nor video")
	case l.Duration < 0:
		return invalid("the duration is negative")
	}
	if err := checkIDs("user id or outcome", l.UserID, l.Outcome); err != nil {
		return err
	}
	if err := checkText("peer name", l.PeerName, MaxName); err != nil {
		return err
	}
	return checkText("peer ids", l.PeerIDs, MaxPeers)
}

// ForgetCalls deletes rows of user's own log: those of the calls named, or all
// with no call named. The row of a call that still goes on stays, and nobody
// else's log changes. The notes that were left to them go with them, and notes is how
// many those are. At most [MaxPage] calls can be named.
func (s *Store) ForgetCalls(ctx context.Context, user string, calls ...string) (notes int64, err error) {
	if len(calls) > MaxPage {
		return 0, invalid("too many calls are named")
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		if len(calls) == 0 {
			notes, err = forgetCalls(ctx, c, ``, user)
			return err
		}
		notes = 0
		for _, id := range calls {
			n, err := forgetCalls(ctx, c, ` AND call_id = $2`, user, id)
			if err != nil {
				return err
			}
			notes += n
		}
		return nil
	})
	return notes, err
}

// forgetCalls deletes the rows of a user, $1, that which says, and their notes. Notes
// that he never had stay: for who left them nothing changes by what he does.
func forgetCalls(ctx context.Context, c conn, which string, args ...any) (notes int64, err error) {
	notes, err = c.exec(ctx, `DELETE FROM notes WHERE to_id = $1 AND delivered`+which, args...)
	if err == nil {
		_, err = c.exec(ctx, `DELETE FROM call_log WHERE user_id = $1 AND ended_ms IS NOT NULL`+which, args...)
	}
	return notes, err
}

// logRows are rows of logs, with the alias l, and whether a note waits for their users.
const logRows = `
	SELECT l.call_id, l.user_id, l.direction, l.peer_name, l.peer_ids, l.kind, l.outcome, l.started_ms, COALESCE(l.ended_ms, 0), l.duration_ms,
		EXISTS (SELECT 1 FROM notes n WHERE n.call_id = l.call_id AND n.to_id = l.user_id AND n.delivered AND n.expires_ms > {now})
	FROM call_log l`

func scanLogRow(s scanner) (l LogRow, err error) {
	err = s.Scan(&l.CallID, &l.UserID, &l.Direction, &l.PeerName, &l.PeerIDs, &l.Kind, &l.Outcome,
		millis{&l.Started}, millis{&l.Ended}, &l.Duration, &l.Note)
	l.Duration *= time.Duration(time.Millisecond)
	return l, err
}

// LogRow returns user's row of a call, or [ErrNotFound].
func (s *Store) LogRow(ctx context.Context, user, call string) (LogRow, error) {
	return get(ctx, s, scanLogRow, logRows+` WHERE l.user_id = $1 AND l.call_id = $2`, user, call)
}

// CallLog returns at most limit (1 to [MaxPage]) rows of user's log, the newest
// first, that are older than before, and the cursor of the next page, which is
// the zero Cursor after the last.
func (s *Store) CallLog(ctx context.Context, user string, before Cursor, limit int) ([]LogRow, Cursor, error) {
	limit = min(max(limit, 1), MaxPage)
	text := logRows + ` WHERE l.user_id = $1`
	args := []any{user, limit + 1} // one more tells whether there is another page
	if before != (Cursor{}) {
		text += ` AND (l.started_ms, l.call_id) < ($3, $4)`
		args = append(args, before.Started.UnixMilli(), before.CallID)
	}
	page, err := list(ctx, s, scanLogRow, text+` ORDER BY l.started_ms DESC, l.call_id DESC LIMIT $2`, args...)
	if err != nil || len(page) <= limit {
		return page, Cursor{}, err
	}
	page = page[:limit]
	last := page[limit-1]
	return page, Cursor{last.Started, last.CallID}, nil
}
