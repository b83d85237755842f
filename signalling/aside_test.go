package signalling

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/coder/websocket"
)

func TestARequestThatPanicsCostsItsOwnSocketOnly(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &Server{cfg: Config{Logger: slog.New(slog.NewJSONHandler(&log, nil))}}
	k := &socket{ended: true} // so that nothing begins to close it
	s.aside(k, func() { panic("a bug") })
	if code := k.code.Load(); code != int32(websocket.StatusInternalError) {
		t.Errorf("the socket is given up with %d", code)
	}
	if !bytes.Contains(log.Bytes(), []byte("a bug")) || !bytes.Contains(log.Bytes(), []byte("aside_test.go")) {
		t.Errorf("the log says %s", log.String())
	}
	done := false
	s.aside(k, func() { done = true })
	if !done {
		t.Error("the next was not waited for")
	}
}
