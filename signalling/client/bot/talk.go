package bot

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

// ringing are the calls that ring a bot, each with what to do when it stops.
type ringing struct {
	mu    sync.Mutex // guards calls; held for map access only
	calls map[wire.CallID]context.CancelFunc
}

func (r *ringing) begin(ctx context.Context, id wire.CallID) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls == nil {
		r.calls = map[wire.CallID]context.CancelFunc{}
	}
	r.calls[id] = cancel
	return ctx, func() {
		r.mu.Lock()
		delete(r.calls, id)
		r.mu.Unlock()
		cancel()
	}
}

func (r *ringing) stop(s wire.RingStopped) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cancel := r.calls[s.Call]; cancel != nil {
		cancel()
	}
}

// answer lets a call ring, and takes it if it still rings then.
func (b *Bot) answer(ctx context.Context, phone *Phone, in wire.Incoming) {
	ring, stop := b.ringing.begin(ctx, in.Call)
	defer stop()
	if phone.DeviceRings(ring, in.Call) != nil || !b.cfg.Script.Answers || !wait(ring, b.cfg.Script.Answer.pick()) {
		return
	}
	m := wire.Media{Microphone: true, Camera: in.Kind == wire.KindVideo}
	call, err := phone.Accept(ctx, in.Call, m)
	if err != nil {
		if ring.Err() == nil {
			b.cfg.On(Went{Err: err})
		}
		return
	}
	b.talk(ctx, call, m, nil)
	b.hangUp(ctx, call)
	b.cfg.On(went(call, false))
}

// hangUp leaves a call and waits until its connections are closed.
func (b *Bot) hangUp(ctx context.Context, call *Call) {
	select {
	case <-call.Over():
	default:
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		_ = call.Leave(leaving) // it is over for us in any case
	}
	<-call.Done()
	b.sayHowItWas(ctx, call)
}

// sayHowItWas sends what is said of a call that is over.
func (b *Bot) sayHowItWas(ctx context.Context, call *Call) {
	if call.FlowsAfter() == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if m, ok := call.lastReport(); ok {
		_, _ = client.Request[wire.Done](ctx, call.phone.client, m) // for counting only
	}
	if call.State().AskRating {
		_, _ = client.Request[wire.Done](ctx, call.phone.client, rating(call.id, call.Stats()))
	}
}

// call rings users and talks to those who answer.
func (b *Bot) call(ctx context.Context, phone *Phone, kind wire.Kind, users []wire.UserID) {
	call, err := phone.Ring(ctx, kind, users...)
	if err != nil {
		if ctx.Err() == nil {
			b.cfg.On(Went{Made: true, Err: err})
		}
		return
	}
	if b.answered(ctx, call) {
		enough := time.NewTimer(b.cfg.Script.Stay.pick())
		defer enough.Stop()
		b.talk(ctx, call, wire.Media{Microphone: true, Camera: kind == wire.KindVideo}, enough.C)
	}
	b.hangUp(ctx, call)
	b.cfg.On(went(call, true))
}

// answered waits until somebody else is in the call.
func (b *Bot) answered(ctx context.Context, call *Call) bool {
	const every = 100 * time.Millisecond
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		state := call.State()
		if len(client.Joined(&state)) > 1 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-call.Over():
			return false
		case <-look.C:
		}
	}
}

// talk stays in a call until it is over, ctx ends, it has been enough or who
// made the call has left, and mutes now and then.
func (b *Bot) talk(ctx context.Context, call *Call, m wire.Media, enough <-chan time.Time) {
	var toggle <-chan time.Time
	again := func() {
		if pause := b.cfg.Script.Mute.pick(); pause > 0 {
			toggle = time.After(pause)
		}
	}
	again()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	made := call.State().Host
	for {
		select {
		case <-ctx.Done():
			return
		case <-call.Over():
			return
		case <-enough:
			return
		case <-look.C:
			host := call.State().Host
			if made != "" && host != made { // who stays is the host then
				return
			}
			made = host
		case <-toggle:
			m.Microphone = !m.Microphone
			if call.SetMedia(ctx, m) == nil {
				again()
			}
		}
	}
}

func went(call *Call, made bool) Went {
	w := Went{Made: made, Reason: call.Reason(), Stats: call.Stats(), FlowsAfter: call.FlowsAfter()}
	w.Flowed = w.FlowsAfter > 0
	if w.Reason == wire.EndFailed {
		w.Err = fmt.Errorf("the call failed")
	}
	return w
}

// wait reports whether d has passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
