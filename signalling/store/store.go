package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config is what [Open] needs.
type Config struct {
	// DSN names the database: "postgres://…" (or "postgresql://…"),
	// "sqlite:///var/lib/pronto/pronto.db", a bare path, or ":memory:" for a
	// temporary SQLite database that Close deletes.
	DSN string

	// MasterKey seals the secrets of API keys, so that a stolen database or
	// backup does not contain them. Exactly 32 bytes; losing it makes every
	// stored secret unreadable.
	MasterKey []byte

	// Logger hears about migrations and failed batches. Required.
	Logger *slog.Logger

	// MaxConns is how many connections may be open for reading (SQLite) or in
	// all (PostgreSQL). 0 means 8; at most 256. More than the server allows
	// makes calls fail; fewer makes them wait.
	MaxConns int

	// QueryTimeout is how long one operation may take on PostgreSQL, waiting
	// for a connection included, before it fails with [ErrUnavailable]. 0
	// means 5 s; from 100 ms to 1 min.
	QueryTimeout time.Duration
}

// Validate fills in the defaults and reports what is out of range.
func (c *Config) Validate() error {
	if c.MaxConns == 0 {
		c.MaxConns = 8
	}
	if c.QueryTimeout == 0 {
		c.QueryTimeout = 5 * time.Second
	}
	switch {
	case c.DSN == "":
		return errors.New("store: DSN is empty")
	case len(c.MasterKey) != 32:
		return fmt.Errorf("store: MasterKey has %d bytes, want 32", len(c.MasterKey))
	case c.Logger == nil:
		return errors.New("store: Logger is missing")
	case c.MaxConns < 1 || c.MaxConns > 256:
		return fmt.Errorf("store: MaxConns is %d, want 1 to 256", c.MaxConns)
	case c.QueryTimeout < 100*time.Millisecond || c.QueryTimeout > time.Minute:
		return fmt.Errorf("store: QueryTimeout is %v, want 100ms to 1m", c.QueryTimeout)
	}
	return nil
}

// Store is one open database. All its methods may be called by any goroutine
// at any time; after Close they fail with [ErrUnavailable].
//
// A method that writes returns nil only when the change is on disk. A context
// that ends while a write still waits for its turn on SQLite prevents it; once
// begun it is carried through and its outcome is returned.
type Store struct {
	engine *engine
	reader *sql.DB
	asks   querier // reader, or what prepares its queries
	sealer *sealer
	writer writer
	clean  func() error // removes what Open made for ":memory:"
}

// writer carries out changes, each as a transaction of its own or with the
// look of one.
type writer interface {
	// write runs f, possibly more than once if an earlier run was rolled
	// back, and returns nil only when its changes are durable.
	write(ctx context.Context, f func(context.Context, conn) error) error
	// close carries out what has been accepted and refuses the rest.
	close() error
}

// Open connects to the database of cfg and brings its schema up to date.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	sealer, err := newSealer(cfg.MasterKey)
	if err != nil {
		return nil, err
	}
	var s *Store
	if isPostgres(cfg.DSN) {
		s, err = openPostgres(ctx, cfg)
	} else {
		s, err = openSQLite(ctx, cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	s.sealer = sealer
	return s, nil
}

// Engine is "sqlite" or "postgres".
func (s *Store) Engine() string { return s.engine.name }

// Ping asks the database for an answer. It fails with [ErrUnavailable].
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.read(ctx, func(ctx context.Context, c conn) error {
		return c.row(ctx, `SELECT 1`, nil, &one)
	})
}

// Close carries out the writes already accepted, refuses later ones with
// [ErrUnavailable], and returns when the store's goroutines are gone.
func (s *Store) Close() error {
	return errors.Join(s.writer.close(), s.reader.Close(), s.clean())
}

// read runs f, which only reads, outside any transaction.
func (s *Store) read(ctx context.Context, f func(context.Context, conn) error) error {
	ctx, cancel := s.engine.deadline(ctx)
	defer cancel()
	return f(ctx, conn{s.engine, s.asks})
}

// list runs a query that returns many rows.
func list[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), text string, args ...any) ([]T, error) {
	var found []T
	err := s.read(ctx, func(ctx context.Context, c conn) (err error) {
		found, err = rows(ctx, c, scan, text, args...)
		return err
	})
	return found, err
}

// get runs a query that returns one row, or fails with [ErrNotFound].
func get[T any](ctx context.Context, s *Store, scan func(scanner) (T, error), text string, args ...any) (T, error) {
	found, err := list(ctx, s, scan, text, args...)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		var none T
		return none, err
	}
	return found[0], nil
}

// change runs one statement that must touch a row; if none is there it fails
// with missing.
func (s *Store) change(ctx context.Context, missing error, text string, args ...any) error {
	return s.writer.write(ctx, func(ctx context.Context, c conn) error {
		return c.must(ctx, missing, text, args...)
	})
}
