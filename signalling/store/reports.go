package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
)

// Limits of reports.
const (
	// MaxReportText is how many bytes the words of a report may have: 1000 characters.
	MaxReportText = 4000
	// ReportsPerDay is how many reports one may file in a day.
	ReportsPerDay = 10
	// ReportsMerge is how long what somebody reports of the same is one report.
	ReportsMerge = 24 * time.Hour
	// ClosedCasesKept is how long a case is kept after it was decided, and
	// OpenCasesKept how long after the last report one that nobody has decided.
	ClosedCasesKept = 180 * 24 * time.Hour
	OpenCasesKept   = 365 * 24 * time.Hour
)

// Reasons are those for which something is reported.
func Reasons() []string {
	return []string{"spam", "harassment", "impersonation", "illegalContent", "other"}
}

// SubjectKind is what is reported.
type SubjectKind string

// What is reported.
const (
	SubjectUser  SubjectKind = "user"
	SubjectGuest SubjectKind = "guest" // of a link
	SubjectLink  SubjectKind = "link"  // as such
	SubjectCall  SubjectKind = "call"  // that was entered by no link, as such
)

// Subject is who or what is reported.
type Subject struct {
	Kind SubjectKind
	// User is the account; of a user only.
	User string
	// Link is the link of a guest, or the link itself.
	Link string
	// Call is the call itself; of a call only.
	Call string
	// Name is what a guest called himself.
	Name string
	// Mark is by what a guest is known again; it names nobody.
	Mark string
}

// key is the same for all that is reported of one.
func (s Subject) key() string {
	switch s.Kind {
	case SubjectUser:
		return "user:" + s.User
	case SubjectGuest:
		return "guest:" + s.Link + ":" + s.Mark
	case SubjectLink:
		return "link:" + s.Link
	}
	return "call:" + s.Call
}

func (s Subject) validate() error {
	need := map[SubjectKind]string{SubjectUser: s.User, SubjectGuest: s.Mark, SubjectLink: s.Link, SubjectCall: s.Call}[s.Kind]
	if err := checkID("the subject", need); err != nil {
		return err
	}
	if err := checkText("name", s.Name, MaxName); err != nil {
		return err
	}
	return errors.Join(checkText("id", s.User, MaxID), checkText("link id", s.Link, MaxID), checkText("call id", s.Call, MaxID), checkText("mark", s.Mark, MaxID))
}

// Reporter is who reports.
type Reporter struct {
	// User is the account; empty for a guest.
	User string
	// Mark is by what a guest is known again; it names nobody.
	Mark string
}

func (r Reporter) key() string {
	if r.User != "" {
		return "user:" + r.User
	}
	return "guest:" + r.Mark
}

// NewReport is something that is reported. Whoever files it has found it to be true that
// the two have met in the call.
type NewReport struct {
	By      Reporter
	Subject Subject
	Call    string
	Reason  string // one of [Reasons]
	Text    string
}

// TooManyReports is the error of who has reported as much as he may.
type TooManyReports struct {
	// Wait is for how long he may report no more.
	Wait time.Duration
}

// Error implements error.
func (e *TooManyReports) Error() string {
	return fmt.Sprintf("store: %d reports in a day", ReportsPerDay)
}

// FileReport puts a report into the open case of its subject, or into a new one, and returns
// whether it is one that was not there. What the same reporter has reported of it within
// [ReportsMerge] becomes one report with the reason and words of the latest; the very same
// once more changes nothing. It fails with [ErrNotFound] if one of the two accounts is
// gone, and with [*TooManyReports].
func (s *Store) FileReport(ctx context.Context, n NewReport) (filed bool, err error) {
	if err := errors.Join(n.Subject.validate(), checkID("reporter", n.By.User+n.By.Mark), checkID("call id", n.Call),
		checkID("reason", n.Reason), checkText("text", n.Text, MaxReportText)); err != nil {
		return false, err
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		filed, err = fileReport(ctx, c, n)
		return err
	})
	return filed && err == nil, err
}

func fileReport(ctx context.Context, c conn, n NewReport) (filed bool, err error) {
	if n.By.User != "" { // whatever else he reports waits for this row
		if err := c.must(ctx, ErrNotFound, `UPDATE users SET created_ms = created_ms WHERE id = $1`, n.By.User); err != nil {
			return false, err
		}
	}
	var before struct {
		id, call, reason, text string
	}
	err = c.row(ctx, `
		SELECT r.id, r.call_id, r.reason, r.text FROM reports r JOIN report_cases k ON k.id = r.case_id
		WHERE r.reporter = $1 AND r.first_ms > {now} - $2 AND k.subject = $3 AND k.decided_ms IS NULL ORDER BY r.first_ms DESC LIMIT 1`,
		[]any{n.By.key(), ReportsMerge.Milliseconds(), n.Subject.key()}, &before.id, &before.call, &before.reason, &before.text)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return false, err
	case err == nil && before.call == n.Call && before.reason == n.Reason && before.text == n.Text:
		return false, nil
	}
	if err := mayReport(ctx, c, n.By); err != nil {
		return false, err
	}
	id, err := openCase(ctx, c, n.Subject)
	if err != nil {
		return false, err
	}
	if before.id != "" {
		_, err = c.exec(ctx, `UPDATE reports SET call_id = $2, reason = $3, text = $4, times = times + 1, last_ms = {now} WHERE id = $1`,
			before.id, n.Call, n.Reason, n.Text)
		return false, err
	}
	_, err = c.exec(ctx, `INSERT INTO reports (id, case_id, reporter, call_id, reason, text, times, first_ms, last_ms)
		VALUES ($1, $2, $3, $4, $5, $6, 1, {now}, {now})`, "rep_"+ulid.Make().String(), id, n.By.key(), n.Call, n.Reason, n.Text)
	if err != nil {
		return false, err
	}
	return true, tellOperators(ctx, c, EventReportFiled, ReportEvent{id, n.Subject.Kind, n.Reason})
}

