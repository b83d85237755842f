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
	"pronto/signalling/link"
	"pronto/signalling/wire"
)

// media is an SFU that only remembers who is in which room.
type media struct {
	mu    sync.Mutex
	full  bool
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
	if m.full {
		return nil, sfu.ErrFull
	}
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

// marker makes the marks of all tests.
var marker, _ = link.NewMarker([]byte("a secret of some bytes"))

// world is a registry with people around it, in fake time.
type world struct {
	t        *testing.T
	registry *Registry
	store    *memory
	media    *media
	relays   *relays
	limits   Limits
	secrecy  Encryption

	experiment Experiment
	silent     bool // no reports are wanted

	mu     sync.Mutex
	inbox  map[wire.SessionID][]wire.Frame
	online map[wire.UserID][]wire.SessionID
	events []Event
	hears  func(wire.Frame) // at the moment a session is told something
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
		Node: "node", RingTimeout: 45 * time.Second, Grace: 30 * time.Second, RemindBefore: 10 * time.Minute, Store: w.store, Post: w, Media: w.media,
		Limits: w.limits, Encryption: w.secrecy, Experiment: w.experiment, NoReports: w.silent, Marker: marker,
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
	if w.hears != nil {
		w.hears(frame)
	}
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
