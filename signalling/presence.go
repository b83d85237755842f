package signalling

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// presenceAgain is how long a round waits after the store has failed.
const presenceAgain = time.Second

// presence tells sessions who of those whom they watch is online, as far as
// they may see it. One goroutine decides and remembers what each session was
// told, so that nobody is told the same twice or something older last. Others
// only note what may have changed; whoever is noted is looked at anew.
type presence struct {
	server *Server
	signal chan struct{} // something was noted; capacity 1
	quit   chan struct{}
	done   chan struct{} // closed when run has returned

	// Owned by run.
	told map[*session]map[wire.UserID]wire.PersonPresence

	mu       sync.Mutex // guards what follows; held for map access only
	watchers map[wire.UserID]map[*session]struct{}
	noted    notes
}

// notes are what a round has to look at.
type notes struct {
	asks    []watch
	ended   []*session
	targets map[wire.UserID]struct{}  // watched accounts that may look different
	viewers map[wire.UserID]struct{}  // accounts that may see others differently
	gone    map[wire.UserID]time.Time // accounts that went offline, and when
}

func newNotes() notes {
	return notes{targets: map[wire.UserID]struct{}{}, viewers: map[wire.UserID]struct{}{}, gone: map[wire.UserID]time.Time{}}
}

// watch is a request that waits for the next round.
type watch struct {
	ctx   context.Context
	one   *session
	users []wire.UserID
	reply func(body any)
	done  chan error // capacity 1
}

// newPresence starts the goroutine.
func newPresence(s *Server) *presence {
	p := &presence{
		server: s, signal: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
		told: map[*session]map[wire.UserID]wire.PersonPresence{}, watchers: map[wire.UserID]map[*session]struct{}{}, noted: newNotes(),
	}
	go p.run()
	return p
}

// close stores who has gone offline and returns when the goroutine is gone.
func (p *presence) close() {
	close(p.quit)
	<-p.done
}

