package signalling_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pronto/sfu"
	"pronto/signalling/call"
	"pronto/signalling/link"
	"pronto/signalling/store"
	"pronto/signalling/store/storetest"
	"pronto/signalling/wire"
)

// How many races of each kind are run, and how many pairs of people run them
// side by side.
const (
	races = 1500
	pairs = 30
)

// arena is the registry of calls over a real store, without sockets and media.
type arena struct {
	t     *testing.T
	store *store.Store
	calls *call.Registry

	mu   sync.Mutex // guards what follows
	deaf map[wire.UserID]bool
	rang map[wire.UserID]int // all rings
	late int                 // rings to the deaf
}

// inArena runs f for each engine, and for each pair of people at the same time.
func inArena(t *testing.T, f func(a *arena, pair *pair)) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		a := &arena{t: t, deaf: map[wire.UserID]bool{}, rang: map[wire.UserID]int{}}
		a.store = storetest.Open(t, dsn)
		marker, err := link.NewMarker([]byte("a secret of some bytes"))
		if err != nil {
			t.Fatal(err)
		}
		registry, err := call.New(t.Context(), call.Config{
			Encryption: call.EncryptionOff, Marker: marker,
			Node: "arena", RingTimeout: time.Minute, Grace: time.Minute, Store: a.store, Post: a, Media: noMedia{}, Relay: noRelay{},
			Limits: call.Limits{Rings: 1 << 20, PairRings: 1 << 20, Strangers: 1000, WrongLinks: 1 << 20}, Events: func(call.Event) {},
			Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		a.calls = registry
		defer registry.Close()
		var all sync.WaitGroup
		for i := range pairs {
			p := &pair{a: a, ana: wire.UserID(fmt.Sprint("ana", i)), bia: wire.UserID(fmt.Sprint("bia", i))}
			for _, user := range []wire.UserID{p.ana, p.bia} {
				if err := a.store.UpsertUser(t.Context(), string(user), string(user)); err != nil {
					t.Fatal(err)
				}
			}
			// They know each other: the count of strangers is no part of this.
			if err := errors.Join(a.store.AddContact(t.Context(), string(p.bia), string(p.ana)),
				a.store.AddContact(t.Context(), string(p.ana), string(p.bia))); err != nil {
				t.Fatal(err)
			}
			all.Go(func() {
				for range races / pairs {
					if !t.Failed() {
						f(a, p)
					}
				}
			})
		}
		all.Wait()
		if n := len(registry.Shapes()); n > pairs { // the last ones may be on their way out
			t.Errorf("%d calls are left", n)
		}
	})
}

// ToSession implements call.Post.
func (a *arena) ToSession(wire.SessionID, wire.Frame) {}

// ToUser implements call.Post.
func (a *arena) ToUser(user wire.UserID, frame wire.Frame, _ wire.SessionID) {
	if frame.Type != "incoming" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rang[user]++
	if a.deaf[user] {
		a.late++
	}
}

func (a *arena) deafen(user wire.UserID, deaf bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.deaf[user] = deaf
}

type pair struct {
	a        *arena
	ana, bia wire.UserID
	slow     bool // used by one side of a race only
}

// ask sends a request from a device.
func (p *pair) ask(user wire.UserID, device string, message any) (reply any, err error) {
	who := call.Who{
		User: user, Name: string(user), Device: wire.DeviceID(device), DeviceName: device,
		Session: wire.SessionID(string(user) + device), Reply: func(body any) { reply = body },
	}
	if _, err = p.a.calls.Handle(p.a.t.Context(), who, message); err != nil {
		return nil, err
	}
	return reply, nil
}

func (p *pair) ring(from, to wire.UserID) (wire.CallState, error) {
	reply, err := p.ask(from, "phone", &wire.Ring{Users: []wire.UserID{to}, Kind: wire.KindVoice})
	state, _ := reply.(wire.CallState)
	return state, err
}

// must reports an error.
func (p *pair) must(err error) {
	if err != nil {
		p.a.t.Error(err)
	}
}

// atOnce runs both at the same moment.
func atOnce(f, g func()) {
	start := make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() { <-start; f() })
	both.Go(func() { <-start; g() })
	close(start)
	both.Wait()
}

// dawdle lets the other side get ahead, every second time: by as much as one
// write takes.
func (p *pair) dawdle(user wire.UserID) {
	if p.slow = !p.slow; p.slow {
		p.must(p.a.store.TouchDevice(context.Background(), string(user), "phone", ""))
	}
}

type noMedia struct{}

// Join implements call.Media.
func (noMedia) Join(wire.CallID, wire.ParticipantID, func(sfu.PeerEvent)) (call.Peer, error) {
	return nil, errors.New("there is no media here")
}

// End implements call.Media.
func (noMedia) End(wire.CallID) {}

type noRelay struct{}

// Servers implements call.Relay.
func (noRelay) Servers(wire.CallID, wire.ParticipantID) []wire.ICEServer { return nil }

