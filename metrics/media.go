package metrics

import (
	"pronto/sfu"
	"pronto/turn"
)

// media measures the SFU; its counters are read by watch.
type media struct {
	connect, firstMedia, keyFrame *histogram
	rate, rtt                     *histogram
	loss, jitter, bytes           *histogram
	gone                          *counter
}

func newMedia(b *builder) media {
	return media{
		connect:    b.histogram("pronto_sfu_connect_seconds"),
		firstMedia: b.histogram("pronto_sfu_first_media_seconds"),
		keyFrame:   b.histogram("pronto_sfu_keyframe_delay_seconds"),
		rate:       b.histogram("pronto_sfu_estimated_bandwidth_bytes_per_second"),
		rtt:        b.histogram("pronto_sfu_rtt_seconds"),
		loss:       b.histogram("pronto_sfu_packet_loss_ratio"),
		jitter:     b.histogram("pronto_sfu_jitter_seconds"),
		bytes:      b.histogram("pronto_sfu_peer_bytes"),
		gone:       b.counter("pronto_sfu_peers_gone_total"),
	}
}

// SFU takes an event of the SFU.
func (m *Metrics) SFU(e sfu.Event) {
	switch e := e.(type) {
	case sfu.PeerConnected:
		m.media.connect.observe(e.After.Seconds())
	case sfu.PeerFirstMedia:
		m.media.firstMedia.observe(e.After.Seconds())
	case sfu.KeyFrameCame:
		m.media.keyFrame.observe(e.After.Seconds())
	case sfu.LegMeasured:
		m.measured(e)
	case sfu.PeerGone:
		m.media.gone.inc(string(e.Reason))
		if e.Bytes > 0 {
			m.media.bytes.observe(float64(e.Bytes))
		}
	}
}

// measured counts what the SFU itself has measured of a peer's connection.
func (m *Metrics) measured(e sfu.LegMeasured) {
	s := &m.media
	if e.Bps > 0 {
		s.rate.observe(float64(e.Bps) / 8)
	}
	if e.RTT > 0 {
		s.rtt.observe(e.RTT.Seconds())
	}
	if e.Up.Known {
		s.loss.observe(e.Up.Loss, "up")
		s.jitter.observe(e.Up.Jitter.Seconds(), "up")
	}
	if e.Down.Known {
		s.loss.observe(e.Down.Loss, "down")
		s.jitter.observe(e.Down.Jitter.Seconds(), "down")
	}
}

// relay measures TURN.
type relay struct {
	open                  *gauge
	given, bytes, refused *counter
	life                  *histogram
}

func newRelay(b *builder) relay {
	return relay{
		open:    b.gauge("pronto_turn_allocations"),
		given:   b.counter("pronto_turn_allocations_total"),
		bytes:   b.counter("pronto_turn_bytes_total"),
		refused: b.counter("pronto_turn_refused_total"),
		life:    b.histogram("pronto_turn_allocation_seconds"),
	}
}

// Turn takes an event of the TURN server.
func (m *Metrics) Turn(e turn.Event) {
	r := &m.relay
	switch e := e.(type) {
	case turn.AllocationOpened:
		r.open.add(1, string(e.Transport))
		r.given.inc(string(e.Transport), "ok")
	case turn.AllocationClosed:
		r.open.add(-1, string(e.Transport))
		r.life.observe(e.Duration.Seconds(), string(e.Transport))
	case turn.AllocationRefused:
		m.turnRefused(e)
	case turn.Relayed:
		r.bytes.add(float64(e.BytesToPeers), "to_peer")
		r.bytes.add(float64(e.BytesToClient), "to_client")
	}
}

func (m *Metrics) turnRefused(e turn.AllocationRefused) {
	m.relay.refused.inc(string(e.Reason))
	switch e.Reason {
	case turn.ReasonPeerDenied, turn.ReasonBandwidth: // refused within an allocation
	default:
		m.relay.given.inc(string(e.Transport), "refused")
	}
	switch e.Reason {
	case turn.ReasonAuth:
		m.sockets.auth.inc("turn", "refused")
	case turn.ReasonExpired:
		m.sockets.auth.inc("turn", "expired")
	}
}
