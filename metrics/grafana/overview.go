package grafana

var nowRow = row{title: "Now", numbers: true, pictures: []picture{
	{
		title: "Calls", about: "Calls now, the ringing ones included.", unit: "short",
		queries: []query{{`sum(pronto_calls_active{})`, "calls"}},
	}, {
		title: "People in calls", about: "Participants of all calls now.", unit: "short",
		queries: []query{{`sum(pronto_participants{})`, "people"}},
	}, {
		title: "People today", about: "Different people who came into calls since midnight UTC, to within 5 %, by a sketch that keeps nobody's id. A server that has fewer than ten shows none.", unit: "short",
		queries: []query{{`sum(pronto_distinct_people{})`, "people"}},
	}, {
		title: "Set-up success", about: "Share of attempts that connected, of those that connected or failed. What people chose (declined, cancelled) or did not notice (missed) is in neither. 99 % is the goal.",
		unit: "percentunit", good: &goal{fine: .99, bad: .95},
		queries: []query{{`sum(increase(pronto_setup_outcomes_total{outcome="connected",` + jobs + `}[1h])) / sum(increase(pronto_setup_outcomes_total{outcome=~"connected|failed",` + jobs + `}[1h]))`, "success"}},
	}, {
		title: "Answer to sound, p95", about: "Of twenty participants nineteen heard the others within this time after accept or join, over the last hour. 2 s is the goal.",
		unit: "s", good: &goal{fine: 2, bad: 5},
		queries: []query{{`histogram_quantile(0.95, sum by (le) (increase(pronto_answer_to_media_seconds_bucket{}[1h])))`, "p95"}},
	}, {
		title: "Calls that broke", about: "Share of calls of the last hour that ended because no media came about or all were lost.",
		unit: "percentunit", good: &goal{fine: .01, bad: .05},
		queries: []query{{`sum(increase(pronto_ended_total{class="abnormal",` + jobs + `}[1h])) / sum(increase(pronto_ended_total{}[1h]))`, "broken"}},
	}, {
		title: "WebSockets", about: "Pages and apps that are connected now.", unit: "short",
		queries: []query{{`sum(pronto_ws_connections{})`, "sockets"}},
	},
}}

var goalsRow = row{title: "Goals", numbers: true, pictures: []picture{
	{
		title: "Set-up budget left", about: "Of the attempts of the last 30 days 1 % may fail: this is what is left of that. Under zero the goal is missed.",
		unit: "percentunit", good: &goal{fine: .25, bad: 0}, from: below,
		queries: []query{{`1 - sum(increase(pronto_setup_outcomes_total{outcome="failed",` + jobs + `}[30d])) / sum(increase(pronto_setup_outcomes_total{outcome=~"connected|failed",` + jobs + `}[30d])) / 0.01`, "left"}},
	}, {
		title: "Sound not poor", about: "Share of heard time of the last hour that was not poor, by the E-model and by what the decoder made up. 98 % is the goal.",
		unit: "percentunit", good: &goal{fine: .98, bad: .9},
		queries: []query{{notPoor("audio", "[1h]"), "sound"}},
	}, {
		title: "Pictures not poor", about: "Share of seen time of the last hour that was not poor, by freezes, frame rate and height. 95 % is the goal.",
		unit: "percentunit", good: &goal{fine: .95, bad: .85},
		queries: []query{{notPoor("video", "[1h]"), "pictures"}},
	}, {
		title: "Ended well", about: "Share of calls of the last hour that ended because somebody wanted it. 99 % is the goal.",
		unit: "percentunit", good: &goal{fine: .99, bad: .95},
		queries: []query{{`sum(increase(pronto_ended_total{class="normal",` + jobs + `}[1h])) / sum(increase(pronto_ended_total{}[1h]))`, "well"}},
	}, {
		title: "Answered in 250 ms", about: "Share of the WebSocket requests of the last hour that were answered within 250 ms. 99.9 % is the goal.",
		unit: "percentunit", good: &goal{fine: .999, bad: .99},
		queries: []query{{`sum(increase(pronto_ws_handle_seconds_bucket{le="0.25",` + jobs + `}[1h])) / sum(increase(pronto_ws_handle_seconds_count{}[1h]))`, "in time"}},
	}, {
		title: "Reports of quality", about: "Reports that clients sent in the last hour and that were counted. None, while there are calls, means that nobody sees how they are.",
		unit:    "short",
		queries: []query{{`sum(increase(pronto_client_reports_total{result="accepted",` + jobs + `}[1h]))`, "reports"}},
	},
}}

// notPoor is the share of media that was not poor, of what is known.
func notPoor(media, span string) string {
	of := func(quality string) string {
		return "sum(increase(pronto_received_media_seconds_total{media=\"" + media + "\"," + quality + "," + jobs + "}" + span + "))"
	}
	return of(`quality=~"good|fair"`) + " / " + of(`quality=~"good|fair|poor"`)
}

