package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// childDSN is set in the process that the test kills.
const childDSN = "PRONTO_STORE_TEST_CHILD"

// writeUntilKilled is that process: it prints each id once its write has been
// acknowledged.
func writeUntilKilled(dsn string) {
	s, err := store.Open(context.Background(), store.Config{
		DSN: dsn, MasterKey: make([]byte, 32), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("p%d-w%d-%d", os.Getpid(), w, i)
				if err := s.UpsertUser(context.Background(), id, id); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				io.WriteString(os.Stdout, id+"\n") // one system call: no line is half acknowledged
			}
		})
	}
	writers.Wait()
}

func TestNothingAcknowledgedIsLostByAKill(t *testing.T) {
	dsn := storetest.NewSQLiteDSN(t)
	var acknowledged []string
	for round := range 10 {
		acknowledged = append(acknowledged, killAfter(t, dsn, 1+rand.N(500))...)
		s := storetest.Open(t, dsn)
		found := value(s.Users(t.Context(), acknowledged...))(t)
		for _, id := range acknowledged {
			if _, there := found[id]; !there {
				t.Errorf("round %d: %s was acknowledged and is lost", round, id)
			}
		}
		ok(t, s.Close())
		db := value(sql.Open("sqlite", strings.TrimPrefix(dsn, "sqlite://")))(t)
		var verdict string
		ok(t, db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&verdict))
		equal(t, "the integrity check", verdict, "ok")
		ok(t, db.Close())
	}
	t.Logf("%d acknowledged writes in 10 rounds", len(acknowledged))
}

// killAfter runs the child, kills it (SIGKILL) after n acknowledgements, and
// returns all that it gave.
func killAfter(t *testing.T, dsn string, n int) (ids []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDSN+"="+dsn)
	child.Stderr = t.Output()
	out := value(child.StdoutPipe())(t)
	ok(t, child.Start())
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Error(lines.Text())
		}
		ids = append(ids, lines.Text())
		if len(ids) == n {
			ok(t, child.Process.Kill())
		}
	}
	if err := child.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	if len(ids) < n {
		t.Errorf("the child acknowledged %d writes, want %d", len(ids), n)
	}
	return ids
}
