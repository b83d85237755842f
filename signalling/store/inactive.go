package store

import (
	"context"
	"errors"
	"time"
)

// MinInactive is the shortest time after which [Store.DeleteInactive] deletes.
const MinInactive = 24 * time.Hour

// A suspended account is kept as it is: that is how its processing is restricted. Once that
// is over, its owner has as long to come back as anybody.
const inactiveUser = `u.created_ms < {now} - $1
	AND NOT EXISTS (SELECT 1 FROM standing n WHERE n.user_id = u.id AND (n.suspended_until_ms > {now} - $1 OR n.changed_ms > {now} - $1))
	AND NOT EXISTS (SELECT 1 FROM last_seen l WHERE l.user_id = u.id AND l.seen_ms >= {now} - $1)
	AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.user_id = u.id AND d.seen_ms >= {now} - $1)`

// Inactive returns accounts that nobody has used for a time, at most limit, the
// oldest first, that come after one of them in the order of their ids.
func (s *Store) Inactive(ctx context.Context, unused time.Duration, after string, limit int) ([]string, error) {
	return list(ctx, s, scanID, `SELECT u.id FROM users u WHERE u.id > $2 AND `+inactiveUser+` ORDER BY u.id LIMIT $3`,
		unused.Milliseconds(), after, limit)
}

// DeleteInactive is [Store.DeleteUser] for an account that nobody has used for a
// time, which is looked at again in the same transaction; it reports false if
// somebody has. It fails with [ErrFenced] if the duty is not the caller's any
// more.
func (s *Store) DeleteInactive(ctx context.Context, duty Duty, user string, unused time.Duration) (d Deleted, gone bool, err error) {
	if unused < MinInactive {
		return d, false, invalid("%v without use is too short", unused)
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		gone = false
		if err := duty.hold(ctx, c); err != nil {
			return err
		}
		if err := c.must(ctx, ErrNotFound, `UPDATE users SET created_ms = created_ms WHERE id = $1`, user); err != nil {
			return err
		}
		if err := c.row(ctx, `SELECT EXISTS (SELECT 1 FROM users u WHERE u.id = $2 AND `+inactiveUser+`)`,
			[]any{unused.Milliseconds(), user}, &gone); err != nil || !gone {
			return err
		}
		var err error
		d, err = s.deleteUser(ctx, c, user)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return Deleted{}, false, nil // deleted by its owner meanwhile
	}
	return d, gone && err == nil, err
}
