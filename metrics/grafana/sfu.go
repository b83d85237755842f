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
