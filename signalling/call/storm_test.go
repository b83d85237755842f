package call

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/client"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// follower is a client that keeps a call's state up to date from its events,
// and now and then has no socket.
type follower struct {
	*device
	state  *wire.CallState // nil while it is not in the call
	online bool
}

// read folds what came. What comes while there is no socket is lost.
func (f *follower) read(t *testing.T) {
	t.Helper()
	for _, frame := range f.frames() {
		if !f.online || f.state == nil || frame.Call != f.state.Call || frame.Seq == 0 {
			continue
		}
		e := client.Event{Call: frame.Call, Epoch: frame.Epoch, Seq: frame.Seq, Body: eventBody(t, frame)}
		if client.Fold(f.state, e) == client.Gap {
			f.sync()
		}
	}
}

// sync asks for the whole state.
func (f *follower) sync() {
	reply, err := f.try(&wire.Sync{Call: f.state.Call})
	if err != nil {
		f.state = nil // it has left meanwhile
		return
	}
	state := reply.(wire.CallState)
	f.state = &state
}

func eventBody(t *testing.T, frame wire.Frame) any {
	t.Helper()
	for _, e := range wire.Events {
		if e.Type != frame.Type {
			continue
		}
		body := reflect.New(reflect.TypeOf(e.Body)).Interface()
		if err := json.Unmarshal(frame.Body, body); err != nil {
			t.Fatal(err)
		}
		return body
	}
	t.Fatalf("there is no event %s", frame.Type)
	return nil
}

// A hundred people are in a call for ten minutes. Sockets break at random, for
// less and for more than the grace. In the end everybody's picture of the call
// is that of one who was never away.
func TestWhoWasAwaySeesWhatWhoStayedSees(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.links["open"] = store.Link{ID: "open", OwnerID: "u0", Kind: store.Video}
		random := rand.New(rand.NewPCG(1, 2))
		people := make([]*follower, wire.MaxParticipants)
		join := func(f *follower) {
			if reply, err := f.try(&wire.JoinLink{Link: "open", Media: wire.Media{Microphone: true}}); err == nil {
				f.frames() // the state includes them
				state := reply.(wire.CallState)
				f.state, f.online = &state, true
			}
		}
		for i := range people {
			people[i] = &follower{device: w.device(fmt.Sprint("u", i), "phone")}
			join(people[i])
		}
		breaks := 0
		for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
			time.Sleep(time.Duration(random.IntN(2000)) * time.Millisecond)
			synctest.Wait()
			for range 4 {
				f := people[1+random.IntN(len(people)-1)] // the first never goes away
				f.read(t)
				switch {
				case f.state == nil:
					join(f)
				case !f.online:
					f.frames()
					f.online, f.state = true, nil
					if states := w.registry.Attach(t.Context(), f.who); len(states) == 1 {
						f.state = &states[0]
					}
				case random.IntN(3) == 0:
					breaks++
					f.online = false
					w.registry.SessionLost(t.Context(), f.who.User, f.who.Session)
				default:
					act(f, random)
				}
			}
		}
		for _, f := range people {
			if !f.online {
				f.frames()
				f.online, f.state = true, nil
				if states := w.registry.Attach(t.Context(), f.who); len(states) == 1 {
					f.state = &states[0]
				}
			}
		}
		synctest.Wait()
		for _, f := range people {
			f.read(t)
		}
		want, compared := people[0].state, 0
		for i, f := range people[1:] {
			if f.state == nil {
				continue
			}
			compared++
			if f.state.Seq != want.Seq {
				t.Fatalf("u%d is at event %d, who stayed at %d", i+1, f.state.Seq, want.Seq)
			}
			if diff := cmp.Diff(want.Participants, f.state.Participants); diff != "" {
				t.Fatalf("u%d sees other participants than who stayed:\n%s", i+1, diff)
			}
		}
		t.Logf("%d events, sockets broke %d times, %d of %d are in the call", want.Seq, breaks, compared, len(people)-1)
		if compared < 50 || breaks < 100 {
			t.Error("too little happened")
		}
	})
}

// act does one thing that the others are told of.
func act(f *follower, random *rand.Rand) {
	call, on := f.state.Call, random.IntN(2) == 0
	switch random.IntN(6) {
	case 0:
		_, _ = f.try(&wire.SetMedia{Call: call, Media: wire.Media{Microphone: on, Camera: !on}})
	case 1:
		_, _ = f.try(&wire.SetBattery{Call: call, Low: on})
	case 2:
		_, _ = f.try(&wire.RaiseHand{Call: call, On: on})
	case 3:
		_, _ = f.try(&wire.Hold{Call: call, On: on})
	case 4:
		_, _ = f.try(&wire.SetTrouble{Call: call, Trouble: wire.TroublePoorNetwork, On: on})
	case 5:
		_, _ = f.try(&wire.React{Call: call, Reaction: wire.ReactionHeart})
	}
}
