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
	k := &socket{ended: true}               // so that nothing begins to close it
	s.contain(k, func() { panic("a bug") }) // as a report does, for which there is no other goroutine
	k.code.Store(0)
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

// Of what a call says all the time, as clients write it.
func TestReportsAndSignsOfLifeAreSmall(t *testing.T) {
	t.Parallel()
	for kind, small := range map[string]bool{"ping": true, "reportQuality": true, "reportConnection": true, "reportEnd": true, "ring": false, "pingAll": false} {
		for _, frame := range []string{`{"type":"` + kind + `","id":"12","body":{"call":"x"}}`, `{"id":"1234567","type":"` + kind + `"}`} {
			if isSmall([]byte(frame)) != small {
				t.Errorf("%s: small is %t", frame, !small)
			}
		}
	}
}