func (p *presence) note(f func(n *notes)) {
	p.mu.Lock()
	f(&p.noted)
	p.mu.Unlock()
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

// changed notes that an account came online, or entered or left a call.
func (p *presence) changed(user wire.UserID) {
	p.mu.Lock()
	watched := len(p.watchers[user]) > 0
	p.mu.Unlock()
	if watched { // who begins to watch now looks later
		p.note(func(n *notes) { n.targets[user] = struct{}{} })
	}
}

// left notes that an account went offline.
func (p *presence) left(user wire.UserID, at time.Time) {
	if at.IsZero() {
		at = time.Now()
	}
	p.note(func(n *notes) {
		n.gone[user] = at
		n.targets[user] = struct{}{}
	})
}

// relation notes that an account has changed its contacts, blocks or setting.
func (p *presence) relation(user wire.UserID) {
	p.note(func(n *notes) {
		n.targets[user] = struct{}{}
		n.viewers[user] = struct{}{}
	})
}

// forget notes that a session has ended.
func (p *presence) forget(one *session) {
	p.note(func(n *notes) { n.ended = append(n.ended, one) })
}

// ask has a session watch users, and returns when it was answered.
func (p *presence) ask(ctx context.Context, one *session, users []wire.UserID, reply func(body any)) error {
	w := watch{ctx: ctx, one: one, users: users, reply: reply, done: make(chan error, 1)}
	p.note(func(n *notes) { n.asks = append(n.asks, w) })
	select {
	case err := <-w.done:
		return err
	case <-p.done:
		return wire.Problemf(wire.CodeUnavailable, "the server is restarting; try again")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *presence) run() {
	defer close(p.done)
	again := time.NewTimer(time.Hour)
	defer again.Stop()
	for {
		quit := false
		select {
		case <-p.signal:
		case <-again.C:
		case <-p.quit:
			quit = true
		}
		p.mu.Lock()
		n := p.noted
		p.noted = newNotes()
		p.mu.Unlock()
		if quit {
			p.storeGone(n.gone)
			return
		}
		if !p.round(n) {
			again.Reset(presenceAgain)
		}
	}
}

// round looks at all that was noted. It reports false if a part has to be done
// again.
func (p *presence) round(n notes) bool {
	ok := p.storeGone(n.gone)
	for _, w := range n.asks {
		w.done <- p.begin(w)
	}
	for _, one := range n.ended {
		p.unwatch(one)
		delete(p.told, one)
	}
	news := map[*session][]wire.PersonPresence{}
	for target := range n.targets {
		if err := p.lookAt(target, news); err != nil {
			p.failed(err, func(n *notes) { n.targets[target] = struct{}{} })
			ok = false
		}
	}
	for viewer := range n.viewers {
		if err := p.lookFrom(viewer, news); err != nil {
			p.failed(err, func(n *notes) { n.viewers[viewer] = struct{}{} })
			ok = false
		}
	}
	for one, people := range news {
		frame, err := wire.EncodeEvent("", 0, 0, wire.WatchedPresence{People: people})
		if err != nil {
			p.server.cfg.Logger.Error("an event could not be encoded", "err", err)
			continue
		}
		p.server.cfg.Post.ToSession(one.id, frame)
	}
	return ok
}

// failed notes something for a later round, without waking this goroutine.
func (p *presence) failed(err error, f func(n *notes)) {
	p.server.cfg.Logger.Warn("presence could not be read; it is tried again", "err", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.noted)
}

// storeGone stores when accounts were last seen.
func (p *presence) storeGone(gone map[wire.UserID]time.Time) bool {
	if len(gone) == 0 {
		return true
	}
	list := make([]store.Absence, 0, len(gone))
	for user, at := range gone {
		list = append(list, store.Absence{User: string(user), Ago: max(0, time.Since(at))})
	}
	ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
	defer cancel()
	if err := p.server.cfg.Store.LastSeen(ctx, list); err != nil {
		p.failed(err, func(n *notes) {
			for user, at := range gone {
				if _, later := n.gone[user]; !later {
					n.gone[user] = at
				}
			}
		})
		return false
	}
	return true
}

// begin registers whom a session watches, before it looks, so that no change
// falls between the two.
func (p *presence) begin(w watch) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	users := slices.Clone(w.users)
	slices.Sort(users)
	users = slices.Compact(users)
	p.unwatch(w.one)
	p.mu.Lock()
	for _, user := range users {
		if p.watchers[user] == nil {
			p.watchers[user] = map[*session]struct{}{}
		}
		p.watchers[user][w.one] = struct{}{}
	}
	p.mu.Unlock()
	views := map[wire.UserID]wire.PersonPresence{}
	for _, user := range users {
		views[user] = wire.PersonPresence{User: user} // and not known: nothing to be seen
	}
	p.told[w.one] = views
	ctx, cancel := context.WithTimeout(w.ctx, handleWithin)
	defer cancel()
	sights, err := p.server.cfg.Store.SightsBy(ctx, string(w.one.who.User), texts(users))
	if err == nil && w.one.ended() { // and perhaps forgotten already
		err = store.ErrRevoked
	}
	if err != nil {
		p.unwatch(w.one)
		delete(p.told, w.one)
		return err
	}
	for _, o := range sights {
		views[wire.UserID(o.Target)] = p.view(o)
	}
	people := make([]wire.PersonPresence, 0, len(users))
	for _, user := range users {
		people = append(people, views[user])
	}
	w.reply(wire.WatchedPresence{People: people})
	return nil
}

func (p *presence) unwatch(one *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for user := range p.told[one] {
		delete(p.watchers[user], one)
		if len(p.watchers[user]) == 0 {
			delete(p.watchers, user)
		}
	}
}

// lookAt finds what has changed about one account for all who watch it.
func (p *presence) lookAt(target wire.UserID, news map[*session][]wire.PersonPresence) error {
	p.mu.Lock()
	sessions := slices.Collect(maps.Keys(p.watchers[target]))
	p.mu.Unlock()
	if len(sessions) == 0 {
		return nil
	}
	viewers := map[wire.UserID]wire.PersonPresence{}
	for _, one := range sessions {
		viewers[one.who.User] = wire.PersonPresence{User: target}
	}
	ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
	defer cancel()
	sights, err := p.server.cfg.Store.SightsOf(ctx, string(target), texts(slices.Collect(maps.Keys(viewers))))
	if err != nil {
		return err
	}
	for _, o := range sights {
		viewers[wire.UserID(o.Viewer)] = p.view(o)
	}
	for _, one := range sessions {
		p.tell(one, viewers[one.who.User], news)
	}
	return nil
}

// lookFrom finds what has changed for one account about all whom it watches.
func (p *presence) lookFrom(viewer wire.UserID, news map[*session][]wire.PersonPresence) error {
	for one, views := range p.told {
		if one.who.User != viewer || len(views) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
		sights, err := p.server.cfg.Store.SightsBy(ctx, string(viewer), texts(slices.Collect(maps.Keys(views))))
		cancel()
		if err != nil {
			return err
		}
		for _, o := range sights {
			p.tell(one, p.view(o), news)
		}
	}
	return nil
}

// tell adds what a session does not know yet to its news.
func (p *presence) tell(one *session, now wire.PersonPresence, news map[*session][]wire.PersonPresence) {
	if p.told[one][now.User] == now {
		return
	}
	p.told[one][now.User] = now
	kept := slices.DeleteFunc(news[one], func(old wire.PersonPresence) bool { return old.User == now.User })
	news[one] = append(kept, now)
}
