package grafana

// graded is the share of each grade of a kind of media.
func graded(media string) []query {
	return []query{{
		`sum by (quality) (rate(pronto_received_media_seconds_total{media="` + media + `",` + jobs + `}[$__rate_interval])) / ignoring(quality) group_left sum(rate(pronto_received_media_seconds_total{media="` + media + `",` + jobs + `}[$__rate_interval]))`,
		"{{quality}}",
	}}
}

// quantile is a quantile of a histogram by some labels, or by none.
func quantile(q, name, by, legend string) query {
	if by != "" {
		by = ", " + by
	}
	return query{`histogram_quantile(` + q + `, sum by (le` + by + `) (rate(` + name + `_bucket{}[$__rate_interval])))`, legend}
}

var soundRow = row{title: "Sound", pictures: []picture{
	{
		title: "Sound by grade", about: "What people heard, by how good it was. Good is a score of 3.8 or more with less than 2 % made up; poor is under 3.0, or more than 8 % made up. Muted and silent time is not in it.", unit: "percentunit", stacked: true,
		queries: graded("audio"),
	}, {
		title: "Score", about: "How often each score of the E-model (ITU-T G.107) came, per interval: 4.41 is the best, under 3 people complain.", unit: "none", heat: true,
		queries: []query{{`sum by (le) (increase(pronto_audio_mos_bucket{}[$__rate_interval]))`, "{{le}}"}},
	}, {
		title: "Score under 3.5, by path", about: "Share of ten-second intervals that scored under 3.5. If relay alone is bad, look at TURN; if all are, at the SFU or at one network.", unit: "percentunit",
		queries: []query{{`sum by (path) (rate(pronto_audio_mos_bucket{le="3.5",` + jobs + `}[$__rate_interval])) / sum by (path) (rate(pronto_audio_mos_count{}[$__rate_interval]))`, "{{path}}"}},
	}, {
		title: "Sound made up, p95", about: "Part of the sound that the decoder had to make up because packets were lost or late, by path; one interval in twenty is worse.", unit: "percentunit",
		queries: []query{quantile("0.95", "pronto_audio_concealed_ratio", "path", "{{path}}")},
	}, {
		title: "Jitter buffer", about: "How long clients hold media back to play it evenly. It is part of the delay that people hear.", unit: "s",
		queries: []query{quantile("0.95", "pronto_jitter_buffer_delay_seconds", "media", "{{media}}, p95")},
	}, {
		title: "Interruptions, p95", about: "Length of times over a second in which nothing came of somebody who was sending: the network, a change of way, or another cause.", unit: "s",
		queries: []query{quantile("0.95", "pronto_interruption_seconds", "cause", "{{cause}}")},
	}, {
		title: "Interruptions per minute", about: "How often that happened.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (cause) (rate(pronto_interruption_seconds_count{}[$__rate_interval]))`, "{{cause}}"}},
	}, {
		title: "Told of trouble", about: "Times per minute that participants were told of trouble with one of them.", unit: "cpm", stacked: true,
		queries: []query{{`60 * sum by (alert) (rate(pronto_client_alerts_total{}[$__rate_interval]))`, "{{alert}}"}},
	},
}}

var pictureRow = row{title: "Pictures", pictures: []picture{
	{
		title: "Pictures by grade", about: "What people saw of cameras. Poor is frozen for more than 5 % of the time, under 10 frames a second, or still for 2 s. Unknown is a page that nobody looked at.", unit: "percentunit", stacked: true,
		queries: graded("video"),
	}, {
		title: "Screens by grade", about: "What people saw of shared screens. A screen that does not change is unknown.", unit: "percentunit", stacked: true,
		queries: graded("screen"),
	}, {
		title: "Frozen, p95", about: "Part of the time that pictures stood still; one interval in twenty is worse.", unit: "percentunit",
		queries: []query{quantile("0.95", "pronto_video_freeze_ratio", "path, media", "{{media}}, {{path}}")},
	}, {
		title: "Freezes per minute of video", about: "Times that pictures froze, for each minute that somebody saw one.", unit: "short",
		queries: []query{{`60 * sum by (media) (rate(pronto_video_freezes_total{}[$__rate_interval])) / sum by (media) (rate(pronto_received_media_seconds_total{media=~"video|screen",` + jobs + `}[$__rate_interval]))`, "{{media}}"}},
	}, {
		title: "Frame rate", about: "Of the largest picture on each page: half of the intervals have more, and nine in ten.", unit: "fps",
		queries: []query{
			quantile("0.5", "pronto_video_frames_per_second", "media", "{{media}}, p50"),
			quantile("0.1", "pronto_video_frames_per_second", "media", "{{media}}, p10"),
		},
	}, {
		title: "Height", about: "Of the largest picture on each page, in pixels.", unit: "pixel",
		queries: []query{
			quantile("0.5", "pronto_video_height_pixels", "media", "{{media}}, p50"),
			quantile("0.1", "pronto_video_height_pixels", "media", "{{media}}, p10"),
		},
	}, {
		title: "Time to the first frame, p95", about: "From a track's being announced to its first frame or sound.", unit: "s",
		queries: []query{quantile("0.95", "pronto_time_to_first_media_seconds", "media", "{{media}}")},
	}, {
		title: "What limits senders", about: "Share of the time that a camera was sent smaller than it could be: by its network, or by its machine. Chromium alone tells.", unit: "percentunit", stacked: true,
		queries: []query{{`sum by (reason) (rate(pronto_sender_limited_seconds_total{}[$__rate_interval])) / ignoring(reason) group_left sum(rate(pronto_sent_video_seconds_total{}[$__rate_interval]))`, "{{reason}}"}},
	},
}}

var experimentRow = row{title: "Experiment", pictures: []picture{
	{
		title: "Set-ups that succeed, by arm", about: "Of the attempts that either connected or failed, the share that connected, for each arm of PRONTO_EXPERIMENT. Empty while nothing is tried out.", unit: "percentunit",
		queries: []query{{`sum by (arm) (rate(pronto_experiment_setups_total{outcome="connected",` + jobs + `}[$__rate_interval])) / sum by (arm) (rate(pronto_experiment_setups_total{outcome=~"connected|failed",` + jobs + `}[$__rate_interval]))`, "{{arm}}"}},
	}, {
		title: "First sound, p95, by arm", about: "From accept or join to the first sound that a participant heard; one in twenty waits longer. Empty while nothing is tried out.", unit: "s",
		queries: []query{quantile("0.95", "pronto_experiment_first_media_seconds", "arm", "{{arm}}")},
	}, {
		title: "Good sound, by arm", about: "Share of the time that people heard others well: a score of 3.8 or more with less than 2 % made up. Empty while nothing is tried out.", unit: "percentunit",
		queries: []query{{`sum by (arm) (rate(pronto_experiment_media_seconds_total{media="audio",quality="good",` + jobs + `}[$__rate_interval])) / sum by (arm) (rate(pronto_experiment_media_seconds_total{media="audio",quality!="unknown",` + jobs + `}[$__rate_interval]))`, "{{arm}}"}},
	},
}}
