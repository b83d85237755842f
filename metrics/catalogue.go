package metrics

import (
	"runtime"
	"runtime/debug"
	"slices"

	"pronto/sfu"
	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/signalling/policy"
	"pronto/signalling/wire"
	"pronto/turn"
)

// texts are constants of another package as values of a label.
func texts[T ~string](values ...T) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

func label(name string, values ...string) Label { return Label{name, values} }

// Labels that several metrics have.
var (
	kinds      = label("kind", wire.KindVoice.Values()...)
	topologies = label("topology", wire.TopologyDirect.Values()...)
	paths      = label("path", wire.PathHost.Values()...)
	audioVideo = label("media", "audio", "video")
	inOut      = label("direction", "in", "out")
	transports = label("transport", texts(turn.UDP, turn.TCP)...)

	// waits are the bounds of what a person waits for, in seconds: 2 s is the
	// promise between answer and sound.
	waits = []float64{.1, .25, .5, .75, 1, 1.5, 2, 3, 5, 10}
	// spans are the bounds of what lasts, in seconds: 5 s to 4 h.
	spans = []float64{5, 15, 30, 60, 180, 300, 600, 1200, 1800, 3600, 7200, 14400}
)

var callDefinitions = []Definition{
	{
		Name: "pronto_calls_active", Type: Gauge, Labels: []Label{kinds, topologies},
		Help: "Calls now, the ringing ones included.",
	}, {
		Name: "pronto_participants", Type: Gauge, Labels: []Label{topologies},
		Help: "People in calls now.",
	}, {
		Name: "pronto_setup_outcomes_total", Type: Counter, possible: setupPossible,
		Labels: []Label{
			kinds, topologies, label("via", texts(call.ViaContact, call.ViaGroup, call.ViaLink)...),
			label("outcome", texts(call.OutcomeConnected, call.OutcomeDeclined, call.OutcomeMissed, call.OutcomeCancelled,
				call.OutcomeUnreachable, call.OutcomeFailed)...),
			label("cause", texts(call.CauseNone, call.CauseICE, call.CauseSignalling)...),
		},
		Help: "Attempts to set up a call, by how they ended; one for each call. The cause is set for outcome failed only. Success is connected / (connected + failed).",
	}, {
		Name: "pronto_ring_delay_seconds", Type: Histogram, Buckets: waits,
		Help: "Time from the ring to the first device of the callee that says it rings.",
	}, {
		Name: "pronto_answer_to_media_seconds", Type: Histogram, Labels: []Label{kinds, paths}, Buckets: waits,
		Help: "Time from accept or join to the first sound that a participant heard, as his client measured it.",
	}, {
		Name: "pronto_duration_seconds", Type: Histogram, Labels: []Label{kinds, topologies}, Buckets: spans,
		Help: "Length of answered calls, from the answer to the end.",
	}, {
		Name: "pronto_ended_total", Type: Counter, possible: endPossible,
		Labels: []Label{kinds, topologies, label("class", "normal", "abnormal"), label("cause", endCauses()...)},
		Help:   "Calls that are over, by cause. Failed ones, where no media came about or all were lost, are abnormal.",
	}, {
		Name: "pronto_group_peak_participants", Type: Histogram, Labels: []Label{kinds},
		Buckets: []float64{1, 2, 3, 4, 6, 8, 12, 16, 25, 50, 100},
		Help:    "Most participants at one time of a call through the SFU, told at its end.",
	}, {
		Name: "pronto_blocked_total", Type: Counter,
		Labels: []Label{label("reason", texts(policy.Reasons()...)...)},
		Help:   "Attempts that policy kept from ringing anybody, by reason.",
	}, {
		Name: "pronto_client_alerts_total", Type: Counter, Labels: []Label{label("alert", "low_battery", "not_heard", "poor_network", "churn")},
		Help: "Times that the participants of a call were told of trouble with one of them.",
	},
}

