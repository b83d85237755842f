package store_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(childDSN); dsn != "" {
		writeUntilKilled(dsn)
		return
	}
	goleak.VerifyTestMain(m)
}

// ok stops the test on an error.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// value returns v, or stops the test on an error.
func value[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

// errorOf is the error that comes with a value.
func errorOf[T any](_ T, err error) error { return err }

// fails reports an error that is not the wanted one.
func fails(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}

// equal reports a difference.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// people creates users whose names are their ids in capitals.
func people(t testing.TB, s *store.Store, ids ...string) {
	t.Helper()
	for _, id := range ids {
		ok(t, s.UpsertUser(t.Context(), id, strings.ToUpper(id)))
	}
}

// together runs n funcs that start at the same moment, and waits for them.
func together(n int, f func(i int)) {
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	all.Wait()
}

// eventually waits until f is true.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !f(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAStoreKeepsItsRowsWhenItIsOpenedAgain(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		s := storetest.Open(t, dsn)
		people(t, s, "ana")
		ok(t, s.Close())
		s = storetest.Open(t, dsn)
		equal(t, "the name", value(s.User(t.Context(), "ana"))(t).Name, "ANA")
	})
}

func TestNodesMayStartTogether(t *testing.T) {
	dsn := storetest.NewPostgresDSN(t)
	together(4, func(i int) {
		s, err := store.Open(t.Context(), storetest.Config(t, dsn))
		if err != nil {
			t.Error(err)
			return
		}
		if err := errors.Join(s.UpsertUser(t.Context(), fmt.Sprint(i), ""), s.Close()); err != nil {
			t.Error(err)
		}
	})
}

func TestATemporaryStoreWorks(t *testing.T) {
	s := storetest.Open(t, ":memory:")
	people(t, s, "ana")
	equal(t, "the name", value(s.User(t.Context(), "ana"))(t).Name, "ANA")
	equal(t, "the engine", s.Engine(), "sqlite")
}

func TestTheDatabaseFileIsItsOwnersAlone(t *testing.T) {
	dsn := storetest.NewSQLiteDSN(t)
	people(t, storetest.Open(t, dsn), "ana")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info := value(os.Stat(strings.TrimPrefix(dsn, "sqlite://") + suffix))(t)
		equal(t, "the mode of "+info.Name(), info.Mode().Perm(), 0o600)
	}
}

func TestAClosedStoreIsUnavailable(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ok(t, s.Ping(t.Context()))
		ok(t, s.Close())
		fails(t, s.Ping(t.Context()), store.ErrUnavailable)
		fails(t, s.UpsertUser(t.Context(), "ana", "Ana"), store.ErrUnavailable)
		_, err := s.Relation(t.Context(), "ana", "bia")
		fails(t, err, store.ErrUnavailable)
	})
}

func TestAnUnreachableServerIsAnError(t *testing.T) {
	_, err := store.Open(t.Context(), storetest.Config(t, "postgres:///none?host="+t.TempDir()))
	if err == nil {
		t.Error("a store without a server was opened")
	}
}

func TestAConfigOutOfRangeIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*store.Config){
		"no DSN":         func(c *store.Config) { c.DSN = "" },
		"a short key":    func(c *store.Config) { c.MasterKey = c.MasterKey[:31] },
		"no logger":      func(c *store.Config) { c.Logger = nil },
		"many conns":     func(c *store.Config) { c.MaxConns = 257 },
		"a long timeout": func(c *store.Config) { c.QueryTimeout = time.Hour },
	} {
		cfg := storetest.Config(t, ":memory:")
		spoil(&cfg)
		if _, err := store.Open(t.Context(), cfg); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestTextThatNoEngineCanHoldIsTheAskersFault(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"", "a\x00b", "\xff", strings.Repeat("a", store.MaxID+1)} {
			fails(t, s.UpsertUser(t.Context(), id, "Ana"), store.ErrInvalid)
			_, err := s.Relation(t.Context(), "ana", id)
			fails(t, err, store.ErrInvalid)
		}
		// Reading by such an id finds nothing, or says that it is invalid; it
		// never looks like an outage.
		if _, err := s.Link(t.Context(), "a\x00b"); !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrInvalid) {
			t.Errorf("reading by a strange id: %v", err)
		}
	})
}
