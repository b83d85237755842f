package bus_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"pronto/signalling/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts a bus that is closed when the test ends.
func start(t testing.TB, cfg bus.Config) *bus.Bus {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	b, err := bus.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func subscribe(t testing.TB, b *bus.Bus, subject string, f func(subject string, data []byte)) (unsubscribe func()) {
	t.Helper()
	unsubscribe, err := b.Subscribe(subject, f)
	if err != nil {
		t.Fatal(err)
	}
	return unsubscribe
}

func publish(t testing.TB, b *bus.Bus, subject, data string) {
	t.Helper()
	if err := b.Publish(subject, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

// receive waits for one value.
func receive[T any](t testing.TB, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(time.Minute):
		t.Fatal("nothing arrived")
	}
	return v
}

func TestMessagesArriveInOrderAcrossSubjects(t *testing.T) {
	b := start(t, bus.Config{})
	const subjects, messages = 20, 5000
	got := make(chan string, messages)
	for i := range subjects {
		subscribe(t, b, bus.User(fmt.Sprint(i)), func(_ string, data []byte) { got <- string(data) })
	}
	for i := range messages {
		publish(t, b, bus.User(fmt.Sprint(i*7%subjects)), fmt.Sprint(i))
	}
	for i := range messages {
		if m := receive(t, got); m != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, m)
		}
	}
}

func TestEachSubscriberHasItsOwnCopy(t *testing.T) {
	b := start(t, bus.Config{})
	got := make(chan string, 2)
	for range 2 {
		subscribe(t, b, "u.ana", func(subject string, data []byte) {
			got <- subject + " " + string(data)
			data[0] = 'X'
		})
	}
	sent := []byte("hello")
	if err := b.Publish("u.ana", sent); err != nil {
		t.Fatal(err)
	}
	copy(sent, "spoil") // the bus has copied it
	want := []string{"u.ana hello", "u.ana hello"}
	if diff := cmp.Diff(want, []string{receive(t, got), receive(t, got)}); diff != "" {
		t.Error(diff)
	}
}

func TestNothingArrivesAfterUnsubscribe(t *testing.T) {
	b := start(t, bus.Config{})
	got := make(chan string, 10)
	unsubscribe := subscribe(t, b, "u.ana", func(_ string, data []byte) { got <- "ana " + string(data) })
	subscribe(t, b, "u.bia", func(_ string, data []byte) { got <- "bia " + string(data) })
	publish(t, b, "u.ana", "1")
	if m := receive(t, got); m != "ana 1" {
		t.Errorf("the message is %s", m)
	}
	unsubscribe()
	unsubscribe()
	publish(t, b, "u.ana", "2")
	publish(t, b, "u.bia", "3") // comes after it
	if m := receive(t, got); m != "bia 3" {
		t.Errorf("the message is %s", m)
	}
}

func TestASubscriberMayUnsubscribeAndPublishFromItsFunc(t *testing.T) {
	b := start(t, bus.Config{})
	got := make(chan string, 10)
	subscribe(t, b, "u.bia", func(_ string, data []byte) { got <- string(data) })
	var calls atomic.Int32
	var unsubscribe func()
	ready := make(chan struct{})
	unsubscribe = subscribe(t, b, "u.ana", func(string, []byte) {
		<-ready
		calls.Add(1)
		unsubscribe()
		publish(t, b, "u.bia", "done")
	})
	publish(t, b, "u.ana", "1")
	publish(t, b, "u.ana", "2")
	close(ready)
	receive(t, got)
	publish(t, b, "u.bia", "last")
	receive(t, got)
	if n := calls.Load(); n != 1 {
		t.Errorf("it was called %d times", n)
	}
}

