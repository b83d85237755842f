package bot

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/keys"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// PhoneConfig is what a Phone needs.
type PhoneConfig struct {
	// Client says where and as whom to sign in; its On is not used.
	Client client.Config
	// Engine carries media; nil means calls without any.
	Engine *media.Engine
	// Clip is what is sent. Required with Engine.
	Clip *media.Clip
	// Key is the device's identity key, by which others know its account's calls. Nil means
	// a new one: people who remember the one before are warned.
	Key ed25519.PrivateKey
	// Quiet sends no reports of quality.
	Quiet bool
	// Echo sends back what the other says in a call of two, instead of the clip.
	Echo bool
	// Incoming hears of calls that ring. It must not wait for anything of this
	// phone: have a goroutine do that. May be nil.
	Incoming func(wire.Incoming)
	// Stopped hears that a call rings no more. The same holds.
	Stopped func(wire.RingStopped)
	// Logger is required. Nothing is logged at info or above.
	Logger *slog.Logger
}

// Validate reports what is missing.
func (c PhoneConfig) Validate() error {
	switch {
	case c.Logger == nil:
		return errors.New("bot: PhoneConfig.Logger is missing")
	case c.Engine != nil && c.Clip == nil:
		return errors.New("bot: PhoneConfig.Clip is missing")
	}
	return c.Client.Validate()
}

// ErrGone is returned where a call is over before it could be used.
var ErrGone = errors.New("bot: the call is over")

// maxOver is how many calls that are over are remembered, for replies that come late.
const maxOver = 64

// Phone is one signed-in device that makes and takes calls.
type Phone struct {
	// Set by Open.
	cfg    PhoneConfig
	client *client.Client
	ready  chan struct{} // closed when client is set

	work sync.WaitGroup // goroutines of calls

	// Owned by on.
	user wire.UserID // empty for a guest

	mu      sync.Mutex // guards what follows; held for map access only
	calls   map[wire.CallID]*Call
	over    []wire.CallID
	entered chan struct{} // closed and replaced when calls has changed
	linking int           // links with a secret that are being joined
	closed  bool
}

// Open signs in.
func Open(ctx context.Context, cfg PhoneConfig) (*Phone, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	p := &Phone{cfg: cfg, ready: make(chan struct{}), calls: map[wire.CallID]*Call{}, entered: make(chan struct{})}
	cfg.Client.On = p.on
	cfg.Client.Encryption = wire.EncryptionVersion
	if p.cfg.Key == nil {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, fmt.Errorf("make a key: %w", err)
		}
		p.cfg.Key = key
	}
	c, err := client.Dial(ctx, cfg.Client)
	if err != nil {
		return nil, err
	}
	p.client = c
	close(p.ready)
	return p, nil
}

// Client is the phone's session, for requests that are no calls.
func (p *Phone) Client() *client.Client { return p.client }

// Close leaves nothing behind: it hangs up on all calls as far as ctx allows, gives
// the session up and returns when all goroutines are gone.
func (p *Phone) Close(ctx context.Context) {
	var leaving sync.WaitGroup
	for _, c := range p.Calls() {
		leaving.Go(func() { _ = c.Leave(ctx) }) // it is over for us in any case
	}
	leaving.Wait()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.client.Close()
	for _, c := range p.Calls() {
		c.finish(wire.EndFailed)
	}
	p.work.Wait()
}

// Calls returns the calls that the phone is in.
func (p *Phone) Calls() []*Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var calls []*Call
	for _, c := range p.calls {
		calls = append(calls, c)
	}
	return calls
}

// Ring calls accounts. The call's state says who answers.
func (p *Phone) Ring(ctx context.Context, kind wire.Kind, users ...wire.UserID) (*Call, error) {
	state, err := client.Request[wire.CallState](ctx, p.client, wire.Ring{Users: users, Kind: kind})
	if err != nil {
		return nil, fmt.Errorf("ring: %w", err)
	}
	c, err := p.find(ctx, state.Call)
	if err != nil {
		return nil, err
	}
	if err := c.SetMedia(ctx, wire.Media{Microphone: true, Camera: kind == wire.KindVideo}); err != nil {
		if _, refused := errors.AsType[*wire.Problem](err); !refused { // refused: it is over already, as its events say
			return nil, err
		}
	}
	return c, nil
}

// DeviceRings says that this phone rings, which the caller is told.
func (p *Phone) DeviceRings(ctx context.Context, call wire.CallID) error {
	_, err := client.Request[wire.Done](ctx, p.client, wire.DeviceRings{Call: call})
	if err != nil {
		return fmt.Errorf("say that the device rings: %w", err)
	}
	return nil
}

// Accept answers a call that rings.
func (p *Phone) Accept(ctx context.Context, call wire.CallID, m wire.Media) (*Call, error) {
	began := time.Now()
	if _, err := client.Request[wire.CallState](ctx, p.client, wire.Accept{Call: call, Media: m}); err != nil {
		return nil, fmt.Errorf("accept: %w", err)
	}
	return p.joined(ctx, call, m, began)
}

