package metrics

import (
	"runtime"
	"runtime/debug"

	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Labels of what serves integrators and devices.
var (
	// WebhookEvents are the types of webhooks.
	WebhookEvents = []string{
		"call.created", "call.ringing", "call.started", "call.ended", "call.missed", "participant.joined", "participant.left",
		"link.created", "link.used", "link.revoked", "callback.created", "lobby.waiting", "lobby.answered",
		"rating.created", "report.filed", "appeal.filed", "webhook.disabled", "webhook.test",
	}
	// WebhookResults are what becomes of one attempt to deliver.
	WebhookResults = []string{"ok", "retry", "gave_up"}
	// PushProviders and PushResults are those of pushes to devices.
	PushProviders = []string{"webpush", "apns", "fcm"}
	PushResults   = []string{"ok", "gone", "throttled", "too_big", "error"}

	admissions = texts(call.AdmissionMedia, call.AdmissionCall)
	codes      = []string{"2xx", "3xx", "4xx", "5xx"}
)

var socketDefinitions = []Definition{
	{
		Name: "pronto_ws_connections", Type: Gauge, Labels: []Label{label("client", texts(call.Clients()...)...)},
		Help: "WebSockets open now, by the kind of client; a kind that fewer than ten different calls of the last hour had is counted as other.",
	}, {
		Name: "pronto_ws_messages_total", Type: Counter, possible: messagePossible,
		Labels: []Label{inOut, label("type", messageTypes()...)},
		Help:   "Requests that came (in), those about people, groups, links, keys, accounts and what happens in calls by these words; and what was sent (out): replies, problems and events.",
	}, {
		Name: "pronto_ws_problems_total", Type: Counter, Labels: []Label{label("code", wire.CodeInternal.Values()...)},
		Help: "Requests of clients that were answered with a problem, by its code.",
	}, {
		Name: "pronto_ws_handle_seconds", Type: Histogram, Labels: []Label{label("type", requestClasses()...)},
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		Help:    "Time from a request to its answer, hello not included, by the same words.",
	}, {
		Name: "pronto_ws_rtt_seconds", Type: Histogram, Buckets: roundTrip,
		Help: "Time from a client's ping to its answer, as the client measured it.",
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
	}, {
		Name: "pronto_rate_limited_total", Type: Counter, Labels: []Label{label("scope", append(requestClasses(), "http")...)},
		Help: "Requests that were refused because there were too many, by what was asked for; http is all over HTTP.",
	}, {
		Name: "pronto_notices_total", Type: Counter, Labels: []Label{label("step", texts(signalling.NoticeDelivered, signalling.NoticeAccepted)...)},
		Help: "Accounts that were told of new terms (PRONTO_TERMS_VERSION) and that accepted them, each once for each version.",
	}, {
		Name: "pronto_notes_total", Type: Counter,
		Labels: []Label{label("step", texts(signalling.NoteLeft, signalling.NoteWithheld, signalling.NoteRefused, signalling.NoteFetched, signalling.NoteDropped, signalling.NoteExpired)...)},
		Help:   "What became of notes to missed calls: left for who was called, or kept from him (withheld) because he must not hear who left it; refused; and of those left, fetched, dropped by him, expired.",
	},
}

var serviceDefinitions = []Definition{
	{
		Name: "pronto_http_requests_total", Type: Counter, Grows: true,
		Labels: []Label{label("route"), label("method", methods...), label("code", codes...)},
		Help:   "HTTP requests by the first two parts of the route's pattern, never of the path.",
	}, {
		Name: "pronto_reports_total", Type: Counter, Labels: []Label{label("reason", store.Reasons()...)},
		Help: "Reports of people, links and calls that were filed, by reason; what the same reporter adds within a day is not counted anew.",
	}, {
		Name: "pronto_appeals_total", Type: Counter,
		Help: "Appeals of people whose account is suspended; one at most against each suspension.",
	}, {
		Name: "pronto_http_request_seconds", Type: Histogram, Grows: true, Labels: []Label{label("route")}, Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		Help: "Time of HTTP requests, WebSockets not included.",
	}, {
		Name: "pronto_webhook_attempts_total", Type: Counter, Labels: []Label{label("event", WebhookEvents...), label("result", WebhookResults...)},
		Help: "Attempts to deliver a webhook: ok, to be tried again, or given up.",
	}, {
		Name: "pronto_webhook_oldest_pending_seconds", Type: Gauge,
		Help: "Age of the oldest webhook that has not been delivered nor given up; 0 if there is none.",
	}, {
		Name: "pronto_push_sends_total", Type: Counter, Labels: []Label{label("provider", PushProviders...), label("result", PushResults...)},
		Help: "Pushes to devices, by what their provider answered.",
	}, {
		Name: "pronto_push_seconds", Type: Histogram, Labels: []Label{label("provider", PushProviders...)}, Buckets: waits,
		Help: "Time of a push until its provider's answer.",
	},
}

func ownDefinitions() []Definition {
	version, revision := build()
	return []Definition{
		{
			Name: "pronto_bus_dropped_total", Type: Counter,
			Help: "Times that messages began to be lost on the bus because a receiver was slow. What is lost is read again.",
		}, {
			Name: "pronto_telemetry_suppressed_total", Type: Counter, Labels: []Label{label("reason", "unknown_label", "k_anonymity")},
			Help: "Samples that are counted as other: their labels were not in the list, or too few calls had them.",
		}, {
			Name: "pronto_draining", Type: Gauge,
			Help: "1 while the server takes no new calls because it is going away.",
		}, {
			Name: "pronto_build_info", Type: Gauge,
			Labels: []Label{label("version", version), label("revision", revision), label("goversion", runtime.Version())},
			Help:   "Always 1; its labels say what runs.",
		},
	}
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
