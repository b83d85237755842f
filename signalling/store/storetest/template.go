package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"pronto/signalling/store"
)

// A database with its schema is made once for each engine and process, and
// copied for each test: migrating takes many times as long.

// emptySQLite is the file of a SQLite database that is empty but for its schema.
var emptySQLite = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "sqlite")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "pronto.db")
	if err := migrated("sqlite://" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// emptyPostgres is the name of a database of pg that is empty but for its schema.
var emptyPostgres = sync.OnceValues(func() (string, error) {
	pg, err := started()
	if err != nil {
		return "", err
	}
	const name = "empty"
	if err := pg.admin(context.Background(), "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return name, migrated(pg.dsn(name))
})

func migrated(dsn string) error {
	s, err := store.Open(context.Background(), store.Config{DSN: dsn, MasterKey: masterKey, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return s.Close()
}

// copyOf creates a database like another one, which nobody uses. The server
// notices a moment late that the last one has gone.
func (pg *postgres) copyOf(ctx context.Context, name, other string) error {
	for {
		err := pg.admin(ctx, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, other))
		var e *pgconn.PgError
		if !errors.As(err, &e) || e.Code != "55006" { // object_in_use
			return err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

// inMemory is a file system in memory, where databases of tests are put if there is
// room: at each commit SQLite waits for the disk, which the tests of other packages
// use too. What a process that is killed had written stays there as it would on disk.
var inMemory = sync.OnceValue(func() string {
	const dir, enough = "/dev/shm", 1 << 30
	var fs syscall.Statfs_t
	if syscall.Statfs(dir, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < enough {
		return ""
	}
	return dir
})

// folder is where a test may put a database.
func folder(t testing.TB) string {
	if inMemory() == "" {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(inMemory(), "pronto-store-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
