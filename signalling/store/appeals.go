package store

import (
	"context"
	"errors"
	"time"

	"github.com/oklog/ulid/v2"
)

// MaxAppealText is how many bytes an appeal may have: 1000 characters.
const MaxAppealText = 4000

// AppealState is how far an appeal is; empty if there is none.
type AppealState string

// The states.
const (
	AppealOpen   AppealState = "open"
	AppealUpheld AppealState = "upheld" // the suspension stays
	AppealLifted AppealState = "lifted" // the account was resumed for it
	AppealClosed AppealState = "closed" // the suspension has ended otherwise
)

// Appeal is what the owner of a suspended account says against that.
type Appeal struct {
	State AppealState
	// Text is empty once the case is deleted.
	Text  string
	Filed time.Time
	// Note is what who decided wrote for operators, Key the API key he decided with.
	Note, Key string
	Decided   time.Time // zero while it is open
}

// appealState is the state of a row a of appeals that may be missing; lasts tells whether
// the suspension that it is against has not ended.
func appealState(lasts string) string {
	return `CASE WHEN a.user_id IS NULL THEN '' WHEN a.decided_ms IS NOT NULL THEN a.outcome WHEN ` + lasts + ` THEN 'open' ELSE 'closed' END`
}

// Errors of appeals.
var (
	// ErrNotSuspended means an appeal against nothing.
	ErrNotSuspended = errors.New("store: the account is not suspended")
	// ErrNoAppeal means a decision about an appeal where none is open.
	ErrNoAppeal = errors.New("store: no appeal is open")
	// ErrOtherKey means a decision about an appeal by the key that has suspended, where
	// there is another one.
	ErrOtherKey = errors.New("store: another API key has to decide")
)

// NewAppeal is an appeal to be.
type NewAppeal struct {
	User, Text string
	// RequestID is that of the request; for the audit log.
	RequestID string
}

// ByAccount is the [AuditEntry.Key] of what somebody did with his account's own token.
const ByAccount = "account"

// FileAppeal has the owner of a suspended account appeal, and puts that into the case which
// the account was suspended by, or into one without reports. It fails with
// [ErrNotSuspended], and with [ErrConflict] after the first appeal against this suspension.
func (s *Store) FileAppeal(ctx context.Context, n NewAppeal) error {
	if err := errors.Join(checkText("text", n.Text, MaxAppealText), checkText("request id", n.RequestID, MaxName)); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		var since int64
		var key, id string
		err := c.row(ctx, `UPDATE standing SET changed_ms = changed_ms WHERE user_id = $1 AND suspended_until_ms > {now}
			RETURNING suspended_ms, suspended_key, suspended_case`, []any{n.User}, &since, &key, &id)
		if errors.Is(err, ErrNotFound) {
			err = ErrNotSuspended
		}
		if err != nil {
			return err
		}
		if id, err = caseOfAppeal(ctx, c, n.User, id, key, since); err != nil {
			return err
		}
		// A second one against the same suspension is ErrConflict.
		if _, err = c.exec(ctx, `INSERT INTO appeals (user_id, suspended_ms, case_id, text, filed_ms) VALUES ($1, $2, $3, $4, {now})`,
			n.User, since, id, n.Text); err != nil {
			return err
		}
		if err := s.writeAudit(ctx, c, AuditEntry{
			ID: "aud_" + ulid.Make().String(), Key: ByAccount, Operation: "file-appeal", RequestID: n.RequestID, Status: 200,
			Target: AuditTarget{auditedUser, n.User}, Other: AuditTarget{"case", id},
		}); err != nil {
			return err
		}
		return tellOperators(ctx, c, EventAppealFiled, AppealEvent{id})
	})
}

