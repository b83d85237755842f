package call

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pronto/sfu"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// storeTimeout is how long a change waits for the store before it is refused.
const storeTimeout = 5 * time.Second

// Call is one call: an actor around its state.
type Call struct {
	// Set by newCall.
	id    wire.CallID
	cfg   *Config
	inbox chan func()
	done  chan struct{} // closed when run has returned
	moved func(*Call, indexChange)
	rates *chances
	stays *chances
	masks *disguise
	link  wire.LinkID  // that leads to it, or empty
	group wire.GroupID // empty unless it is the call of one

	mu sync.Mutex // held while something is carried out: by run, or by who only reports (note)

	// Owned by who holds mu.
	state   *state
	peers   map[wire.ParticipantID]*peer
	uses    map[wire.ParticipantID]sfu.DataUse // how much data they want to use; nil while nobody has said
	hearers hearers
	trace   trace

	shape   atomic.Pointer[Shape]          // for gauges
	current atomic.Pointer[wire.GroupCall] // of a group's call
}

// Shape is what gauges show of a call.
type Shape struct {
	Kind     wire.Kind
	Topology wire.Topology
	People   int
	// Encrypted says that the call is end-to-end encrypted.
	Encrypted bool
	Waiting   int // in the lobby
}

func newCall(id wire.CallID, r *Registry) *Call {
	return &Call{
		id: id, cfg: &r.cfg, inbox: make(chan func()), done: make(chan struct{}), moved: r.reindex, rates: &r.ratings, stays: &r.stays, masks: &r.masks,
		peers: map[wire.ParticipantID]*peer{},
	}
}

// run owns the call until it has ended, the store says that another node owns
// it, or ctx is done.
func (c *Call) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for c.arm(timer) {
		select {
		case f := <-c.inbox:
			c.carryOut(f)
		case <-timer.C:
			c.tick(ctx)
		case <-ctx.Done():
			c.carryOut(c.closePeers)
			return
		}
	}
	c.carryOut(c.closePeers)
	c.cfg.Relay.Revoke(c.id, "")
}

// arm sets the timer to when something is due. It reports whether the call goes on.
func (c *Call) arm(timer *time.Timer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := time.Hour
	if at, ok := c.next(); ok {
		wait = max(0, time.Until(at))
	}
	timer.Reset(wait)
	return c.state.Phase != wire.PhaseEnded
}

func (c *Call) carryOut(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// tick carries out what is due. If the store cannot be asked it is due again a
// second later.
func (c *Call) tick(ctx context.Context) {
	var err error
	c.carryOut(func() {
		err = c.change(ctx, func(s *state, fx *effects, now time.Time) error {
			s.tick(fx, now)
			return nil
		})
		if c.state.Phase == wire.PhaseEnded {
			err = nil // there is nothing to try again
		}
	})
	if err == nil {
		return
	}
	c.cfg.Logger.Warn("a call's timer could not be carried out; it is tried again", "err", err)
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
	}
}

