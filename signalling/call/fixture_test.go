package call

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pronto/sfu"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// memory is a store that never fails unless told to, for tests in fake time.
type memory struct {
	mu        sync.Mutex
	down      bool
	fenced    bool
	calls     map[string]store.CallRow
	pairs     map[string]string
	outbox    map[string][]string // user to topics
	log       map[string][]store.LogChange
	relations map[[2]string]store.Relation
	links     map[string]store.Link
	groups    map[string]store.GroupRow
	veiled    map[[2]string]bool // viewer and whom he must not see
	decided   []store.Decision
	strangers map[string][]string // caller to those who do not know him
	answers   []store.Answer
	timelines map[string]string
	packages  map[string][]string // account and device to key packages
	afterRead func()              // runs between the commit of a call and the second look
}

func newMemory() *memory {
	return &memory{
		calls: map[string]store.CallRow{}, pairs: map[string]string{}, outbox: map[string][]string{},
		log: map[string][]store.LogChange{}, relations: map[[2]string]store.Relation{}, links: map[string]store.Link{},
		groups:    map[string]store.GroupRow{},
		strangers: map[string][]string{}, timelines: map[string]string{},
	}
}

func pair(n *store.NewCall) string {
	if n.Topology != store.Pair || len(n.Callees) != 1 || n.Unpaired {
		return ""
	}
	a, b := n.Caller, n.Callees[0]
	if b < a {
		a, b = b, a
	}
	return a + "/" + b
}

func (m *memory) CreateCall(_ context.Context, n *store.NewCall, decide func([]store.Relation) error) (store.CallRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return store.CallRow{}, store.ErrUnavailable
	}
	if decide != nil {
		if err := decide(m.relate(n.Caller, n.Callees)); err != nil {
			return store.CallRow{}, err
		}
	}
	if p := pair(n); p != "" {
		if other, ok := m.pairs[p]; ok {
			return store.CallRow{}, &store.Glare{CallID: other}
		}
		m.pairs[p] = n.ID
	}
	row := store.CallRow{ID: n.ID, Kind: n.Kind, State: n.State, Epoch: 1, Snapshot: n.Snapshot}
	m.calls[n.ID] = row
	m.write(n.Log, nil, n.Outbox)
	m.decided = append(m.decided, n.Decisions...)
	m.strangers[n.Caller] = append(m.strangers[n.Caller], n.Strangers...)
	return row, nil
}

func (m *memory) write(log []store.LogChange, drop []string, outbox []store.NewOutbox) {
	for _, l := range log {
		m.log[l.UserID] = append(m.log[l.UserID], l)
	}
	for user := range m.outbox {
		m.outbox[user] = slices.DeleteFunc(m.outbox[user], func(row string) bool {
			return slices.ContainsFunc(drop, func(key string) bool { return row == TopicRing+" "+key || row == TopicMissed+" "+key })
		})
	}
	for _, o := range outbox {
		m.outbox[o.UserID] = append(m.outbox[o.UserID], o.Topic+" "+o.Key)
	}
}

func (m *memory) Transition(_ context.Context, id string, epoch int64, c *store.Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	row := m.calls[id]
	switch {
	case m.down:
		return store.ErrUnavailable
	case m.fenced || row.Epoch != epoch || row.EndReason != "":
		return store.ErrFenced
	}
	row.State, row.Snapshot, row.EndReason = c.State, c.Snapshot, c.EndReason
	m.calls[id] = row
	if c.EndReason != "" || c.Topology == store.Group {
		for p, holder := range m.pairs {
			if holder == id {
				delete(m.pairs, p)
			}
		}
	}
	m.write(c.Log, c.DropOutbox, c.Outbox)
	m.decided = append(m.decided, c.Decisions...)
	m.strangers[c.Inviter] = append(m.strangers[c.Inviter], c.Strangers...)
	m.answers = append(m.answers, c.Answers...)
	if c.Timeline != nil {
		m.timelines[c.Timeline.Key] = c.Timeline.Body
	}
	return nil
}

func (m *memory) relate(caller string, callees []string) []store.Relation {
	list := make([]store.Relation, 0, len(callees))
	for _, callee := range callees {
		r, ok := m.relations[[2]string{caller, callee}]
		if !ok {
			r = store.Relation{
				CalleeExists: true, CalleeName: callee, CalleeHasCaller: true, CallerHasCallee: true,
				CalleePrivacy: store.Privacy{WhoMayCall: store.Everyone, WhoMayAdd: store.Everyone},
			}
		}
		r.Caller, r.Callee = caller, callee
		r.CallerShown, r.CalleeShown = !m.veiled[[2]string{callee, caller}], !m.veiled[[2]string{caller, callee}]
		if !r.CallerHasCallee || !r.CalleeShown {
			r.CalleeName = ""
		}
		list = append(list, r)
	}
	return list
}

