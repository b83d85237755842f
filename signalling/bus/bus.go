package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Errors of a [Bus].
var (
	ErrClosed   = errors.New("bus: closed")
	ErrTooLarge = errors.New("bus: message too large")
)

// Config is what [Start] needs.
type Config struct {
	// Logger hears about messages lost to a slow subscriber. Required.
	Logger *slog.Logger

	// Queue is how many messages may wait for the dispatching goroutine; when
	// it is full, further ones are lost. 0 means 65,536, which costs 512 kB;
	// from 16 to 1,048,576.
	Queue int

	// MaxPayload is the largest message in bytes. 0 means 1 MiB; from 1 kB to
	// 8 MiB.
	MaxPayload int
}

// Validate fills in the defaults and reports what is out of range.
func (c *Config) Validate() error {
	if c.Queue == 0 {
		c.Queue = 1 << 16
	}
	if c.MaxPayload == 0 {
		c.MaxPayload = 1 << 20
	}
	switch {
	case c.Logger == nil:
		return errors.New("bus: Logger is missing")
	case c.Queue < 16 || c.Queue > 1<<20:
		return fmt.Errorf("bus: Queue is %d, want 16 to 1048576", c.Queue)
	case c.MaxPayload < 1<<10 || c.MaxPayload > 8<<20:
		return fmt.Errorf("bus: MaxPayload is %d, want 1024 to 8388608", c.MaxPayload)
	}
	return nil
}

// Bus is a running bus. Its methods may be called by any goroutine, and by the
// funcs it calls, except that these must not call Close.
type Bus struct {
	// Set by Start.
	cfg    Config
	server *server.Server
	conn   *nats.Conn
	queue  chan *nats.Msg // shared by all subscriptions; never closed
	quit   chan struct{}
	done   chan struct{} // closed when dispatch has returned

	dropped atomic.Uint64
	warned  atomic.Int64 // unix seconds of the last warning
	closing sync.Once

	mu   sync.Mutex // guards what follows; held for map access only
	subs map[*nats.Subscription]func(subject string, data []byte)
}

// startTimeout is how long the server and the connection may take to be ready;
// a few milliseconds are usual.
const startTimeout = 10 * time.Second

// Start starts the server, its one connection and the dispatching goroutine.
func Start(cfg Config) (*Bus, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	srv, err := server.NewServer(&server.Options{
		ServerName: "pronto",
		DontListen: true, // in this process only
		NoSigs:     true, // signals are the program's business
		NoLog:      true, // its log would name subjects, and these name people
		MaxPayload: int32(cfg.MaxPayload),
	})
	if err != nil {
		return nil, fmt.Errorf("start the bus: %w", err)
	}
	b := &Bus{
		cfg:    cfg,
		server: srv,
		queue:  make(chan *nats.Msg, cfg.Queue),
		quit:   make(chan struct{}),
		done:   make(chan struct{}),
		subs:   make(map[*nats.Subscription]func(string, []byte)),
	}
	srv.Start()
	if !srv.ReadyForConnections(startTimeout) {
		b.stopServer()
		return nil, errors.New("start the bus: the server is not ready")
	}
	b.conn, err = nats.Connect("", nats.InProcessServer(srv), nats.Timeout(startTimeout),
		nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond), nats.ErrorHandler(b.onError))
	if err != nil {
		b.stopServer()
		return nil, fmt.Errorf("start the bus: %w", err)
	}
	go b.dispatch()
	return b, nil
}

// Publish sends data, which it copies, to all who subscribe to subject at this
// moment. It does not wait for them. What one goroutine publishes arrives in
// that order, whatever the subjects are.
func (b *Bus) Publish(subject string, data []byte) error {
	if err := check(subject); err != nil {
		return err
	}
	if len(data) > b.cfg.MaxPayload {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(data), b.cfg.MaxPayload)
	}
	if err := b.conn.Publish(subject, data); err != nil {
		return failed("publish", err)
	}
	return nil
}

// Subscribe has f called with each message on subject, until unsubscribe is
// called. Messages published after Subscribe has returned are not missed. data
// belongs to f.
//
// One goroutine calls the funcs of all subscriptions, so that the order holds
// across subjects. f must not block, and must not wait for anything that waits
// for the bus: hand the message to a queue of your own. When f is too slow the
// bus's queue fills, and messages, also others', are lost and counted by
// [Bus.Dropped].
//
// unsubscribe does not wait: a call of f that has begun is finished, but none
// begins after it has returned. It may be called more than once.
func (b *Bus) Subscribe(subject string, f func(subject string, data []byte)) (unsubscribe func(), err error) {
	if err := check(subject); err != nil {
		return nil, err
	}
	// Held here so that dispatch finds f for a message that is already there.
	b.mu.Lock()
	defer b.mu.Unlock()
	sub, err := b.conn.ChanSubscribe(subject, b.queue)
	if err != nil {
		return nil, failed("subscribe", err)
	}
	b.subs[sub] = f
	return func() {
		b.mu.Lock()
		delete(b.subs, sub)
		b.mu.Unlock()
		if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrBadSubscription) {
			b.cfg.Logger.Warn("unsubscribe from the bus", "error", err)
		}
	}, nil
}

// Dropped returns how many times messages began to be lost because the queue
// was full: once for each subscription and each time it was.
func (b *Bus) Dropped() uint64 { return b.dropped.Load() }

// Close delivers no further messages and returns when the bus's goroutines are
// gone. No func of a subscription may call it.
func (b *Bus) Close() error {
	b.closing.Do(func() {
		b.conn.Close()
		close(b.quit)
		<-b.done
		b.stopServer()
	})
	return nil
}

func (b *Bus) stopServer() {
	b.server.Shutdown()
	b.server.WaitForShutdown()
}

// dispatch calls the subscriptions' funcs.
func (b *Bus) dispatch() {
	defer close(b.done)
	for {
		select {
		case m := <-b.queue:
			b.mu.Lock()
			f := b.subs[m.Sub]
			b.mu.Unlock()
			if f != nil { // else unsubscribed meanwhile
				f(m.Subject, m.Data)
			}
		case <-b.quit:
			return
		}
	}
}

// onError is called by the connection, once for each subscription that becomes
// slow. It warns at most once a second, and names no subject.
func (b *Bus) onError(_ *nats.Conn, _ *nats.Subscription, err error) {
	if errors.Is(err, nats.ErrSlowConsumer) {
		b.dropped.Add(1)
	}
	now, last := time.Now().Unix(), b.warned.Load()
	if now > last && b.warned.CompareAndSwap(last, now) {
		b.cfg.Logger.Warn("messages were lost on the bus", "error", err, "times", b.dropped.Load())
	}
}

// failed gives a closed connection this package's error.
func failed(what string, err error) error {
	if errors.Is(err, nats.ErrConnectionClosed) {
		return ErrClosed
	}
	return fmt.Errorf("%s on the bus: %w", what, err)
}
