package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"

	"pronto/signalling/client"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// bench is what a test server needs of a test, for examples, which have none.
type bench struct {
	testing.TB
	cleanups []func()
}

func (b *bench) Helper()                           {}
func (b *bench) Context() context.Context          { return context.Background() }
func (b *bench) Cleanup(f func())                  { b.cleanups = append(b.cleanups, f) }
func (b *bench) Name() string                      { return "Example" }
func (b *bench) Output() io.Writer                 { return io.Discard }
func (b *bench) Error(args ...any)                 { panic(fmt.Sprint(args...)) }
func (b *bench) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (b *bench) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (b *bench) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (b *bench) TempDir() string {
	dir, err := os.MkdirTemp("", "pronto-example")
	if err != nil {
		panic(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (b *bench) close() {
	for i := len(b.cleanups) - 1; i >= 0; i-- {
		b.cleanups[i]()
	}
}

// dial connects an account to a server of tests; on hears its events.
func dial(b *bench, s *signallingtest.Server, user wire.UserID, on func(client.Event)) *client.Client {
	c, err := client.Dial(context.Background(), client.Config{
		URL:    s.Socket(), // wss://calls.example.com/v1/ws
		Token:  func(context.Context) (string, error) { return s.Token(b, user), nil },
		Device: wire.DeviceID("bot-" + user),
		Logger: slog.New(slog.DiscardHandler),
		On:     on,
	})
	if err != nil {
		panic(err)
	}
	b.Cleanup(c.Close)
	return c
}

// A bot connects, and knows who it is.
func ExampleDial() {
	b := &bench{}
	defer b.close()
	s := signallingtest.Start(b, signallingtest.Options{})

	c := dial(b, s, "ana", nil)
	fmt.Println(c.Me().User, c.Online())
	// Output: ana true
}

// Ana rings Bia, who declines. What the server refuses is a *wire.Problem, to be
// chosen by its code.
func ExampleRequest() {
	b := &bench{}
	defer b.close()
	s := signallingtest.Start(b, signallingtest.Options{})
	ctx := context.Background()

	rings := make(chan *wire.Incoming, 1)
	bia := dial(b, s, "bia", func(e client.Event) {
		if incoming, ok := e.Body.(*wire.Incoming); ok {
			rings <- incoming
		}
	})
	over := make(chan *wire.CallEnded, 1)
	ana := dial(b, s, "ana", func(e client.Event) {
		if ended, ok := e.Body.(*wire.CallEnded); ok {
			over <- ended
		}
	})
	call, err := client.Request[wire.CallState](ctx, ana, wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice})
	if err != nil {
		panic(err)
	}
	if _, err := client.Request[wire.Done](ctx, bia, wire.Decline{Call: (<-rings).Call}); err != nil {
		panic(err)
	}
	fmt.Println((<-over).Reason)
	_, err = client.Request[wire.Done](ctx, ana, wire.Leave{Call: call.Call})
	if problem, ok := errors.AsType[*wire.Problem](err); ok {
		fmt.Println(problem.Code == wire.CodeCallEnded || problem.Code == wire.CodeNotFound)
	}
	// Output:
	// declined
	// true
}

// Fold keeps the state of a call up to date from its events.
func ExampleFold() {
	state := wire.CallState{Call: "cal_1", Epoch: 1, Seq: 7, Participants: []wire.Participant{{Participant: "p1", Name: "Ana"}}}
	client.Fold(&state, client.Event{
		Call: "cal_1", Epoch: 1, Seq: 8,
		Body: &wire.ParticipantJoined{Participant: wire.Participant{Participant: "p2", Name: "Bia", Presence: wire.PresenceJoined}},
	})
	fmt.Println(len(state.Participants), state.Participants[1].Name)
	// Output: 2 Bia
}