// JoinLink joins the call of a link, or starts it. secret is the part of the link's
// address after #, which the server never sees; empty if it has none.
func (p *Phone) JoinLink(ctx context.Context, link wire.LinkID, secret string, m wire.Media) (*Call, error) {
	began := time.Now()
	if secret != "" {
		p.hold(1)
		defer p.hold(-1)
	}
	state, err := client.Request[wire.CallState](ctx, p.client, wire.JoinLink{Link: link, Media: m})
	if err != nil {
		return nil, fmt.Errorf("join by a link: %w", err)
	}
	p.again(state)
	c, err := p.joined(ctx, state.Call, m, began)
	if err == nil {
		c.post(func() { c.release(secret) })
	}
	return c, err
}

// again takes up a call that we have left and joined once more.
func (p *Phone) again(s wire.CallState) {
	p.mu.Lock()
	i := slices.Index(p.over, s.Call)
	if i >= 0 {
		p.over = slices.Delete(p.over, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		p.enter(s)
	}
}

// hold counts links that are being joined. Calls that begin meanwhile wait with their
// keys: which of them is the link's is known by the reply only.
func (p *Phone) hold(n int) {
	p.mu.Lock()
	p.linking += n
	var free []*Call
	if p.linking == 0 {
		for _, c := range p.calls {
			free = append(free, c)
		}
	}
	p.mu.Unlock()
	for _, c := range free {
		c.post(func() { c.release("") })
	}
}

func (p *Phone) joined(ctx context.Context, id wire.CallID, m wire.Media, began time.Time) (*Call, error) {
	c, err := p.find(ctx, id)
	if err != nil {
		return nil, err
	}
	c.post(func() {
		c.since = began
		c.send(m)
	})
	return c, nil
}

// MoveHere takes over a call that another device of the account is in.
func (p *Phone) MoveHere(ctx context.Context, call wire.CallID, m wire.Media) (*Call, error) {
	began := time.Now()
	state, err := client.Request[wire.CallState](ctx, p.client, wire.MoveHere{Call: call, Media: m})
	if err != nil {
		return nil, fmt.Errorf("move a call here: %w", err)
	}
	p.again(state)
	return p.joined(ctx, call, m, began)
}

// Decline refuses a call that rings.
func (p *Phone) Decline(ctx context.Context, call wire.CallID) error {
	if _, err := client.Request[wire.Done](ctx, p.client, wire.Decline{Call: call}); err != nil {
		return fmt.Errorf("decline: %w", err)
	}
	return nil
}

// find waits for the call whose state is on its way to us.
func (p *Phone) find(ctx context.Context, id wire.CallID) (*Call, error) {
	for {
		p.mu.Lock()
		c, over, entered := p.calls[id], slices.Contains(p.over, id), p.entered
		p.mu.Unlock()
		switch {
		case c != nil:
			return c, nil
		case over:
			return nil, ErrGone
		}
		select {
		case <-entered:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-p.client.Done():
			return nil, client.ErrClosed
		}
	}
}

// on hears all that the server says, in order.
func (p *Phone) on(e client.Event) {
	<-p.ready
	switch b := e.Body.(type) {
	case *wire.Welcome:
		p.user = b.User
		p.welcome(b)
	case *wire.CallState:
		p.enter(*b)
	case *wire.Incoming:
		if p.cfg.Incoming != nil {
			p.cfg.Incoming(*b)
		}
	case *wire.CallMoved:
		p.mu.Lock()
		c := p.calls[b.Call]
		p.mu.Unlock()
		if c != nil {
			c.finish(wire.EndHangup)
		}
	case *wire.RingStopped:
		if p.cfg.Stopped != nil {
			p.cfg.Stopped(*b)
		}
	default:
		p.mu.Lock()
		c := p.calls[e.Call]
		p.mu.Unlock()
		if c != nil {
			c.post(func() { c.take(e) })
		}
	}
}

// welcome takes in the whole state, where a new session has begun.
func (p *Phone) welcome(w *wire.Welcome) {
	if w.Resumed {
		return
	}
	for _, c := range p.Calls() {
		if !slices.ContainsFunc(w.Calls, func(s wire.CallState) bool { return s.Call == c.id }) {
			c.finish(wire.EndFailed)
		}
	}
	for _, s := range w.Calls {
		p.enter(s)
	}
	if p.cfg.Incoming != nil {
		for _, in := range w.Incoming {
			p.cfg.Incoming(in)
		}
	}
}

// enter gives a state to its call, which begins with it if it is new.
func (p *Phone) enter(s wire.CallState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.calls[s.Call]; c != nil {
		c.post(func() { c.replace(s) })
		return
	}
	if p.closed || slices.Contains(p.over, s.Call) || s.Phase == wire.PhaseEnded {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	c := newCall(p, s, stop)
	if s.Encrypted {
		if !c.holdKeys(keys.Identity{Account: p.user, Device: p.cfg.Client.Device, Key: p.cfg.Key}) {
			stop()
			return
		}
		c.held = p.linking > 0
		p.work.Go(func() { c.keys.Run(ctx) })
	}
	p.calls[s.Call] = c
	p.changed()
	p.work.Go(c.run)
	p.work.Go(func() { c.request(ctx) })
}

// left forgets a call that is over.
func (p *Phone) left(c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.calls, c.id)
	if p.over = append(p.over, c.id); len(p.over) > maxOver {
		p.over = p.over[1:]
	}
	p.changed()
}

// changed wakes who waits for a call. The caller holds p.mu.
func (p *Phone) changed() {
	close(p.entered)
	p.entered = make(chan struct{})
	p.client.SetInCall(len(p.calls) > 0)
}
