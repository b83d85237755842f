package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// CaseAction is what is decided about a case, or about the appeal against its decision;
// empty while it is open.
type CaseAction string

// What is decided.
const (
	CaseDismiss CaseAction = "dismiss" // nothing was wrong
	CaseSuspend CaseAction = "suspend" // the account is suspended
	CaseClose   CaseAction = "close"   // it was handled elsewhere

	CaseUphold CaseAction = "uphold" // of an appeal: the suspension stays
	CaseLift   CaseAction = "lift"   // of an appeal: the account is resumed
)

// OfAppeal tells whether it is decided about an appeal.
func (a CaseAction) OfAppeal() bool { return a == CaseUphold || a == CaseLift }

// Case is all that was reported of one until somebody decides.
type Case struct {
	ID      string
	Subject Subject
	// Version grows with each report, and with the decision.
	Version int64
	// Score is what cases are ordered by, in thousandths: see [Store.PageCases].
	Score int64
	// Reporters are how many have reported it, and Reports how often, repetitions counted.
	Reporters, Reports int64
	// Reasons are how often it was reported for each of [Reasons], in that order.
	Reasons []int64
	// First and Last are when it was first and last reported.
	First, Last time.Time

	Action CaseAction
	// Note is what who decided wrote, Key the API key he decided with.
	Note, Key string
	Decided   time.Time // zero while it is open

	// Appeal is that against the suspension by this case. A case without reports is that of
	// an appeal against a suspension by no case.
	Appeal Appeal
}

// waits tells whether somebody has to decide.
func (k Case) waits() bool { return k.Decided.IsZero() || k.Appeal.State == AppealOpen }

// ReportRow is a report as it is kept.
type ReportRow struct {
	ID string
	// User is who has reported; empty for a guest, and for an account that is deleted.
	User         string
	Guest        bool
	Call         string
	Reason, Text string
	Times        int64
	First, Last  time.Time
}

// appealFirst is where in the list an appeal of the year 1970 would be: before all scores,
// and the older the nearer to it. In milliseconds it is a time that can be written.
const appealFirst = 200_000_000_000_000

// appealColumns are those of the appeal of a case.
var appealColumns = appealState(`n.user_id IS NOT NULL`) + ` AS appeal, COALESCE(a.text, '') AS appeal_text, COALESCE(a.filed_ms, 0) AS appeal_ms,
			COALESCE(a.note, '') AS appeal_note, COALESCE(a.key_id, '') AS appeal_key, COALESCE(a.decided_ms, 0) AS appeal_decided_ms`

