package storetest

import (
	"database/sql"
	"strings"
	"testing"
)

// Exec changes rows behind the back of the store that has dsn open, as time
// would.
func Exec(t testing.TB, dsn, text string, args ...any) {
	t.Helper()
	driver, name := "pgx", dsn
	if path, ok := strings.CutPrefix(dsn, "sqlite://"); ok {
		driver, name = "sqlite", path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}
