package grafana

var sfuRow = row{title: "SFU", pictures: []picture{
	{
		title: "Load", about: "How much of what each server has is in use: processor, sending rate, rooms, open files. Over 85 % it is time for another server.", unit: "percentunit",
		queries: []query{{`max by (instance, resource) (pronto_sfu_load_ratio{})`, "{{instance}} {{resource}}"}},
	}, {
		title: "Refused for want of room", about: "Times per minute that somebody was kept out: the server has no room for more media, or the call for more people.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (reason) (rate(pronto_sfu_admission_refused_total{}[$__rate_interval]))`, "{{reason}}"}},
	}, {
		title: "Time in the SFU, p99", about: "From reading a batch of packets to having sent what follows from it. Above a few milliseconds the processor is too busy.", unit: "s",
		queries: []query{quantile("0.99", "pronto_sfu_forward_delay_seconds", "instance", "{{instance}}")},
	}, {
		title: "Asked for again, of a thousand packets", about: "Packets that receivers asked for again (in) of those sent, and that publishers were asked for (out) of those received.", unit: "short",
		queries: []query{
			{`1000 * sum(rate(pronto_sfu_nacks_total{direction="in",` + jobs + `}[$__rate_interval])) / sum(rate(pronto_sfu_rtp_packets_total{direction="out",` + jobs + `}[$__rate_interval]))`, "by receivers"},
			{`1000 * sum(rate(pronto_sfu_nacks_total{direction="out",` + jobs + `}[$__rate_interval])) / sum(rate(pronto_sfu_rtp_packets_total{direction="in",` + jobs + `}[$__rate_interval]))`, "of publishers"},
		},
	}, {
		title: "Key frames asked for, per minute of a picture", about: "Requests to publishers for each encoding of a picture that comes.", unit: "short",
		queries: []query{{`60 * sum(rate(pronto_sfu_keyframe_requests_total{direction="out",` + jobs + `}[$__rate_interval])) / sum(pronto_sfu_tracks{direction="in",media="video",` + jobs + `})`, "requests"}},
	}, {
		title: "What ways carry", about: "Bandwidth to receivers as the SFU takes it: half have less, and one in ten.", unit: "Bps",
		queries: []query{
			quantile("0.5", "pronto_sfu_estimated_bandwidth_bytes_per_second", "", "p50"),
			quantile("0.1", "pronto_sfu_estimated_bandwidth_bytes_per_second", "", "p10"),
		},
	}, {
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
			{`sum by (media, direction) (pronto_sfu_tracks{})`, "{{media}} {{direction}}"},
		},
	}, {
		title: "Key frames", about: "Wishes of receivers (in) and requests to publishers (out). Each of those costs bandwidth; many mean loss.", unit: "cps",
		queries: []query{
			{`sum by (direction, cause) (rate(pronto_sfu_keyframe_requests_total{}[$__rate_interval]))`, "{{direction}}: {{cause}}"},
		},
	}, {
		title: "Layer switches", about: "Subscribers that went to a higher or a lower layer, per minute.", unit: "cpm",
		queries: []query{{`60 * sum by (direction, cause) (rate(pronto_sfu_layer_switches_total{}[$__rate_interval]))`, "{{direction}}: {{cause}}"}},
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