var setUpRow = row{title: "Setting up calls", pictures: []picture{
	{
		title: "Attempts by kind", about: "Attempts to set up a call as they ended, per minute.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (kind) (rate(pronto_setup_outcomes_total{}[$__rate_interval]))`, "{{kind}}"}},
	}, {
		title: "Attempts by outcome", about: "How attempts to set up a call ended, per minute.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (outcome) (rate(pronto_setup_outcomes_total{}[$__rate_interval]))`, "{{outcome}}"}},
	}, {
		title: "Failures by cause", about: "Failed attempts per minute: no way for media was found (ice) or could be used (dtls, codec), no frame could be opened (key_exchange), the node is full (capacity), no microphone was given (permission, device), a session was lost (signalling), or the server is at fault (internal).", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (cause) (rate(pronto_setup_outcomes_total{outcome="failed",` + jobs + `}[$__rate_interval]))`, "{{cause}}"}},
	}, {
		title: "Answer to sound", about: "Time from accept or join to the first sound, as the participants' clients measured it.", unit: "s",
		queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(pronto_answer_to_media_seconds_bucket{}[$__rate_interval])))`, "p50"},
			{`histogram_quantile(0.95, sum by (le) (rate(pronto_answer_to_media_seconds_bucket{}[$__rate_interval])))`, "p95"},
		},
	}, {
		title: "Answer to sound by path, p95", about: "The same by the way media takes: the machines themselves, through a NAT, or through TURN.", unit: "s",
		queries: []query{{`histogram_quantile(0.95, sum by (le, path) (rate(pronto_answer_to_media_seconds_bucket{}[$__rate_interval])))`, "{{path}}"}},
	}, {
		title: "Joining to sound, p95", about: "Time from joining the call of a group or a link to the first sound, as the newcomers' clients measured it.", unit: "s",
		queries: []query{quantile("0.95", "pronto_join_to_media_seconds", "via", "{{via}}")},
	}, {
		title: "Length of ringing", about: "Half of the devices rang longer, by what became of it.", unit: "s",
		queries: []query{quantile("0.5", "pronto_ring_seconds", "outcome", "{{outcome}}")},
	}, {
		title: "Ring delay", about: "Time from the ring to the first device of the callee that says it rings.", unit: "s",
		queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(pronto_ring_delay_seconds_bucket{}[$__rate_interval])))`, "p50"},
			{`histogram_quantile(0.95, sum by (le) (rate(pronto_ring_delay_seconds_bucket{}[$__rate_interval])))`, "p95"},
		},
	}, {
		title: "Notes to missed calls", about: "Notes per minute that were left for who did not answer, kept from him (withheld) because he must not hear who left them, or refused; and of those left, fetched, deleted by him (dropped) as who has opened one does, or expired.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (step) (rate(pronto_notes_total{}[$__rate_interval]))`, "{{step}}"}},
	},
}}

var callsRow = row{title: "Calls and their ends", pictures: []picture{
	{
		title: "Calls in progress", about: "By what they started as and by the way media takes.", unit: "short", stacked: true,
		queries: []query{{`sum by (kind, topology) (pronto_calls_active{})`, "{{kind}}, {{topology}}"}},
	}, {
		title: "People by topology", about: "Participants by the way their media takes.", unit: "short", stacked: true,
		queries: []query{{`sum by (topology) (pronto_participants{})`, "{{topology}}"}},
	}, {
		title: "Good media minutes", about: "Share of the heard and seen time that was good, of what is known: the main indicator, per receiver.", unit: "percentunit",
		queries: []query{{`sum by (media) (rate(pronto_received_media_seconds_total{quality="good",` + jobs + `}[$__rate_interval])) / sum by (media) (rate(pronto_received_media_seconds_total{quality=~"good|fair|poor",` + jobs + `}[$__rate_interval]))`, "{{media}}"}},
	}, {
		title: "Ratings", about: "What people thought of their calls, 1 to 5, beside the score of the sound in the same time: if the two part, the score does not see what people mind.", unit: "none",
		queries: []query{
			{`sum(increase(pronto_ratings_stars_sum{}[$__range])) / sum(increase(pronto_ratings_stars_count{}[$__range]))`, "rating"},
			{`sum(increase(pronto_audio_mos_sum{}[$__range])) / sum(increase(pronto_audio_mos_count{}[$__range]))`, "score of the sound"},
		},
	}, {
		title: "What people did not like", about: "Reasons that came with ratings, in the time shown.", unit: "short", stacked: true,
		queries: []query{{`sum by (reason) (increase(pronto_rating_reasons_total{}[$__range]))`, "{{reason}}"}},
	}, {
		title: "Voice and video", about: "Answers per minute to the wish to switch between voice and video.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (to, result) (rate(pronto_media_upgrades_total{}[$__rate_interval]))`, "to {{to}}: {{result}}"}},
	}, {
		title: "Ends by cause", about: "Calls that ended, per minute. Network, crash and error are what nobody wanted.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (cause) (rate(pronto_ended_total{}[$__rate_interval]))`, "{{cause}}"}},
	}, {
		title: "Length of calls", about: "Answered calls, from the answer to the end.", unit: "s",
		queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(pronto_duration_seconds_bucket{}[$__rate_interval])))`, "p50"},
			{`histogram_quantile(0.95, sum by (le) (rate(pronto_duration_seconds_bucket{}[$__rate_interval])))`, "p95"},
		},
	}, {
		title: "Size of group calls, p95", about: "Most participants at one time of calls through the SFU.", unit: "short",
		queries: []query{{`histogram_quantile(0.95, sum by (le, kind) (rate(pronto_group_peak_participants_bucket{}[$__rate_interval])))`, "{{kind}}"}},
	},
}}
