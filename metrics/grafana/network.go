package grafana

var wayRow = row{title: "The way that media takes", pictures: []picture{
	{
		title: "Ways", about: "Connections by the way they take and what it runs on, as they come about. Much relay, or TCP, means networks that block UDP.", unit: "percentunit", stacked: true,
		queries: []query{{`sum by (path, transport) (rate(pronto_ice_selected_pairs_total{}[$__rate_interval])) / ignoring(path, transport) group_left sum(rate(pronto_ice_selected_pairs_total{}[$__rate_interval]))`, "{{path}} {{transport}}"}},
	}, {
		title: "Families of addresses", about: "Connections by IPv4 and IPv6; unknown where the browser hides its address.", unit: "percentunit", stacked: true,
		queries: []query{{`sum by (family) (rate(pronto_ice_selected_pairs_total{}[$__rate_interval])) / ignoring(family) group_left sum(rate(pronto_ice_selected_pairs_total{}[$__rate_interval]))`, "{{family}}"}},
	}, {
		title: "ICE, p95", about: "Time from the first check to a connection, by the way it takes.", unit: "s",
		queries: []query{quantile("0.95", "pronto_ice_connect_seconds", "path", "{{path}}")},
	}, {
		title: "Relay and DTLS, p95", about: "Time to the first relayed candidate, and time of the DTLS handshake.", unit: "s",
		queries: []query{
			quantile("0.95", "pronto_ice_gathering_seconds", "", "relayed candidate"),
			quantile("0.95", "pronto_dtls_handshake_seconds", "", "DTLS"),
		},
	}, {
		title: "Reconnections", about: "Times per minute that clients took up what was broken, and whether it helped: their session, their connection by a restart of ICE, or by a new one.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (stage, result) (rate(pronto_reconnects_total{}[$__rate_interval]))`, "{{stage}}: {{result}}"}},
	}, {
		title: "Data of a stay in a call, p50", about: "What half of the participants send and receive in a call, at least.", unit: "bytes",
		queries: []query{quantile("0.5", "pronto_data_bytes", "kind", "{{kind}}")},
	}, {
		title: "Changes of way", about: "Times per minute that a connection that lives took another way: people who walk out of their Wi-Fi.", unit: "cpm",
		queries: []query{{`60 * sum(rate(pronto_network_changes_total{}[$__rate_interval]))`, "changes"}},
	},
}}

var packetsRow = row{title: "Packets", pictures: []picture{
	{
		title: "Round trip", about: "From client to the other end of its connection and back, by the way it takes.", unit: "s",
		queries: []query{
			quantile("0.5", "pronto_rtt_seconds", "path", "{{path}}, p50"),
			quantile("0.95", "pronto_rtt_seconds", "path", "{{path}}, p95"),
		},
	}, {
		title: "Loss, p95", about: "Part of the packets to clients (down) and from them (up) that was lost, before repair; one interval in twenty is worse. What it does to people is under Quality.", unit: "percentunit",
		queries: []query{quantile("0.95", "pronto_packet_loss_ratio", "media, direction", "{{media}} {{direction}}")},
	}, {
		title: "Intervals with loss over 5 %", about: "Share of ten-second intervals in which more than one packet in twenty was lost. High for few clients: their networks. High for all: the server's.", unit: "percentunit",
		queries: []query{{`1 - sum by (media) (rate(pronto_packet_loss_ratio_bucket{le="0.05",` + jobs + `}[$__rate_interval])) / sum by (media) (rate(pronto_packet_loss_ratio_count{}[$__rate_interval]))`, "{{media}}"}},
	}, {
		title: "Loss by the SFU's own measure, p95", about: "Part of the packets from (up) and to (down) each participant of group calls that was lost before repair, whatever the clients report.", unit: "percentunit",
		queries: []query{quantile("0.95", "pronto_sfu_packet_loss_ratio", "direction", "{{direction}}")},
	}, {
		title: "Legs with loss over 5 %, by the SFU", about: "Share of participants of group calls who lost more than one packet in twenty in ten seconds.", unit: "percentunit",
		queries: []query{{`1 - sum by (direction) (rate(pronto_sfu_packet_loss_ratio_bucket{le="0.05",` + jobs + `}[$__rate_interval])) / sum by (direction) (rate(pronto_sfu_packet_loss_ratio_count{}[$__rate_interval]))`, "{{direction}}"}},
	}, {
		title: "Round trip and jitter by the SFU, p95", about: "To each participant of group calls, by receiver reports.", unit: "s",
		queries: []query{
			quantile("0.95", "pronto_sfu_rtt_seconds", "", "round trip"),
			quantile("0.95", "pronto_sfu_jitter_seconds", "direction", "jitter {{direction}}"),
		},
	}, {
		title: "Jitter, p95", about: "How unevenly packets arrive (RFC 3550), of the worst participant.", unit: "s",
		queries: []query{quantile("0.95", "pronto_jitter_seconds", "media", "{{media}}")},
	},
}}