// Revoke implements call.Relay.
func (noRelay) Revoke(wire.CallID, wire.ParticipantID) {}

func TestInRacesOfABlockAndACallNothingRingsOnceTheBlockIsAnswered(t *testing.T) {
	var rang, silent atomic.Int32
	inArena(t, func(a *arena, p *pair) {
		var state wire.CallState
		before, _ := a.ringsOf(p.bia)
		atOnce(func() {
			var err error
			state, err = p.ring(p.ana, p.bia)
			p.must(err)
		}, func() {
			p.dawdle(p.bia)
			p.must(a.store.Block(context.Background(), string(p.bia), string(p.ana)))
			a.calls.Blocked(context.Background(), p.bia, p.ana)
			a.deafen(p.bia, true)
		})
		_, err := p.ask(p.ana, "phone", &wire.Leave{Call: state.Call}) // answered after all that its ring did
		p.must(err)
		if after, late := a.ringsOf(p.bia); late > 0 {
			a.t.Errorf("%d rings after the block was answered", late)
		} else if after > before {
			rang.Add(1)
		} else {
			silent.Add(1)
		}
		if _, err := p.ask(p.bia, "phone", &wire.Accept{Call: state.Call}); err == nil {
			a.t.Error("a blocked call was answered")
		}
		a.deafen(p.bia, false)
		p.must(a.store.Unblock(context.Background(), string(p.bia), string(p.ana)))
	})
	t.Logf("%d rang before the block, %d did not ring", rang.Load(), silent.Load())
	if rang.Load() == 0 || silent.Load() == 0 {
		t.Error("they did not race")
	}
}

// ringsOf is how often somebody was rung, and how often anybody too late.
func (a *arena) ringsOf(user wire.UserID) (n, late int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rang[user], a.late
}

func TestInRacesOfTwoWhoRingEachOtherThereIsOneCall(t *testing.T) {
	inArena(t, func(a *arena, p *pair) {
		var one, other wire.CallState
		var errOne, errOther error
		atOnce(func() { one, errOne = p.ring(p.ana, p.bia) }, func() { other, errOther = p.ring(p.bia, p.ana) })
		p.must(errOne)
		p.must(errOther)
		if one.Call != other.Call {
			a.t.Error("there are two calls")
		}
		_, err := p.ask(p.ana, "phone", &wire.Leave{Call: one.Call})
		p.must(err)
	})
}

func TestInRacesOfTwoAcceptsThereIsOneWinner(t *testing.T) {
	inArena(t, func(a *arena, p *pair) {
		state, err := p.ring(p.ana, p.bia)
		p.must(err)
		var won [2]error
		accept := func(i int, device string) func() {
			return func() { _, won[i] = p.ask(p.bia, device, &wire.Accept{Call: state.Call}) }
		}
		atOnce(accept(0, "phone"), accept(1, "tablet"))
		if (won[0] == nil) == (won[1] == nil) {
			a.t.Errorf("the answers are %v and %v", won[0], won[1])
		}
		for _, err := range won {
			if err != nil && wire.AsProblem(err).Code != wire.CodeAnsweredElsewhere {
				a.t.Errorf("the loser is told %v", err)
			}
		}
		_, err = p.ask(p.ana, "phone", &wire.Leave{Call: state.Call})
		p.must(err)
	})
}

func TestInRacesOfARevocationAndAJoinNobodyStays(t *testing.T) {
	var joined, refused, number atomic.Int32
	inArena(t, func(a *arena, p *pair) {
		link := fmt.Sprint("link", number.Add(1))
		_, err := a.store.CreateLink(context.Background(), store.NewLink{ID: link, OwnerID: string(p.bia), Kind: store.Voice})
		p.must(err)
		join := func() (wire.CallState, error) {
			reply, err := p.ask(p.ana, "phone", &wire.JoinLink{Link: wire.LinkID(link)})
			state, _ := reply.(wire.CallState)
			return state, err
		}
		var state wire.CallState
		var joining error
		atOnce(func() { state, joining = join() }, func() {
			p.dawdle(p.bia)
			p.must(a.store.RevokeLink(context.Background(), string(p.bia), link))
			a.calls.LinkRevoked(context.Background(), wire.LinkID(link), false)
		})
		if joining == nil {
			joined.Add(1)
			if _, err := p.ask(p.ana, "phone", &wire.Sync{Call: state.Call}); err == nil {
				a.t.Error("somebody is in the call of a revoked link")
			}
		} else if refused.Add(1); !errors.Is(joining, store.ErrNotFound) && wire.AsProblem(joining).Code != wire.CodeNotFound {
			a.t.Errorf("the late one is told %v", joining)
		}
		if _, err := join(); err == nil {
			a.t.Error("a revoked link opens")
		}
	})
	t.Logf("%d joined before the revocation, %d did not join", joined.Load(), refused.Load())
	if joined.Load() == 0 || refused.Load() == 0 {
		t.Error("they did not race")
	}
}
