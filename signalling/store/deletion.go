package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"time"
)

// ErrDeleted means an account that was deleted. It never comes back under its
// id: whoever returns gets another one.
var ErrDeleted = errors.New("store: the account was deleted")

// ErrBarred means an address whose account is suspended, or was deleted while it
// was.
var ErrBarred = errors.New("store: the address belongs to a suspended account")

// Deleted is what others have to be told of a deleted account.
type Deleted struct {
	// Links are its call links that were open.
	Links []string
	// Groups are those it was in, as they were and as they are.
	Groups []GroupChange
	// Told are those who had it in their contacts, [MaxTold] at most.
	Told []string
	// Notes are those that it had left and that wait no more.
	Notes []GoneNote
}

// GroupChange is a group before and after a change.
type GroupChange struct{ Before, After GroupRow }

// mark is what remains of a deleted account's id: whoever has the database and
// not the key cannot tell whose it is.
func (s *sealer) mark(user string) []byte {
	h := hmac.New(sha256.New, s.marks)
	h.Write([]byte(user))
	return h.Sum(nil)
}

// DeleteUser deletes a user and with him his devices, contacts, settings,
// blocks, links, log, notes, memberships, what was reported of him and what waits in the
// outbox for him; what he has reported stays without his name. Groups that he alone led
// get their longest-standing member as admin. It fails with [ErrNotFound].
//
// What others keep that names him goes by [Store.Purge], after every node has
// seen [Store.Deletions] and has taken him out of its calls.
func (s *Store) DeleteUser(ctx context.Context, id string) (Deleted, error) {
	var d Deleted
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		d, err = s.deleteUser(ctx, c, id)
		return err
	})
	return d, err
}

func (s *Store) deleteUser(ctx context.Context, c conn, id string) (d Deleted, err error) {
	// This locks the user: whoever writes about him waits, and finds nobody.
	if err := c.must(ctx, ErrNotFound, `UPDATE users SET created_ms = created_ms WHERE id = $1`, id); err != nil {
		return d, err
	}
	if err := dropAddresses(ctx, c, id); err != nil {
		return d, err
	}
	if err := forgetReporter(ctx, c, id); err != nil {
		return d, err
	}
	if d.Links, err = rows(ctx, c, scanID, `SELECT id FROM links WHERE owner_id = $1 AND revoked_ms IS NULL`, id); err != nil {
		return d, err
	}
	if d.Groups, err = s.leaveGroups(ctx, c, id); err != nil {
		return d, err
	}
	if d.Told, err = rows(ctx, c, scanID, `DELETE FROM contacts WHERE contact_id = $1 RETURNING owner_id`, id); err != nil {
		return d, err
	}
	d.Told = d.Told[:min(len(d.Told), MaxTold)]
	if d.Notes, err = rows(ctx, c, func(s scanner) (g GoneNote, err error) { return g, s.Scan(&g.Call, &g.To) },
		`DELETE FROM notes WHERE from_id = $1 AND delivered AND expires_ms > {now} RETURNING call_id, to_id`, id); err != nil {
		return d, err
	}
	for _, text := range []string{`DELETE FROM standing WHERE user_id = $1`, `DELETE FROM users WHERE id = $1`} {
		if _, err := c.exec(ctx, text, id); err != nil {
			return d, err
		}
	}
	_, err = c.exec(ctx, `INSERT INTO deletions (mark, user_id, deleted_ms) VALUES ($1, $2, {now})
		ON CONFLICT (mark) DO UPDATE SET user_id = excluded.user_id, deleted_ms = excluded.deleted_ms`, s.sealer.mark(id), id)
	return d, err
}

// dropAddresses deletes what is known of the addresses of a user, and bars them
// if he is suspended.
func dropAddresses(ctx context.Context, c conn, user string) error {
	if _, err := c.exec(ctx, `
		INSERT INTO barred_addresses (address_hash, until_ms)
		SELECT a.address_hash, s.suspended_until_ms FROM account_addresses a JOIN standing s ON s.user_id = a.user_id
		WHERE a.user_id = $1 AND s.suspended_until_ms > {now}
		ON CONFLICT (address_hash) DO UPDATE SET until_ms = excluded.until_ms`, user); err != nil {
		return err
	}
	for _, text := range []string{
		`DELETE FROM codes WHERE address_hash IN (SELECT address_hash FROM account_addresses WHERE user_id = $1)`,
		`DELETE FROM code_sends WHERE key_hash IN (SELECT 'a:' || address_hash FROM account_addresses WHERE user_id = $1)`,
	} {
		if _, err := c.exec(ctx, text, user); err != nil {
			return err
		}
	}
	return nil
}

// notDeleted fails with [ErrDeleted] for an account that was deleted. It is
// asked after the account's row was written, which waits for a deletion that is
// under way.
func (s *Store) notDeleted(ctx context.Context, c conn, user string) error {
	var gone bool
	err := c.row(ctx, `SELECT EXISTS (SELECT 1 FROM deletions WHERE mark = $1)`, []any{s.sealer.mark(user)}, &gone)
	if err == nil && gone {
		err = ErrDeleted
	}
	return err
}

