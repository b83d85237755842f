package call

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Registry holds the calls of this node.
type Registry struct {
	cfg     Config
	rates   *rates // of rings
	comes   *rates // of those who come by links
	changes rates  // of groups
	ratings chances
	stays   chances // to report a stay's end
	masks   disguise
	guesses *guesses        // of links
	ctx     context.Context // of all calls
	stop    context.CancelFunc
	wait    sync.WaitGroup

	mu     sync.Mutex // guards what follows; held for map access only
	closed bool
	calls  map[wire.CallID]*Call
	users  map[wire.UserID]map[*Call]bool // true: in the call; false: rung
	links  map[wire.LinkID]*Call
	inCall func(wire.UserID) // hears who enters a first call or leaves the last
	groups map[wire.GroupID]*Call
}

// New makes a registry and takes up the calls that a crash or a restart left
// open: whoever was in them has the grace period to come back.
func New(ctx context.Context, cfg Config) (*Registry, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &Registry{
		cfg: cfg, rates: &rates{}, comes: &rates{}, calls: map[wire.CallID]*Call{}, users: map[wire.UserID]map[*Call]bool{}, links: map[wire.LinkID]*Call{},
		groups: map[wire.GroupID]*Call{},
	}
	r.cfg.Limits = cfg.Limits.filled()
	r.guesses = newGuesses(r.cfg.Limits.WrongLinks)
	r.ctx, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	rows, err := cfg.Store.ClaimCalls(ctx, cfg.Node)
	if err != nil {
		r.stop()
		return nil, fmt.Errorf("take up calls: %w", err)
	}
	for _, row := range rows {
		s, err := restore(row.Snapshot, uint32(row.Epoch), cfg, time.Now())
		if err != nil {
			cfg.Logger.Error("a call cannot be taken up; it ends", "err", err)
			if err := r.giveUp(ctx, row); err != nil {
				r.stop()
				return nil, fmt.Errorf("end a call that cannot be taken up: %w", err)
			}
			continue
		}
		c := newCall(s.ID, r)
		c.link, c.group = s.Link, s.Group
		c.trace.restarted(s.Created, time.Now())
		r.remember(c)
		r.start(c, s)
	}
	for _, group := range r.RunningGroups() {
		r.GroupChanged(ctx, group)
	}
	return r, nil
}

// giveUp ends a call whose snapshot cannot be read: no call is left open, and none
// keeps its people from calling each other.
func (r *Registry) giveUp(ctx context.Context, row store.CallRow) error {
	s, t, now := &state{ID: wire.CallID(row.ID), Kind: wire.Kind(row.Kind)}, trace{}, time.Now()
	t.restarted(row.Created, now)
	t.add(Step{What: endStep, Detail: string(wire.EndFailed)}, now)
	line, err := t.timeline(s)
	if err != nil {
		return err
	}
	err = r.cfg.Store.Transition(ctx, row.ID, row.Epoch, &store.Change{
		State: string(wire.PhaseEnded), Seq: row.Seq + 1, Snapshot: row.Snapshot, EndReason: string(wire.EndFailed), Timeline: line,
		// Who was called has a row only once he has answered.
		Orphans: map[store.Direction]string{
			store.Incoming: string(wire.OutcomeAnswered), store.Outgoing: string(wire.OutcomeUnanswered),
		},
	})
	if err == nil {
		r.cfg.Events(Ended{Kind: s.Kind, Topology: wire.TopologyDirect, Cause: EndCrash})
	}
	return err
}

// Close stops all calls without ending them: their snapshots are stored, and
// the next process takes them up.
func (r *Registry) Close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.stop()
	r.wait.Wait()
}

// open registers a call that is about to be created, so that whoever meets it
// in the store can wait for it. A link or a group that has a call already gets
// no other: then that one is returned and nothing is registered.
func (r *Registry) open(c *Call) (other *Call, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.links[c.link]; c.link != "" && other != nil {
		return other, nil
	}
	if other := r.groups[c.group]; c.group != "" && other != nil {
		return other, nil
	}
	if r.closed {
		return nil, wire.Problemf(wire.CodeUnavailable, "the server is restarting; try again")
	}
	r.remember(c)
	return nil, nil
}

// remember lets a call be found by all that leads to it. Only with mu held.
func (r *Registry) remember(c *Call) {
	r.calls[c.id] = c
	if c.link != "" {
		r.links[c.link] = c
	}
	if c.group != "" {
		r.groups[c.group] = c
	}
}

// start runs a call that is registered. Its people can be asked about as soon
// as start has returned.
func (r *Registry) start(c *Call, s *state) {
	c.state = s
	r.cfg.Logger.Info("a call begins", "trace", s.Trace, "kind", s.Kind, "topology", s.Topology, "via", s.via(), "encrypted", s.Keys != nil)
	c.reshape(nil)
	r.wait.Go(func() {
		c.run(r.ctx)
		r.abandon(c) // one that has not ended, too: the server stops, and nobody tries it again and again
	})
}

// abandon takes back open: nothing asked of the call is answered any more.
func (r *Registry) abandon(c *Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(c)
	close(c.done)
}

// forget takes back remember. Only with mu held.
func (r *Registry) forget(c *Call) {
	if r.calls[c.id] == c {
		delete(r.calls, c.id)
	}
	if r.links[c.link] == c {
		delete(r.links, c.link)
	}
	if r.groups[c.group] == c {
		delete(r.groups, c.group)
	}
}

