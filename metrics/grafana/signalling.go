package grafana

var signallingRow = row{title: "Signalling", pictures: []picture{
	{
		title: "WebSockets", about: "Open WebSockets of each server.", unit: "short", stacked: true,
		queries: []query{{`sum by (instance) (pronto_ws_connections{})`, "{{instance}}"}},
	}, {
		title: "Requests", about: "Requests of clients per second, by type.", unit: "reqps", stacked: true,
		queries: []query{{`sum by (type) (rate(pronto_ws_messages_total{}[$__rate_interval]))`, "{{type}}"}},
	}, {
		title: "Time to answer", about: "From a request to its answer. 250 ms is the goal for 999 of 1000.", unit: "s",
		queries: []query{
			{`histogram_quantile(0.5, sum by (le) (rate(pronto_ws_handle_seconds_bucket{}[$__rate_interval])))`, "p50"},
			{`histogram_quantile(0.99, sum by (le) (rate(pronto_ws_handle_seconds_bucket{}[$__rate_interval])))`, "p99"},
		},
	}, {
		title: "Problems", about: "Requests per minute that were not carried out, by code. Internal and unavailable are the server's fault.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (code) (rate(pronto_ws_problems_total{}[$__rate_interval]))`, "{{code}}"}},
	}, {
		title: "Closed sockets", about: "WebSockets that closed per minute, by reason.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_ws_closes_total{}[$__rate_interval]))`, "{{reason}}"}},
	},
}}