func (m *memory) Relations(_ context.Context, caller string, callees []string) ([]store.Relation, error) {
	if m.afterRead != nil {
		m.afterRead()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, store.ErrUnavailable
	}
	return m.relate(caller, callees), nil
}

// Seen shows everybody to everybody, but those in veiled, and by the name only
// those who are contacts.
func (m *memory) Seen(_ context.Context, ones, others []string) ([]store.Seen, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, store.ErrUnavailable
	}
	var list []store.Seen
	for _, a := range ones {
		for _, b := range others {
			for _, p := range [][2]string{{a, b}, {b, a}} {
				rel := m.relate(p[0], p[1:])[0]
				list = append(list, store.Seen{Viewer: p[0], Subject: p[1], Known: rel.CallerHasCallee, Admitted: !m.veiled[p]})
			}
		}
	}
	return list, nil
}

func (m *memory) ClaimCalls(context.Context, string) ([]store.CallRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []store.CallRow
	for id, row := range m.calls {
		if row.EndReason == "" {
			row.Epoch++
			m.calls[id] = row
			list = append(list, row)
		}
	}
	return list, nil
}

func (m *memory) Group(_ context.Context, id string) (store.GroupRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g, ok := m.groups[id]; ok {
		return g, nil
	}
	return store.GroupRow{}, store.ErrNotFound
}

func (m *memory) Link(_ context.Context, id string) (store.Link, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l, ok := m.links[id]; ok {
		return l, nil
	}
	return store.Link{}, store.ErrNotFound
}

func (m *memory) WriteDecisions(_ context.Context, decisions ...store.Decision) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.decided = append(m.decided, decisions...)
	return nil
}

func (m *memory) AdmitByLink(ctx context.Context, id string, decisions ...store.Decision) (store.Link, error) {
	l, err := m.Link(ctx, id)
	if err != nil {
		return l, &store.LinkRefused{Reason: store.LinkUnknown}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.MaxUses > 0 && l.Uses >= l.MaxUses {
		return l, &store.LinkRefused{Reason: store.LinkExhausted}
	}
	l.Uses++
	m.links[id] = l
	m.decided = append(m.decided, decisions...)
	return l, nil
}

// TakeKeyPackage gives the last one that a test has put there.
func (m *memory) TakeKeyPackage(_ context.Context, user, device string) (store.KeptKeyPackage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := m.packages[user+"/"+device]
	if len(kept) == 0 {
		return store.KeptKeyPackage{}, store.ErrNotFound
	}
	m.packages[user+"/"+device] = kept[1:]
	return store.KeptKeyPackage{Package: kept[0], KeptKeyPackages: store.KeptKeyPackages{Left: len(kept) - 1}}, nil
}

// block makes owner block other, as the store would.
func (m *memory) block(owner, other string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.relate(other, []string{owner})[0]
	r.CalleeBlockedCaller = true
	m.relations[[2]string{other, owner}] = r
}

// media is an SFU that only remembers who is in which room.
type media struct {
	mu    sync.Mutex
	peers map[wire.CallID]map[wire.ParticipantID]*mediaPeer
}

type mediaPeer struct {
	use    sfu.DataUse
	used   int64
	offer  sfu.Offer
	on     func(sfu.PeerEvent)
	views  [][]sfu.ViewItem
	held   bool
	closed bool
	apart  []string
	muted  bool
	shut   bool // nothing comes to him
	seal   sfu.Seal
}

func (m *media) Join(id wire.CallID, p wire.ParticipantID, on func(sfu.PeerEvent)) (Peer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.peers[id] == nil {
		m.peers[id] = map[wire.ParticipantID]*mediaPeer{}
	}
	peer := &mediaPeer{on: on}
	m.peers[id][p] = peer
	return peer, nil
}

func (m *media) End(id wire.CallID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.peers, id)
}

func (p *mediaPeer) Negotiate(_ context.Context, o sfu.Offer) (sfu.Answer, error) {
	if o.SDP == "bad" {
		return sfu.Answer{}, sfu.ErrSDP
	}
	p.offer = o
	return sfu.Answer{SDP: "answer to " + o.SDP}, nil
}
func (p *mediaPeer) View(items []sfu.ViewItem) { p.views = append(p.views, items) }
func (p *mediaPeer) Allow(send, receive bool)  { p.held, p.shut = !send && !receive, !receive }
func (p *mediaPeer) Seal(s sfu.Seal)           { p.seal = s }
func (p *mediaPeer) Mute(on bool)              { p.muted = on }
func (p *mediaPeer) Use(u sfu.DataUse) error   { p.use = u; return nil }
func (p *mediaPeer) Used() int64               { return p.used }
func (p *mediaPeer) Close()                    { p.closed = true }
func (p *mediaPeer) Isolate(ids []string)      { p.apart = ids }

// relays remembers what was revoked.
type relays struct {
	mu      sync.Mutex
	revoked []string
}