// reindex is told by a call who has to do with it. A call that is over is forgotten
// before anybody hears that it is: whoever then asks for what led to it begins anew.
func (r *Registry) reindex(c *Call, change indexChange) {
	r.mu.Lock()
	before := r.presenceOf(change)
	defer func() {
		after, tell := r.presenceOf(change), r.inCall
		r.mu.Unlock()
		tellPresence(before, after, tell)
	}()
	for user, in := range change.now {
		if r.users[user] == nil {
			r.users[user] = map[*Call]bool{}
		}
		r.users[user][c] = in
	}
	for _, user := range change.removed {
		r.unindex(user, c)
	}
	if change.over {
		r.forget(c)
	}
}

func (r *Registry) unindex(user wire.UserID, c *Call) {
	delete(r.users[user], c)
	if len(r.users[user]) == 0 {
		delete(r.users, user)
	}
}

func (r *Registry) call(id wire.CallID) (*Call, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.calls[id]; c != nil {
		return c, nil
	}
	return nil, errNoCall
}

// callsOf returns the calls that an account is in or is rung by.
func (r *Registry) callsOf(user wire.UserID) []*Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*Call, 0, len(r.users[user]))
	for c := range r.users[user] {
		list = append(list, c)
	}
	return list
}

// maxCalls is how many calls an account may be in at a time; a person is in
// one, perhaps with others on hold.
const maxCalls = 16

// room refuses another call to an account that is in many.
func (r *Registry) room(user wire.UserID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, in := range r.users[user] {
		if in {
			n++
		}
	}
	if n >= maxCalls {
		return wire.Problemf(wire.CodeRateLimited, "the account is in %d calls; leave one", n)
	}
	return nil
}

// inAnother tells whether an account is in another call than this one.
func (r *Registry) inAnother(user wire.UserID, call wire.CallID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c, in := range r.users[user] {
		if in && c.id != call {
			return true
		}
	}
	return false
}

// Shapes returns what gauges show of the calls that go on now.
func (r *Registry) Shapes() []Shape {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Shape, 0, len(r.calls))
	for _, c := range r.calls {
		if shape := c.shape.Load(); shape != nil {
			list = append(list, *shape)
		}
	}
	return list
}

// Waiting returns how many wait to be let into the calls of links.
func (r *Registry) Waiting() int {
	n := 0
	for _, shape := range r.Shapes() {
		n += shape.Waiting
	}
	return n
}

// Incoming returns what rings an account now, for a session that has just
// come.
func (r *Registry) Incoming(ctx context.Context, user wire.UserID) []wire.Incoming {
	list := []wire.Incoming{}
	for _, c := range r.callsOf(user) {
		_ = c.do(ctx, func() error { // a call that is over rings nobody
			if in, ok := c.state.incoming(user, time.Now()); ok {
				list = append(list, in)
			}
			return nil
		})
	}
	return list
}

// Attach gives the calls that the device is in to its new session, and returns
// their states.
func (r *Registry) Attach(ctx context.Context, who Who) []wire.CallState {
	list := []wire.CallState{}
	for _, c := range r.callsOf(who.User) {
		_ = c.do(ctx, func() error { // a call that is over has nobody in it
			var self wire.ParticipantID
			err := c.change(ctx, func(s *state, fx *effects, _ time.Time) error {
				l, err := s.attach(fx, who)
				if err == nil {
					self = l.Participant
				}
				if errors.Is(err, errNoCall) && s.reattach(who) {
					return nil // who waits is in no call
				}
				return err
			})
			if err == nil && self != "" {
				list = append(list, c.view(self))
			}
			return nil
		})
	}
	return list
}

// SessionLost says that a session has no socket.
func (r *Registry) SessionLost(ctx context.Context, user wire.UserID, session wire.SessionID) {
	for _, c := range r.callsOf(user) {
		_ = c.do(ctx, func() error { // a call that is over misses nobody
			return c.change(ctx, func(s *state, _ *effects, now time.Time) error {
				s.lost(session, now)
				return nil
			})
		})
	}
}

// Blocked makes a block that is stored take effect on what goes on: whoever is
// blocked rings no more, and a call between the two ends for both.
func (r *Registry) Blocked(ctx context.Context, owner, blocked wire.UserID) {
	calls := r.callsOf(owner)
	for _, c := range r.callsOf(blocked) { // owner may be joining one of them just now
		if !slices.Contains(calls, c) {
			calls = append(calls, c)
		}
	}
	for _, c := range calls {
		_ = c.do(ctx, func() error { // a call that is over needs nothing
			err := c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				s.blocked(fx, owner, blocked, now)
				return nil
			})
			if starter := c.state.Starter; starter == owner || starter == blocked {
				c.gather(ctx)
			}
			return err
		})
	}
}

// Suspended makes an account whose suspension is stored leave its calls, and
// ring no more.
func (r *Registry) Suspended(ctx context.Context, user wire.UserID) {
	for _, c := range r.callsOf(user) {
		_ = c.do(ctx, func() error { // a call that is over needs nothing
			return c.change(ctx, func(s *state, fx *effects, now time.Time) error {
				s.suspended(fx, user, now)
				return nil
			})
		})
	}
}
