package store_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// SQLite itself leaves the bytes of what is deleted in pages that it may use again.
func TestOfADeletedNoteNoBytesStayInTheFiles(t *testing.T) {
	t.Parallel()
	dsn := storetest.SQLiteDSN(t)
	s, ctx := storetest.Open(t, dsn), t.Context()
	people(t, s, "ana", "bia")
	takesNotes(t, s, "bia")
	inVain(t, s, "c1", "ana", "bia", "missed")
	sealed := make([]byte, 64<<10)
	rand.Read(sealed)
	note := noteTo("c1", "ana", "bia")
	note.Body = sealed
	value(s.LeaveNote(ctx, note))(t)
	// stay is how many of the pieces of the note are in the files. What was written last
	// is moved out of the log first.
	stay := func() (n int) {
		t.Helper()
		storetest.Exec(t, dsn, `PRAGMA wal_checkpoint(TRUNCATE)`)
		files, err := filepath.Glob(strings.TrimPrefix(dsn, "sqlite://") + "*")
		ok(t, err)
		for _, file := range files {
			data := value(os.ReadFile(file))(t)
			for at := 0; at+16 <= len(sealed); at += 1 << 10 {
				if bytes.Contains(data, sealed[at:at+16]) {
					n++
				}
			}
		}
		return n
	}
	if stay() == 0 {
		t.Fatal("the note is not in the files as it is: this test would not see it")
	}
	equal(t, "it is deleted", value(s.DropNote(ctx, "bia", "c1"))(t), true)
	equal(t, "pieces of it that stay", stay(), 0)
	fails(t, errorOf(s.Note(ctx, "bia", "c1", anyDevice)), store.ErrNotFound)
}