// casesQuery is all cases with what they are ordered by. Of a reporter count, once each,
// the cases that were decided and that he has reported: of those that were dismissed and
// those that were not comes his weight in all others.
var casesQuery = `
	WITH filed AS (SELECT DISTINCT case_id, reporter FROM reports),
	weights AS (
		SELECT f.reporter, 1000 * (1 + SUM(CASE WHEN k.action IN ('suspend', 'close') THEN 1 ELSE 0 END))
			/ (1 + SUM(CASE WHEN k.action <> '' THEN 1 ELSE 0 END)) AS weight
		FROM filed f JOIN report_cases k ON k.id = f.case_id GROUP BY f.reporter),
	scores AS (
		SELECT f.case_id, CAST(SUM(w.weight) AS BIGINT) AS score, COUNT(*) AS reporters
		FROM filed f JOIN weights w ON w.reporter = f.reporter GROUP BY f.case_id),
	tallies AS (
		SELECT case_id, CAST(SUM(times) AS BIGINT) AS times, MIN(first_ms) AS first_ms, MAX(last_ms) AS last_ms,
			CAST(SUM(CASE WHEN reason = 'spam' THEN times ELSE 0 END) AS BIGINT) AS r0,
			CAST(SUM(CASE WHEN reason = 'harassment' THEN times ELSE 0 END) AS BIGINT) AS r1,
			CAST(SUM(CASE WHEN reason = 'impersonation' THEN times ELSE 0 END) AS BIGINT) AS r2,
			CAST(SUM(CASE WHEN reason = 'illegalContent' THEN times ELSE 0 END) AS BIGINT) AS r3,
			CAST(SUM(CASE WHEN reason = 'other' THEN times ELSE 0 END) AS BIGINT) AS r4
		FROM reports GROUP BY case_id),
	cases AS (
		SELECT c.id, c.kind, COALESCE(c.user_id, '') AS user_id, c.link_id, c.call_id, c.name, c.mark, c.version,
			COALESCE(s.score, 0) AS score, COALESCE(s.reporters, 0) AS reporters, COALESCE(t.times, 0) AS times,
			COALESCE(t.r0, 0) AS r0, COALESCE(t.r1, 0) AS r1, COALESCE(t.r2, 0) AS r2, COALESCE(t.r3, 0) AS r3, COALESCE(t.r4, 0) AS r4,
			COALESCE(t.first_ms, c.last_ms) AS first_ms, COALESCE(t.last_ms, c.last_ms) AS last_ms,
			c.action, c.note, c.key_id, COALESCE(c.decided_ms, 0) AS decided_ms,
			` + appealColumns + `, COALESCE(a.decided_ms, c.decided_ms, s.score, 0) AS late
		FROM report_cases c LEFT JOIN scores s ON s.case_id = c.id LEFT JOIN tallies t ON t.case_id = c.id
			LEFT JOIN appeals a ON a.case_id = c.id
			LEFT JOIN standing n ON n.user_id = a.user_id AND n.suspended_ms = a.suspended_ms AND n.suspended_until_ms > {now}),
	placed AS (SELECT cases.*, decided_ms = 0 OR appeal = 'open' AS waits, CASE WHEN appeal = 'open' THEN ` + strconv.Itoa(appealFirst) + ` - appeal_ms ELSE late END AS place FROM cases)
	SELECT id, kind, user_id, link_id, call_id, name, mark, version, score, reporters, times, r0, r1, r2, r3, r4,
		first_ms, last_ms, action, note, key_id, decided_ms, appeal, appeal_text, appeal_ms, appeal_note, appeal_key, appeal_decided_ms FROM placed`

func scanCase(s scanner) (k Case, err error) {
	k.Reasons = make([]int64, len(Reasons()))
	r, sub, a := k.Reasons, &k.Subject, &k.Appeal
	return k, s.Scan(&k.ID, &sub.Kind, &sub.User, &sub.Link, &sub.Call, &sub.Name, &sub.Mark, &k.Version, &k.Score, &k.Reporters, &k.Reports,
		&r[0], &r[1], &r[2], &r[3], &r[4], millis{&k.First}, millis{&k.Last}, &k.Action, &k.Note, &k.Key, millis{&k.Decided},
		&a.State, &a.Text, millis{&a.Filed}, &a.Note, &a.Key, millis{&a.Decided})
}

// CaseCursor is a place in the list of cases: before those that follow it. The zero
// CaseCursor is before the first.
type CaseCursor struct {
	Place int64
	ID    string
}

// Cursor is the place behind a case.
func (k Case) Cursor() CaseCursor {
	switch {
	case k.Appeal.State == AppealOpen:
		return CaseCursor{appealFirst - k.Appeal.Filed.UnixMilli(), k.ID}
	case k.waits():
		return CaseCursor{k.Score, k.ID}
	case k.Appeal.Decided.After(k.Decided):
		return CaseCursor{k.Appeal.Decided.UnixMilli(), k.ID}
	}
	return CaseCursor{k.Decided.UnixMilli(), k.ID}
}

