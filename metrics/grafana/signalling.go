package grafana

var signallingRow = row{title: "Signalling", pictures: []picture{
	{
		title: "WebSockets", about: "Open WebSockets of each server.", unit: "short", stacked: true,
		queries: []query{{`sum by (instance) (pronto_ws_connections{})`, "{{instance}}"}},
	}, {
		title: "Kinds of client", about: "WebSockets by kind of client; one that few calls have is other.", unit: "short", stacked: true,
		queries: []query{{`sum by (client) (pronto_ws_connections{})`, "{{client}}"}},
	}, {
		title: "Messages", about: "Requests (in), replies and events (out) per second, by type.", unit: "reqps", stacked: true,
		queries: []query{{`sum by (direction, type) (rate(pronto_ws_messages_total{}[$__rate_interval]))`, "{{direction}}: {{type}}"}},
	}, {
		title: "Time to answer", about: "From a request to its answer. 250 ms is the goal for 999 of 1000.", unit: "s",
		queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(pronto_ws_handle_seconds_bucket{}[$__rate_interval])))`, "p50"},
			{`histogram_quantile(0.99, sum by (le) (rate(pronto_ws_handle_seconds_bucket{}[$__rate_interval])))`, "p99"},
		},
	}, {
		title: "Slowest requests, p99", about: "From a request to its answer, by type.", unit: "s",
		queries: []query{quantile("0.99", "pronto_ws_handle_seconds", "type", "{{type}}")},
	}, {
		title: "Ping, p95", about: "From a client's ping to its answer, as clients measure it: their network and the server together.", unit: "s",
		queries: []query{quantile("0.95", "pronto_ws_rtt_seconds", "", "p95")},
	}, {
		title: "Problems", about: "Requests per minute that were not carried out, by code. Internal and unavailable are the server's fault.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (code) (rate(pronto_ws_problems_total{}[$__rate_interval]))`, "{{code}}"}},
	}, {
		title: "Closed sockets", about: "WebSockets that closed per minute, by reason.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_ws_closes_total{}[$__rate_interval]))`, "{{reason}}"}},
	},
}}

var servicesRow = row{title: "API, webhooks and push", pictures: []picture{
	{
		title: "HTTP requests", about: "Requests per second by route.", unit: "reqps", stacked: true,
		queries: []query{{`sum by (route) (rate(pronto_http_requests_total{}[$__rate_interval]))`, "{{route}}"}},
	}, {
		title: "HTTP errors", about: "Share of requests that the server answered with 5xx, by route.", unit: "percentunit",
		queries: []query{{`sum by (route) (rate(pronto_http_requests_total{code="5xx",` + jobs + `}[$__rate_interval])) / sum by (route) (rate(pronto_http_requests_total{}[$__rate_interval]))`, "{{route}}"}},
	}, {
		title: "HTTP time, p95", about: "Time of requests by route.", unit: "s",
		queries: []query{quantile("0.95", "pronto_http_request_seconds", "route", "{{route}}")},
	}, {
		title: "Webhooks delivered", about: "Share of the attempts to deliver webhooks that were taken, by event.", unit: "percentunit",
		queries: []query{{`sum by (event) (rate(pronto_webhook_attempts_total{result="ok",` + jobs + `}[$__rate_interval])) / sum by (event) (rate(pronto_webhook_attempts_total{}[$__rate_interval]))`, "{{event}}"}},
	}, {
		title: "Oldest webhook", about: "Age of the oldest webhook that waits. It grows while a receiver is away.", unit: "s",
		queries: []query{{`max by (instance) (pronto_webhook_oldest_pending_seconds{})`, "{{instance}}"}},
	}, {
		title: "Pushes", about: "Pushes to devices per minute, by what their provider answered.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (provider, result) (rate(pronto_push_sends_total{}[$__rate_interval]))`, "{{provider}}: {{result}}"}},
	},
}}