var keyDefinitions = []Definition{
	{
		Name: "pronto_e2ee_groups_total", Type: Counter, Labels: []Label{label("kind", "first", "replaced")},
		Help: "Groups of keys that encrypted calls got; replaced ones are those of which nobody was left or could go on.",
	}, {
		Name: "pronto_e2ee_commits_total", Type: Counter, Labels: []Label{label("result", "member", "external", "stale")},
		Help: "Changes of keys that were taken, by who made them, a member or a newcomer; stale ones came second and were not taken.",
	}, {
		Name: "pronto_e2ee_first_opened_seconds", Type: Histogram, Labels: []Label{topologies}, Buckets: waits,
		Help: "Time from accept or join to the first frame of another participant that was opened, as clients measured it.",
	}, {
		Name: "pronto_e2ee_failures_total", Type: Counter, Labels: []Label{label("cause", wire.KeyFailureNoKey.Values()...)},
		Help: "Seconds in which something was wrong with keys or frames at a client, as it said, by cause.",
	},
}

var linkDefinitions = []Definition{
	{
		Name: "pronto_links_created_total", Type: Counter, Labels: []Label{kinds},
		Help: "Call links made.",
	}, {
		Name: "pronto_link_joins_total", Type: Counter,
		Labels: []Label{label("result", "ok", "expired", "revoked", "exhausted", "refused")},
		Help:   "Attempts to join a call by a link, by result.",
	},
}

