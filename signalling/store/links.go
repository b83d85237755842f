package store

import (
	"context"
	"errors"
	"time"
)

// Link lets whoever has it into its owner's call.
type Link struct {
	ID, OwnerID string
	Kind        Kind
	Title       string
	Created     time.Time
	Expires     time.Time // zero means never
	Revoked     time.Time // zero if it is not
	MaxUses     int64     // 0 means any number
	Uses        int64
	CallID      string // the call it leads or last led to, if any
	Unencrypted bool   // its calls are not end-to-end encrypted
}

// NewLink is a link to be created.
type NewLink struct {
	ID, OwnerID string
	Kind        Kind
	Title       string
	Expires     time.Time // zero means never
	MaxUses     int64     // 0 means any number
	Unencrypted bool      // its calls are not to be end-to-end encrypted
}

const linkColumns = `id, owner_id, kind, title, created_ms, COALESCE(expires_ms, 0), COALESCE(revoked_ms, 0),
	COALESCE(max_uses, 0), uses, COALESCE(call_id, ''), unencrypted`

func scanLink(s scanner) (l Link, err error) {
	return l, s.Scan(&l.ID, &l.OwnerID, &l.Kind, &l.Title, millis{&l.Created}, millis{&l.Expires}, millis{&l.Revoked},
		&l.MaxUses, &l.Uses, &l.CallID, &l.Unencrypted)
}

// CreateLink creates a link. It fails with [ErrNotFound] if its owner has no
// account, with [ErrConflict] if the id is taken and with [ErrLimit] beyond
// [MaxLinks].
func (s *Store) CreateLink(ctx context.Context, n NewLink) (Link, error) {
	if err := n.validate(); err != nil {
		return Link{}, err
	}
	var expires, uses any
	if !n.Expires.IsZero() {
		expires = n.Expires.UnixMilli()
	}
	if n.MaxUses > 0 {
		uses = n.MaxUses
	}
	var link Link
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		var live int
		if err := c.row(ctx, `SELECT COUNT(*) FROM links WHERE owner_id = $1 AND revoked_ms IS NULL`,
			[]any{n.OwnerID}, &live); err != nil {
			return err
		}
		if live >= MaxLinks {
			return ErrLimit
		}
		found, err := rows(ctx, c, scanLink, `
			INSERT INTO links (id, owner_id, kind, title, created_ms, expires_ms, max_uses, unencrypted)
			VALUES ($1, $2, $3, $4, {now}, $5, $6, $7) RETURNING `+linkColumns,
			n.ID, n.OwnerID, string(n.Kind), n.Title, expires, uses, n.Unencrypted)
		if err == nil {
			link = found[0]
		}
		return err
	})
	return link, err
}

func (n *NewLink) validate() error {
	if err := checkIDs("link or owner id", n.ID, n.OwnerID); err != nil {
		return err
	}
	switch {
	case n.Kind != Voice && n.Kind != Video:
		return invalid("the kind is neither voice nor video")
	case n.MaxUses < 0:
		return invalid("the number of uses is negative")
	case !n.Expires.IsZero() && n.Expires.UnixMilli() <= 0:
		return invalid("the expiry is before 1970")
	}
	return checkText("title", n.Title, MaxName)
}

// Link returns a link, live or not, or [ErrNotFound]. It is for its owner;
// outsiders are answered by [Store.AdmitByLink].
func (s *Store) Link(ctx context.Context, id string) (Link, error) {
	return get(ctx, s, scanLink, `SELECT `+linkColumns+` FROM links WHERE id = $1`, id)
}

// LinksOf returns the newest [MaxLinks] links of owner, revoked and expired ones
// too, the newest first.
func (s *Store) LinksOf(ctx context.Context, owner string) ([]Link, error) {
	return list(ctx, s, scanLink, `SELECT `+linkColumns+` FROM links
		WHERE owner_id = $1 ORDER BY created_ms DESC, id DESC LIMIT $2`, owner, MaxLinks)
}