func (r *relays) Servers(id wire.CallID, p wire.ParticipantID) []wire.ICEServer {
	return []wire.ICEServer{{URLs: []string{"turn:relay"}, Username: string(id) + "." + string(p), Credential: "x"}}
}

func (r *relays) Revoke(_ wire.CallID, p wire.ParticipantID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.revoked = append(r.revoked, string(p))
}

// world is a registry with people around it, in fake time.
type world struct {
	t        *testing.T
	registry *Registry
	store    *memory
	media    *media
	relays   *relays
	limits   Limits
	secrecy  Encryption

	mu     sync.Mutex
	inbox  map[wire.SessionID][]wire.Frame
	online map[wire.UserID][]wire.SessionID
	events []Event
}

// inWorld runs f in a bubble of fake time.
func inWorld(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{
			t: t, store: newMemory(), media: &media{peers: map[wire.CallID]map[wire.ParticipantID]*mediaPeer{}}, relays: &relays{},
			inbox: map[wire.SessionID][]wire.Frame{}, online: map[wire.UserID][]wire.SessionID{},
			limits:  Limits{Rings: 1 << 20, PairRings: 1 << 20, Strangers: 1000},
			secrecy: EncryptionOff,
		}
		w.start()
		defer func() { w.registry.Close() }()
		f(t, w)
	})
}

func (w *world) start() {
	w.t.Helper()
	r, err := New(w.t.Context(), Config{
		Node: "node", RingTimeout: 45 * time.Second, Grace: 30 * time.Second, Store: w.store, Post: w, Media: w.media,
		Limits: w.limits, Encryption: w.secrecy,
		Relay: w.relays, Logger: slog.New(slog.DiscardHandler), Events: func(e Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.registry = r
}

// restart is a crash and a new process: sessions are gone.
func (w *world) restart() {
	w.t.Helper()
	w.registry.Close()
	w.start()
}

func (w *world) ToSession(session wire.SessionID, frame wire.Frame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inbox[session] = append(w.inbox[session], frame)
}

func (w *world) ToUser(user wire.UserID, frame wire.Frame, except wire.SessionID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, session := range w.online[user] {
		if session != except {
			w.inbox[session] = append(w.inbox[session], frame)
		}
	}
}

// device is somebody's device, with a session.
type device struct {
	w   *world
	who Who
}

func (w *world) device(user, name string) *device {
	w.mu.Lock()
	defer w.mu.Unlock()
	session := wire.SessionID(user + "_" + name)
	w.online[wire.UserID(user)] = append(w.online[wire.UserID(user)], session)
	return &device{w, Who{
		User: wire.UserID(user), Name: user, Device: wire.DeviceID(name), DeviceName: name, Session: session,
	}}
}

// try sends a request and returns its reply.
func (d *device) try(message any) (any, error) {
	var reply any
	who := d.who
	who.Reply = func(body any) { reply = body }
	handled, err := d.w.registry.Handle(d.w.t.Context(), who, message)
	if !handled {
		d.w.t.Fatalf("%T is not handled", message)
	}
	if (err == nil) != (reply != nil) {
		d.w.t.Fatalf("%T: reply %v with error %v", message, reply, err)
	}
	return reply, err
}

func (d *device) must(message any) any {
	d.w.t.Helper()
	reply, err := d.try(message)
	if err != nil {
		d.w.t.Fatalf("%s: %T: %v", d.who.Session, message, err)
	}
	return reply
}

func (d *device) ring(users ...wire.UserID) wire.CallState {
	d.w.t.Helper()
	return d.must(&wire.Ring{Users: users, Kind: wire.KindVideo}).(wire.CallState)
}

// heard takes the types of the frames that came since the last time.
func (d *device) heard() []string {
	synctest.Wait()
	var types []string
	for _, f := range d.frames() {
		types = append(types, f.Type)
	}
	return types
}

func (d *device) frames() []wire.Frame {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	frames := d.w.inbox[d.who.Session]
	delete(d.w.inbox, d.who.Session)
	return frames
}

// expect fails unless exactly these types of frames came.
func (d *device) expect(types ...string) {
	d.w.t.Helper()
	if got := d.heard(); !slices.Equal(got, types) {
		d.w.t.Errorf("%s heard %q, want %q", d.who.Session, got, types)
	}
}

func code(err error) wire.Code {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func body[T any](t *testing.T, f wire.Frame) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(f.Body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// lastLog is how the account's newest log row says the call went.
func (w *world) lastLog(user string) wire.Outcome {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	rows := w.store.log[user]
	if len(rows) == 0 {
		return ""
	}
	return wire.Outcome(rows[len(rows)-1].Outcome)
}

func (w *world) pushes(user string) int {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	return len(w.store.outbox[user])
}

// shapes are the calls that are left when everything has settled.
func (w *world) shapes() []Shape {
	synctest.Wait()
	return w.registry.Shapes()
}
