package grafana

var abuseRow = row{title: "Kept out", pictures: []picture{
	{
		title: "Kept from ringing", about: "Attempts per minute that privacy settings or blocks kept from ringing anybody. The caller saw nothing but silence.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_blocked_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Refused credentials", about: "Tokens and TURN credentials that were refused, per minute.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (mechanism, reason) (rate(pronto_auth_failures_total{}[$__rate_interval]))`, "{{mechanism}} {{reason}}"}},
	}, {
		title: "Joins by link", about: "Attempts to join by a call link per minute, by result.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (result) (rate(pronto_link_joins_total{}[$__rate_interval]))`, "{{result}}"}},
	}, {
		title: "Refused by the relay", about: "Times per minute that TURN refused a client something. peer_denied is somebody who tries to reach what is behind the server.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_turn_refused_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Abused sockets", about: "WebSockets closed per minute because the client broke the rules or did not read.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_ws_closes_total{reason=~"policy|slow_consumer",` + jobs + `}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Dropped media", about: "Packets per second that the SFU refused, by reason.", unit: "pps", stacked: true,
		queries: []query{{`sum by (reason) (rate(pronto_sfu_packets_dropped_total{}[$__rate_interval]))`, "{{reason}}"}},
	},
}}

var tellRow = row{title: "What is told", pictures: []picture{
	{
		title: "Reports of clients", about: "Reports of quality per minute, by what became of them. Invalid ones come from a client that is broken, or lies.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (result) (rate(pronto_client_reports_total{}[$__rate_interval]))`, "{{result}}"}},
	}, {
		title: "Labels that were not let in", about: "Samples per minute whose labels are not in the list: they are counted as other.", unit: "cpm",
		queries: []query{{`60 * sum by (reason) (rate(pronto_telemetry_suppressed_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Series", about: "Series that each server exports; a process has at most 6,000.", unit: "short",
		queries: []query{{`sum by (instance) (scrape_samples_post_metric_relabeling{})`, "{{instance}}"}},
	},
}}
