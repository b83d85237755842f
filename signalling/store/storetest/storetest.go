package storetest

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pronto/signalling/store"
)

// Each runs f as the subtests "sqlite" and "postgres", each with an empty store,
// beside other tests that are parallel.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// EachDSN is Each for tests that open the store themselves.
func EachDSN(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLiteDSN(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, PostgresDSN(t)) })
}

// SQLite opens an empty store in a temporary folder; it is closed when the test
// ends.
func SQLite(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, SQLiteDSN(t))
}

// Postgres opens an empty store on the process's PostgreSQL server; it is closed
// when the test ends.
func Postgres(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, PostgresDSN(t))
}

// SQLiteDSN names a database that is empty but for its schema.
func SQLiteDSN(t testing.TB) string {
	t.Helper()
	file, err := emptySQLite()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t), "pronto.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite://" + path
}

// NewSQLiteDSN names a database on disk that does not exist yet.
func NewSQLiteDSN(t testing.TB) string {
	return "sqlite://" + filepath.Join(t.TempDir(), "pronto.db")
}

var masterKey = bytes.Repeat([]byte("k"), 32)

// Config returns what stores in tests are opened with. Warnings go to the
// test's output.
func Config(t testing.TB, dsn string) store.Config {
	return store.Config{
		DSN:       dsn,
		MasterKey: masterKey,
		Logger:    slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),

		QueryTimeout: 30 * time.Second, // on a machine that is busy with other tests
	}
}

// Open opens the store of dsn and closes it when the test ends, if the test has
// not done so.
func Open(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), Config(t, dsn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}
