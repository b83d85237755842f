package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
)

// hold keeps the writer busy until release is called, which waits until it no
// longer is.
func hold(t testing.TB, s *store.Store, id string) (release func()) {
	t.Helper()
	busy, free, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := s.CreateCall(context.Background(), call(id, id+"a", id+"b"), func([]store.Relation) error {
			close(busy)
			<-free
			return nil
		})
		done <- err
	}()
	<-busy
	return func() {
		t.Helper()
		close(free)
		ok(t, <-done)
	}
}

func TestAFailedWriteFailsAlone(t *testing.T) {
	s := storetest.SQLite(t)
	release := hold(t, s, "c1")
	var created, conflicts atomic.Int32
	var writes sync.WaitGroup
	for i := range 100 { // they wait together, so that they share a batch
		writes.Go(func() {
			switch _, err := s.CreateKey(context.Background(), store.NewKey{ID: fmt.Sprint(i % 50), Secret: []byte("x")}); {
			case err == nil:
				created.Add(1)
			case errors.Is(err, store.ErrConflict):
				conflicts.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	release()
	writes.Wait()
	equal(t, "created", created.Load(), 50)
	equal(t, "conflicts", conflicts.Load(), 50)
	equal(t, "stored", len(value(s.ListKeys(t.Context()))(t)), 50)
}

func TestAPanicIsItsAskersAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		func() {
			defer func() { equal(t, "what was recovered", recover(), any("bug")) }()
			s.CreateCall(t.Context(), call("c1", "ana", "bia"), func([]store.Relation) error { panic("bug") })
		}()
		value(s.CreateCall(t.Context(), call("c1", "ana", "bia"), nil))(t)
	})
}

func TestAWriteWhoseAskerLeftInTimeIsNotCarriedOut(t *testing.T) {
	s := storetest.SQLite(t)
	release := hold(t, s, "c1")
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() { left <- s.UpsertUser(ctx, "ana", "Ana") }()
	cancel()
	err := <-left
	fails(t, err, store.ErrUnavailable)
	fails(t, err, context.Canceled)
	release()
	_, err = s.User(t.Context(), "ana")
	fails(t, err, store.ErrNotFound)
}

func TestCloseCarriesOutWhatItHasAccepted(t *testing.T) {
	dsn := storetest.SQLiteDSN(t)
	s := storetest.Open(t, dsn)
	release := hold(t, s, "c1")
	answers := make([]error, 200)
	var writes sync.WaitGroup
	for i := range answers {
		writes.Go(func() { answers[i] = s.UpsertUser(context.Background(), fmt.Sprint(i), "") })
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	release()
	writes.Wait()
	ok(t, <-closed)
	s = storetest.Open(t, dsn)
	for i, err := range answers {
		_, found := s.User(t.Context(), fmt.Sprint(i))
		if (err == nil) != (found == nil) {
			t.Errorf("write %d was answered with %v, and is found with %v", i, err, found)
		}
		if err != nil {
			fails(t, err, store.ErrUnavailable)
		}
	}
}

func TestTheWritersConnectionWaitsForTheDisk(t *testing.T) {
	s := storetest.SQLite(t)
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000",
	} {
		equal(t, name, value(s.Pragma(t.Context(), name))(t), want)
	}
}

// BenchmarkWrites measures durable writes of many askers at once.
func BenchmarkWrites(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		for _, askers := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s/askers=%d", name, askers), func(b *testing.B) {
				s := open(b)
				var next atomic.Int64
				b.ResetTimer()
				var all sync.WaitGroup
				for range askers {
					all.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							if err := s.UpsertUser(context.Background(), fmt.Sprint(i), "Ana"); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				all.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			})
		}
	}
}

// BenchmarkRelation measures the read that precedes every ring.
func BenchmarkRelation(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			people(b, s, "ana", "bia")
			ok(b, s.Block(b.Context(), "bia", "ana"))
			for b.Loop() {
				value(s.Relation(b.Context(), "ana", "bia"))(b)
			}
		})
	}
}

// BenchmarkCalls measures a call's whole durable life: created with two log
// rows and a push, answered, ended.
func BenchmarkCalls(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			people(b, s, "ana", "bia")
			var next atomic.Int64
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := call(fmt.Sprint("c", next.Add(1)), "ana", "bia")
					n.Unpaired, n.Outbox = true, []store.NewOutbox{push("bia", "ring:"+n.ID)}
					value(s.CreateCall(context.Background(), n, nil))(b)
					ok(b, s.Transition(context.Background(), n.ID, 1, &store.Change{State: "active", DropOutbox: []string{"ring:" + n.ID}}))
					ok(b, s.Transition(context.Background(), n.ID, 1, &store.Change{State: "ended", EndReason: "normal", Log: n.Log}))
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}