// Deletion is an account that was deleted and is still named somewhere.
type Deletion struct {
	User string
	// Ago is how long ago it was deleted.
	Ago time.Duration
}

// Deletions returns the accounts that wait for [Store.Purge], the oldest first
// and at most [MaxPage].
func (s *Store) Deletions(ctx context.Context) ([]Deletion, error) {
	return list(ctx, s, func(s scanner) (d Deletion, err error) {
		err = s.Scan(&d.User, &d.Ago)
		d.Ago *= time.Duration(time.Millisecond)
		return d, err
	}, `SELECT user_id, {now} - deleted_ms FROM deletions WHERE user_id IS NOT NULL ORDER BY deleted_ms LIMIT $1`, MaxPage)
}

// ErrNamed means that a call which goes on still names a deleted account.
var ErrNamed = errors.New("store: a call still names the account")

// Purge deletes what others keep that names a deleted account: blocks of it,
// who invited whom, who called. Its name and id go out of others' logs by forget,
// which gets the peers of a row as the call layer wrote them. It fails with
// [ErrNamed], and is to be tried again, while a call that goes on names it.
func (s *Store) Purge(ctx context.Context, user string, forget func(peerName, peerIDs string) (string, string)) error {
	if err := checkID("user id", user); err != nil {
		return err
	}
	for _, text := range []string{
		`DELETE FROM blocks WHERE blocked_id = $1`,
		`DELETE FROM contacts WHERE contact_id = $1`, // added after the account had gone
		`DELETE FROM presence_exceptions WHERE except_id = $1`,
		`DELETE FROM stranger_calls WHERE callee_id = $1`,
		`DELETE FROM call_permissions WHERE caller_id = $1`,
		`UPDATE decisions SET caller_id = '', caller_name = '' WHERE caller_id = $1`,
		`DELETE FROM group_members WHERE user_id = $1`,
		`DELETE FROM queue_operators WHERE user_id = $1`,
		`UPDATE group_members SET invited_by = '' WHERE invited_by = $1`,
		`UPDATE audit SET target_id = '' WHERE target_id <> '' AND target_id = $1 AND target_kind = 'user'`,
		`UPDATE audit SET other_id = '' WHERE other_id <> '' AND other_id = $1 AND other_kind = 'user'`,
	} {
		if err := s.remove(ctx, text, user); err != nil {
			return err
		}
	}
	if err := s.purgeLogs(ctx, user, forget); err != nil {
		return err
	}
	if err := s.purgeCalls(ctx, user); err != nil {
		return err
	}
	return s.remove(ctx, `UPDATE deletions SET user_id = NULL WHERE user_id = $1`, user)
}

// naming is a LIKE pattern for JSON that holds an id as a string. Ids have no
// character that JSON escapes.
func naming(user string) string {
	return `%"` + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(user) + `"%`
}

func (s *Store) purgeLogs(ctx context.Context, user string, forget func(peerName, peerIDs string) (string, string)) error {
	type row struct{ call, user, name, ids string }
	found, err := list(ctx, s, func(s scanner) (r row, err error) { return r, s.Scan(&r.call, &r.user, &r.name, &r.ids) },
		`SELECT call_id, user_id, peer_name, peer_ids FROM call_log WHERE peer_ids LIKE $1 ESCAPE '\'`, naming(user))
	if err != nil {
		return err
	}
	for _, r := range found {
		name, ids := forget(r.name, r.ids)
		if ids == r.ids {
			continue // another account's id in other letters: LIKE tells no cases apart
		}
		if err := s.remove(ctx, `UPDATE call_log SET peer_name = $3, peer_ids = $4 WHERE call_id = $1 AND user_id = $2`,
			r.call, r.user, name, ids); err != nil {
			return err
		}
	}
	return nil
}

// purgeCalls empties the snapshots of ended calls that name an account. Those of
// calls that go on are their owners'.
func (s *Store) purgeCalls(ctx context.Context, user string) error {
	type row struct {
		id, snapshot string
		ended        bool
	}
	found, err := list(ctx, s, func(s scanner) (r row, err error) { return r, s.Scan(&r.id, &r.snapshot, &r.ended) },
		`SELECT id, snapshot, ended_ms IS NOT NULL FROM calls WHERE snapshot LIKE $1 ESCAPE '\'`, naming(user))
	if err != nil {
		return err
	}
	named := error(nil)
	for _, r := range found {
		switch {
		case !strings.Contains(r.snapshot, `"`+user+`"`):
			continue
		case !r.ended:
			named = ErrNamed
			continue
		}
		if err := s.remove(ctx, `UPDATE calls SET snapshot = '{}' WHERE id = $1 AND ended_ms IS NOT NULL`, r.id); err != nil {
			return err
		}
	}
	return named
}
