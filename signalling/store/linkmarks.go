package store

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
)

// BanForever is a ban without end.
const BanForever = time.Duration(math.MaxInt64)

// LinkMarksKept is how long a mark that bans nobody for good is remembered.
const LinkMarksKept = 24 * time.Hour

// maxMarked is how many subjects one person has, at most.
const maxMarked = 8

// LinkMark notes that somebody was put out of a link's call, or not let in.
type LinkMark struct {
	// Subject is a keyed hash of an account, a browser or a network.
	Subject string
	// Denials is what it counts that he was not let in, and Enough the sum that bans
	// him. Both are 0 for who was put out, which bans at once.
	Denials, Enough int64
	// Ban is for how long he is banned then.
	Ban time.Duration
}

// LinkStanding is how somebody stands to a link.
type LinkStanding struct {
	Subject string
	Denials int64
	Banned  bool
}

// LinkStandings returns what is known of subjects at a link; who was never marked,
// or long ago, is not in the list.
func (s *Store) LinkStandings(ctx context.Context, link string, subjects []string) ([]LinkStanding, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	if len(subjects) > maxMarked {
		return nil, invalid("%d subjects, at most %d", len(subjects), maxMarked)
	}
	marks, args := make([]string, maxMarked), []any{link, LinkMarksKept.Milliseconds()}
	for i := range marks { // padded with the last one: one query text for any number
		marks[i] = fmt.Sprintf("$%d", i+3)
		args = append(args, subjects[min(i, len(subjects)-1)])
	}
	return list(ctx, s, func(s scanner) (st LinkStanding, err error) {
		return st, s.Scan(&st.Subject, &st.Denials, &st.Banned)
	}, `SELECT subject, denials, banned_ms > {now} FROM link_marks
		WHERE link_id = $1 AND (banned_ms > {now} OR marked_ms > {now} - $2) AND subject IN (`+strings.Join(marks, ", ")+`)`, args...)
}

// MarkLink marks subjects at a link; see [LinkMark].
func (s *Store) MarkLink(ctx context.Context, link string, marks ...LinkMark) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error { return writeMarks(ctx, c, link, marks) })
}

func writeMarks(ctx context.Context, c conn, link string, marks []LinkMark) error {
	for _, m := range marks {
		if err := checkIDs("link id or subject", link, m.Subject); err != nil {
			return err
		}
		// Whoever was banned for longer stays so. A link that is gone needs no marks.
		_, err := c.exec(ctx, `
			INSERT INTO link_marks (link_id, subject, denials, banned_ms, marked_ms)
			SELECT id, CAST($2 AS TEXT), CAST($3 AS BIGINT), CASE WHEN CAST($3 AS BIGINT) >= CAST($5 AS BIGINT) THEN {now} + CAST($4 AS BIGINT) ELSE 0 END, {now}
			FROM links WHERE id = $1
			ON CONFLICT (link_id, subject) DO UPDATE SET denials = link_marks.denials + excluded.denials, marked_ms = excluded.marked_ms,
				banned_ms = CASE
					WHEN link_marks.denials + excluded.denials < CAST($5 AS BIGINT) OR link_marks.banned_ms > {now} + CAST($4 AS BIGINT) THEN link_marks.banned_ms
					ELSE {now} + CAST($4 AS BIGINT) END`,
			link, m.Subject, m.Denials, m.Ban.Milliseconds(), m.Enough)
		if err != nil {
			return err
		}
	}
	return nil
}

// ForgetLinkMarks lifts all bans of a link of owner.
func (s *Store) ForgetLinkMarks(ctx context.Context, owner, link string) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		_, err := c.exec(ctx, `DELETE FROM link_marks WHERE link_id IN (SELECT id FROM links WHERE id = $1 AND owner_id = $2)`, link, owner)
		return err
	})
}

// SweepLinkMarks deletes marks that mean nothing any more, at most limit, and
// returns how many.
func (s *Store) SweepLinkMarks(ctx context.Context, limit int) (n int64, err error) {
	err = s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `
			DELETE FROM link_marks WHERE banned_ms <= {now} AND marked_ms <= {now} - $1 AND (link_id, subject) IN (
				SELECT link_id, subject FROM link_marks WHERE banned_ms <= {now} AND marked_ms <= {now} - $1 ORDER BY marked_ms LIMIT $2)`,
			LinkMarksKept.Milliseconds(), limit)
		return err
	})
	return n, err
}
