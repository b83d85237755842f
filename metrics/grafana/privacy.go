package grafana

var abuseRow = row{title: "Kept out", pictures: []picture{
	{
		title: "Kept from ringing", about: "Attempts per minute that privacy settings or blocks kept from ringing anybody. The caller saw nothing but silence.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_blocked_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Refused credentials", about: "Tokens and TURN credentials that were refused, per minute.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (mechanism, reason) (rate(pronto_auth_failures_total{}[$__rate_interval]))`, "{{mechanism}} {{reason}}"}},
	}, {
		title: "Rate-limited", about: "Requests per minute that were refused because there were too many, by what was asked for.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (scope) (rate(pronto_rate_limited_total{}[$__rate_interval]))`, "{{scope}}"}},
	}, {
		title: "Waiting in lobbies", about: "People who wait to be let in, and how long half of them waited.", unit: "short",
		queries: []query{{`sum(pronto_lobby_waiting{})`, "waiting"}},
	}, {
		title: "Joins by link", about: "Attempts to join by a call link per minute, by result.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (result) (rate(pronto_link_joins_total{}[$__rate_interval]))`, "{{result}}"}},
	}, {
		title: "Wait in the lobby", about: "How long people wait until a host answers, or they give up.", unit: "s",
		queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(pronto_lobby_wait_seconds_bucket{}[$__rate_interval])))`, "p50"},
			{`histogram_quantile(0.95, sum by (le) (rate(pronto_lobby_wait_seconds_bucket{}[$__rate_interval])))`, "p95"},
		},
	}, {
		title: "Refused by the relay", about: "Times per minute that TURN refused a client something. peer_denied is somebody who tries to reach what is behind the server.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_turn_refused_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Abused sockets", about: "WebSockets closed per minute because the client broke the rules or did not read.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_ws_closes_total{reason=~"policy|slow_consumer",` + jobs + `}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Dropped media", about: "Packets per second that the SFU refused, by reason.", unit: "pps", stacked: true,
		queries: []query{{`sum by (reason) (rate(pronto_sfu_packets_dropped_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Reported", about: "People, links and calls that were reported per hour, by reason, and appeals of who is suspended. The queue is at GET /v1/reports.", unit: "short", stacked: true,
		queries: []query{
			{`3600 * sum by (reason) (rate(pronto_reports_total{}[$__rate_interval]))`, "{{reason}}"},
			{`3600 * sum(rate(pronto_appeals_total{}[$__rate_interval]))`, "appeals"},
		},
	},
}}

var tellRow = row{title: "What is told", pictures: []picture{
	{
		title: "Reports of clients", about: "Reports of quality per minute, by what became of them. Invalid ones come from a client that is broken, or lies.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (result) (rate(pronto_client_reports_total{}[$__rate_interval]))`, "{{result}}"}},
	}, {
		title: "End-to-end encrypted", about: "Share of the people in calls whose call is end-to-end encrypted. Under 100 % somebody has asked for less.", unit: "percentunit",
		queries: []query{{`sum(pronto_e2ee_participants{state="on",` + jobs + `}) / sum(pronto_e2ee_participants{})`, "encrypted"}},
	}, {
		title: "Keys that fail", about: "Seconds per minute in which clients could not open frames or follow the keys, by reason.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_e2ee_failures_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Counted as other", about: "Samples per minute whose labels are not in the list, or that too few calls had (k-anonymity).", unit: "cpm",
		queries: []query{{`60 * sum by (reason) (rate(pronto_telemetry_suppressed_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Terms told and accepted", about: "Accounts per hour that were told of new terms, and that accepted them. Without PRONTO_TERMS_VERSION there is nothing to tell.", unit: "short",
		queries: []query{{`3600 * sum by (step) (rate(pronto_notices_total{}[$__rate_interval]))`, "{{step}}"}},
	}, {
		title: "Series", about: "Series that each server exports; a process has at most 6,000.", unit: "short",
		queries: []query{{`sum by (instance) (scrape_samples_post_metric_relabeling{})`, "{{instance}}"}},
	},
}}
