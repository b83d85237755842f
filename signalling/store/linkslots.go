package store

import (
	"context"
	"slices"
	"time"
)

// MaxSlots is how many times one link may offer.
const MaxSlots = 64

// Slot is a time that a visitor may book at a link for a talk of two.
type Slot struct {
	From, To time.Time
	// Booked says that somebody has it.
	Booked bool
}

// SetSlots makes these the times that a link of owner offers, besides those that
// are booked, which stay. It fails with [ErrNotFound] if owner has no such link.
func (s *Store) SetSlots(ctx context.Context, owner, link string, slots []Slot) error {
	if len(slots) > MaxSlots {
		return invalid("%d slots, at most %d", len(slots), MaxSlots)
	}
	sorted := slices.SortedFunc(slices.Values(slots), func(a, b Slot) int { return a.From.Compare(b.From) })
	for i, slot := range sorted {
		if slot.From.UnixMilli() <= 0 || !slot.From.Before(slot.To) {
			return invalid("a slot does not end after it begins")
		}
		if i > 0 && slot.From.Before(sorted[i-1].To) {
			return invalid("two slots overlap")
		}
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := c.must(ctx, ErrNotFound, `UPDATE links SET sequence = sequence + 1 WHERE id = $1 AND owner_id = $2`, link, owner); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `DELETE FROM link_slots WHERE link_id = $1 AND booked_by IS NULL`, link); err != nil {
			return err
		}
		for _, slot := range sorted {
			if _, err := c.exec(ctx, `
				INSERT INTO link_slots (link_id, from_ms, to_ms)
				SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT)
				WHERE NOT EXISTS (SELECT 1 FROM link_slots WHERE link_id = $1 AND from_ms < $3 AND to_ms > $2)`,
				link, slot.From.UnixMilli(), slot.To.UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Slots returns the times of a link that are not over, the earliest first.
func (s *Store) Slots(ctx context.Context, link string) ([]Slot, error) {
	return list(ctx, s, func(s scanner) (slot Slot, err error) {
		return slot, s.Scan(millis{&slot.From}, millis{&slot.To}, &slot.Booked)
	}, `SELECT from_ms, to_ms, booked_by IS NOT NULL FROM link_slots WHERE link_id = $1 AND to_ms > {now} ORDER BY from_ms LIMIT $2`,
		link, MaxSlots)
}

// SlotEarly is how long before its time a booked talk may be entered.
const SlotEarly = 5 * time.Minute

// BookSlot books the time of a link that begins then, and makes the link for it: for
// two, open from [SlotEarly] before to the end. book.ID is the new link's. Uses and
// bookings count together. remind says who is to be reminded of it. It fails with [ErrConflict] if the time is taken, is over
// or was never offered, and with a [*LinkRefused] if the link admits nobody.
func (s *Store) BookSlot(ctx context.Context, link string, from time.Time, book NewLink, remind Remind) (Link, error) {
	var made Link
	err := s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if err := useLink(ctx, c, link); err != nil {
			return err
		}
		var to time.Time
		offered, err := rows(ctx, c, scanLink, `SELECT `+linkColumns+` FROM links WHERE id = $1`, link)
		if err != nil {
			return err
		}
		// The link's row is locked by its use: nobody books meanwhile.
		err = c.row(ctx, `SELECT to_ms FROM link_slots WHERE link_id = $1 AND from_ms = $2 AND booked_by IS NULL AND to_ms > {now}`,
			[]any{link, from.UnixMilli()}, millis{&to})
		if err != nil {
			return taken(err)
		}
		book.OwnerID, book.Kind, book.Unencrypted, book.KeyID = offered[0].OwnerID, offered[0].Kind, offered[0].Unencrypted, offered[0].KeyID
		book.LinkTerms = offered[0].LinkTerms
		book.Opens, book.Expires, book.Idle, book.MaxUses, book.MaxPeople, book.RingHost = from.Add(-SlotEarly), to, 0, 0, 2, true
		if made, err = createLink(ctx, c, book); err != nil {
			return err
		}
		made.BookedFrom = link
		if err = c.must(ctx, ErrConflict, `UPDATE link_slots SET booked_by = $3 WHERE link_id = $1 AND from_ms = $2 AND booked_by IS NULL`,
			link, from.UnixMilli(), made.ID); err != nil {
			return err
		}
		return remind.write(ctx, c, made, from)
	})
	return made, err
}

func taken(err error) error {
	if err == ErrNotFound {
		return ErrConflict
	}
	return err
}
