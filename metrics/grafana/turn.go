package grafana

var turnRow = row{title: "TURN", pictures: []picture{
	{
		title: "Allocations", about: "TURN allocations now, by transport between client and server. TCP means that UDP is blocked on the way.", unit: "short", stacked: true,
		queries: []query{{`sum by (transport) (pronto_turn_allocations{})`, "{{transport}}"}},
	}, {
		title: "Relayed bits", about: "Payload relayed in each direction.", unit: "bps",
		queries: []query{{`8 * sum by (direction) (rate(pronto_turn_bytes_total{}[$__rate_interval]))`, "{{direction}}"}},
	}, {
		title: "TURN share", about: "Part of the connections of the last hour that go through TURN. Over a half, UDP is blocked somewhere, or direct ways are.", unit: "percentunit",
		queries: []query{{`sum(increase(pronto_ice_selected_pairs_total{path="relay",` + jobs + `}[1h])) / sum(increase(pronto_ice_selected_pairs_total{}[1h]))`, "relayed"}},
	}, {
		title: "Refused", about: "Times per minute that a client did not get what it asked for.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_turn_refused_total{}[$__rate_interval]))`, "{{reason}}"}},
	},
}}
