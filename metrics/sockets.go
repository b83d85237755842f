package metrics

import "pronto/signalling"

// sockets measures the WebSocket endpoint.
type sockets struct {
	open                             *gauge
	messages, problems, closes, auth *counter
	handle                           *histogram
}

func newSockets(b *builder) sockets {
	return sockets{
		open:     b.gauge("pronto_ws_connections"),
		messages: b.counter("pronto_ws_messages_total"),
		problems: b.counter("pronto_ws_problems_total"),
		closes:   b.counter("pronto_ws_closes_total"),
		auth:     b.counter("pronto_auth_failures_total"),
		handle:   b.histogram("pronto_ws_handle_seconds"),
	}
}

// Signalling takes an event of the WebSocket endpoint.
func (m *Metrics) Signalling(e signalling.Event) {
	s := &m.sockets
	switch e := e.(type) {
	case signalling.SocketOpened:
		s.open.add(1)
	case signalling.SocketClosed:
		s.open.add(-1)
		s.closes.inc(string(e.Reason))
	case signalling.Handled:
		s.messages.inc(e.Type)
		if e.Code != "" {
			s.problems.inc(string(e.Code))
		}
		if e.After > 0 { // hello is not timed
			s.handle.observe(e.After.Seconds())
		}
	case signalling.LinkCreated:
		m.links.created.inc(string(e.Kind))
	case signalling.TokenRefused:
		s.auth.inc("token", "refused")
	}
}