// do has run carry out f, and returns what f returned.
func (c *Call) do(ctx context.Context, f func() error) error {
	reply := make(chan error, 1)
	select {
	case c.inbox <- func() { reply <- f() }: // unbuffered: whatever is received is carried out
		return <-reply
	case <-c.done:
		return errCallEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// change has f change a copy of the state, commits what is durable, and then
// lets the effects out. After an error nothing has changed. Only for run.
func (c *Call) change(ctx context.Context, f func(s *state, fx *effects, now time.Time) error) error {
	before, next, fx, now := c.state, c.state.clone(), &effects{at: time.Now()}, time.Now()
	if err := f(next, fx, now); err != nil {
		return err
	}
	next.tendHost(fx)
	next.tendWay(fx, now)
	next.tendKeys(fx, now)
	fx.stories = next.story(before, fx, now)
	fx.durable = fx.durable || len(fx.stories) > 0
	trace := c.trace
	trace.take(before, next, fx, now)
	if fx.durable {
		if err := c.commit(ctx, next, fx, &trace); err != nil {
			return c.uncommitted(err)
		}
	}
	c.trace = trace
	c.state = next
	c.reshape(before)
	c.release(fx, now)
	c.announce(now)
	return nil
}

// commit writes the durable part in one transaction, fenced by the epoch. It
// is finished even if the client that asked has gone.
func (c *Call) commit(ctx context.Context, next *state, fx *effects, trace *trace) error {
	snapshot, err := next.snapshot()
	if err != nil {
		return err
	}
	var line *store.Timeline
	if next.Phase == wire.PhaseEnded {
		if line, err = trace.timeline(next); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	return c.cfg.Store.Transition(ctx, string(c.id), int64(next.Epoch), &store.Change{
		State: string(next.Phase), Seq: int64(next.Seq), Snapshot: snapshot, Topology: topologyOf(next),
		EndReason: string(next.End), Log: fx.log, Outbox: fx.outbox, Events: fx.stories, DropOutbox: fx.drop,
		Decisions: fx.decisions, Inviter: string(fx.inviter), Strangers: fx.strangers, Answers: fx.answers, Timeline: line,
		LinkID: string(next.cameBy()), UseLink: fx.useLink, LinkLobby: fx.lobby, LinkMarks: c.marks(next, fx),
	})
}

// marks are what the call's link is to remember of those who were put out or
// denied.
func (c *Call) marks(s *state, fx *effects) []store.LinkMark {
	var list []store.LinkMark
	for _, b := range fx.bans {
		account := c.cfg.Marker.Account(string(s.cameBy()), string(b.user))
		for _, mark := range append([]string{account}, b.marks...) {
			list = append(list, b.of(mark))
		}
	}
	return list
}

// tellWhoWaits shows a host who has just come who waits. Only for run.
func (c *Call) tellWhoWaits(l *leg) {
	if len(c.state.Waiting) > 0 && l.Hosts {
		c.send(outgoing{sessions: []wire.SessionID{l.Session}, body: c.state.lobbyFor(l.User == c.state.Owner, false)})
	}
}

// uncommitted judges a failed commit. A fenced owner stops at once and says
// nothing: the call goes on elsewhere.
func (c *Call) uncommitted(err error) error {
	if errors.Is(err, store.ErrFenced) {
		before := c.state
		c.state = before.clone()
		c.state.Phase = wire.PhaseEnded
		c.reshape(before)
		return wire.Problemf(wire.CodeUnavailable, "the call has moved; ask again")
	}
	var refused *store.LinkRefused
	if errors.As(err, &refused) { // revoked or used up at this very moment
		return err
	}
	c.cfg.Logger.Error("a change of a call could not be stored", "err", err)
	return wire.Problemf(wire.CodeUnavailable, "the server cannot store the change now; try again")
}

func topologyOf(s *state) store.Topology {
	if s.Topology == wire.TopologySFU {
		return store.Group
	}
	return store.Pair
}

// release lets the effects of a committed change out.
func (c *Call) release(fx *effects, now time.Time) {
	if fx.keys {
		c.keyPeers() // before anybody can seal with the new epoch
	}
	if fx.reply != nil {
		fx.reply()
	}
	for _, out := range fx.frames {
		c.send(out)
	}
	for _, l := range fx.log {
		if user := wire.UserID(l.UserID); l.Ended && user != nobody && !slices.Contains(fx.untold, user) {
			c.send(outgoing{user: wire.UserID(l.UserID), body: entry(l, c.id, now)})
		}
	}
	for _, p := range fx.allow {
		c.allow(p)
	}
	for _, p := range fx.moved {
		c.dropPeer(p)
	}
	for _, l := range fx.gone {
		if l.in() {
			how := kindOfCall{c.state.Kind, c.state.Topology}
			c.rates.open(c.id, l.User, how, now)
			if l.ends == 0 {
				c.stays.open(c.id, l.User, how, now)
			}
		}
		c.dropPeer(l.Participant)
		c.cfg.Relay.Revoke(c.id, l.Participant)
	}
	if fx.spared {
		c.dropPeers()
	}
	if fx.apart {
		c.keepApart()
	}
	for _, who := range fx.came {
		c.cfg.Events(c.masks.entered(who, c.id, now))
	}
	for _, e := range fx.metrics {
		c.logStep(e)
		c.cfg.Events(e)
	}
}

func (c *Call) send(out outgoing) {
	frame, err := wire.EncodeEvent(out.call, out.epoch, out.seq, out.body)
	if err != nil {
		c.cfg.Logger.Error("an event could not be encoded", "err", err)
		return
	}
	if out.user != "" {
		c.cfg.Post.ToUser(out.user, frame, out.except)
		return
	}
	for _, session := range out.sessions {
		c.cfg.Post.ToSession(session, frame)
	}
}

// reply sends the call's state as the answer to who's request.
func (c *Call) reply(who Who, self wire.ParticipantID) {
	who.Reply(c.view(self))
}

func (c *Call) view(self wire.ParticipantID) wire.CallState {
	v := c.state.view(self)
	v.NoReports = c.cfg.NoReports
	v.AskRating = asksRating(c.id, c.cfg.RatingShare)
	v.ICE = wire.ICE{
		Servers:   c.cfg.Relay.Servers(c.id, self),
		RelayOnly: c.state.RelayOnly, // also while media goes through the SFU: it may go back
	}
	if v.ICE.Servers == nil {
		v.ICE.Servers = []wire.ICEServer{}
	}
	return v
}

// reshape keeps the registry's index and the gauges up to date with the state.
func (c *Call) reshape(before *state) {
	s := c.state
	c.shape.Store(&Shape{
		Kind: s.Kind, Topology: s.Topology, People: s.count((*leg).in), Encrypted: s.Keys != nil, Waiting: len(s.Waiting),
	})
	if s.Group != "" {
		current := c.groupCall(s.Phase != wire.PhaseEnded)
		c.current.Store(&current)
	}
	c.moved(c, difference(before, s))
}

// indexChange is who may be asked about a call from now on, and who no more.
type indexChange struct {
	now     map[wire.UserID]bool // true: in the call; false: rung
	removed []wire.UserID
	over    bool // nothing leads to the call any more
}

func difference(before, after *state) indexChange {
	was, is := reachable(before), reachable(after)
	d := indexChange{now: map[wire.UserID]bool{}, over: after.Phase == wire.PhaseEnded}
	for user, in := range is {
		if knew, ok := was[user]; !ok || knew != in {
			d.now[user] = in
		}
	}
	for user := range was {
		if _, ok := is[user]; !ok {
			d.removed = append(d.removed, user)
		}
	}
	return d
}

func reachable(s *state) map[wire.UserID]bool {
	users := map[wire.UserID]bool{}
	if s == nil || s.Phase == wire.PhaseEnded {
		return users
	}
	for i := range s.Legs {
		if l := &s.Legs[i]; !l.Silent || l.Quiet {
			users[l.User] = users[l.User] || l.in()
		}
	}
	for _, w := range s.Waiting {
		users[w.User] = users[w.User] || false
	}
	if len(s.Waiting) > 0 {
		users[s.Owner] = users[s.Owner] || false
	}
	return users
}