func TestManySubscribersCostLittleMemory(t *testing.T) {
	const subscribers = 10_000
	b := start(t, bus.Config{})
	got := make(chan string, subscribers)
	before := heap()
	goroutines := runtime.NumGoroutine()
	unsubscribes := make([]func(), subscribers)
	for i := range subscribers {
		unsubscribes[i] = subscribe(t, b, bus.User(fmt.Sprintf("user%06d", i)), func(string, []byte) { got <- "" })
	}
	for i := range subscribers {
		publish(t, b, bus.User(fmt.Sprintf("user%06d", i)), "x")
	}
	for range subscribers {
		receive(t, got)
	}
	if each := (int64(heap()) - int64(before)) / subscribers; each > 4096 {
		t.Errorf("a subscription costs %d bytes", each)
	} else {
		t.Logf("a subscription costs %d bytes", each)
	}
	if more := runtime.NumGoroutine() - goroutines; more > 10 {
		t.Errorf("%d goroutines were started", more)
	}
	for _, unsubscribe := range unsubscribes {
		unsubscribe()
	}
	if b.Dropped() != 0 {
		t.Errorf("messages were lost %d times", b.Dropped())
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestASlowSubscriberIsCountedAndWarnedAboutWithoutNames(t *testing.T) {
	lines := make(chan string, 1000)
	b := start(t, bus.Config{Queue: 16, Logger: slog.New(slog.NewTextHandler(lineWriter(lines), nil))})
	free := make(chan struct{})
	subscribe(t, b, bus.User("ana"), func(string, []byte) { <-free })
	for i := 0; b.Dropped() == 0; i++ {
		publish(t, b, bus.User("ana"), "x")
		if i > 1000 {
			runtime.Gosched()
		}
	}
	if line := receive(t, lines); !strings.Contains(line, "lost") || strings.Contains(line, "ana") {
		t.Errorf("the warning is %q", line)
	}
	close(free)
	// It goes on afterwards.
	got := make(chan string, 1)
	subscribe(t, b, bus.Session("s1"), func(string, []byte) {
		select {
		case got <- "":
		default:
		}
	})
	for end := time.Now().Add(time.Minute); len(got) == 0; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("nothing arrives any more")
		}
		publish(t, b, bus.Session("s1"), "x")
	}
}

type lineWriter chan<- string

func (w lineWriter) Write(p []byte) (int, error) {
	select {
	case w <- string(p):
	default:
	}
	return len(p), nil
}

var _ io.Writer = lineWriter(nil)

func TestAClosedBusSaysSo(t *testing.T) {
	b := start(t, bus.Config{})
	unsubscribe := subscribe(t, b, "u.ana", func(string, []byte) {})
	for range 2 {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	unsubscribe()
	if err := b.Publish("u.ana", nil); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("publish: %v", err)
	}
	if _, err := b.Subscribe("u.ana", func(string, []byte) {}); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("subscribe: %v", err)
	}
}

func TestStrangeSubjectsAndLargeMessagesAreRefused(t *testing.T) {
	b := start(t, bus.Config{MaxPayload: 1024})
	for _, subject := range []string{"", ".", "u.", "u..a", "u.*", "u.>", ">", "u.a b", "u.a\r\nPUB", "u.\x00", "u.é", strings.Repeat("a", 600), bus.User("")} {
		if err := b.Publish(subject, nil); !errors.Is(err, bus.ErrSubject) {
			t.Errorf("publish to %q: %v", subject, err)
		}
		if _, err := b.Subscribe(subject, func(string, []byte) {}); !errors.Is(err, bus.ErrSubject) {
			t.Errorf("subscribe to %q: %v", subject, err)
		}
	}
	if err := b.Publish("u.ana", make([]byte, 1025)); !errors.Is(err, bus.ErrTooLarge) {
		t.Errorf("publish too much: %v", err)
	}
	publish(t, b, "u.ana", strings.Repeat("x", 1024))
}

func TestAConfigOutOfRangeIsRefused(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for name, cfg := range map[string]bus.Config{
		"no logger":       {},
		"a small queue":   {Logger: log, Queue: 15},
		"a large queue":   {Logger: log, Queue: 1<<20 + 1},
		"a small payload": {Logger: log, MaxPayload: 1},
		"a large payload": {Logger: log, MaxPayload: 9 << 20},
	} {
		if _, err := bus.Start(cfg); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// FuzzSubject checks that any id makes a subject of its own that the bus carries.
func FuzzSubject(f *testing.F) {
	for _, id := range []string{"ana", "ana@example.com", "*", ">", "a b", "%41", "A", "é", "\x00\r\n"} {
		f.Add(id, "A")
	}
	b := start(f, bus.Config{})
	f.Fuzz(func(t *testing.T, one, other string) {
		if len(one) > 128 || len(other) > 128 {
			return
		}
		if (one == other) != (bus.User(one) == bus.User(other)) {
			t.Errorf("%q and %q are %q and %q", one, other, bus.User(one), bus.User(other))
		}
		for _, subject := range []string{bus.User(one), bus.Session(one)} {
			if strings.Count(subject, ".") != 1 {
				t.Errorf("%q has more than one dot", subject)
			}
			if err := b.Publish(subject, nil); (err == nil) != (one != "") {
				t.Errorf("publish to %q: %v", subject, err)
			}
		}
	})
}

func BenchmarkPublish(b *testing.B) {
	bs := start(b, bus.Config{})
	got := make(chan struct{}, 1)
	subscribe(b, bs, "u.ana", func(string, []byte) { got <- struct{}{} })
	data := make([]byte, 300)
	for b.Loop() {
		if err := bs.Publish("u.ana", data); err != nil {
			b.Fatal(err)
		}
		<-got
	}
}
