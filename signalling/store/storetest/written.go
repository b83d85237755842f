package storetest

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Written is all that a database has written: its files, and for PostgreSQL
// its log and a dump of all rows too.
func Written(t testing.TB, dsn string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	read := func(path string) {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) { // removed while we walked
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		found[path] = data
	}
	if path, ok := strings.CutPrefix(dsn, "sqlite://"); ok {
		files, err := filepath.Glob(path + "*")
		if err != nil || len(files) < 2 {
			t.Fatalf("the files are %v (%v)", files, err)
		}
		for _, file := range files {
			read(file)
		}
		return found
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 10 {
		t.Fatalf("the tables are %v (%v)", tables, err)
	}
	for _, table := range tables {
		var dump bytes.Buffer
		if _, err := conn.PgConn().CopyTo(t.Context(), &dump, "COPY "+pgx.Identifier{table}.Sanitize()+" TO STDOUT"); err != nil {
			t.Fatal(err)
		}
		found["table "+table] = dump.Bytes()
	}
	if _, err := conn.Exec(t.Context(), `CHECKPOINT`); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(address.Query().Get("host"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			read(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
