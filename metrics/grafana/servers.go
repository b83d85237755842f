package grafana

var sfuRow = row{title: "SFU", pictures: []picture{
	{
		title: "Packets", about: "RTP packets received and forwarded, by kind.", unit: "pps",
		queries: []query{{`sum by (media, direction) (rate(pronto_sfu_rtp_packets_total{}[$__rate_interval]))`, "{{media}} {{direction}}"}},
	}, {
		title: "Bits", about: "RTP payload received and forwarded, by kind.", unit: "bps",
		queries: []query{{`8 * sum by (media, direction) (rate(pronto_sfu_rtp_bytes_total{}[$__rate_interval]))`, "{{media}} {{direction}}"}},
	}, {
		title: "Dropped packets", about: "Packets that went no further. A client above its uplink limit, or one that misbehaves.", unit: "pps", stacked: true,
		queries: []query{{`sum by (reason) (rate(pronto_sfu_packets_dropped_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Rooms, peers and tracks", about: "What the SFU holds now.", unit: "short",
		queries: []query{
			{`sum(pronto_sfu_rooms{})`, "rooms"},
			{`sum by (state) (pronto_sfu_participants{})`, "peers {{state}}"},
			{`sum(pronto_sfu_tracks{})`, "tracks"},
		},
	}, {
		title: "Key frames", about: "Requests to publishers and the wishes they are made of. Each one costs bandwidth; many mean loss.", unit: "cps",
		queries: []query{
			{`sum(rate(pronto_sfu_keyframe_requests_total{}[$__rate_interval]))`, "requests"},
			{`sum by (cause) (rate(pronto_sfu_keyframe_wishes_total{}[$__rate_interval]))`, "wishes: {{cause}}"},
		},
	}, {
		title: "Layer switches", about: "Subscribers that went to a higher or a lower layer, per minute.", unit: "cpm",
		queries: []query{{`60 * sum by (direction) (rate(pronto_sfu_layer_switches_total{}[$__rate_interval]))`, "{{direction}}"}},
	}, {
		title: "Time to connect", about: "From a peer's first offer to ICE and DTLS connected, and to its first media packet.", unit: "s",
		queries: []query{
			{`histogram_quantile(0.95, sum by (le) (rate(pronto_sfu_connect_seconds_bucket{}[$__rate_interval])))`, "connected, p95"},
			{`histogram_quantile(0.95, sum by (le) (rate(pronto_sfu_first_media_seconds_bucket{}[$__rate_interval])))`, "first media, p95"},
		},
	}, {
		title: "Peers gone", about: "Peers that were closed, per minute. Transport means that the network was lost.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_sfu_peers_gone_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Processor", about: "Cores that each server uses.", unit: "short",
		queries: []query{{`sum by (instance) (rate(process_cpu_seconds_total{}[$__rate_interval]))`, "{{instance}}"}},
	},
}}

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
	}, {
		title: "Refused credentials", about: "Tokens and TURN credentials that were refused, per minute.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (mechanism, reason) (rate(pronto_auth_failures_total{}[$__rate_interval]))`, "{{mechanism}} {{reason}}"}},
	},
}}