// caseOfAppeal returns the case that an account was suspended by or, if there is none or
// it is deleted, a new one without reports, which says who has suspended it.
func caseOfAppeal(ctx context.Context, c conn, user, id, key string, since int64) (string, error) {
	n, err := c.exec(ctx, `UPDATE report_cases SET version = version + 1 WHERE id = $1 AND user_id = $2`, id, user)
	if err != nil || n > 0 {
		return id, err
	}
	id = "cas_" + ulid.Make().String()
	sub := Subject{Kind: SubjectUser, User: user}
	_, err = c.exec(ctx, `
		INSERT INTO report_cases (id, subject, kind, user_id, link_id, call_id, name, mark, version, last_ms, action, key_id, decided_ms)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), id, '', '', name, '', 1, {now}, 'suspend', CAST($5 AS TEXT), CAST($6 AS BIGINT)
		FROM users WHERE id = $4`, id, sub.key(), string(sub.Kind), user, key, since)
	return id, err
}

// EventAppealFiled is the type of the event that webhooks are told of an appeal.
const EventAppealFiled = "appeal.filed"

// AppealEvent is its data. It names nobody: who may read the case sees more.
type AppealEvent struct {
	Case string `json:"case"`
}

// decideAppeal decides about the open appeal of a case.
func decideAppeal(ctx context.Context, c conn, d CaseDecision) error {
	// The account's row first, as who appeals or resumes does.
	var user, key, suspender string
	err := c.row(ctx, `UPDATE standing SET changed_ms = changed_ms WHERE suspended_until_ms > {now} AND EXISTS (SELECT 1 FROM appeals a
			WHERE a.case_id = $1 AND a.user_id = standing.user_id AND a.suspended_ms = standing.suspended_ms)
		RETURNING user_id, suspended_key`, []any{d.Case}, &user, &suspender)
	if errors.Is(err, ErrNotFound) {
		if err := c.row(ctx, `SELECT id FROM report_cases WHERE id = $1`, []any{d.Case}, new(string)); err != nil {
			return err
		}
		return ErrNoAppeal
	}
	if err != nil {
		return err
	}
	err = c.row(ctx, `UPDATE report_cases SET version = version + 1 WHERE id = $1 AND (CAST($2 AS BIGINT) = $3 OR version = CAST($2 AS BIGINT))
		RETURNING key_id`, []any{d.Case, d.Version, int64(AnyVersion)}, &key)
	if errors.Is(err, ErrNotFound) {
		return ErrConflict
	}
	if err != nil {
		return err
	}
	outcome := AppealUpheld
	if d.Action == CaseLift {
		outcome = AppealLifted
	}
	if err := c.must(ctx, ErrNoAppeal, `UPDATE appeals SET outcome = $2, note = $3, key_id = $4, decided_ms = {now} WHERE case_id = $1 AND decided_ms IS NULL`,
		d.Case, string(outcome), d.Note, d.Key); err != nil {
		return err
	}
	if err := mayDecideAppeal(ctx, c, d.Key, key, suspender); err != nil || outcome == AppealUpheld {
		return err
	}
	return resume(ctx, c, user)
}

// mayDecideAppeal fails with [ErrOtherKey] if the key is of the line of one of those that
// have suspended, and a key of another line could decide.
func mayDecideAppeal(ctx context.Context, c conn, key string, suspenders ...string) error {
	var other bool
	err := c.row(ctx, `SELECT EXISTS (SELECT 1 FROM api_keys k JOIN api_keys s ON s.line_id = k.line_id
			JOIN api_keys o ON o.line_id <> k.line_id WHERE k.id = $1 AND s.id IN ($2, $3) AND o.revoked_ms IS NULL
			AND (o.expires_ms IS NULL OR o.expires_ms > {now}) AND (' ' || o.scopes || ' ' LIKE '% reports:write %' OR ' ' || o.scopes || ' ' LIKE '% * %'))`,
		[]any{key, suspenders[0], suspenders[1]}, &other)
	if err == nil && other {
		err = ErrOtherKey
	}
	return err
}
