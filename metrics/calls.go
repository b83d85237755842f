package metrics

import (
	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// calls counts what happens to calls.
type calls struct {
	outcomes, ended, blocked, alerts         *counter
	ringDelay, answerToMedia, duration, peak *histogram
}

func newCalls(b *builder) calls {
	return calls{
		outcomes:      b.counter("pronto_setup_outcomes_total"),
		ended:         b.counter("pronto_ended_total"),
		blocked:       b.counter("pronto_blocked_total"),
		alerts:        b.counter("pronto_client_alerts_total"),
		ringDelay:     b.histogram("pronto_ring_delay_seconds"),
		answerToMedia: b.histogram("pronto_answer_to_media_seconds"),
		duration:      b.histogram("pronto_duration_seconds"),
		peak:          b.histogram("pronto_group_peak_participants"),
	}
}

// links counts what happens to call links.
type links struct{ created, joins *counter }

func newLinks(b *builder) links {
	return links{created: b.counter("pronto_links_created_total"), joins: b.counter("pronto_link_joins_total")}
}

// Call takes an event of a call.
func (m *Metrics) Call(e call.Event) {
	if m.keys.take(e) {
		return
	}
	c := &m.calls
	switch e := e.(type) {
	case call.SetUpEnded:
		c.outcomes.inc(string(e.Kind), string(e.Topology), string(e.Via), string(e.Outcome), string(e.Cause))
	case call.RingingBegan:
		c.ringDelay.observe(e.After.Seconds())
	case call.MediaBegan:
		c.answerToMedia.observe(e.After.Seconds(), string(e.Kind), string(e.Path))
	case call.Ended:
		m.ended(e)
	case call.Refused:
		c.blocked.inc(e.Reason)
	case call.Alerted:
		c.alerts.inc(e.Alert)
	case call.LinkJoined:
		m.links.joins.inc(e.Result)
	case call.Connected:
		m.quality.connected(e)
	case call.Reported:
		m.quality.reported(e)
	case call.Rated:
		m.quality.rated(e)
	case call.ReportDropped:
		m.quality.reports.inc(string(e.Result))
	}
}

func (m *Metrics) ended(e call.Ended) {
	c := &m.calls
	class := "normal"
	if e.Reason == wire.EndFailed {
		class = "abnormal"
	}
	c.ended.inc(string(e.Kind), string(e.Topology), class, endCause(e.Reason))
	if e.Talked > 0 {
		c.duration.observe(e.Talked.Seconds(), string(e.Kind), string(e.Topology))
	}
	if e.Topology == wire.TopologySFU && e.Peak > 0 {
		c.peak.observe(float64(e.Peak), string(e.Kind))
	}
}