// RevokeLink makes a link of owner admit nobody any more; to do so twice is no
// error. It fails with [ErrNotFound] if owner has no such link.
func (s *Store) RevokeLink(ctx context.Context, owner, id string) error {
	return s.change(ctx, ErrNotFound, `
		UPDATE links SET revoked_ms = COALESCE(revoked_ms, {now}) WHERE id = $1 AND owner_id = $2`, id, owner)
}

// AdmitByLink counts one use of a link, if it is live by the database's clock,
// keeps decisions with its owner, and returns the link as it is then; else it
// fails with a [*LinkRefused].
func (s *Store) AdmitByLink(ctx context.Context, id string, decisions ...Decision) (Link, error) {
	var link Link
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		found, err := rows(ctx, c, scanLink, `
			UPDATE links SET uses = uses + 1
			WHERE id = $1 AND revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > {now})
				AND (max_uses IS NULL OR uses < max_uses)
			RETURNING `+linkColumns, id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return refuse(ctx, c, id)
		}
		link = found[0]
		return writeDecisions(ctx, c, decisions)
	})
	return link, err
}

// BindLinkCall makes callID the call that a link leads to, unless it already
// leads to one that has not ended, and returns the one it leads to now. So two
// who come first at the same time get the same answer. [Store.CreateCall] with
// a LinkID does the same in the transaction that creates the call, which is to
// be preferred; a call bound before it is created keeps the link for
// [BindGrace]. It fails with a [*LinkRefused] if the link is unknown, revoked
// or expired.
func (s *Store) BindLinkCall(ctx context.Context, linkID, callID string) (winner string, err error) {
	if err := checkIDs("link or call id", linkID, callID); err != nil {
		return "", err
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		winner, err = bindLink(ctx, c, linkID, callID)
		return err
	})
	return winner, err
}

// BindGrace is how long a link waits for the call that was bound to it to be
// created, before another may take its place.
const BindGrace = 10 * time.Second

// bindLink is BindLinkCall inside a transaction.
func bindLink(ctx context.Context, c conn, linkID, callID string) (string, error) {
	// The first statement locks the link. The second one then sees, on
	// PostgreSQL too, what whoever held the lock before has committed; a
	// single statement would look for the call in the past.
	var bound string
	err := c.row(ctx, `
		UPDATE links SET uses = uses
		WHERE id = $1 AND revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms > {now})
		RETURNING COALESCE(call_id, '')`, []any{linkID}, &bound)
	if errors.Is(err, ErrNotFound) {
		return "", refuse(ctx, c, linkID)
	}
	if err != nil || bound == callID {
		return bound, err
	}
	n, err := c.exec(ctx, `
		UPDATE links SET call_id = $2, bound_ms = {now}
		WHERE id = $1 AND (call_id IS NULL
			OR EXISTS (SELECT 1 FROM calls WHERE id = links.call_id AND ended_ms IS NOT NULL)
			OR (bound_ms <= {now} - $3 AND NOT EXISTS (SELECT 1 FROM calls WHERE id = links.call_id)))`,
		linkID, callID, BindGrace.Milliseconds())
	if err != nil || n == 0 {
		return bound, err
	}
	return callID, nil
}

// refuse finds out why a link admits nobody.
func refuse(ctx context.Context, c conn, id string) error {
	var revoked, expired bool
	err := c.row(ctx, `
		SELECT revoked_ms IS NOT NULL, COALESCE(expires_ms <= {now}, FALSE) FROM links WHERE id = $1`,
		[]any{id}, &revoked, &expired)
	switch {
	case errors.Is(err, ErrNotFound):
		return &LinkRefused{LinkUnknown}
	case err != nil:
		return err
	case revoked:
		return &LinkRefused{LinkRevoked}
	case expired:
		return &LinkRefused{LinkExpired}
	}
	return &LinkRefused{LinkExhausted}
}