// EventReportFiled is the type of the event that webhooks are told of a report.
const EventReportFiled = "report.filed"

// ReportEvent is its data. It names nobody: who may read the case sees more.
type ReportEvent struct {
	Case   string      `json:"case"`
	Kind   SubjectKind `json:"kind"`
	Reason string      `json:"reason"`
}

// tellOperators writes an event of no call and no link.
func tellOperators(ctx context.Context, c conn, kind string, e any) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return writeEvents(ctx, c, []NewEvent{{Type: kind, Data: string(data)}})
}

// mayReport fails with a [*TooManyReports] if somebody has reported as much in a day as he
// may. Of what he repeats all counts for a day after the last.
func mayReport(ctx context.Context, c conn, by Reporter) error {
	const day = 24 * time.Hour
	var filed, wait int64
	err := c.row(ctx, `SELECT CAST(COALESCE(SUM(times), 0) AS BIGINT), COALESCE(MIN(last_ms), {now}) + $2 - {now} FROM reports
		WHERE reporter = $1 AND last_ms > {now} - $2`, []any{by.key(), day.Milliseconds()}, &filed, &wait)
	if err == nil && filed >= ReportsPerDay {
		return &TooManyReports{time.Duration(wait) * time.Millisecond}
	}
	return err
}

// openCase returns the open case of a subject.
func openCase(ctx context.Context, c conn, sub Subject) (id string, err error) {
	if sub.Kind == SubjectUser { // who deletes it waits for this row
		if err := c.row(ctx, `SELECT id FROM users WHERE id = $1 {keyshare}`, []any{sub.User}, new(string)); err != nil {
			return "", err
		}
	}
	err = c.row(ctx, `
		INSERT INTO report_cases (id, subject, kind, user_id, link_id, call_id, name, mark, version, last_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, {now})
		ON CONFLICT (subject) WHERE decided_ms IS NULL DO UPDATE SET last_ms = excluded.last_ms, version = report_cases.version + 1,
			name = excluded.name RETURNING id`,
		[]any{"cas_" + ulid.Make().String(), sub.key(), string(sub.Kind), orNull(sub.User), sub.Link, sub.Call, sub.Name, sub.Mark}, &id)
	return id, err
}

// forgetReporter takes a deleted account's name from what it has reported.
func forgetReporter(ctx context.Context, c conn, user string) error {
	_, err := c.exec(ctx, `UPDATE reports SET reporter = id WHERE reporter = $1`, Reporter{User: user}.key())
	return err
}

// SweepReports deletes at most limit cases that are kept no longer, with their reports and
// the words of their appeals, and the old reports of those that are open; it returns how
// many cases those were.
func (s *Store) SweepReports(ctx context.Context, limit int) (n int64, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `DELETE FROM report_cases WHERE id IN (SELECT c.id FROM report_cases c
			WHERE (c.decided_ms <= {now} - $1 OR c.decided_ms IS NULL AND c.last_ms <= {now} - $2)
			AND NOT EXISTS (SELECT 1 FROM appeals a WHERE a.case_id = c.id AND (a.decided_ms > {now} - $1 OR a.decided_ms IS NULL AND `+lasts+`)) LIMIT $3)`,
			ClosedCasesKept.Milliseconds(), OpenCasesKept.Milliseconds(), limit)
		if err != nil {
			return err
		}
		if _, err = c.exec(ctx, `DELETE FROM appeals WHERE case_id IS NULL AND NOT EXISTS (SELECT 1 FROM appeals a WHERE a.user_id = appeals.user_id
			AND a.suspended_ms = appeals.suspended_ms AND `+lasts+`)`); err != nil {
			return err
		}
		if _, err = c.exec(ctx, `UPDATE appeals SET text = '', note = '' WHERE case_id IS NULL AND (text <> '' OR note <> '')`); err != nil {
			return err
		}
		_, err = c.exec(ctx, `DELETE FROM reports WHERE id IN (SELECT r.id FROM reports r JOIN report_cases k ON k.id = r.case_id
			WHERE k.decided_ms IS NULL AND r.last_ms <= {now} - $1 LIMIT $2)`, OpenCasesKept.Milliseconds(), limit)
		return err
	})
	return n, err
}

// lasts tells whether the suspension of a row a of appeals has not ended.
const lasts = `EXISTS (SELECT 1 FROM standing n WHERE n.user_id = a.user_id AND n.suspended_ms = a.suspended_ms AND n.suspended_until_ms > {now})`
