package metrics

import (
	"pronto/sfu"
	"pronto/turn"
)

// Labels and bounds of the SFU.
var (
	upDown = label("direction", "up", "down")

	// rates are the bounds of bandwidths, in bytes a second: 100 kbit/s to 10 Mbit/s.
	rates = []float64{12.5e3, 25e3, 37.5e3, 62.5e3, 93.75e3, 125e3, 187.5e3, 312.5e3, 625e3, 1.25e6}
)

// delays are the bounds of what the SFU adds, in seconds.
func delays() []float64 {
	bounds := make([]float64, len(sfu.DelayBounds))
	for i, d := range sfu.DelayBounds {
		bounds[i] = d.Seconds()
	}
	return bounds
}

var sfuDefinitions = []Definition{
	{
		Name: "pronto_sfu_rooms", Type: Gauge,
		Help: "Rooms of the SFU now; a call through it has one.",
	}, {
		Name: "pronto_sfu_participants", Type: Gauge, Labels: []Label{label("state", "connected", "connecting")},
		Help: "Peers in rooms now, by whether their ICE and DTLS are up.",
	}, {
		Name: "pronto_sfu_tracks", Type: Gauge, Labels: []Label{audioVideo, inOut},
		Help: "Encodings that the SFU receives now (in; a simulcast camera is several), and receive slots in which something flows (out).",
	}, {
		Name: "pronto_sfu_rtp_packets_total", Type: Counter, Labels: []Label{audioVideo, inOut},
		Help: "RTP packets received with retransmissions (in) and forwarded without (out).",
	}, {
		Name: "pronto_sfu_rtp_bytes_total", Type: Counter, Labels: []Label{audioVideo, inOut},
		Help: "Bytes of RTP payload received (in) and forwarded (out).",
	}, {
		Name: "pronto_sfu_nacks_total", Type: Counter, Labels: []Label{inOut},
		Help: "Packets that receivers asked for again (in), and that publishers were asked for again (out).",
	}, {
		Name: "pronto_sfu_retransmitted_packets_total", Type: Counter, Labels: []Label{inOut},
		Help: "Packets that publishers sent again (in), and that were sent to receivers again (out).",
	}, {
		Name: "pronto_sfu_packets_dropped_total", Type: Counter,
		Labels: []Label{label("reason", "uplink", "rtcp", "ssrc", "handover", "malformed", "no_key", "replay")},
		Help:   "Packets that went no further: above the uplink limit, above the RTCP limit, of one stream too many, more than one worker could hand to another, not of their codec, not sealed as an encrypted call asks, or seen before or forged.",
	}, {
		Name: "pronto_sfu_unsealed_packets_dropped_total", Type: Counter,
		Labels: []Label{label("reason", "envelope", "keyless", "leaf", "epoch", "kind")},
		Help:   "Those that were dropped as no_key: not sealed, of a sender without keys, or sealed as another, in another epoch or as another kind.",
	}, {
		Name: "pronto_sfu_keyframe_requests_total", Type: Counter,
		possible: func(v []string) bool { return (v[0] == "in") == (v[1] == "loss" || v[1] == "switch") },
		Labels:   []Label{inOut, label("cause", "loss", "switch", "first", "repeat")},
		Help:     "Wishes for key frames (in): a receiver lost its picture, or another source or layer is to flow. And what was asked of publishers (out): wishes are merged into a first request, which is repeated until a key frame comes.",
	}, {
		Name: "pronto_sfu_keyframes_total", Type: Counter,
		Help: "Key frames received, asked for or not.",
	}, {
		Name: "pronto_sfu_keyframe_delay_seconds", Type: Histogram, Buckets: []float64{.01, .025, .05, .1, .2, .3, .5, .75, 1, 2, 5},
		Help: "Time from the first request for a key frame to its arrival.",
	}, {
		Name: "pronto_sfu_layer_switches_total", Type: Counter,
		possible: func(v []string) bool { return v[0] == "down" || v[1] != "pause" },
		Labels:   []Label{upDown, label("cause", "bwe", "size", "pause")},
		Help:     "Switches of one receiver to a higher or a lower layer: because of its bandwidth, because of the size at which it shows the picture, or down to nothing for want of room.",
	}, {
		Name: "pronto_sfu_forward_delay_seconds", Type: Histogram, Buckets: delays(),
		Help: "Time from reading a batch of packets to having handed the last of what follows from it to the kernel.",
	}, {
		Name: "pronto_sfu_estimated_bandwidth_bytes_per_second", Type: Histogram, Buckets: rates,
		Help: "What the SFU takes each receiver's way to carry, each 10 s.",
	}, {
		Name: "pronto_sfu_rtt_seconds", Type: Histogram, Buckets: roundTrip,
		Help: "Round-trip time to each peer by its receiver reports, each 10 s, whatever its client reports.",
	}, {
		Name: "pronto_sfu_packet_loss_ratio", Type: Histogram, Labels: []Label{upDown}, Buckets: ratios,
		Help: "Part of the packets from each peer (up) and to it (down) that was lost before repair, each 10 s, by the SFU's own count and its receiver reports.",
	}, {
		Name: "pronto_sfu_jitter_seconds", Type: Histogram, Labels: []Label{upDown}, Buckets: jitters,
		Help: "Interarrival jitter (RFC 3550) of each peer's worst stream, likewise.",
	}, {
		Name: "pronto_sfu_peer_bytes", Type: Histogram, Buckets: volumes,
		Help: "What a peer's connection carried in both directions in its whole life, headers included; to compare with pronto_data_bytes.",
	}, {
		Name: "pronto_sfu_load_ratio", Type: Gauge, Labels: []Label{label("resource", "cpu", "egress", "participants", "fds")},
		Help: "How much of what this server has is in use, 0 to 1: processor, the rate it may send at (0 if none is set), places for participants, open files.",
	}, {
		Name: "pronto_sfu_admission_refused_total", Type: Counter, Labels: []Label{label("reason", admissions...)},
		Help: "Times that somebody was kept out for want of room: of the SFU (media), or in a call that has as many as it may (call).",
	}, {
		Name: "pronto_sfu_connect_seconds", Type: Histogram, Buckets: waits,
		Help: "Time from a peer's first offer to ICE and DTLS connected.",
	}, {
		Name: "pronto_sfu_first_media_seconds", Type: Histogram, Buckets: waits,
		Help: "Time from a peer's first offer to its first media packet.",
	}, {
		Name: "pronto_sfu_peers_gone_total", Type: Counter,
		Labels: []Label{label("reason", texts(sfu.ReasonClosed, sfu.ReasonReplaced, sfu.ReasonTransport, sfu.ReasonAbuse)...)},
		Help:   "Peers that were closed, by reason.",
	},
}

var turnDefinitions = []Definition{
	{
		Name: "pronto_turn_allocations", Type: Gauge, Labels: []Label{transports},
		Help: "TURN allocations now, by transport between client and server.",
	}, {
		Name: "pronto_turn_allocations_total", Type: Counter, Labels: []Label{transports, label("result", "ok", "refused")},
		Help: "Allocations that were given, and requests that were refused for want of a good credential, quota or capacity; pronto_turn_refused_total has the reasons.",
	}, {
		Name: "pronto_turn_allocation_seconds", Type: Histogram, Labels: []Label{transports}, Buckets: spans,
		Help: "How long allocations lived.",
	}, {
		Name: "pronto_turn_bytes_total", Type: Counter, Labels: []Label{label("direction", "to_peer", "to_client")},
		Help: "Payload that TURN relayed.",
	}, {
		Name: "pronto_turn_refused_total", Type: Counter,
		Labels: []Label{label("reason", texts(turn.ReasonAuth, turn.ReasonExpired, turn.ReasonQuota, turn.ReasonPeerDenied,
			turn.ReasonBandwidth, turn.ReasonCapacity)...)},
		Help: "Times that TURN refused a client something, by reason; bandwidth at most once a second for each user.",
	},
}
