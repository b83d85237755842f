package api_test

import (
	"context"
	"log/slog"
	"testing"

	"pronto/signalling/client"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// person connects an account to a test server.
func person(t *testing.T, s *signallingtest.Server, user wire.UserID) *client.Client {
	t.Helper()
	c, err := client.Dial(t.Context(), client.Config{
		URL: s.Socket(), Token: func(context.Context) (string, error) { return s.Token(t, user), nil }, Device: "test", DeviceName: "test",
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatalf("sign in as %s: %v", user, err)
	}
	t.Cleanup(c.Close)
	return c
}

func request[Reply any](t *testing.T, c *client.Client, body any) Reply {
	t.Helper()
	reply, err := client.Request[Reply](t.Context(), c, body)
	if err != nil {
		t.Fatalf("%T: %v", body, err)
	}
	return reply
}

// talk has carlo ring dora, who answers, and returns her view of the call.
func talk(t *testing.T, s *signallingtest.Server) wire.CallState {
	t.Helper()
	carlo, dora := person(t, s, "carlo"), person(t, s, "dora")
	call := request[wire.CallState](t, carlo, wire.Ring{Users: []wire.UserID{"dora"}, Kind: wire.KindVoice}).Call
	return request[wire.CallState](t, dora, wire.Accept{Call: call})
}
