package signalling

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"pronto/signalling/identity"
	"pronto/signalling/wire"
)

// maxBeacon is how long a last report may be, in bytes.
const maxBeacon = 4 << 10

// beacon is a last report of a page that goes: the session whose it is, by its
// secret, and the request as it would be on the socket.
type beacon struct {
	Session wire.SessionID  `json:"session"`
	Secret  string          `json:"secret"`
	Frame   json.RawMessage `json:"frame"`
}

// TakeReport serves POST /v1/report: the last report of a page that is gone
// before a socket could carry it. Nobody waits for the answer.
func (s *Server) TakeReport(w http.ResponseWriter, r *http.Request) {
	// Firefox hides the origin of a beacon of pages that send no referrer, as ours and the
	// Fetch standard say ("null"). Whose report it is tells the secret, which no other page has.
	if r.Header.Get("Origin") != "null" && !s.OriginAllowed(r) {
		http.Error(w, "this origin may not report", http.StatusForbidden)
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBeacon))
	if err != nil {
		http.Error(w, "a report has at most 4 kB", http.StatusRequestEntityTooLarge)
		return
	}
	var b beacon
	if json.Unmarshal(data, &b) != nil {
		http.Error(w, "this is no report", http.StatusBadRequest)
		return
	}
	one := s.session(b.Session)
	if one == nil || !identity.SameSecret(one.secret, b.Secret) || one.isDeaf() {
		http.Error(w, "there is no such session", http.StatusForbidden)
		return
	}
	_, message, err := wire.Decode(b.Frame)
	report, ok := message.(*wire.ReportEnd)
	if err != nil || !ok {
		http.Error(w, "only reportEnd is taken here", http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), handleWithin)
	defer cancel()
	who := one.caller()
	who.Reply = func(any) {}
	if _, err := s.cfg.Calls.Handle(ctx, who, report); err != nil {
		http.Error(w, "it could not be counted", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
