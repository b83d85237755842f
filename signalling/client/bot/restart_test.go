package bot_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"pronto/signalling/client/bot"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// front is an address that stays while the servers behind it change.
type front struct {
	listener net.Listener
	work     sync.WaitGroup

	mu     sync.Mutex // guards what follows
	target string     // empty while there is no server
	open   map[net.Conn]struct{}
}

func newFront(t *testing.T) *front {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	f := &front{listener: l, open: map[net.Conn]struct{}{}}
	f.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.work.Go(func() { f.carry(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); f.aim(""); f.work.Wait() })
	return f
}

// aim cuts all connections and leads new ones to target.
func (f *front) aim(target string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.target = target
	for c := range f.open {
		_ = c.Close()
	}
	clear(f.open)
}

func (f *front) carry(in net.Conn) {
	defer in.Close()
	f.mu.Lock()
	target := f.target
	f.mu.Unlock()
	out, err := net.Dial("tcp", target)
	if target == "" || err != nil {
		return
	}
	defer out.Close()
	f.mu.Lock()
	f.open[in], f.open[out] = struct{}{}, struct{}{}
	moved := f.target != target
	f.mu.Unlock()
	if moved {
		return
	}
	f.work.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
	_, _ = io.Copy(in, out)
}

// killed runs two servers, one after the other, on one database. between is called
// when the first is gone.
func killed(t *testing.T, users []wire.UserID, set func(w *world, phones []*phone) []*bot.Call, between func([]*bot.Call)) []*bot.Call {
	t.Helper()
	return killedWith(t, signallingtest.Options{}, users, set, between)
}

// killedWith is killed, of servers with these options.
func killedWith(t *testing.T, o signallingtest.Options, users []wire.UserID, set func(w *world, phones []*phone) []*bot.Call, between func([]*bot.Call)) []*bot.Call {
	t.Helper()
	dsn := storetest.SQLiteDSN(t)
	f := newFront(t)
	o.DSN = dsn
	first := newWorld(t, o)
	f.aim(first.Listener())
	first.front = "ws://" + f.listener.Addr().String() + "/v1/ws"
	var phones []*phone
	for i, user := range users {
		phones = append(phones, first.phone(user, i))
	}
	first.know(users...)
	calls := set(first, phones)
	f.aim("") // no goodbye: as if the process were killed
	for _, p := range phones {
		until(t, "the phone is offline", func() bool { return !p.Client().Online() })
	}
	first.Stop()
	between(calls)
	o.Secret = first.Secret
	second := signallingtest.Start(t, o)
	f.aim((&world{Server: second}).Listener())
	for _, p := range phones {
		until(t, "the phone is online", p.Client().Online)
	}
	return calls
}

func TestADirectCallOutlivesTheServerAndIsHeardAllTheWhile(t *testing.T) {
	t.Parallel()
	users := []wire.UserID{"ana", "bia"}
	calls := killed(t, users, func(_ *world, p []*phone) []*bot.Call {
		made := ring(t, p[0], wire.KindVideo, "bia")
		calls := []*bot.Call{made, accept(t, p[1])}
		for _, c := range calls {
			hears(t, c, 1)
		}
		return calls
	}, func(calls []*bot.Call) {
		for _, c := range calls {
			_, before := c.Stats().Totals()
			until(t, "sound flows without the server", func() bool { _, now := c.Stats().Totals(); return now.Packets > before.Packets+100 })
		}
	})
	for _, c := range calls {
		if c.Reason() != "" {
			t.Fatalf("the call is over: %s", c.Reason())
		}
	}
	if err := calls[0].Leave(t.Context()); err != nil {
		t.Errorf("leave: %v", err)
	}
	<-calls[1].Done()
	if got := calls[1].Reason(); got != wire.EndHangup {
		t.Errorf("the call ended by %q, want hangup", got)
	}
}

func TestAGroupCallIsSetUpAnewAfterTheServerWasKilled(t *testing.T) {
	t.Parallel()
	users := []wire.UserID{"ana", "bia", "carlo"}
	calls := killed(t, users, func(_ *world, p []*phone) []*bot.Call {
		made := ring(t, p[0], wire.KindVideo, "bia", "carlo")
		calls := []*bot.Call{made, accept(t, p[1]), accept(t, p[2])}
		for _, c := range calls {
			hears(t, c, 2)
		}
		return calls
	}, func([]*bot.Call) {})
	for _, c := range calls {
		_, before := c.Stats().Totals()
		until(t, "sound flows again", func() bool { _, now := c.Stats().Totals(); return now.Packets > before.Packets+200 })
		if got := c.State().Generation; got < 2 {
			t.Errorf("the generation is %d, want a later one", got)
		}
	}
}
