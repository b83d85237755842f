package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pronto/signalling/client"
	"pronto/signalling/wire"
)

// Two integrators share a server; each sees how the calls of his own people went, and not one of the other's.
func TestEachIntegratorSeesHowTheCallsOfHisPeopleGo(t *testing.T) {
	dir := t.TempDir()
	p := startProcess(t, dir, "127.0.0.1:0", "PRONTO_ENCRYPTION=off", "PRONTO_RINGS_PER_MINUTE=1000", "PRONTO_RINGS_PER_PAIR=1000", "PRONTO_UNANSWERED_STRANGERS=1000")
	sign := func(key, user string) *client.Client {
		t.Helper()
		c, err := client.Dial(t.Context(), client.Config{
			URL: "ws" + strings.TrimPrefix(p.page, "http") + "/v1/ws", Device: "desk", Logger: slog.New(slog.DiscardHandler),
			Token: func(context.Context) (string, error) {
				return rest[struct{ Token string }](t, "POST", p.page+"/v1/tokens", key, map[string]any{"user": user}).Token, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	shop, clinic := newKey(t, dir), newKey(t, dir)
	ana, bia := sign(shop, "shop-ana"), sign(shop, "shop-bia")
	carlo, dora := sign(clinic, "clinic-carlo"), sign(clinic, "clinic-dora")
	ring := func(from, to *client.Client, user wire.UserID, times int) {
		t.Helper()
		for range times {
			call := must[wire.CallState](t, from, wire.Ring{Users: []wire.UserID{user}, Kind: wire.KindVoice}).Call
			must[wire.Done](t, to, wire.Decline{Call: call})
		}
	}
	ring(ana, bia, "shop-bia", 12)
	ring(carlo, dora, "clinic-dora", 11)
	type count struct {
		Of    string
		Calls int64
	}
	type answer struct{ Periods []struct{ Outcomes []count } }
	for key, want := range map[string]int64{shop: 12, clinic: 11} {
		var got int64
		for deadline := time.Now().Add(time.Minute); got != want && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
			got = 0
			for _, period := range rest[answer](t, "GET", p.page+"/v1/stats?per=day&hours=1", key, nil).Periods {
				for _, c := range period.Outcomes {
					if c.Of == "declined" {
						got += c.Calls
					}
				}
			}
		}
		if got != want {
			t.Errorf("an integrator sees %d calls that were declined, want %d", got, want)
		}
	}
}
