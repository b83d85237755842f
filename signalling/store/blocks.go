package store

import "context"

// Block keeps blocked from reaching owner; to do so twice is no error. The
// blocked id need not exist (yet). It fails with [ErrNotFound] if owner does
// not exist and with [ErrLimit] beyond [MaxBlocks].
//
// Whoever blocks must afterwards, not before, look for calls between the two
// and end them; whoever creates a call must after [Store.CreateCall] read
// [Store.Relations] once more before anything rings. Each side writes first
// and then reads what the other writes, so that at least one of them sees the
// other on both engines.
func (s *Store) Block(ctx context.Context, owner, blocked string) error {
	return s.add(ctx, owner, blocked, MaxBlocks,
		`SELECT COUNT(*) FROM blocks WHERE owner_id = $1 AND blocked_id <> $2`,
		`INSERT INTO blocks (owner_id, blocked_id, created_ms) VALUES ($1, $2, {now}) ON CONFLICT DO NOTHING`, counted)
}

// Unblock undoes Block; it is no error if there was no block.
func (s *Store) Unblock(ctx context.Context, owner, blocked string) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		n, err := c.exec(ctx, `DELETE FROM blocks WHERE owner_id = $1 AND blocked_id = $2`, owner, blocked)
		if err != nil || n == 0 {
			return err
		}
		return count(ctx, c, owner, AnyVersion)
	})
}

// Blocks returns whom owner has blocked, the latest first. It is for owner's
// eyes only.
func (s *Store) Blocks(ctx context.Context, owner string) ([]Contact, error) {
	return list(ctx, s, scanContact, `
		SELECT b.blocked_id, `+shownName+` FROM blocks b LEFT JOIN users u ON u.id = b.blocked_id`+profileJoins+`
		WHERE b.owner_id = $1 ORDER BY b.created_ms DESC, b.blocked_id`, owner)
}

// IsBlocked reports whether owner has blocked the other, or his number.
func (s *Store) IsBlocked(ctx context.Context, owner, other string) (bool, error) {
	return s.exists(ctx, `SELECT EXISTS (SELECT 1 FROM blocks WHERE owner_id = $1 AND blocked_id = $2) OR EXISTS (
		SELECT 1 FROM numbers n JOIN number_blocks f ON f.hash = n.hash WHERE n.user_id = $2 AND f.owner_id = $1)`, owner, other)
}
