package store

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

func isPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// openPostgres opens a pool. Nodes that start at the same time migrate one
// after the other (an advisory lock).
func openPostgres(ctx context.Context, cfg Config) (_ *Store, err error) {
	pg, err := pgx.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, err
	}
	if pg.RuntimeParams["application_name"] == "" {
		pg.RuntimeParams["application_name"] = "pronto"
	}
	db := stdlib.OpenDB(*pg)
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	db.SetMaxOpenConns(cfg.MaxConns)
	db.SetMaxIdleConns(cfg.MaxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // each second, for 5 min
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db, cfg.Logger, goose.DialectPostgres,
		[]string{"{{blob}}", "BYTEA", "{{identity}}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"},
		goose.WithSessionLocker(locker)); err != nil {
		return nil, err
	}
	e := newPostgres(cfg.QueryTimeout)
	return &Store{
		engine: e,
		reader: db,
		asks:   db,
		writer: &pool{e, db},
		clean:  func() error { return nil },
	}, nil
}

func newPostgres(timeout time.Duration) *engine {
	return &engine{
		name: "postgres",
		words: strings.NewReplacer(
			// The statement's time, unlike clock_timestamp(), may be compared
			// by an index; unlike now() it does not stand still in a
			// transaction that waits.
			"{now}", `(extract(epoch from statement_timestamp()) * 1000)::bigint`,
			"{skiplocked}", "FOR UPDATE SKIP LOCKED",
			"{keyshare}", "FOR KEY SHARE",
			"{blob}", "BYTEA",
		),
		problem: postgresProblem,
		timeout: timeout,
	}
}

// postgresProblem reads the SQLSTATE (PostgreSQL manual, appendix A).
func postgresProblem(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code {
	case "23505": // unique_violation
		return ErrConflict
	case "23503": // foreign_key_violation
		return ErrNotFound
	case "23514", "23502", "22001", "22021", "22003": // check, not null, too long, encoding, out of range
		return ErrInvalid
	}
	return nil
}

// pool is the writer for PostgreSQL: each write is a transaction of its own.
type pool struct {
	engine *engine
	db     *sql.DB
}

// maxTries is how often a transaction that lost to others is run.
const maxTries = 6

// write implements writer.
func (p *pool) write(ctx context.Context, f func(context.Context, conn) error) error {
	ctx, cancel := p.engine.deadline(ctx)
	defer cancel()
	for try := 1; ; try++ {
		err := p.once(ctx, f)
		if !again(err) || try == maxTries {
			return err
		}
		pause := time.NewTimer(time.Duration(try) * rand.N(10*time.Millisecond))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return err
		}
	}
}

// once runs f in one transaction.
func (p *pool) once(ctx context.Context, f func(context.Context, conn) error) (err error) {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return p.engine.fail(err)
	}
	defer tx.Rollback() // after Commit it does nothing; a lost connection rolls back by itself
	if err := f(ctx, conn{p.engine, tx}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return p.engine.fail(err)
	}
	return nil
}

// again reports whether PostgreSQL chose this transaction to be rolled back for
// the sake of another one.
func again(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01") // serialization_failure, deadlock_detected
}

// close implements writer; the pool itself is closed as the store's reader.
func (p *pool) close() error { return nil }