var sfuDefinitions = []Definition{
	{
		Name: "pronto_sfu_rooms", Type: Gauge,
		Help: "Rooms of the SFU now; a call through it has one.",
	}, {
		Name: "pronto_sfu_participants", Type: Gauge, Labels: []Label{label("state", "connected", "connecting")},
		Help: "Peers in rooms now, by whether their ICE and DTLS are up.",
	}, {
		Name: "pronto_sfu_tracks", Type: Gauge,
		Help: "Encodings that the SFU receives now; a simulcast camera is several.",
	}, {
		Name: "pronto_sfu_rtp_packets_total", Type: Counter, Labels: []Label{audioVideo, inOut},
		Help: "RTP packets received with retransmissions (in) and forwarded without (out).",
	}, {
		Name: "pronto_sfu_rtp_bytes_total", Type: Counter, Labels: []Label{audioVideo, inOut},
		Help: "Bytes of RTP payload received (in) and forwarded (out).",
	}, {
		Name: "pronto_sfu_packets_dropped_total", Type: Counter, Labels: []Label{label("reason", "uplink", "rtcp", "ssrc", "handover", "malformed")},
		Help: "Packets that went no further: above the uplink limit, above the RTCP limit, of one stream too many, more than one worker could hand to another, or not of their codec.",
	}, {
		Name: "pronto_sfu_unsealed_packets_dropped_total", Type: Counter,
		Labels: []Label{label("reason", "envelope", "keyless", "leaf", "epoch", "kind")},
		Help:   "Packets of encrypted calls that went no further: not sealed, of a sender without keys, or sealed as another, in another epoch or as another kind.",
	}, {
		Name: "pronto_sfu_keyframe_requests_total", Type: Counter,
		Help: "Requests for key frames sent to publishers.",
	}, {
		Name: "pronto_sfu_keyframe_repeats_total", Type: Counter,
		Help: "Those of the requests for key frames that asked again because none had come.",
	}, {
		Name: "pronto_sfu_keyframe_wishes_total", Type: Counter, Labels: []Label{label("cause", "feedback", "switch")},
		Help: "Wishes for key frames: a subscriber's PLI or FIR, or a switch of source or layer. Most are merged into one request.",
	}, {
		Name: "pronto_sfu_keyframes_total", Type: Counter,
		Help: "Key frames received, asked for or not.",
	}, {
		Name: "pronto_sfu_keyframe_delay_seconds", Type: Histogram, Buckets: []float64{.01, .025, .05, .1, .2, .3, .5, .75, 1, 2, 5},
		Help: "Time from the first request for a key frame to its arrival.",
	}, {
		Name: "pronto_sfu_layer_switches_total", Type: Counter, Labels: []Label{label("direction", "up", "down")},
		Help: "Switches of one subscriber to a higher or a lower layer.",
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

var socketDefinitions = []Definition{
	{
		Name: "pronto_ws_connections", Type: Gauge,
		Help: "WebSockets open now.",
	}, {
		Name: "pronto_ws_messages_total", Type: Counter, Labels: []Label{label("type", requestTypes()...)},
		Help: "Requests of clients that were answered, by type; unknown is what is none.",
	}, {
		Name: "pronto_ws_problems_total", Type: Counter, Labels: []Label{label("code", wire.CodeInternal.Values()...)},
		Help: "Requests of clients that were answered with a problem, by its code.",
	}, {
		Name: "pronto_ws_handle_seconds", Type: Histogram, Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		Help: "Time from a request to its answer, hello not included.",
	}, {
		Name: "pronto_ws_closes_total", Type: Counter,
		Labels: []Label{label("reason", texts(signalling.CloseNormal, signalling.CloseTimeout, signalling.CloseSlowConsumer,
			signalling.ClosePolicy, signalling.CloseDrain, signalling.CloseError)...)},
		Help: "WebSockets that closed, by reason.",
	}, {
		Name: "pronto_auth_failures_total", Type: Counter,
		Labels: []Label{label("mechanism", "token", "turn"), label("reason", "refused", "expired")},
		// A token says only that it was refused, whether it is old or forged.
		possible: func(v []string) bool { return v[0] == "turn" || v[1] == "refused" },
		Help:     "Tokens and TURN credentials that were refused.",
	},
}

func ownDefinitions() []Definition {
	version, revision := build()
	return []Definition{
		{
			Name: "pronto_bus_dropped_total", Type: Counter,
			Help: "Times that messages began to be lost on the bus because a receiver was slow. What is lost is read again.",
		}, {
			Name: "pronto_telemetry_suppressed_total", Type: Counter, Labels: []Label{label("reason", "unknown_label")},
			Help: "Samples whose labels were not in the list and are counted as other.",
		}, {
			Name: "pronto_build_info", Type: Gauge,
			Labels: []Label{label("version", version), label("revision", revision), label("goversion", runtime.Version())},
			Help:   "Always 1; its labels say what runs.",
		},
	}
}

// setupPossible leaves out what call cannot say: a cause belongs to a failure,
// a failed direct way is tried again through the SFU, and a link's calls ring
// nobody and go through the SFU.
func setupPossible(v []string) bool {
	topology, via, outcome, cause := v[1], v[2], v[3], v[4]
	failed := outcome == string(call.OutcomeFailed)
	switch {
	case failed != (cause != ""):
		return false
	case via == string(call.ViaLink):
		return topology == string(wire.TopologySFU) && (outcome == string(call.OutcomeConnected) || cause == string(call.CauseICE))
	}
	return topology == string(wire.TopologySFU) || cause != string(call.CauseICE)
}

func endPossible(v []string) bool {
	return (v[2] == "abnormal") == (v[3] == string(wire.EndFailed))
}

func endCauses() []string {
	causes := wire.EndFailed.Values()
	for i := range causes {
		causes[i] = endCause(wire.EndReason(causes[i]))
	}
	return causes
}

// endCause is a reason in the spelling of labels.
func endCause(reason wire.EndReason) string {
	if reason == wire.EndNoAnswer {
		return "no_answer"
	}
	return string(reason)
}

func requestTypes() []string {
	types := make([]string, 0, len(wire.Requests)+1)
	for _, r := range wire.Requests {
		types = append(types, r.Type)
	}
	slices.Sort(types)
	return append(types, "unknown")
}

// build tells what was built from what, as far as the tool chain wrote it down.
func build() (version, revision string) {
	version, revision = "devel", "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, revision
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = setting.Value
		}
	}
	return version, revision
}
