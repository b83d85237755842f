package turn

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pronto/turn/credential"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testRealm = "turn.test"
	// patience is how long a test waits for what must happen soon.
	patience = 10 * time.Second
)

var (
	testSecret = []byte("a secret for tests only")
	loopback4  = netip.MustParseAddr("127.0.0.1")
	loopback6  = netip.MustParseAddr("::1")
)

// recorder collects events.
type recorder struct {
	mu     sync.Mutex
	events []Event
}

func (r *recorder) add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) all() []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Event(nil), r.events...)
}

func (r *recorder) count(want Event) int {
	n := 0
	for _, e := range r.all() {
		if e == want {
			n++
		}
	}
	return n
}

// running is a server under test.
type running struct {
	*Server
	*recorder
}

// start runs a server on 127.0.0.1 until the test ends. change may alter the
// configuration, whose answers to strangers are plentiful.
func start(t *testing.T, change func(*Config)) running {
	t.Helper()
	events := &recorder{}
	cfg := Config{
		ListenAddr: "127.0.0.1:0",
		PublicIPs:  []netip.Addr{loopback4},
		Realm:      testRealm,
		Secret:     testSecret,
		Quotas:     Quotas{AnswersPerSecond: 10_000},
		Logger:     slog.New(slog.DiscardHandler),
		Events:     events.add,
	}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(context.Background()) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if n := s.Allocations(); n != 0 {
			t.Errorf("%d allocations outlived the server", n)
		}
	})
	return running{s, events}
}

func issue(t *testing.T, call, user string) credential.Credential {
	t.Helper()
	return issueAt(t, call, user, time.Now())
}

func issueAt(t *testing.T, call, user string, now time.Time) credential.Credential {
	t.Helper()
	c, err := credential.Issue(testSecret, call, user, now, credential.MaxTTL)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eventually waits until condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not: %s", patience, what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAServerThatNeverRanCloses(t *testing.T) {
	s, err := New(Config{
		ListenAddr: "127.0.0.1:0", PublicIPs: []netip.Addr{loopback4}, Realm: testRealm,
		Secret: testSecret, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Revoke("call", "ana")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatalf("closed twice: %v", err)
	}
	if err := s.Run(t.Context()); err != nil {
		t.Fatalf("Run after Close: %v", err)
	}
}

func TestAServerRunsOnce(t *testing.T) {
	s := start(t, nil)
	eventually(t, "it runs", s.started.Load)
	if err := s.Run(t.Context()); !errors.Is(err, ErrStarted) {
		t.Fatalf("a second Run: %v, want ErrStarted", err)
	}
}

func TestRunReturnsWhenItsContextIsDone(t *testing.T) {
	s, err := New(Config{
		ListenAddr: "127.0.0.1:0", PublicIPs: []netip.Addr{loopback4}, Realm: testRealm,
		Secret: testSecret, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
