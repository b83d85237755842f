package store

import (
	"context"
	"errors"
	"time"
)

// PresenceAudience is who sees whether a user is online and when he was last.
type PresenceAudience string

// The values of [PresenceAudience].
const (
	PresenceEveryone       PresenceAudience = "everyone"
	PresenceContacts       PresenceAudience = "contacts" // who is in the user's contacts; the default
	PresenceContactsExcept PresenceAudience = "contactsExcept"
	PresenceNobody         PresenceAudience = "nobody"
)

// MaxExceptions is how many contacts a presence setting may leave out.
const MaxExceptions = 1000

// PresenceSetting is a user's setting about presence.
type PresenceSetting struct {
	Audience PresenceAudience
	// Except are those contacts who see nothing with [PresenceContactsExcept],
	// in the order of their ids. With another audience they are kept and do
	// nothing.
	Except []string
	// Version is 0 as long as nothing was set, and one more with each change.
	Version int64
}

// PresenceSetting returns the setting of user, the default if there is none.
func (s *Store) PresenceSetting(ctx context.Context, user string) (PresenceSetting, error) {
	p := PresenceSetting{Audience: PresenceContacts}
	err := s.read(ctx, func(ctx context.Context, c conn) error {
		err := c.row(ctx, `SELECT audience, version FROM presence_settings WHERE user_id = $1`, []any{user}, &p.Audience, &p.Version)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err == nil {
			p.Except, err = rows(ctx, c, scanID, `SELECT except_id FROM presence_exceptions WHERE user_id = $1 ORDER BY except_id`, user)
		}
		return err
	})
	return p, err
}

// SetPresenceSetting replaces the setting of user if it still has the version
// ifVersion (or for [AnyVersion]), and returns the new version. Otherwise it
// fails with [ErrConflict], and with [ErrNotFound] if there is no such user.
func (s *Store) SetPresenceSetting(ctx context.Context, user string, p PresenceSetting, ifVersion int64) (int64, error) {
	if err := p.validate(user); err != nil {
		return 0, err
	}
	return s.setPart(ctx, user, func(ctx context.Context, c conn) (int64, error) {
		return setPresence(ctx, c, user, p, ifVersion)
	})
}

func (p *PresenceSetting) validate(user string) error {
	if err := checkIDs("user id", append([]string{user}, p.Except...)...); err != nil {
		return err
	}
	switch {
	case p.Audience != PresenceEveryone && p.Audience != PresenceContacts && p.Audience != PresenceContactsExcept && p.Audience != PresenceNobody:
		return invalid("the audience is neither everyone, contacts, contactsExcept nor nobody")
	case len(p.Except) > MaxExceptions:
		return invalid("there are %d exceptions, at most %d", len(p.Except), MaxExceptions)
	}
	return nil
}

