package store

import (
	"context"
	"errors"
	"time"
)

// ErrDiscoveryOff means that the user has not turned on the discovery of
// contacts by number, or has turned it off.
var ErrDiscoveryOff = errors.New("store: discovery is off")

// Discovery is where a user stands with finding and being found by number.
type Discovery struct {
	// On is whether he looks for his contacts by their numbers.
	On bool
	// Uploaded is how many numbers he has uploaded that still count.
	Uploaded int
	// NumbersBlocked is how many numbers he has blocked.
	NumbersBlocked int
	// Number is his own; the zero Number if he has none.
	Number Number
}

// NumberChange is what a request about numbers adds to a user's account, for the
// budget to decide about.
type NumberChange struct {
	// New are the hashes that the user had not uploaded before.
	New []string
	// Missed is how many of them belong to no account that may be found.
	Missed int
	// Removed is how many hashes are deleted.
	Removed int
	// Blocked is how many numbers are blocked that were not.
	Blocked int
	// Now is the database's time.
	Now time.Time
}

// Spend decides about a change by what was remembered after the last one (""
// at first) and returns what to remember now. Its error undoes the change. It
// may be called more than once for one change and must not block.
type Spend func(sketch string, c NumberChange) (string, error)

// Discovery returns where user stands.
func (s *Store) Discovery(ctx context.Context, user string) (Discovery, error) {
	d, err := get(ctx, s, func(s scanner) (d Discovery, err error) {
		return d, s.Scan(&d.On, &d.Uploaded, &d.NumbersBlocked, &d.Number.Hash, &d.Number.Ending, &d.Number.Discoverable)
	}, `SELECT COALESCE(d.active, FALSE), (SELECT COUNT(*) FROM uploaded u WHERE u.owner_id = $1),
			(SELECT COUNT(*) FROM number_blocks f WHERE f.owner_id = $1),
			COALESCE(n.hash, ''), COALESCE(n.ending, ''), COALESCE(n.discoverable, FALSE)
		FROM (SELECT CAST($1 AS TEXT) AS id) AS me
		LEFT JOIN discovery d ON d.user_id = me.id LEFT JOIN numbers n ON n.user_id = me.id`, user)
	return d, err
}

// SetDiscovery turns discovery on, or turns it off and forgets the hashes that
// user has uploaded and the contacts he has from them; it reports whether his
// contacts have changed. It fails with [ErrNotFound] if there is no such user.
func (s *Store) SetDiscovery(ctx context.Context, user string, on bool, spend Spend) (contacts bool, err error) {
	if err := checkID("user id", user); err != nil {
		return false, err
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		if _, err := c.exec(ctx, `INSERT INTO discovery (user_id, active, synced_ms) VALUES ($1, $2, {now})
			ON CONFLICT (user_id) DO UPDATE SET active = excluded.active`, user, on); err != nil {
			return err
		}
		contacts = false
		if on {
			return nil
		}
		var removed int64
		if removed, contacts, err = forget(ctx, c, `TRUE`, user); err != nil {
			return err
		}
		return charge(ctx, c, user, NumberChange{Removed: int(removed)}, spend)
	})
	return contacts, err
}

// forget deletes the uploaded hashes of a user that fit a condition, whose
// arguments begin at $2, with the contacts that he has from them.
func forget(ctx context.Context, c conn, condition string, args ...any) (removed int64, contacts bool, err error) {
	n, err := c.exec(ctx, `DELETE FROM contacts WHERE owner_id = $1 AND contact_id IN (
		SELECT contact_id FROM uploaded WHERE owner_id = $1 AND made AND `+condition+`)`, args...)
	if err != nil {
		return 0, false, err
	}
	removed, err = c.exec(ctx, `DELETE FROM uploaded WHERE owner_id = $1 AND `+condition, args...)
	return removed, n > 0, err
}

// charge has spend decide about a change. The user's row in discovery is
// locked already.
func charge(ctx context.Context, c conn, user string, change NumberChange, spend Spend) error {
	var sketch string
	if err := c.row(ctx, `SELECT sketch, {now} FROM discovery WHERE user_id = $1`, []any{user},
		&sketch, millis{&change.Now}); err != nil {
		return err
	}
	sketch, err := spend(sketch, change)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, `UPDATE discovery SET sketch = $2 WHERE user_id = $1`, user, sketch)
	return err
}

// SweepUploaded deletes what users have uploaded who have not done so again
// since before, at most limit of them, and turns their discovery off: numbers
// are kept while they are of use. The contacts found stay. It returns how many
// users there were.
func (s *Store) SweepUploaded(ctx context.Context, before time.Time, limit int) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		users, err := rows(ctx, c, scanID, `UPDATE discovery SET active = FALSE WHERE user_id IN (
			SELECT user_id FROM discovery WHERE active AND synced_ms < $1 ORDER BY synced_ms LIMIT $2)
			RETURNING user_id`, before.UnixMilli(), limit)
		if err != nil {
			return err
		}
		n = int64(len(users))
		for _, user := range users {
			if _, err := c.exec(ctx, `DELETE FROM uploaded WHERE owner_id = $1`, user); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
