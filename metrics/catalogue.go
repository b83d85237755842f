package metrics

import (
	"strings"
	"unicode"

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
		Name: "pronto_distinct_people", Type: Gauge,
		Help: "Different people who came into calls since midnight UTC, to within 5 %: a sketch of hashes under a key that is new each day. 0 while they are fewer than ten, and again after a restart.",
	}, {
		Name: "pronto_setup_outcomes_total", Type: Counter, possible: setupPossible,
		Labels: []Label{
			kinds, label("topology", append([]string{""}, wire.TopologyDirect.Values()...)...),
			label("via", texts("", call.ViaContact, call.ViaGroup, call.ViaLink)...),
			label("outcome", texts(call.OutcomeConnected, call.OutcomeDeclined, call.OutcomeMissed, call.OutcomeBusy, call.OutcomeCancelled,
				call.OutcomeUnreachable, call.OutcomeBlocked, call.OutcomeFailed)...),
			label("cause", texts(append([]call.Cause{call.CauseNone}, call.Causes()...)...)...),
		},
		Help: "Attempts to set up a call, by how they ended: each has one outcome, and a failed one has one cause. Failed ones are told by kind and cause alone. Success is connected / (connected + failed).",
	}, {
		Name: "pronto_ring_delay_seconds", Type: Histogram, Labels: []Label{topologies}, Buckets: waits,
		Help: "Time from the ring to the first device of the callee that says it rings.",
	}, {
		Name: "pronto_ring_seconds", Type: Histogram, Buckets: []float64{1, 2, 5, 10, 15, 20, 30, 45, 60, 120},
		Labels: []Label{label("outcome", texts(call.OutcomeConnected, call.OutcomeDeclined, call.OutcomeMissed)...)},
		Help:   "How long somebody's devices rang, by what became of it.",
	}, {
		Name: "pronto_join_to_media_seconds", Type: Histogram, Buckets: waits,
		Labels: []Label{label("via", texts(call.ViaGroup, call.ViaLink)...)},
		Help:   "Time from joining the call of a group or a link to the first sound that the newcomer heard, as his client measured it.",
	}, {
		Name: "pronto_answer_to_media_seconds", Type: Histogram, Labels: []Label{kinds, paths}, Buckets: waits,
		Help: "Time from accept or join to the first sound that a participant heard, as his client measured it.",
	}, {
		Name: "pronto_duration_seconds", Type: Histogram, Labels: []Label{kinds, topologies}, Buckets: spans,
		Help: "Length of answered calls, from the answer to the end.",
	}, {
		Name: "pronto_ended_total", Type: Counter, possible: endPossible,
		Labels: []Label{kinds, topologies, label("class", "normal", "abnormal"), label("cause", texts(call.EndCauses()...)...)},
		Help:   "Calls that are over: each has one class and one cause. Abnormal is what nobody wanted: the network or the server was lost, or no media came about.",
	}, {
		Name: "pronto_group_peak_participants", Type: Histogram, Labels: []Label{kinds},
		Buckets: []float64{1, 2, 3, 4, 6, 8, 12, 16, 25, 50, 100},
		Help:    "Most participants at one time of a call through the SFU, told at its end.",
	}, {
		Name: "pronto_blocked_total", Type: Counter,
		Labels: []Label{label("reason", texts(policy.Reasons()...)...)},
		Help:   "Attempts that policy kept from ringing anybody, by reason.",
	}, {
		Name: "pronto_client_alerts_total", Type: Counter, Labels: []Label{label("alert", alerts...)},
		Help: "Times that a participant, or the others, were told of trouble with him.",
	}, {
		Name: "pronto_media_upgrades_total", Type: Counter,
		possible: func(v []string) bool { return v[0] != v[1] },
		Labels: []Label{
			label("from", wire.KindVoice.Values()...), label("to", wire.KindVoice.Values()...),
			label("result", wire.KindAccepted.Values()...),
		},
		Help: "Answers to the wish to switch between voice and video.",
	}, {
		Name: "pronto_lobby_waiting", Type: Gauge,
		Help: "People who wait now to be let into the call of a link.",
	}, {
		Name: "pronto_lobby_wait_seconds", Type: Histogram, Labels: []Label{label("result", call.LobbyResults()...)}, Buckets: spans,
		Help: "How long people waited to be let in, by what became of it.",
	},
}

// alerts are what people are told of.
var alerts = []string{"muted_speaking", "no_mic_sound", "not_heard", "poor_network", "device_lost", "low_battery", "cpu", "churn"}

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
		Name: "pronto_e2ee_participants", Type: Gauge, Labels: []Label{label("state", "on", "off")},
		Help: "People in calls now, by whether the call is end-to-end encrypted.",
	}, {
		Name: "pronto_e2ee_failures_total", Type: Counter, Labels: []Label{label("reason", keyFailures()...)},
		Help: "Seconds in which something was wrong with keys or frames at a client, as it said, by reason.",
	},
}

var linkDefinitions = []Definition{
	{
		Name: "pronto_links_created_total", Type: Counter, Labels: []Label{kinds},
		Help: "Call links made.",
	}, {
		Name: "pronto_link_joins_total", Type: Counter,
		Labels: []Label{label("result", call.LinkTries()...)},
		Help: "Attempts to join a call by a link, by result, and looks at links that lead nowhere. unknown is an id that no link has: " +
			"a guess or a bad copy; limited is a source from which too many came.",
	},
}

// setupPossible leaves out what is not told: a failed attempt has a cause, and
// neither topology nor via; one that was not answered has the topology that
// its way begins with.
func setupPossible(v []string) bool {
	topology, via, outcome, cause := v[1], v[2], call.Outcome(v[3]), v[4]
	const direct, routed = string(wire.TopologyDirect), string(wire.TopologySFU)
	switch outcome {
	case call.OutcomeFailed:
		return cause != "" && topology == "" && via == ""
	case call.OutcomeConnected:
		return cause == "" && (topology == routed && via != "" || topology == direct && via == string(call.ViaContact))
	}
	return cause == "" && (topology == direct && via == string(call.ViaContact) || topology == routed && via == string(call.ViaGroup))
}

func endPossible(v []string) bool {
	return (v[2] == "abnormal") == call.EndCause(v[3]).Abnormal()
}

// keyFailures are the reasons of wire in the spelling of labels.
func keyFailures() []string {
	values := wire.KeyFailureNoKey.Values()
	for i := range values {
		values[i] = spelled(values[i])
	}
	return values
}

// spelled is a word of the protocol in the spelling of labels: noKey is no_key.
func spelled(word string) string {
	var b strings.Builder
	for _, r := range word {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