// PageCases returns at most limit cases after a place: those that wait, of open appeals
// first, the oldest first, then by their score, the highest first; or those that do not,
// the latest decision first.
//
// The score is the sum of its reporters' weights in thousandths. A weight is
// (1 + u) / (1 + u + d), where d of the cases that one has reported were dismissed and u
// decided otherwise: who is new weighs 1, and whose reports are always dismissed sinks to
// 1/2, 1/3, 1/4 …, as if fewer had reported. Cases that are kept no longer do not count.
func (s *Store) PageCases(ctx context.Context, wait bool, after CaseCursor, limit int) ([]Case, error) {
	if after == (CaseCursor{}) {
		after.Place = 1 << 60
	}
	return list(ctx, s, scanCase, casesQuery+` WHERE waits = CAST($1 AS BOOLEAN) AND (place < $2 OR place = $2 AND id < $3)
		ORDER BY place DESC, id DESC LIMIT $4`, wait, after.Place, after.ID, limit)
}

// Case returns a case, or [ErrNotFound].
func (s *Store) Case(ctx context.Context, id string) (Case, error) {
	return get(ctx, s, scanCase, casesQuery+` WHERE id = $1`, id)
}

// CaseReports returns the reports of a case, the newest first, at most [MaxPage].
func (s *Store) CaseReports(ctx context.Context, id string) ([]ReportRow, error) {
	return list(ctx, s, func(s scanner) (r ReportRow, err error) {
		var by string
		err = s.Scan(&r.ID, &by, &r.Call, &r.Reason, &r.Text, &r.Times, millis{&r.First}, millis{&r.Last})
		r.User, _ = strings.CutPrefix(by, "user:")
		if r.User == by {
			r.User, r.Guest = "", strings.HasPrefix(by, "guest:")
		}
		return r, err
	}, `SELECT id, reporter, call_id, reason, text, times, first_ms, last_ms FROM reports WHERE case_id = $1 ORDER BY last_ms DESC, id DESC LIMIT $2`, id, MaxPage)
}

// CaseDecision is what somebody decides about a case.
type CaseDecision struct {
	Case   string
	Action CaseAction
	// Note is for operators; nobody else sees it.
	Note string
	// Key is the API key that it is decided with.
	Key string
	// Until is the end of a suspension, [Forever] is possible, and Reason its note.
	Until  time.Time
	Reason string
	// Version is the version that was seen, or [AnyVersion].
	Version int64
}

// ErrNoAccount means something that can be done to an account only.
var ErrNoAccount = errors.New("store: there is no account")

// DecideCase decides about an open case, or about an open appeal, and carries out a
// suspension or its end. It fails with [ErrNotFound], with [ErrConflict] if the case has
// another version or was decided before, with [ErrNoAccount] for a suspension of what is no
// account, and of an appeal with [ErrNoAppeal] and [ErrOtherKey].
func (s *Store) DecideCase(ctx context.Context, d CaseDecision) error {
	if err := errors.Join(checkText("note", d.Note, MaxReportText), checkText("key id", d.Key, MaxID), checkText("reason", d.Reason, MaxName)); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if d.Action.OfAppeal() {
			return decideAppeal(ctx, c, d)
		}
		var user string
		err := c.row(ctx, `UPDATE report_cases SET action = $2, note = $3, key_id = $4, decided_ms = {now}, version = version + 1
			WHERE id = $1 AND decided_ms IS NULL AND (CAST($5 AS BIGINT) = $6 OR version = CAST($5 AS BIGINT)) RETURNING COALESCE(user_id, '')`,
			[]any{d.Case, string(d.Action), d.Note, d.Key, d.Version, int64(AnyVersion)}, &user)
		switch {
		case errors.Is(err, ErrNotFound):
			if err := c.row(ctx, `SELECT id FROM report_cases WHERE id = $1`, []any{d.Case}, new(string)); err != nil {
				return err
			}
			return ErrConflict
		case err != nil || d.Action != CaseSuspend:
			return err
		case user == "":
			return ErrNoAccount
		}
		why := ""
		err = c.row(ctx, `SELECT reason FROM reports WHERE case_id = $1 GROUP BY reason ORDER BY SUM(times) DESC, reason LIMIT 1`, []any{d.Case}, &why)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		return suspend(ctx, c, suspending{user, d.Until, d.Reason, d.Key, d.Case, why})
	})
}
