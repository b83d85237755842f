package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// group is the writer for SQLite: one goroutine, one connection. What is asked
// for while a transaction commits goes into the next one together, so that many
// writers share one fsync and none waits in a queue for a lock.
type group struct {
	engine *engine
	log    *slog.Logger
	db     *sql.DB
	queue  chan *request
	quit   chan struct{} // closed by close
	done   chan struct{} // closed by run when it has returned
	once   sync.Once

	// Owned by run.
	one  *sql.Conn
	on   *statements
	busy bool // the last transaction was shared
}

const (
	// maxBatch is how many writes share a transaction. More would make the
	// first of them wait longer than one fsync saves.
	maxBatch = 256
	// gather is how long a transaction waits for one write more if the one
	// before it was shared: when many write, larger transactions cost less of
	// the processor and of the disk, and so all are answered sooner
	// (BenchmarkCalls: a seventh more calls).
	gather = time.Millisecond
	// maxQueued is how many writes wait without holding up their askers'
	// select; beyond it the askers themselves wait.
	maxQueued = 1024
)

// request is one write. Whoever changes taken from false to true decides: run,
// that it is carried out, or the asker, that it is not.
type request struct {
	ctx   context.Context
	f     func(context.Context, conn) error
	taken atomic.Bool

	// Set by run before it sends to answer.
	err      error
	panicked any
	answer   chan struct{}
}

func (r *request) failed() bool { return r.err != nil || r.panicked != nil }

// startGroup starts the goroutine; close ends it and closes one and db.
func startGroup(e *engine, db *sql.DB, one *sql.Conn, log *slog.Logger) *group {
	g := &group{
		engine: e, log: log, db: db, one: one,
		on:    &statements{one, make(map[string]*sql.Stmt)},
		queue: make(chan *request, maxQueued),
		quit:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	go g.run()
	return g
}

// write implements writer.
func (g *group) write(ctx context.Context, f func(context.Context, conn) error) error {
	r := &request{ctx: ctx, f: f, answer: make(chan struct{}, 1)}
	select {
	case <-g.quit: // select below would choose at random
		return errClosed
	default:
	}
	select {
	case g.queue <- r:
	case <-g.quit:
		return errClosed
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	select {
	case <-r.answer:
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
		<-r.answer
	case <-g.done:
		if r.taken.CompareAndSwap(false, true) {
			return errClosed
		}
		<-r.answer
	}
	if r.panicked != nil {
		panic(r.panicked)
	}
	return r.err
}

// errClosed is what writes after close get.
var errClosed = fmt.Errorf("%w: the store is closed", ErrUnavailable)

// close implements writer.
func (g *group) close() (err error) {
	g.once.Do(func() {
		close(g.quit)
		<-g.done
		err = errors.Join(g.on.close(), g.one.Close(), g.db.Close())
	})
	return err
}

// run commits batch after batch until close, and then what is still queued.
func (g *group) run() {
	defer close(g.done)
	for {
		select {
		case r := <-g.queue:
			g.batch(r)
			continue
		default:
		}
		select {
		case r := <-g.queue:
			g.batch(r)
		case <-g.quit:
			if len(g.queue) == 0 {
				return
			}
		}
	}
}

// batch carries out first and what is queued behind it, and answers.
func (g *group) batch(first *request) {
	batch := g.collect(first)
	g.busy = len(batch) > 1
	if len(batch) == 0 {
		return
	}
	if err := g.commit(batch); err != nil {
		g.log.Error("a batch of writes was rolled back", "writes", len(batch), "error", err)
		for _, r := range batch {
			if r.err == nil {
				r.err = g.engine.fail(err)
			}
		}
	}
	for _, r := range batch {
		r.answer <- struct{}{}
	}
}

// collect returns first and what is queued behind it, without those whose
// askers have left.
func (g *group) collect(first *request) []*request {
	batch, waited := make([]*request, 0, maxBatch), !g.busy
	for r := first; r != nil; {
		if r.taken.CompareAndSwap(false, true) {
			batch = append(batch, r)
		}
		if len(batch) == maxBatch {
			break
		}
		select {
		case r = <-g.queue:
			continue
		default:
			r = nil
		}
		if !waited {
			waited = true
			select {
			case r = <-g.queue:
			case <-time.After(gather):
			}
		}
	}
	return batch
}

// commit runs the batch in one transaction. An error means that nothing of it
// happened; a request that failed alone has its own.
//
// No statement is given the askers' contexts: SQLite rolls back the whole
// transaction when one of its changes is interrupted.
func (g *group) commit(batch []*request) error {
	ctx := context.Background()
	err := func() error {
		begun := false
		for _, r := range batch {
			var err error
			if begun {
				err = g.savepoint(ctx, r)
			} else {
				begun, err = g.begin(ctx, r)
			}
			if err != nil {
				return err
			}
		}
		if !begun {
			return nil // all of them failed
		}
		_, err := g.on.ExecContext(ctx, `COMMIT`)
		return err
	}()
	if err != nil {
		// It fails when SQLite has rolled back by itself (disk full, say).
		_, _ = g.on.ExecContext(ctx, `ROLLBACK`)
	}
	return err
}

// begin begins a transaction with a request, which needs no savepoint to fail
// alone: if it does, there is no transaction.
func (g *group) begin(ctx context.Context, r *request) (begun bool, err error) {
	if _, err := g.on.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return false, err
	}
	if g.carryOut(r); r.failed() {
		_, err := g.on.ExecContext(ctx, `ROLLBACK`)
		return false, err
	}
	return true, nil
}

// savepoint runs one more request so that it can fail alone. An error here
// means that SQLite has given up the whole transaction.
func (g *group) savepoint(ctx context.Context, r *request) error {
	if _, err := g.on.ExecContext(ctx, `SAVEPOINT one`); err != nil {
		return err
	}
	if g.carryOut(r); r.failed() {
		if _, err := g.on.ExecContext(ctx, `ROLLBACK TO one`); err != nil {
			return err
		}
	}
	_, err := g.on.ExecContext(ctx, `RELEASE one`)
	return err
}

// carryOut runs the asker's func. A panic in it is the asker's: it must not
// take the writer down with it.
func (g *group) carryOut(r *request) {
	defer func() { r.panicked = recover() }()
	r.err = r.f(context.WithoutCancel(r.ctx), conn{g.engine, g.on})
}
