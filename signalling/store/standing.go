package store

import (
	"context"
	"time"
)

// Standing is what operators have decided about an account.
type Standing struct {
	// SuspendedUntil is when a suspension ends; zero if there is none now.
	SuspendedUntil time.Time
	// SuspendedReason is the operators' note; nobody else sees it.
	SuspendedReason string
	// NoCalls is whether the account takes no calls, and says so to whoever
	// calls, with NoCallsText.
	NoCalls     bool
	NoCallsText string
	// Minor is whether the account's defaults are those for minors: only
	// contacts call, nobody unknown rings, the address is hidden.
	Minor bool
	// Disabled is since when its owner has switched the account off; zero if he
	// has not. He gets it back by signing in anew.
	Disabled time.Time
}

// Suspended tells whether the account may do nothing now.
func (s Standing) Suspended() bool { return !s.SuspendedUntil.IsZero() }

// Forever is the end of a suspension that has none.
var Forever = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

// Standing returns what is decided about user, who need not exist.
func (s *Store) Standing(ctx context.Context, user string) (Standing, error) {
	found, err := list(ctx, s, func(s scanner) (st Standing, err error) {
		return st, s.Scan(millis{&st.SuspendedUntil}, &st.SuspendedReason, &st.NoCalls, &st.NoCallsText, &st.Minor, millis{&st.Disabled})
	}, `SELECT CASE WHEN suspended_until_ms > {now} THEN suspended_until_ms ELSE 0 END, suspended_reason, no_calls, no_calls_text, minor, disabled_ms
		FROM standing WHERE user_id = $1`, user)
	if err != nil || len(found) == 0 {
		return Standing{}, err
	}
	return found[0], nil
}

// SetNoCalls makes an account one that takes no calls, with a text for who
// calls, or one that takes them again. It fails with [ErrNotFound] if there is
// no such user.
func (s *Store) SetNoCalls(ctx context.Context, user string, on bool, text string) error {
	if err := checkText("text", text, MaxName); err != nil {
		return err
	}
	return s.setStanding(ctx, user, `no_calls, no_calls_text`, `CAST($2 AS BOOLEAN), CAST($3 AS TEXT)`, on, text)
}

// SetMinor gives an account the defaults for minors, or the usual ones. It
// fails with [ErrNotFound] if there is no such user.
//
// Those who have a minor's number do not find him: what he had allowed before is
// taken back, and he may allow it again.
func (s *Store) SetMinor(ctx context.Context, user string, on bool) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := setStanding(ctx, c, user, `minor`, `CAST($2 AS BOOLEAN)`, on); err != nil || !on {
			return err
		}
		_, err := c.exec(ctx, `UPDATE numbers SET discoverable = FALSE WHERE user_id = $1`, user)
		return err
	})
}

// Disable switches an account off for its owner: its devices are signed out, and
// nobody reaches it, until he signs in anew. It fails with [ErrNotFound] if there
// is no such user.
func (s *Store) Disable(ctx context.Context, user string) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := setStanding(ctx, c, user, `disabled_ms`, `{now}`); err != nil {
			return err
		}
		_, err := c.exec(ctx, `UPDATE devices SET state = 'revoked', refresh_hash = NULL, changed_ms = {now},
				note_key = NULL, note_signature = NULL, note_credential = NULL
			WHERE user_id = $1 AND state <> 'revoked'`, user)
		return err
	})
}

// enable switches an account on again whose owner has just signed in.
func enable(ctx context.Context, c conn, user string) error {
	_, err := c.exec(ctx, `UPDATE standing SET disabled_ms = 0, changed_ms = {now} WHERE user_id = $1 AND disabled_ms > 0`, user)
	return err
}

// setStanding sets columns, a list, to values, a list of $2 and on.
func (s *Store) setStanding(ctx context.Context, user, columns, values string, args ...any) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		return setStanding(ctx, c, user, columns, values, args...)
	})
}

func setStanding(ctx context.Context, c conn, user, columns, values string, args ...any) error {
	if err := checkID("user id", user); err != nil {
		return err
	}
	return c.must(ctx, ErrNotFound, `
		INSERT INTO standing (user_id, changed_ms, `+columns+`)
		SELECT u.id, {now}, `+values+` FROM users u WHERE u.id = $1
		ON CONFLICT (user_id) DO UPDATE SET changed_ms = excluded.changed_ms, `+excluded[columns],
		append([]any{user}, args...)...)
}

// excluded is how the columns of setStanding are replaced.
var excluded = map[string]string{
	`suspended_until_ms, suspended_reason`: `suspended_until_ms = excluded.suspended_until_ms, suspended_reason = excluded.suspended_reason`,
	`no_calls, no_calls_text`:              `no_calls = excluded.no_calls, no_calls_text = excluded.no_calls_text`,
	`minor`:                                `minor = excluded.minor`,
	`call_hours, by_permission, asks_first, ring_quota`: `call_hours = excluded.call_hours, by_permission = excluded.by_permission, asks_first = excluded.asks_first, ring_quota = excluded.ring_quota`,
	`disabled_ms`: `disabled_ms = excluded.disabled_ms`,
}

// suspensionOverlap is how far back [Store.SuspendedSince] looks again: what
// was committed late has an earlier time than what was read before it.
const suspensionOverlap = 5 * time.Second

// SuspendedSince returns who is suspended, or switched off, by a change after since (the zero
// time: by any), and the time to ask with next. An account may be returned
// more than once.
func (s *Store) SuspendedSince(ctx context.Context, since time.Time) (users []string, next time.Time, err error) {
	type change struct {
		user string
		at   time.Time
	}
	from := int64(0)
	if !since.IsZero() {
		from = since.Add(-suspensionOverlap).UnixMilli()
	}
	changes, err := list(ctx, s, func(s scanner) (c change, err error) { return c, s.Scan(&c.user, millis{&c.at}) }, `
		SELECT user_id, changed_ms FROM standing WHERE changed_ms > $1 AND (suspended_until_ms > {now} OR disabled_ms > 0) ORDER BY changed_ms`, from)
	next = since
	for _, c := range changes {
		users, next = append(users, c.user), c.at
	}
	return users, next, err
}
