package api

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"pronto/signalling/store"
)

// AuditLog writes down what is done with API keys.
type AuditLog struct {
	store *store.Store
	log   *slog.Logger
	room  chan struct{} // what is begun and not on disk; capacity auditRoom
	wake  chan struct{} // capacity 1

	mu      sync.Mutex // guards what follows
	waiting []waitingEntry
}

// waitingEntry is an entry that is not on disk, and since when it should be.
type waitingEntry struct {
	store.AuditEntry
	begun time.Time
}

const (
	// auditRoom is how many entries may be begun or wait; beyond that requests are refused.
	auditRoom = 10_000
	// auditEvery is how long entries wait at most, and auditBatch how many are written at
	// a time.
	auditEvery = 500 * time.Millisecond
	auditBatch = 200
)

// NewAuditLog starts nothing; Run does.
func NewAuditLog(db *store.Store, logger *slog.Logger) *AuditLog {
	return &AuditLog{store: db, log: logger, room: make(chan struct{}, auditRoom), wake: make(chan struct{}, 1)}
}

// Run writes what waits until ctx is done, and then what waits still. It is to end after
// the last request has.
func (l *AuditLog) Run(ctx context.Context) {
	tick := time.NewTicker(auditEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-l.wake:
		case <-ctx.Done():
		}
		l.flush()
	}
	l.flush() // what came while the last was written
}

// flush writes what waits. What cannot be written goes on waiting.
func (l *AuditLog) flush() {
	for {
		batch := l.next()
		if len(batch) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := l.store.WriteAudit(ctx, batch)
		cancel()
		if err != nil {
			l.log.Warn("entries of the audit log could not be written; it is tried again", "err", err)
			return
		}
		l.mu.Lock()
		l.waiting = slices.Clone(l.waiting[len(batch):])
		l.mu.Unlock()
		for range batch {
			<-l.room
		}
	}
}

// next are the entries that have waited longest.
func (l *AuditLog) next() (batch []store.AuditEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.waiting[:min(len(l.waiting), auditBatch)] {
		w.Ago = time.Since(w.begun)
		batch = append(batch, w.AuditEntry)
	}
	return batch
}

// begin says that something is about to be done; ahead has it on disk first. Whoever
// does it calls end with how it went.
func (l *AuditLog) begin(ctx context.Context, e store.AuditEntry, ahead bool) (end func(store.AuditEntry), err error) {
	begun := time.Now()
	select {
	case l.room <- struct{}{}:
	default:
		return nil, store.ErrUnavailable
	}
	if ahead {
		if err := l.store.WriteAudit(ctx, []store.AuditEntry{e}); err != nil {
			<-l.room
			return nil, err
		}
	}
	return func(e store.AuditEntry) { l.put(waitingEntry{e, begun}) }, nil
}

func (l *AuditLog) put(w waitingEntry) {
	l.mu.Lock()
	l.waiting = append(l.waiting, w)
	full := len(l.waiting) >= auditBatch
	l.mu.Unlock()
	if full {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}
