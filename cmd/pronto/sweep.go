package main

import (
	"context"
	"errors"
	"time"

	"pronto/signalling/again"
	"pronto/signalling/store"
)

// How long things are kept that no setting and no person decides about.
const (
	endedCallsKept    = 24 * time.Hour      // they answer late requests no longer than that
	addressBookUnused = 90 * 24 * time.Hour // then it is no longer synced
)

// startSweeps deletes what has expired, every minute, and looks after what takes effect
// by itself: that suspensions do, invitations and notes expire, deleted accounts leave nothing.
func (s *server) startSweeps(context.Context) error {
	s.background(func(ctx context.Context) {
		again.Every(ctx, time.Minute, s.log, "expired rows could not be deleted; it is tried again", func(ctx context.Context) error {
			return sweep(ctx, s.store, s.cfg.AuditKeep)
		})
	})
	s.background(s.sockets.Watch)
	s.background(s.sockets.WatchGroups)
	s.background(s.sockets.WatchAccounts)
	s.background(s.sockets.WatchNotes)
	return nil
}

// sweep deletes what has expired. What cannot be deleted does not keep the rest.
func sweep(ctx context.Context, db *store.Store, auditKeep time.Duration) (err error) {
	now := time.Now()
	for _, expired := range []func() (int64, error){
		func() (int64, error) { return db.Sweep(ctx) },
		func() (int64, error) { return db.PruneCalls(ctx, now.Add(-endedCallsKept), 1000) },
		func() (int64, error) { return db.SweepUploaded(ctx, now.Add(-addressBookUnused), 100) },
		func() (int64, error) { return db.SweepDecisions(ctx) },
		func() (int64, error) { return db.SweepTimelines(ctx) },
		func() (int64, error) { return db.SweepKeyStats(ctx) },
		func() (int64, error) { return db.SweepLinkMarks(ctx, 1000) },
		func() (int64, error) { return db.SweepLinks(ctx, 1000) },
		func() (int64, error) { return db.SweepAccounts(ctx) },
		func() (int64, error) { return db.SweepVisits(ctx) },
		func() (int64, error) { return db.SweepReports(ctx, 1000) },
		func() (int64, error) { return db.SweepAnswers(ctx, 10_000) },
		func() (int64, error) { return db.SweepEvents(ctx, 10_000) },
		func() (int64, error) { return db.SweepAudit(ctx, auditKeep, 10_000) },
	} {
		_, failed := expired()
		err = errors.Join(err, failed)
	}
	return err
}
