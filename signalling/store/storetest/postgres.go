package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresDSN creates a database that is empty but for its schema, and is dropped
// when the test ends. The first test that asks starts the server; it stops, and its
// files go, when the test process ends in whatever way.
func PostgresDSN(t testing.TB) string {
	t.Helper()
	other, err := emptyPostgres()
	if err != nil {
		t.Fatalf("make the schema in PostgreSQL: %v", err)
	}
	return postgresDSN(t, func(pg *postgres, name string) error { return pg.copyOf(t.Context(), name, other) })
}

// NewPostgresDSN is PostgresDSN without the schema.
func NewPostgresDSN(t testing.TB) string {
	t.Helper()
	return postgresDSN(t, func(pg *postgres, name string) error { return pg.admin(t.Context(), "CREATE DATABASE "+name) })
}

func postgresDSN(t testing.TB, create func(pg *postgres, name string) error) string {
	t.Helper()
	pg, err := started()
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("test_%d", pg.databases.Add(1))
	if err := create(pg, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's context has ended; FORCE, because a test may leave a
		// store open that its own cleanup closes later.
		if err := pg.admin(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return pg.dsn(name)
}

// postgres is a running server, reachable by a socket in its folder only.
type postgres struct {
	dir       string
	lifeline  *os.File // the server stops when this is closed, as it is by the process's end
	databases atomic.Int64
}

// started starts the server once for the process.
var started = sync.OnceValues(start)

// watch runs the server until its standard input ends, and then stops it
// (SIGINT is a fast shutdown) and removes its folder. So neither a panic nor a
// SIGKILL of the tests leaves a server behind. Nothing there is worth waiting
// for the disk: the server itself is killed by no test.
const watch = `"$1" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=200 \
	-c fsync=off -c full_page_writes=off -c autovacuum=off \
	-c max_wal_size=64MB </dev/null >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT $server
wait $server
rm -rf "$2"`

func start() (*postgres, error) {
	initdb, err := find("initdb")
	if err != nil {
		return nil, err
	}
	server, err := find("postgres")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(inMemory(), "pronto-pg-")
	if err != nil {
		return nil, err
	}
	attr, err := unprivileged(dir)
	if err != nil {
		return nil, err
	}
	init := exec.Command(initdb, "-D", filepath.Join(dir, "data"), "-U", "pronto", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions", "--no-sync")
	init.Dir, init.SysProcAttr = dir, attr
	if out, err := init.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	input, lifeline, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer input.Close()
	run := exec.Command("sh", "-c", watch, "sh", server, dir)
	run.Dir, run.SysProcAttr, run.Stdin = dir, attr, input
	if err := run.Start(); err != nil {
		return nil, err
	}
	pg := &postgres{dir: dir, lifeline: lifeline}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		err := pg.admin(ctx, "SELECT 1")
		if err == nil {
			return pg, nil
		}
		if ctx.Err() != nil {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			lifeline.Close()
			return nil, fmt.Errorf("it does not answer: %w: %s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// find returns the newest installed version of a server program.
func find(name string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", errors.New("there is no " + name + ": apt-get install postgresql")
	}
	return path, nil
}

// version returns 15 of /usr/lib/postgresql/15/bin/initdb.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// unprivileged makes the server run as somebody else if this is root, whom
// PostgreSQL refuses to serve, and gives him dir.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true} // ^C stops the tests, and these the server
	if os.Geteuid() != 0 {
		return attr, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		who, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(who.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(who.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return attr, os.Chown(dir, int(uid), int(gid))
	}
	return nil, errors.New("this is root, and there is neither a user postgres nor nobody to run it as")
}

func (pg *postgres) dsn(database string) string {
	query := url.Values{"host": {pg.dir}, "user": {"pronto"}}
	return "postgres:///" + database + "?" + query.Encode()
}

// admin runs one statement outside the tests' databases.
func (pg *postgres) admin(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, pg.dsn("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}
