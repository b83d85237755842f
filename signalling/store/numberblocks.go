package store

import "context"

// BlockNumber keeps whoever has or will have the number of a hash from reaching
// owner, from the moment he has it; to do so twice is no error. It fails with
// [ErrNotFound] if owner does not exist, with [ErrLimit] beyond [MaxBlocks] and
// with the error of spend.
//
// Calls between the two that are there already go on. Were they ended, whoever
// is in a call with somebody could find out his number by trying.
func (s *Store) BlockNumber(ctx context.Context, owner, hash string, spend Spend) error {
	if err := checkIDs("user id or hash", owner, hash); err != nil {
		return err
	}
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		if _, err := c.exec(ctx, `INSERT INTO discovery (user_id, synced_ms) VALUES ($1, {now})
			ON CONFLICT (user_id) DO UPDATE SET active = discovery.active`, owner); err != nil { // locks the row
			return err
		}
		n, err := c.exec(ctx, `INSERT INTO number_blocks (owner_id, hash, created_ms) VALUES ($1, $2, {now})
			ON CONFLICT DO NOTHING`, owner, hash)
		if err != nil || n == 0 {
			return err
		}
		var blocks int
		if err := c.row(ctx, `SELECT COUNT(*) FROM number_blocks WHERE owner_id = $1`, []any{owner}, &blocks); err != nil {
			return err
		}
		if blocks > MaxBlocks {
			return ErrLimit
		}
		return charge(ctx, c, owner, NumberChange{Blocked: 1}, spend)
	})
}

// UnblockNumber undoes BlockNumber; it is no error if there was no block.
func (s *Store) UnblockNumber(ctx context.Context, owner, hash string) error {
	return s.remove(ctx, `DELETE FROM number_blocks WHERE owner_id = $1 AND hash = $2`, owner, hash)
}
