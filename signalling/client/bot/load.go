package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

const (
	// mediaWithin is how long a call may take from answer to sound on both sides.
	mediaWithin = 20 * time.Second
	// ringWithin is how long the callee's device may take to hear of a call.
	ringWithin = 10 * time.Second
	// betweenStarts spreads the first calls, so that they do not measure the
	// sign-in of all.
	betweenStarts = 50 * time.Millisecond
	// maxLoad is how many calls at a time a load may have.
	maxLoad = 500
	// maxSamples bounds what is kept of one load.
	maxSamples = 1 << 20
)

// LoadConfig is what Load needs.
type LoadConfig struct {
	// Calls is how many calls of two go on at a time, 1 to 500.
	Calls int
	// Duration is for how long calls are made.
	Duration time.Duration
	// Stay is how long each call lasts once both are heard.
	Stay time.Duration
	// Kind is voice or video.
	Kind wire.Kind
	// Phone returns the phone of one side (0 calls, 1 answers) of one call, and its account; its
	// Incoming is not used. Without an Engine no media is sent, and a call is set up
	// when it is answered.
	Phone func(call, side int) (PhoneConfig, wire.UserID)
}

// Validate reports what is out of range.
func (c LoadConfig) Validate() error {
	switch {
	case c.Calls < 1 || c.Calls > maxLoad:
		return fmt.Errorf("bot: LoadConfig.Calls is %d, not 1 to %d", c.Calls, maxLoad)
	case c.Duration <= 0 || c.Stay < 0:
		return errors.New("bot: a duration of LoadConfig is not positive")
	case !slices.Contains(c.Kind.Values(), string(c.Kind)):
		return errors.New("bot: LoadConfig.Kind is neither voice nor video")
	case c.Phone == nil:
		return errors.New("bot: LoadConfig.Phone is missing")
	}
	return nil
}

// load collects what its pairs measure.
type load struct {
	cfg LoadConfig

	mu          sync.Mutex // guards what follows
	report      Report
	rung, heard []time.Duration
}

// Load has pairs of phones call each other, and reports how that went. The error is
// that of a phone that could not sign in; ctx's end only ends it early.
func Load(ctx context.Context, cfg LoadConfig) (Report, error) {
	if err := cfg.Validate(); err != nil {
		return Report{}, err
	}
	l := &load{cfg: cfg, report: Report{Failures: map[string]int{}}}
	began := time.Now()
	more, cancel := context.WithTimeout(ctx, cfg.Duration)
	defer cancel()
	failed := make(chan error, cfg.Calls)
	var pairs sync.WaitGroup
	for i := range cfg.Calls {
		pairs.Go(func() {
			if !wait(more, time.Duration(i)*betweenStarts) {
				return
			}
			if err := l.pair(ctx, more, i); err != nil && ctx.Err() == nil {
				failed <- err
				cancel()
			}
		})
	}
	pairs.Wait()
	l.report.Seconds = time.Since(began).Seconds()
	l.report.Rung, l.report.Heard = quantiles(l.rung), quantiles(l.heard)
	select {
	case err := <-failed:
		return l.report, err
	default:
		return l.report, nil
	}
}

// pair makes one call after another until more ends; the last one is not cut off.
func (l *load) pair(ctx, more context.Context, i int) error {
	incoming := make(chan wire.Incoming, 1)
	var phones [2]*Phone
	var users [2]wire.UserID
	for side := range phones {
		cfg, user := l.cfg.Phone(i, side)
		if side == 1 {
			cfg.Incoming = func(in wire.Incoming) {
				select {
				case incoming <- in:
				default: // the one before was not fetched: it failed
				}
			}
		}
		p, err := Open(ctx, cfg)
		if err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
		defer func() {
			leaving, done := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer done()
			p.Close(leaving)
		}()
		phones[side], users[side] = p, user
	}
	for side, p := range phones { // so that they may reach each other without the relay
		if _, err := client.Request[wire.People](ctx, p.client, wire.AddContact{User: users[1-side]}); err != nil {
			return fmt.Errorf("add a contact: %w", err)
		}
	}
	for more.Err() == nil {
		if cause := l.call(ctx, more, phones, users[1], incoming); cause != "" && ctx.Err() == nil {
			l.fail(cause)
			wait(more, time.Second)
		}
	}
	return nil
}

// call makes one call. It returns why it failed, or nothing.
func (l *load) call(ctx, more context.Context, phones [2]*Phone, callee wire.UserID, incoming <-chan wire.Incoming) string {
	select {
	case <-incoming: // of a call that failed
	default:
	}
	l.count(func(r *Report) { r.Calls++ })
	began := time.Now()
	made, err := phones[0].Ring(ctx, l.cfg.Kind, callee)
	if err != nil {
		return cause("ring", err)
	}
	defer l.finish(ctx, made)
	var in wire.Incoming
	select {
	case in = <-incoming:
	case <-time.After(ringWithin):
		return "ring: no device"
	case <-ctx.Done():
		return ""
	}
	rung := time.Since(began)
	if err := phones[1].DeviceRings(ctx, in.Call); err != nil {
		return cause("device rings", err)
	}
	taken, err := phones[1].Accept(ctx, in.Call, wire.Media{Microphone: true, Camera: l.cfg.Kind == wire.KindVideo})
	if err != nil {
		return cause("accept", err)
	}
	defer l.finish(ctx, taken)
	calls := []*Call{made, taken}
	if phones[0].cfg.Engine != nil {
		if cause := heard(ctx, calls); cause != "" {
			return cause
		}
	}
	l.setUp(rung, calls)
	select {
	case <-made.Over():
		return "ended: " + string(made.Reason())
	case <-time.After(l.cfg.Stay):
	case <-more.Done():
	}
	return ""
}

// heard waits for sound on both sides.
func heard(ctx context.Context, calls []*Call) string {
	late := time.NewTimer(mediaWithin)
	defer late.Stop()
	for _, c := range calls {
		select {
		case <-c.Flows():
		case <-c.Over():
			return "media: the call ended"
		case <-late.C:
			return "media: no sound"
		case <-ctx.Done():
			return "cut off"
		}
	}
	return ""
}

func (l *load) setUp(rung time.Duration, calls []*Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.report.SetUp++
	if len(l.heard) >= maxSamples {
		return
	}
	l.rung = append(l.rung, rung)
	for _, c := range calls {
		if after := c.FlowsAfter(); after > 0 {
			l.heard = append(l.heard, after)
		}
	}
}

// finish hangs up and counts what the call has carried.
func (l *load) finish(ctx context.Context, c *Call) {
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	select {
	case <-c.Over():
	default:
		_ = c.Leave(leaving) // it is over for us in any case
	}
	<-c.Done()
	stats := c.Stats()
	sent, received := stats.Totals()
	l.count(func(r *Report) {
		r.Sent, r.Received, r.Lost = r.Sent.Plus(sent), r.Received.Plus(received), r.Lost+stats.Lost
	})
}

func (l *load) count(f func(*Report)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.report)
}

func (l *load) fail(cause string) { l.count(func(r *Report) { r.Failures[cause]++ }) }

// cause names a failure: where, and the server's code if it refused.
func cause(where string, err error) string {
	if p, ok := errors.AsType[*wire.Problem](err); ok {
		return where + ": " + string(cmp.Or(p.Code, wire.CodeInternal))
	}
	return where + ": connection"
}
