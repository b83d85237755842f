package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"pronto/signalling/wire"
)

// ErrReplaced is why a client is over whose session was taken up elsewhere.
var ErrReplaced = errors.New("client: the session was taken up elsewhere")

// restartSpread is over how long clients spread when a server goes away.
const restartSpread = 2 * time.Second

// Client is one signed-in device.
type Client struct {
	// Set by Dial.
	cfg    Config
	cancel context.CancelFunc
	over   chan struct{} // closed when requests cannot be answered any more
	done   chan struct{} // closed when all goroutines are gone
	queue  *queue
	eased  chan struct{} // holds one token after SetInCall

	serial atomic.Uint32 // the last one seen
	inCall atomic.Bool

	// Owned by run.
	refused int // tokens, one after another
	hellos  uint64

	mu      sync.Mutex // guards what follows; held for map access only
	socket  *socket    // nil while there is none
	resume  *wire.Resume
	me      wire.Welcome
	pending map[string]*pending // by id
	lastID  uint64
	closed  bool
	err     error // why it is over
}

// Dial signs in and returns when the server has said welcome. It tries once. ctx is
// for that alone: the client lives until Close.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Client{
		cfg: cfg.withDefaults(), over: make(chan struct{}), done: make(chan struct{}), eased: make(chan struct{}, 1),
		pending: map[string]*pending{},
	}
	socket, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	live, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.cancel = cancel
	go c.run(live, socket)
	return c, nil
}

// Close gives the session up and returns when all goroutines are gone: requests
// that wait fail with [ErrClosed], those of Config.On too, and Config.On has
// returned. It must not be called from Config.On, nor Done waited for there. A
// second Close waits for the first.
func (c *Client) Close() {
	c.mu.Lock()
	socket := c.socket
	c.closed = true
	c.mu.Unlock()
	if socket != nil {
		_ = socket.conn.Close(websocket.StatusNormalClosure, "")
	}
	c.cancel()
	<-c.done
}

// Done is closed when the client is over: after Close, or when the server will
// not have it any more; see [Client.Err].
func (c *Client) Done() <-chan struct{} { return c.done }

// Err says why the client is over: ErrClosed, ErrReplaced, or the server's
// refusal. Nil before that.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Me is the latest welcome: who we are.
func (c *Client) Me() wire.Welcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.me
}

// Online tells whether there is a socket now.
func (c *Client) Online() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket != nil
}

// SetInCall says whether a call is on, so that a lost socket is noticed sooner.
func (c *Client) SetInCall(on bool) {
	if c.inCall.Swap(on) == on {
		return
	}
	select {
	case c.eased <- struct{}{}:
	default:
	}
}

func (c *Client) pingEvery() time.Duration {
	if c.inCall.Load() {
		return c.cfg.BusyPingEvery
	}
	return c.cfg.PingEvery
}

// run keeps a socket open until the client is over.
func (c *Client) run(ctx context.Context, s *socket) {
	err := ErrClosed
	for ctx.Err() == nil {
		lost := c.serve(ctx, s)
		c.detach()
		if s, err = c.reopen(ctx, lost); err != nil {
			break
		}
	}
	if ctx.Err() != nil {
		err = ErrClosed
	}
	c.mu.Lock()
	c.closed, c.err, c.socket = true, err, nil
	c.mu.Unlock()
	if s != nil {
		_ = s.conn.CloseNow()
	}
	close(c.over) // first: the listener may wait for a reply
	if c.queue != nil {
		c.queue.close()
	}
	c.cancel()
	close(c.done)
}

// serve reads the socket until it is lost, and says how.
func (c *Client) serve(ctx context.Context, s *socket) error {
	ctx, cancel := context.WithCancel(ctx)
	var pinging sync.WaitGroup
	pinging.Go(func() { s.ping(ctx, c.pingEvery, c.eased, c.serial.Load) })
	defer pinging.Wait()
	defer cancel()
	for {
		m, err := s.read(ctx)
		if err == nil {
			err = c.take(m.frame, m.body)
		}
		if err != nil {
			_ = s.conn.CloseNow()
			return err
		}
	}
}

// take carries one frame to whom it is for.
func (c *Client) take(frame wire.Frame, body any) error {
	if frame.Serial != 0 {
		if frame.Serial <= c.serial.Load() {
			return nil // seen before the socket was lost
		}
		c.serial.Store(frame.Serial)
	}
	if body == nil {
		return nil // said by a newer server
	}
	event := Event{Call: frame.Call, Epoch: frame.Epoch, Seq: frame.Seq, Body: body}
	if frame.ID == "" {
		return c.tell(event)
	}
	c.mu.Lock()
	p := c.pending[frame.ID]
	delete(c.pending, frame.ID)
	c.mu.Unlock()
	switch b := body.(type) {
	case *wire.Welcome:
		if err := c.tell(event); err != nil {
			return err
		}
	case *wire.CallState:
		event.Call = b.Call
		if err := c.tell(event); err != nil {
			return err
		}
	}
	if p != nil {
		p.reply <- result{body: body}
	}
	return nil
}

// tell queues an event. When the listener is too slow the session is given up:
// the next welcome has the whole state.
func (c *Client) tell(e Event) error {
	if c.queue.put(e) {
		return nil
	}
	c.forget()
	return errors.New("the listener is too slow")
}

// forget has the next socket begin a new session.
func (c *Client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resume = nil
}

func (c *Client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func (c *Client) detach() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.socket = nil
}

// open opens a socket, with the session it had if there is one.
func (c *Client) open(ctx context.Context) (*socket, error) {
	token, err := c.cfg.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("get a token: %w", err)
	}
	hello := wire.Hello{Token: token, Device: c.cfg.Device, DeviceName: c.cfg.DeviceName, Encryption: c.cfg.Encryption, Capabilities: c.cfg.Capabilities}
	c.mu.Lock()
	if c.resume != nil {
		resume := *c.resume
		resume.Serial = c.serial.Load()
		hello.Resume = &resume
	}
	c.mu.Unlock()
	c.hellos++
	s, said, err := openSocket(ctx, c.cfg, hello, fmt.Sprint("h", c.hellos))
	if err != nil {
		return nil, err
	}
	if err := c.attach(ctx, s, said); err != nil {
		_ = s.conn.CloseNow()
		return nil, err
	}
	return s, nil
}

// attach makes s the client's socket, takes in what the server said, and sends
// what was not answered.
func (c *Client) attach(ctx context.Context, s *socket, said []message) error {
	if c.queue == nil {
		c.queue = newQueue(c.cfg.On)
	}
	last := said[len(said)-1]
	welcome := last.body.(*wire.Welcome) // as openSocket promises
	missed := said[:len(said)-1]
	if !welcome.Resumed {
		c.serial.Store(0)
		missed = nil
	}
	for _, m := range append(missed, last) {
		if err := c.take(m.frame, m.body); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.resume = &wire.Resume{Session: welcome.Session, Secret: welcome.Secret}
	c.me = *welcome
	var again, lost []*pending
	for id, p := range c.pending {
		if p.sentOn != nil && !welcome.Resumed {
			lost = append(lost, p)
			delete(c.pending, id)
			continue
		}
		p.sentOn = s
		again = append(again, p)
	}
	c.socket = s
	c.mu.Unlock()

	for _, p := range lost {
		p.reply <- result{err: ErrSessionLost}
	}
	slices.SortFunc(again, func(a, b *pending) int { return int(int64(a.number - b.number)) })
	for _, p := range again {
		s.write(ctx, p.frame)
	}
	return nil
}
