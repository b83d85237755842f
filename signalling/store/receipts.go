package store

import (
	"context"
	"time"
)

// Receipt is how far one version of the terms has come with an account.
type Receipt struct {
	Version string
	// Delivered is when a device of the account was first told of it, and Accepted
	// when the account first accepted it; zero for never.
	Delivered, Accepted time.Time
}

// Terms returns whether user has accepted a version of the terms, and it is still
// the one of his preferences, and whether a device of his was told of it. He need
// not exist.
func (s *Store) Terms(ctx context.Context, user, version string) (accepted, told bool, err error) {
	err = s.read(ctx, func(ctx context.Context, c conn) error {
		return c.row(ctx, `
			SELECT EXISTS (SELECT 1 FROM preferences WHERE user_id = $1 AND terms = $2),
				EXISTS (SELECT 1 FROM receipts WHERE user_id = $1 AND version = $2 AND delivered_ms IS NOT NULL)`,
			[]any{user, version}, &accepted, &told)
	})
	return accepted, told, err
}

// TermsDelivered notes that a device of user was told of a version of the terms,
// and returns whether it was the first. It fails with [ErrNotFound] if there is no
// such user.
func (s *Store) TermsDelivered(ctx context.Context, user, version string) (first bool, err error) {
	if err := checkIDs("user id or version", user, version); err != nil {
		return false, err
	}
	err = s.writer.write(ctx, func(ctx context.Context, c conn) error {
		n, err := c.exec(ctx, `INSERT INTO receipts (user_id, version, delivered_ms) VALUES ($1, $2, {now})
			ON CONFLICT (user_id, version) DO UPDATE SET delivered_ms = excluded.delivered_ms WHERE receipts.delivered_ms IS NULL`, user, version)
		first = n > 0
		return err
	})
	return first, err
}

// termsAccepted notes that user has accepted a version of the terms, and returns
// whether it was for the first time.
func termsAccepted(ctx context.Context, c conn, user, version string) (first bool, err error) {
	n, err := c.exec(ctx, `INSERT INTO receipts (user_id, version, accepted_ms) VALUES ($1, $2, {now})
		ON CONFLICT (user_id, version) DO UPDATE SET accepted_ms = excluded.accepted_ms WHERE receipts.accepted_ms IS NULL`, user, version)
	return n > 0, err
}

// Receipts returns how far each version of the terms has come with user, the
// latest first.
func (s *Store) Receipts(ctx context.Context, user string) ([]Receipt, error) {
	return list(ctx, s, func(s scanner) (r Receipt, err error) {
		return r, s.Scan(&r.Version, millis{&r.Delivered}, millis{&r.Accepted})
	}, `SELECT version, COALESCE(delivered_ms, 0), COALESCE(accepted_ms, 0) FROM receipts WHERE user_id = $1
		ORDER BY COALESCE(delivered_ms, accepted_ms) DESC, version`, user)
}
