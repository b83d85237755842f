package signalling_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pronto/signalling/call"
	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// The last report of a page that goes is known by its session's secret. Firefox does not say whose page it was.
func TestALastReportIsTakenFromWhoHasTheSessionsSecret(t *testing.T) {
	t.Parallel()
	s := signallingtest.Start(t, signallingtest.Options{})
	_, b, id := couple(t, s)
	post := func(origin, secret string) int {
		t.Helper()
		frame, err := json.Marshal(map[string]any{
			"type": "reportEnd", "id": "beacon", "body": wire.ReportEnd{Call: id, SentKB: 7, ReceivedKB: 9, Moments: []wire.Moment{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(map[string]any{"session": b.welcome.Session, "secret": secret, "frame": json.RawMessage(frame)})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "http://calls.example/v1/report", strings.NewReader(string(body)))
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Mode", "no-cors")
		w := httptest.NewRecorder()
		s.Sockets.TakeReport(w, r)
		return w.Code
	}
	counted := func() (n int) {
		for _, e := range s.Events() {
			if stay, ok := e.(call.StayReported); ok && stay.Sent == 7000 && stay.Received == 9000 {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		what, origin, secret string
		status, counted      int
	}{
		{"a page of ours in Chromium", "http://calls.example", b.welcome.Secret, http.StatusNoContent, 1},
		{"a page of ours in Firefox", "null", b.welcome.Secret, http.StatusNoContent, 2},
		{"a page of another site", "https://other.example", b.welcome.Secret, http.StatusForbidden, 2},
		{"who does not know the secret", "null", "guessed", http.StatusForbidden, 2},
	} {
		if got := post(c.origin, c.secret); got != c.status || counted() != c.counted {
			t.Errorf("%s is answered %d, want %d; %d reports are counted, want %d", c.what, got, c.status, counted(), c.counted)
		}
	}
}
