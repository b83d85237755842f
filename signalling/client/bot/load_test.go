package bot_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"pronto/signalling/client/bot"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

func TestALoadMeasuresItsCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{})
	r, err := bot.Load(t.Context(), bot.LoadConfig{
		Calls: 2, Duration: 2 * time.Second, Stay: 200 * time.Millisecond, Kind: wire.KindVideo,
		Phone: func(call, side int) (bot.PhoneConfig, wire.UserID) {
			user := []wire.UserID{"ana", "bia", "carlo", "dora"}[2*call+side]
			return w.config(user, side), user
		},
	})
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	if r.Calls < 2 || r.SetUp != r.Calls || len(r.Failures) != 0 {
		t.Errorf("%d of %d calls were set up; failures: %v", r.SetUp, r.Calls, r.Failures)
	}
	if r.Heard.P50 <= 0 || r.Heard.P95 < r.Heard.P50 || r.Rung.P50 <= 0 || r.Sent.Packets == 0 || r.Received.Packets == 0 {
		t.Errorf("the load measured %+v", r)
	}
}

func TestALoadTellsFailuresByCause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, signallingtest.Options{})
	// Bia's other phone declines what it hears of, before the first can answer.
	cfg := w.config("bia", 0)
	cfg.Client.Device = "other"
	declines := make(chan wire.CallID, 16)
	cfg.Incoming = func(in wire.Incoming) { declines <- in.Call }
	other, err := bot.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open a phone: %v", err)
	}
	var declining sync.WaitGroup
	declining.Go(func() {
		for call := range declines {
			_ = other.Decline(context.Background(), call) // somebody else may have been faster
		}
	})
	r, err := bot.Load(t.Context(), bot.LoadConfig{
		Calls: 1, Duration: 3 * time.Second, Kind: wire.KindVoice,
		Phone: func(_, side int) (bot.PhoneConfig, wire.UserID) {
			user := []wire.UserID{"ana", "bia"}[side]
			return w.config(user, side), user
		},
	})
	other.Close(t.Context())
	close(declines)
	declining.Wait()
	if err != nil {
		t.Fatalf("load: %v", err)
	}
	failed := 0
	for _, n := range r.Failures {
		failed += n
	}
	if failed == 0 || failed+r.SetUp != r.Calls {
		t.Errorf("of %d calls %d were set up; failures: %v", r.Calls, r.SetUp, r.Failures)
	}
}
