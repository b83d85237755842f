package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/client/keys"
	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

// maxInbox is how many things may wait for a call's goroutine; when more do, the
// call is given up.
const maxInbox = 512

// Call is one call that a phone is in.
type Call struct {
	// Set by newCall.
	id    wire.CallID
	phone *Phone
	inbox chan func()
	out   chan func(context.Context)
	over  chan struct{}      // closed by finish
	flows chan struct{}      // closed when the first sound has come
	done  chan struct{}      // closed when media is closed, too
	stop  context.CancelFunc // of requests

	shown  atomic.Pointer[wire.CallState] // state, for others
	after  atomic.Int64                   // ns until the first sound
	keys   *keys.Keys                     // nil if the call is not encrypted
	end    sync.Once
	reason wire.EndReason // set before over is closed

	// Owned by run.
	state   wire.CallState
	since   time.Time // of accept, join, or the first other's arrival
	media   wire.Media
	syncing bool
	held    bool              // it may be the call of a link whose secret is to come
	secret  string            // of its link; empty if there is none
	entered bool              // the keys were asked for
	ghost   time.Time         // since when somebody has keys whom the server has not named; zero if nobody
	unbound []*wire.Described // what could not be checked yet
	missing time.Time         // when the server knew nothing of the call; zero if it does
	report  reporter

	mu   sync.Mutex // guards what follows
	way  *way
	old  *way        // until way carries sound
	past media.Stats // of ways that are closed
}

func newCall(p *Phone, s wire.CallState, stop context.CancelFunc) *Call {
	return &Call{
		id: s.Call, phone: p, state: s, since: time.Now(), stop: stop,
		inbox: make(chan func(), maxInbox), out: make(chan func(context.Context), maxInbox),
		over: make(chan struct{}), flows: make(chan struct{}), done: make(chan struct{}),
	}
}

// ID names the call.
func (c *Call) ID() wire.CallID { return c.id }

// State is how the call stands.
func (c *Call) State() wire.CallState {
	if s := c.shown.Load(); s != nil {
		return *s
	}
	return wire.CallState{Call: c.id}
}

// Flows is closed when the first sound of somebody else has come.
func (c *Call) Flows() <-chan struct{} { return c.flows }

// FlowsAfter is the time from accept or join, or the other's arrival, to the first sound;
// zero before that.
func (c *Call) FlowsAfter() time.Duration { return time.Duration(c.after.Load()) }

// Over is closed when the call is over for us.
func (c *Call) Over() <-chan struct{} { return c.over }

// Reason is why the call is over; empty before that.
func (c *Call) Reason() wire.EndReason {
	select {
	case <-c.over:
		return c.reason
	default:
		return ""
	}
}

// Done is closed when the call is over and its connections are closed.
func (c *Call) Done() <-chan struct{} { return c.done }

