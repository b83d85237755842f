package metrics

import (
	"pronto/signalling"
	"pronto/signalling/wire"
)

// sockets measures the WebSocket endpoint.
type sockets struct {
	messages, problems, closes, auth, limited, notices, notes, reports, appeals *counter
	handle, rtt                                                                 *histogram
}

func newSockets(b *builder) sockets {
	return sockets{
		messages: b.counter("pronto_ws_messages_total"),
		problems: b.counter("pronto_ws_problems_total"),
		closes:   b.counter("pronto_ws_closes_total"),
		auth:     b.counter("pronto_auth_failures_total"),
		limited:  b.counter("pronto_rate_limited_total"),
		notices:  b.counter("pronto_notices_total"),
		notes:    b.counter("pronto_notes_total"),
		reports:  b.counter("pronto_reports_total"),
		appeals:  b.counter("pronto_appeals_total"),
		rtt:      b.histogram("pronto_ws_rtt_seconds"),
		handle:   b.histogram("pronto_ws_handle_seconds"),
	}
}

// Signalling takes an event of the WebSocket endpoint.
func (m *Metrics) Signalling(e signalling.Event) {
	s := &m.sockets
	switch e := e.(type) {
	case signalling.SocketOpened:
		m.clients.socket(e.Client, 1)
	case signalling.SocketClosed:
		m.clients.socket(e.Client, -1)
		s.closes.inc(string(e.Reason))
	case signalling.Handled:
		class := classOf(e.Type)
		s.messages.inc("in", class)
		s.messages.inc("out", either(e.Code == "", "reply", "problem"))
		if e.Code != "" {
			s.problems.inc(string(e.Code))
		}
		if e.Code == wire.CodeRateLimited {
			s.limited.inc(class)
		}
		if e.After > 0 { // hello is not timed
			s.handle.observe(e.After.Seconds(), class)
		}
	case signalling.EventsSent:
		s.messages.add(float64(e.Count), "out", "event")
	case signalling.Pinged:
		s.rtt.observe(e.RTT.Seconds())
	case signalling.LinkCreated:
		m.links.created.inc(string(e.Kind))
	case signalling.Noticed:
		s.notices.inc(string(e.Step))
	case signalling.NoteCame:
		s.notes.inc(string(e.Step))
	case signalling.ReportFiled:
		s.reports.inc(e.Reason)
	case signalling.AppealFiled:
		s.appeals.inc()
	case signalling.TokenRefused:
		s.auth.inc("token", "refused")
	}
}
