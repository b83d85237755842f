package store

import "context"

// MaxOperators is how many operators a queue may have.
const MaxOperators = 50

// Queue is a link whose visitors ring operators.
type Queue struct {
	LinkID string
	// OwnerID is the link's owner, in whose name the operators are rung.
	OwnerID string
	// Hours are when it is open, as the policy layer wrote them; empty is always.
	Hours string
	// Operators are the accounts that are rung.
	Operators []string
}

// Operates tells whether an account is an operator of the queue.
func (q *Queue) Operates(user string) bool {
	for _, one := range q.Operators {
		if one == user {
			return true
		}
	}
	return false
}

// SetQueue makes a link of owner lead to a queue, or, without operators, to a call
// of its own again. It fails with [ErrNotFound] if owner has no such link.
func (s *Store) SetQueue(ctx context.Context, owner string, q Queue) error {
	if err := checkIDs("link, owner or operator id", append([]string{q.LinkID, owner}, q.Operators...)...); err != nil {
		return err
	}
	if err := checkText("hours", q.Hours, MaxHours); err != nil {
		return err
	}
	if len(q.Operators) > MaxOperators {
		return ErrLimit
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		// Locks the link, so that two changes follow one another.
		if err := c.must(ctx, ErrNotFound, `UPDATE links SET uses = uses WHERE id = $1 AND owner_id = $2`, q.LinkID, owner); err != nil {
			return err
		}
		if _, err := c.exec(ctx, `DELETE FROM queues WHERE link_id = $1`, q.LinkID); err != nil {
			return err
		}
		if len(q.Operators) == 0 {
			return nil
		}
		if _, err := c.exec(ctx, `INSERT INTO queues (link_id, hours) VALUES ($1, $2)`, q.LinkID, q.Hours); err != nil {
			return err
		}
		for _, user := range q.Operators {
			if _, err := c.exec(ctx, `INSERT INTO queue_operators (link_id, user_id) VALUES ($1, $2)
				ON CONFLICT (link_id, user_id) DO NOTHING`, q.LinkID, user); err != nil {
				return err
			}
		}
		return nil
	})
}

// Queue returns the queue of a link, or [ErrNotFound] if it leads to none.
func (s *Store) Queue(ctx context.Context, link string) (Queue, error) {
	q, err := get(ctx, s, func(s scanner) (q Queue, err error) { return q, s.Scan(&q.LinkID, &q.OwnerID, &q.Hours) }, `
		SELECT q.link_id, l.owner_id, q.hours FROM queues q JOIN links l ON l.id = q.link_id WHERE q.link_id = $1`, link)
	if err != nil {
		return Queue{}, err
	}
	q.Operators, err = list(ctx, s, scanID, `SELECT user_id FROM queue_operators WHERE link_id = $1 ORDER BY user_id`, link)
	return q, err
}
