package grafana

var turnRow = row{title: "TURN", pictures: []picture{
	{
		title: "Allocations", about: "TURN allocations now, by transport between client and server. TCP means that UDP is blocked on the way.", unit: "short", stacked: true,
		queries: []query{{`sum by (transport) (pronto_turn_allocations{})`, "{{transport}}"}},
	}, {
		title: "Relayed bits", about: "Payload relayed in each direction.", unit: "bps",
		queries: []query{{`8 * sum by (direction) (rate(pronto_turn_bytes_total{}[$__rate_interval]))`, "{{direction}}"}},
	}, {
		title: "Refused", about: "Times per minute that a client did not get what it asked for.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_turn_refused_total{}[$__rate_interval]))`, "{{reason}}"}},
	},
}}
