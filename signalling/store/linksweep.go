package store

import (
	"context"
	"time"
)

// LinksKept is how long a link is kept after its end, for its owner to look at. Then
// its id is as good as one that never was: nobody is let in by either, its bans are
// not needed any more, and 128 random bits do not come again.
const LinksKept = 30 * 24 * time.Hour

// SweepLinks deletes links that have been revoked or expired for [LinksKept], at most
// limit, and returns how many. A link stays while somebody is in its call, while a talk
// that was booked by it is kept, and while a visitor's wish to be called back is.
func (s *Store) SweepLinks(ctx context.Context, limit int) (n int64, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		// Each of the three is a range of an index of its own.
		n, err = c.exec(ctx, `DELETE FROM links WHERE id IN (
			SELECT id FROM links WHERE id IN (
				SELECT id FROM links WHERE revoked_ms IS NOT NULL AND revoked_ms <= {now} - $1
				UNION SELECT id FROM links WHERE expires_ms IS NOT NULL AND expires_ms <= {now} - $1
				UNION SELECT id FROM links WHERE idle_ms IS NOT NULL AND COALESCE(used_ms, opens_ms, created_ms) + idle_ms <= {now} - $1)
			AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.id = links.call_id AND ended_ms IS NULL)
			AND NOT EXISTS (SELECT 1 FROM link_slots WHERE link_slots.link_id = links.id AND booked_by IS NOT NULL)
			AND NOT EXISTS (SELECT 1 FROM visits WHERE visits.link_id = links.id) LIMIT $2)`,
			LinksKept.Milliseconds(), limit)
		return err
	})
	return n, err
}
