package store

import (
	"context"
	"time"
)

// Tally is what is counted for an integrator.
type Tally string

// The tallies. Each set-up has one outcome and each call one end, in the words of
// the call layer. Sound is in milliseconds by grade; the score is the sum of scores
// in thousandths, each times the milliseconds it is of, and ScoredMs is their sum.
const (
	TallySetUp    Tally = "setup" // by outcome
	TallyEnded    Tally = "ended" // by class
	TallyCalls    Tally = "calls" // by kind, way and cause of the end
	TallyCallsMs  Tally = "calls_ms"
	TallySound    Tally = "sound"   // by grade
	TallyPicture  Tally = "picture" // by grade
	TallyScore    Tally = "score"
	TallyScoredMs Tally = "scored_ms"
)

// KeyStatsKept is how long what was counted for integrators is kept.
const KeyStatsKept = 32 * 24 * time.Hour

// KeyStat is how much there was of one thing within an hour, in the calls of one
// integrator. It names nobody but the API key.
type KeyStat struct {
	// Key is the API key; empty in what [Store.KeyStats] returns, which is of a line.
	Key string
	// Hour is when the hour began.
	Hour time.Time
	// Tally and By say what was counted.
	Tally Tally
	By    string
	N     int64
}

// AddKeyStats adds to what was counted. What is of no key is passed over: it is the
// server's own.
func (s *Store) AddKeyStats(ctx context.Context, stats []KeyStat) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		for _, one := range stats {
			_, err := c.exec(ctx, `
				INSERT INTO key_stats (key_id, hour_ms, tally, by_what, n)
				SELECT id, CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT) FROM api_keys WHERE id = $1
				ON CONFLICT (key_id, hour_ms, tally, by_what) DO UPDATE SET n = key_stats.n + excluded.n`,
				one.Key, one.Hour.UnixMilli(), string(one.Tally), one.By, one.N)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// KeyStats returns what was counted, since an hour that began at a time, for a key
// and those before and after it in its line, the oldest first.
func (s *Store) KeyStats(ctx context.Context, key string, since time.Time) ([]KeyStat, error) {
	return list(ctx, s, func(s scanner) (k KeyStat, err error) {
		return k, s.Scan(millis{&k.Hour}, &k.Tally, &k.By, &k.N)
	}, `SELECT hour_ms, tally, by_what, CAST(SUM(n) AS BIGINT) FROM key_stats
		WHERE hour_ms >= $2 AND key_id IN (
			SELECT id FROM api_keys WHERE line_id = (SELECT line_id FROM api_keys WHERE id = $1))
		GROUP BY hour_ms, tally, by_what ORDER BY hour_ms, tally, by_what`, key, millisOf(since))
}

// SweepKeyStats deletes what is older than [KeyStatsKept], and returns how many rows
// that were.
func (s *Store) SweepKeyStats(ctx context.Context) (int64, error) {
	var n int64
	err := s.writer.write(ctx, func(ctx context.Context, c conn) (err error) {
		n, err = c.exec(ctx, `DELETE FROM key_stats WHERE hour_ms < {now} - CAST($1 AS BIGINT)`, KeyStatsKept.Milliseconds())
		return err
	})
	return n, err
}
