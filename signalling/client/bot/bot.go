package bot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// maxWaiting is how many calls may ring a bot that has no line for them yet.
const maxWaiting = 64

// Between is a time chosen anew by chance, evenly between two.
type Between struct{ Least, Most time.Duration }

func (b Between) pick() time.Duration {
	if b.Most <= b.Least {
		return b.Least
	}
	return b.Least + rand.N(b.Most-b.Least)
}

// Script says what a bot does.
type Script struct {
	// Rings are whom the bot calls, one entry after another, over and over;
	// an entry of several accounts is a group. Empty means that it never calls.
	Rings [][]wire.UserID
	// Kinds are what it calls for, in turn; empty means video.
	Kinds []wire.Kind
	// Rest is how long it waits before each call.
	Rest Between
	// Answers says that it answers, after Answer has passed. Otherwise its
	// phone rings, and nobody comes.
	Answers bool
	Answer  Between
	// Lines is how many calls it takes at a time; what is more it declines. At least 1.
	Lines int
	// Stay is how long it talks in a call that it made. It leaves calls that others
	// made when they do.
	Stay Between
	// Mute is how long it talks before it mutes itself, and how long it stays
	// muted, in turn; zero means that it never does.
	Mute Between
	// Contacts are added to its contacts when it begins.
	Contacts []wire.UserID
	// Everyone says that anybody may call it.
	Everyone bool
}

// Config is what a Bot needs.
type Config struct {
	// Phone is what it calls with; its Incoming and Stopped are not used.
	Phone PhoneConfig
	// Script is what it does.
	Script Script
	// On hears how each call went, from the goroutine of that call. May be nil.
	On func(Went)
}

// Went says how a call went for a bot.
type Went struct {
	// Made says that the bot made it; otherwise it answered.
	Made bool
	// Err is why it did not come about; nil if it did or nobody answered.
	Err error
	// Flowed says that sound came, FlowsAfter how long that took.
	Flowed     bool
	FlowsAfter time.Duration
	// Reason is why it was over.
	Reason wire.EndReason
	// Stats is what it carried.
	Stats media.Stats
}

// Bot is one scripted participant.
type Bot struct {
	cfg      Config
	incoming chan wire.Incoming
	ringing  ringing

	work sync.WaitGroup // calls

	mu    sync.Mutex // guards what follows; held for access only
	phone *Phone     // nil while it is not signed in
	lines int        // in use
}

// New makes a bot. It does nothing before Run.
func New(cfg Config) (*Bot, error) {
	b := &Bot{cfg: cfg, incoming: make(chan wire.Incoming, maxWaiting)}
	b.cfg.Phone.Incoming = b.ring
	b.cfg.Phone.Stopped = b.ringing.stop
	b.cfg.Script.Lines = max(1, cfg.Script.Lines)
	if b.cfg.On == nil {
		b.cfg.On = func(Went) {}
	}
	if len(b.cfg.Script.Kinds) == 0 {
		b.cfg.Script.Kinds = []wire.Kind{wire.KindVideo}
	}
	return b, b.cfg.Phone.Validate()
}

// Calls returns the calls that the bot is in.
func (b *Bot) Calls() []*Call {
	b.mu.Lock()
	phone := b.phone
	b.mu.Unlock()
	if phone == nil {
		return nil
	}
	return phone.Calls()
}

// Run signs in and follows the script until ctx ends, then hangs up. The error is
// nil after that; otherwise it says why the server will not have the bot.
func (b *Bot) Run(ctx context.Context) error {
	phone, err := Open(ctx, b.cfg.Phone)
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	b.mu.Lock()
	b.phone = phone
	b.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		b.work.Wait()
		leaving, done := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer done()
		phone.Close(leaving)
	}()
	if err := b.settle(ctx, phone); err != nil {
		return err
	}
	next, kind := 0, 0
	rest := time.NewTimer(b.cfg.Script.Rest.pick())
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-phone.client.Done():
			if ctx.Err() != nil {
				return nil
			}
			return phone.client.Err()
		case in := <-b.incoming:
			if b.takeLine() {
				b.work.Go(func() { defer b.freeLine(); b.answer(ctx, phone, in) })
			} else {
				b.work.Go(func() { _ = phone.Decline(ctx, in.Call) }) // if it fails, it rings until it stops
			}
		case <-rest.C:
			rings := b.cfg.Script.Rings
			if len(rings) > 0 && b.takeLine() {
				users, how := rings[next%len(rings)], b.cfg.Script.Kinds[kind%len(b.cfg.Script.Kinds)]
				next, kind = next+1, kind+1
				b.work.Go(func() {
					defer rest.Reset(b.cfg.Script.Rest.pick())
					defer b.freeLine()
					b.call(ctx, phone, how, users)
				})
			} else {
				rest.Reset(b.cfg.Script.Rest.pick() + time.Second)
			}
		}
	}
}

// settle says whom the bot knows and who may call it.
func (b *Bot) settle(ctx context.Context, phone *Phone) error {
	for _, user := range b.cfg.Script.Contacts {
		if _, err := client.Request[wire.People](ctx, phone.client, wire.AddContact{User: user}); err != nil {
			if p, ok := errors.AsType[*wire.Problem](err); ok && p.Code == wire.CodeNotFound {
				continue // it has not signed in yet; it can add us
			}
			return fmt.Errorf("add a contact: %w", err)
		}
	}
	if !b.cfg.Script.Everyone {
		return nil
	}
	privacy, err := client.Request[wire.Privacy](ctx, phone.client, wire.GetPrivacy{})
	if err == nil && privacy.WhoMayCall != wire.MayCallEveryone {
		_, err = client.Request[wire.Privacy](ctx, phone.client, wire.SetPrivacy{
			WhoMayCall: wire.MayCallEveryone, HideAddress: privacy.HideAddress, IfVersion: privacy.Version,
		})
	}
	if err != nil {
		return fmt.Errorf("let everybody call: %w", err)
	}
	return nil
}

func (b *Bot) takeLine() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lines >= b.cfg.Script.Lines {
		return false
	}
	b.lines++
	return true
}

func (b *Bot) freeLine() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines--
}

// ring notes a call that rings. What a bot cannot even note rings out.
func (b *Bot) ring(in wire.Incoming) {
	select {
	case b.incoming <- in:
	default:
	}
}
