package store

import (
	"context"
	"errors"
	"time"
)

// LinkDoor is a link as somebody finds it who comes by it.
type LinkDoor struct {
	Link
	// Host says that he came by the host link.
	Host bool
	// Shut says why it lets in nobody but, for [LinkExhausted], hosts; empty if it
	// does. It must not reach outsiders.
	Shut LinkReason
	// Offers says that times are booked by it.
	Offers bool
	// Early is how long it will be until it opens; 0 if it has.
	Early time.Duration
}

// LinkDoor looks at a link by its id, or by the hash of its host link's id. It
// counts nothing. The database takes as long for one that is not there as for one
// that is: a row that is shut is found and read like any other, and an unknown one
// costs the same two look-ups. An unknown link is shut too, and no error.
func (s *Store) LinkDoor(ctx context.Context, id, hash string) (LinkDoor, error) {
	door, err := get(ctx, s, func(s scanner) (d LinkDoor, err error) {
		var lives, spent bool
		dest := append(d.columns(), &d.Host, &lives, &spent, &d.Offers, span{&d.Early})
		if err = s.Scan(dest...); err != nil {
			return d, err
		}
		switch {
		case !d.Revoked.IsZero():
			d.Shut = LinkRevoked
		case !lives:
			d.Shut = LinkExpired
		case spent:
			d.Shut = LinkExhausted
		}
		return d, nil
	}, `SELECT `+linkColumns+`, id <> $1, `+linkLives+`, COALESCE(uses >= max_uses, FALSE),
			EXISTS (SELECT 1 FROM link_slots WHERE link_slots.link_id = links.id),
			CASE WHEN opens_ms > {now} THEN opens_ms - {now} ELSE 0 END
		FROM links WHERE id = $1 OR host_hash = $2`, id, hash)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrInvalid) {
		return LinkDoor{Shut: LinkUnknown}, nil
	}
	return door, err
}

// useLink counts one use of a link that is live and not used up, inside a
// transaction; else it fails with a [*LinkRefused]. An empty id is no link.
func useLink(ctx context.Context, c conn, id string) error {
	if id == "" {
		return nil
	}
	used, err := rows(ctx, c, scanLink, `
		UPDATE links SET uses = uses + 1, used_ms = {now}
		WHERE id = $1 AND `+linkLives+` AND (max_uses IS NULL OR uses < max_uses) RETURNING `+linkColumns, id)
	if err != nil {
		return err
	}
	if len(used) == 0 {
		return refuse(ctx, c, id)
	}
	return tellOfLink(ctx, c, EventLinkUsed, used[0], "")
}

// refuse finds out why a link admits nobody.
func refuse(ctx context.Context, c conn, id string) error {
	var revoked, lives bool
	err := c.row(ctx, `SELECT revoked_ms IS NOT NULL, `+linkLives+` FROM links WHERE id = $1`, []any{id}, &revoked, &lives)
	switch {
	case errors.Is(err, ErrNotFound):
		return &LinkRefused{LinkUnknown}
	case err != nil:
		return err
	case revoked:
		return &LinkRefused{LinkRevoked}
	case !lives:
		return &LinkRefused{LinkExpired}
	}
	return &LinkRefused{LinkExhausted}
}

// span scans a BIGINT of milliseconds.
type span struct{ d *time.Duration }

// Scan implements sql.Scanner.
func (p span) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return errors.New("a span that is no number")
	}
	*p.d = time.Duration(ms) * time.Millisecond
	return nil
}
