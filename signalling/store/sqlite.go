package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openSQLite opens a file: one connection that writes, others that read what
// is committed (WAL). synchronous=FULL makes each COMMIT wait for the disk.
func openSQLite(ctx context.Context, cfg Config) (_ *Store, err error) {
	path, clean, err := sqlitePath(cfg.DSN)
	if err != nil {
		return nil, err
	}
	s := &Store{engine: newSQLite(), clean: clean}
	var writing *sql.DB
	defer func() {
		if err == nil {
			return
		}
		for _, db := range []*sql.DB{s.reader, writing} {
			if db != nil {
				err = errors.Join(err, db.Close())
			}
		}
		err = errors.Join(err, clean())
	}()
	if writing, err = sql.Open("sqlite", sqliteDSN(path)); err != nil {
		return nil, err
	}
	writing.SetMaxOpenConns(1)
	if err := migrate(ctx, writing, cfg.Logger, goose.DialectSQLite3,
		[]string{"{{blob}}", "BLOB", "{{identity}}", "INTEGER PRIMARY KEY AUTOINCREMENT"}); err != nil {
		return nil, err
	}
	if s.reader, err = sql.Open("sqlite", sqliteDSN(path, "query_only(1)")); err != nil {
		return nil, err
	}
	s.reader.SetMaxOpenConns(cfg.MaxConns)
	s.reader.SetMaxIdleConns(cfg.MaxConns)
	if err := s.reader.PingContext(ctx); err != nil {
		return nil, err
	}
	s.asks = newPrepared(s.reader)
	one, err := writing.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s.writer = startGroup(s.engine, writing, one, cfg.Logger)
	return s, nil
}

// sqlitePath returns the file that dsn names, made if need be for its owner
// alone, because it holds who called whom; and how to remove it, if temporary.
func sqlitePath(dsn string) (path string, clean func() error, err error) {
	clean = func() error { return nil }
	path = strings.TrimPrefix(dsn, "sqlite://")
	if path == ":memory:" {
		dir, err := os.MkdirTemp("", "pronto-store-")
		if err != nil {
			return "", nil, err
		}
		path, clean = filepath.Join(dir, "pronto.db"), func() error { return os.RemoveAll(dir) }
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", nil, err
	}
	// O_EXCL, because closing a file that SQLite has open elsewhere in this
	// process would drop its locks (fcntl(2)).
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case errors.Is(err, os.ErrExist):
		return path, clean, nil
	case err != nil:
		return "", nil, err
	}
	return path, clean, f.Close()
}

// sqliteDSN returns what the driver understands. The pragmas hold for each
// connection, in this order.
func sqliteDSN(path string, more ...string) string {
	pragmas := append([]string{
		"busy_timeout(5000)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		"secure_delete(1)",             // what is deleted does not stay in free pages
		"journal_size_limit(67108864)", // a WAL that once grew does not stay larger than 64 MiB
	}, more...)
	file := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	return file.String()
}

func newSQLite() *engine {
	return &engine{
		name: "sqlite",
		words: strings.NewReplacer(
			"{now}", `CAST(unixepoch('subsec') * 1000 AS INTEGER)`,
			"{skiplocked}", "", // one writer
			"{keyshare}", "",
			"{blob}", "BLOB",
		),
		problem: sqliteProblem,
	}
}

// sqliteProblem reads the extended result codes (sqlite.org/rescode.html).
func sqliteProblem(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return ErrConflict
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrNotFound
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_NOTNULL, sqlite3.SQLITE_TOOBIG:
		return ErrInvalid
	}
	return nil
}

// statements is a connection that keeps what it has prepared. Used by one
// goroutine.
type statements struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
}

// maxPrepared is how many statements are kept; all of the package's are fewer.
const maxPrepared = 256

func (s *statements) prepare(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := s.prepared[text]; ok {
		return st, nil
	}
	st, err := s.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	if len(s.prepared) >= maxPrepared {
		if err := s.close(); err != nil {
			return nil, errors.Join(err, st.Close())
		}
	}
	s.prepared[text] = st
	return st, nil
}

// ExecContext implements querier.
func (s *statements) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	st, err := s.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

// QueryContext implements querier.
func (s *statements) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	st, err := s.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (s *statements) close() error {
	var errs []error
	for text, st := range s.prepared {
		if err := st.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close a statement: %w", err))
		}
		delete(s.prepared, text)
	}
	return errors.Join(errs...)
}