// Leave hangs up. The call is over for us whatever the error.
func (c *Call) Leave(ctx context.Context) error {
	_, err := client.Request[wire.Done](ctx, c.phone.client, wire.Leave{Call: c.id})
	c.finish(wire.EndHangup)
	if err != nil {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

// Invite rings more accounts.
func (c *Call) Invite(ctx context.Context, users ...wire.UserID) error {
	if _, err := client.Request[wire.Done](ctx, c.phone.client, wire.Invite{Call: c.id, Users: users}); err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	return nil
}

// SetMedia says what we send from now on.
func (c *Call) SetMedia(ctx context.Context, m wire.Media) error {
	c.post(func() { c.send(m) })
	if _, err := client.Request[wire.Done](ctx, c.phone.client, wire.SetMedia{Call: c.id, Media: m}); err != nil {
		return fmt.Errorf("set media: %w", err)
	}
	return nil
}

// Stats is what all connections of the call have carried so far.
func (c *Call) Stats() media.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	var s media.Stats
	s.Add(c.past)
	for _, w := range []*way{c.way, c.old} {
		if w != nil {
			s.Add(w.Stats())
		}
	}
	return s
}

// post has run carry out f. A call that cannot keep up is given up.
func (c *Call) post(f func()) {
	select {
	case c.inbox <- f:
	case <-c.over:
	default:
		c.finish(wire.EndFailed)
	}
}

// ask has request carry out f.
func (c *Call) ask(f func(context.Context)) {
	select {
	case c.out <- f:
	case <-c.over:
	default:
		c.finish(wire.EndFailed)
	}
}

// tell sends a request whose reply has nothing to say.
func (c *Call) tell(body any) {
	c.ask(func(ctx context.Context) {
		if _, err := client.Request[wire.Done](ctx, c.phone.client, body); err != nil {
			c.refused(err)
		}
	})
}

// refused notes that a request was not carried out. What is stale needs nothing: a newer
// state is on its way. A lost session is told by the welcome.
func (c *Call) refused(err error) {
	if p, ok := errors.AsType[*wire.Problem](err); ok {
		if p.Code == wire.CodeCallEnded || p.Code == wire.CodeNotFound {
			// The event that says why is on its way, as a rule.
			c.post(func() { c.missing = cmp.Or(c.missing, time.Now()) })
			return
		}
		c.phone.cfg.Logger.Debug("a request of a call was refused", "code", string(p.Code))
	}
}

// finish ends the call for us; the first reason counts.
func (c *Call) finish(reason wire.EndReason) {
	c.end.Do(func() {
		c.reason = reason
		close(c.over)
		c.stop()
	})
}

// request sends what run asks for, one after another.
func (c *Call) request(ctx context.Context) {
	for {
		select {
		case <-c.over:
			return
		case f := <-c.out:
			f(ctx)
		}
	}
}

// run owns the call's state until it is over.
func (c *Call) run() {
	defer close(c.done)
	defer c.phone.left(c)
	defer c.closeWays()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	c.follow()
	for {
		select {
		case <-c.over:
			return
		case f := <-c.inbox:
			f()
		case now := <-look.C:
			c.look(now)
		}
	}
}

// take carries out one event of the server.
func (c *Call) take(e client.Event) {
	if e.Seq == 0 {
		c.signalled(e.Body)
		return
	}
	before := len(client.Joined(&c.state))
	switch client.Fold(&c.state, e) {
	case client.Old:
		return
	case client.Gap:
		c.sync()
		return
	}
	switch b := e.Body.(type) {
	case *wire.CallEnded:
		c.finish(b.Reason)
		return
	case *wire.ParticipantLeft:
		if b.Participant == c.state.Self {
			c.finish(wire.EndHangup)
			return
		}
	case *wire.ParticipantJoined:
		if before < 2 && b.Participant.Participant != c.state.Self {
			c.since = time.Now()
		}
	}
	c.follow()
}

// replace takes in a whole state.
func (c *Call) replace(s wire.CallState) {
	if s.Epoch < c.state.Epoch || s.Epoch == c.state.Epoch && s.Seq < c.state.Seq {
		return
	}
	c.state = s
	if s.Phase == wire.PhaseEnded {
		c.finish(wire.EndFailed)
		return
	}
	if c.entered {
		c.keys.Sync() // some commits may have been missed
	}
	c.follow()
}

// sync asks for the whole state, which comes to replace by way of the phone.
func (c *Call) sync() {
	if c.syncing {
		return
	}
	c.syncing = true
	c.ask(func(ctx context.Context) {
		_, err := client.Request[wire.CallState](ctx, c.phone.client, wire.Sync{Call: c.id})
		if err != nil {
			c.refused(err)
		}
		c.post(func() { c.syncing = false })
	})
}

// send says what our connections send.
func (c *Call) send(m wire.Media) {
	c.media = m
	for _, w := range []*way{c.way, c.old} {
		if w != nil {
			w.SetMedia(m)
		}
	}
}
