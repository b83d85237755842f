package grafana

// Calls is the dashboard: how calls are set up and how they end, what passes
// through the SFU and TURN, and how the WebSockets are.
func Calls() Dashboard {
	return Dashboard{
		UID: "pronto-calls", Title: "Pronto", Description: "Calls, their quality, and the servers that carry them.",
		Tags: []string{"pronto"}, SchemaVersion: 39, Version: 1, Refresh: "30s", Timezone: "browser",
		Time:       TimeRange{"now-6h", "now"},
		Templating: Templating{variables},
		Panels:     lay([]row{nowRow, setUpRow, callsRow, sfuRow, turnRow, signallingRow}),
	}
}

var variables = []Variable{
	{
		Name: "datasource", Label: "Data source", Type: "datasource", Query: "prometheus", Refresh: 1,
		Current: &Current{"Prometheus", "pronto-prometheus"},
	}, {
		Name: "job", Label: "Job", Type: "query", Datasource: source, Query: "label_values(pronto_build_info, job)",
		Refresh: 2, Multi: true, IncludeAll: true, AllValue: ".+", Current: &Current{"All", "$__all"},
	}, {
		Name: "instance", Label: "Server", Type: "query", Datasource: source,
		Query:   `label_values(pronto_build_info{job=~"$job"}, instance)`,
		Refresh: 2, Multi: true, IncludeAll: true, AllValue: ".+", Current: &Current{"All", "$__all"},
	},
}

var nowRow = row{title: "Now", numbers: true, pictures: []picture{
	{
		title: "Calls", about: "Calls now, the ringing ones included.", unit: "short",
		queries: []query{{`sum(pronto_calls_active{})`, "calls"}},
	}, {
		title: "People in calls", about: "Participants of all calls now.", unit: "short",
		queries: []query{{`sum(pronto_participants{})`, "people"}},
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

var setUpRow = row{title: "Setting up calls", pictures: []picture{
	{
		title: "Attempts by outcome", about: "How attempts to set up a call ended, per minute.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (outcome) (rate(pronto_setup_outcomes_total{}[$__rate_interval]))`, "{{outcome}}"}},
	}, {
		title: "Failures by cause", about: "Failed attempts per minute: no way for media was found (ice), or the server failed (signalling).", unit: "cpm", stacked: true,
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
		title: "Ring delay", about: "Time from the ring to the first device of the callee that says it rings.", unit: "s",
		queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(pronto_ring_delay_seconds_bucket{}[$__rate_interval])))`, "p50"},
			{`histogram_quantile(0.95, sum by (le) (rate(pronto_ring_delay_seconds_bucket{}[$__rate_interval])))`, "p95"},
		},
	}, {
		title: "Kept from ringing", about: "Attempts per minute that privacy settings or blocks kept from ringing anybody. The caller saw nothing but silence.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_blocked_total{}[$__rate_interval]))`, "{{reason}}"}},
	},
}}

var callsRow = row{title: "Calls", pictures: []picture{
	{
		title: "Calls in progress", about: "By what they started as and by the way media takes.", unit: "short", stacked: true,
		queries: []query{{`sum by (kind, topology) (pronto_calls_active{})`, "{{kind}}, {{topology}}"}},
	}, {
		title: "People in calls", about: "Participants by the way their media takes.", unit: "short", stacked: true,
		queries: []query{{`sum by (topology) (pronto_participants{})`, "{{topology}}"}},
	}, {
		title: "Ends by cause", about: "Calls that ended, per minute. Failed means that no media came about or that all were lost.", unit: "cpm", stacked: true,
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
	}, {
		title: "Links", about: "Attempts to join by a call link per minute, by result.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (result) (rate(pronto_link_joins_total{}[$__rate_interval]))`, "{{result}}"}},
	},
}}
