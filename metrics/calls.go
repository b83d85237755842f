package metrics

import (
	"time"

	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// calls counts what happens to calls.
type calls struct {
	outcomes, ended, blocked, alerts, upgrades, admissions *counter
	ringDelay, ring, answerToMedia, joinToMedia            *histogram
	duration, peak                                         *histogram
}

func newCalls(b *builder) calls {
	return calls{
		outcomes:      b.counter("pronto_setup_outcomes_total"),
		ended:         b.counter("pronto_ended_total"),
		blocked:       b.counter("pronto_blocked_total"),
		alerts:        b.counter("pronto_client_alerts_total"),
		upgrades:      b.counter("pronto_media_upgrades_total"),
		admissions:    b.counter("pronto_sfu_admission_refused_total"),
		ringDelay:     b.histogram("pronto_ring_delay_seconds"),
		ring:          b.histogram("pronto_ring_seconds"),
		joinToMedia:   b.histogram("pronto_join_to_media_seconds"),
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
		c.outcomes.inc(outcome(e)...)
		m.experiment.setUp(e)
	case call.RingingBegan:
		c.ringDelay.observe(e.After.Seconds(), string(e.Topology))
	case call.RingingEnded:
		c.ring.observe(e.After.Seconds(), string(e.Outcome))
	case call.MediaBegan:
		m.experiment.flows(e)
		c.answerToMedia.observeIn(e.Trace, e.After.Seconds(), string(e.Kind), string(e.Path))
		if e.Via != call.ViaContact {
			c.joinToMedia.observe(e.After.Seconds(), string(e.Via))
		}
	case call.KindAnswered:
		from := wire.KindVoice
		if e.To == from {
			from = wire.KindVideo
		}
		c.upgrades.inc(string(from), string(e.To), string(e.Answer))
	case call.AdmissionRefused:
		c.admissions.inc(string(e.Reason))
	case call.Entered:
		m.clients.entered(e.Client, e.Distinct, time.Now())
		m.crowd.came(e.Person, time.Now())
	case call.StayReported:
		m.quality.stayed(e)
		m.moments(e.Moments)
	case call.Ended:
		m.ended(e)
	case call.Refused:
		c.blocked.inc(e.Reason)
	case call.Alerted:
		c.alerts.inc(e.Alert)
	case call.LinkJoined:
		m.links.joins.inc(string(e.Result))
	case call.LobbyLeft:
		m.services.lobby.observe(e.After.Seconds(), string(e.Result))
	case call.Connected:
		m.quality.connected(e)
	case call.Reported:
		m.quality.reported(e)
		m.experiment.reported(e)
		m.moments(e.Moments)
	case call.Rated:
		m.quality.rated(e)
	case call.ReportDropped:
		m.quality.reports.inc(string(e.Result))
	}
}

// outcome is an attempt's labels: see setupPossible.
func outcome(e call.SetUpEnded) []string {
	kind, topology, via := string(e.Kind), string(e.Topology), string(e.Via)
	switch {
	case e.Outcome == call.OutcomeFailed:
		topology, via = "", ""
	case e.Outcome == call.OutcomeConnected:
	case e.Via == call.ViaContact:
		topology = string(wire.TopologyDirect)
	default:
		topology = string(wire.TopologySFU)
	}
	return []string{kind, topology, via, string(e.Outcome), string(e.Cause)}
}

// endClass tells whether anybody wanted the end.
func endClass(cause call.EndCause) string {
	if cause.Abnormal() {
		return "abnormal"
	}
	return "normal"
}

func (m *Metrics) ended(e call.Ended) {
	c := &m.calls
	c.ended.inc(string(e.Kind), string(e.Topology), endClass(e.Cause), string(e.Cause))
	if e.Talked > 0 {
		c.duration.observe(e.Talked.Seconds(), string(e.Kind), string(e.Topology))
	}
	if e.Topology == wire.TopologySFU && e.Peak > 0 {
		c.peak.observe(float64(e.Peak), string(e.Kind))
	}
}