// setPresence is SetPresenceSetting inside a transaction.
func setPresence(ctx context.Context, c conn, user string, p PresenceSetting, ifVersion int64) (int64, error) {
	const (
		insert = `INSERT INTO presence_settings (user_id, audience, version) VALUES ($1, $2, 1) ON CONFLICT (user_id) DO `
		set    = ` SET audience = $2, version = presence_settings.version + 1 `
	)
	text, args := insert+`NOTHING RETURNING version`, []any{user, string(p.Audience)}
	switch {
	case ifVersion == AnyVersion:
		text = insert + `UPDATE` + set + `RETURNING version`
	case ifVersion > 0:
		text = `UPDATE presence_settings` + set + `WHERE user_id = $1 AND version = $3 RETURNING version`
		args = append(args, ifVersion)
	}
	found, err := rows(ctx, c, func(s scanner) (v int64, err error) { return v, s.Scan(&v) }, text, args...)
	switch {
	case err != nil:
		return 0, err
	case len(found) == 0:
		return 0, ErrConflict
	}
	if _, err := c.exec(ctx, `DELETE FROM presence_exceptions WHERE user_id = $1`, user); err != nil {
		return 0, err
	}
	for _, id := range p.Except {
		if _, err := c.exec(ctx, `
			INSERT INTO presence_exceptions (user_id, except_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, user, id); err != nil {
			return 0, err
		}
	}
	return found[0], nil
}

// Absence is an account that was last seen some time ago.
type Absence struct {
	User string
	Ago  time.Duration
}

// LastSeen notes when accounts were last seen, to the minute; finer it is not
// kept. Accounts that do not exist are left out.
func (s *Store) LastSeen(ctx context.Context, gone []Absence) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		for _, a := range gone {
			if _, err := c.exec(ctx, `
				INSERT INTO last_seen (user_id, seen_ms) SELECT id, ({now} - $2) / 60000 * 60000 FROM users WHERE id = $1
				ON CONFLICT (user_id) DO UPDATE SET seen_ms = excluded.seen_ms WHERE last_seen.seen_ms < excluded.seen_ms`,
				a.User, a.Ago.Milliseconds()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sight is everything that decides what a viewer sees of a target's presence,
// and when the target was last seen.
type Sight struct {
	Viewer, Target string

	// TargetExists is false for an unknown account.
	TargetExists bool
	Audience     PresenceAudience
	// Contact means that the viewer is in the target's contacts, Excepted that
	// he is among the target's exceptions.
	Contact, Excepted bool
	// TargetBlocks is a block of the viewer's account or of its number.
	TargetBlocks bool
	// ViewerBlocks is a block of the target's account only: if numbers counted,
	// the viewer could block number after number and see which is the target's.
	ViewerBlocks bool
	// Seen is when the target was last seen, to the minute; zero if never.
	Seen time.Time
}

const (
	sightHead = `WITH pair (viewer, target) AS (VALUES `
	sightTail = `)
		SELECT p.viewer, p.target, u.id IS NOT NULL, COALESCE(a.audience, 'contacts'),
			EXISTS (SELECT 1 FROM contacts k WHERE k.owner_id = p.target AND k.contact_id = p.viewer),
			EXISTS (SELECT 1 FROM presence_exceptions x WHERE x.user_id = p.target AND x.except_id = p.viewer),
			EXISTS (SELECT 1 FROM blocks b WHERE b.owner_id = p.target AND b.blocked_id = p.viewer) OR EXISTS (
				SELECT 1 FROM numbers n JOIN number_blocks f ON f.hash = n.hash WHERE n.user_id = p.viewer AND f.owner_id = p.target),
			EXISTS (SELECT 1 FROM blocks b WHERE b.owner_id = p.viewer AND b.blocked_id = p.target),
			COALESCE(l.seen_ms, 0),
			COALESCE((SELECT MAX(d.seen_ms) / 60000 * 60000 FROM devices d WHERE d.user_id = p.target AND d.state = 'active'), 0)
		FROM pair p
		LEFT JOIN users u ON u.id = p.target
		LEFT JOIN presence_settings a ON a.user_id = p.target
		LEFT JOIN last_seen l ON l.user_id = p.target`
)

// SightsBy returns what decides about one viewer and many targets, in no
// particular order.
func (s *Store) SightsBy(ctx context.Context, viewer string, targets []string) ([]Sight, error) {
	return s.sights(ctx, viewer, targets, "(CAST($1 AS TEXT), CAST($%d AS TEXT))")
}

// SightsOf returns what decides about one target and many viewers, in no
// particular order.
func (s *Store) SightsOf(ctx context.Context, target string, viewers []string) ([]Sight, error) {
	return s.sights(ctx, target, viewers, "(CAST($%d AS TEXT), CAST($1 AS TEXT))")
}

func (s *Store) sights(ctx context.Context, one string, others []string, row string) ([]Sight, error) {
	if err := checkIDs("user id", append([]string{one}, others...)...); err != nil {
		return nil, err
	}
	var found []Sight
	err := inLists(others, 2, row, func(marks string, args []any) error {
		part, err := list(ctx, s, scanSight, sightHead+marks+sightTail, append([]any{one}, args...)...)
		found = append(found, part...)
		return err
	})
	return found, err
}

func scanSight(s scanner) (o Sight, err error) {
	var used time.Time
	err = s.Scan(&o.Viewer, &o.Target, &o.TargetExists, &o.Audience, &o.Contact, &o.Excepted, &o.TargetBlocks, &o.ViewerBlocks,
		millis{&o.Seen}, millis{&used})
	if used.After(o.Seen) { // a crash loses the time of leaving, not that of coming
		o.Seen = used
	}
	return o, err
}
