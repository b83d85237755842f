package metrics

import (
	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// unknown is the value of a label that the client could not tell.
const unknown = "unknown"

// Labels and bounds of what clients report.
var (
	knownPaths = label("path", append(wire.PathHost.Values(), unknown)...)
	pictures   = label("media", "video", "screen")
	received   = label("media", "audio", "video", "screen")
	grades     = label("quality", gradeGood, gradeFair, gradePoor, unknown)

	ratios    = []float64{.001, .005, .01, .02, .05, .08, .1, .2, .5, 1}
	roundTrip = []float64{.01, .025, .05, .1, .15, .2, .3, .4, .6, 1, 2}
	buffers   = []float64{.005, .01, .02, .04, .06, .1, .15, .2, .3, .5, 1}
	jitters   = []float64{.001, .002, .005, .01, .02, .03, .05, .1, .2, .5}
	volumes   = []float64{1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9, 3e9}
	scores    = []float64{1.5, 2, 2.5, 3, 3.25, 3.5, 3.75, 4, 4.25, 4.5}
)

// Grades of ten seconds of media.
const (
	gradeGood = "good"
	gradeFair = "fair"
	gradePoor = "poor"
)

var qualityDefinitions = []Definition{
	{
		Name: "pronto_received_media_seconds_total", Type: Counter, Labels: []Label{received, grades},
		Help: "Time that people heard and saw others, by how good it was: the main indicator. Audio is good at a score of 3.8 or more with less than 2 % concealed, poor under 3.0 or with more than 8 %; for pictures see the protocol. Muted, silent and hidden media does not count or is unknown.",
	}, {
		Name: "pronto_sent_video_seconds_total", Type: Counter, Labels: []Label{label("media", "video")},
		Help: "Time that clients sent a camera's picture; the base of pronto_sender_limited_seconds_total. Chromium alone tells.",
	}, {
		Name: "pronto_sender_limited_seconds_total", Type: Counter, Labels: []Label{label("reason", "bandwidth", "cpu", Other)},
		Help: "Time that a camera's picture was sent smaller than it could be, by reason. Chromium alone tells.",
	}, {
		Name: "pronto_audio_mos", Type: Histogram, Labels: []Label{knownPaths, topologies}, Buckets: scores,
		Help: "Score of received sound by the E-model (ITU-T G.107), each 10 s: 4.41 is the best, under 3 people complain. It ranks calls; a listening test may find other values.",
	}, {
		Name: "pronto_audio_concealed_ratio", Type: Histogram, Labels: []Label{knownPaths}, Buckets: ratios,
		Help: "Part of the played sound that the decoder made up, silence not counted, each 10 s.",
	}, {
		Name: "pronto_video_freeze_ratio", Type: Histogram, Labels: []Label{knownPaths, pictures}, Buckets: ratios,
		Help: "Part of the time that received pictures stood still, each 10 s.",
	}, {
		Name: "pronto_video_freezes_total", Type: Counter, Labels: []Label{pictures},
		Help: "Times that a received picture froze.",
	}, {
		Name: "pronto_video_frames_per_second", Type: Histogram, Labels: []Label{pictures}, Buckets: []float64{1, 3, 5, 10, 15, 20, 24, 30, 60},
		Help: "Frame rate of the largest received picture, each 10 s.",
	}, {
		Name: "pronto_video_height_pixels", Type: Histogram, Labels: []Label{pictures}, Buckets: []float64{90, 180, 270, 360, 540, 720, 1080},
		Help: "Height of the largest received picture, each 10 s.",
	}, {
		Name: "pronto_rtt_seconds", Type: Histogram, Labels: []Label{knownPaths}, Buckets: roundTrip,
		Help: "Round-trip time of the clients' connections, each 10 s.",
	}, {
		Name: "pronto_jitter_seconds", Type: Histogram, Labels: []Label{received}, Buckets: jitters,
		Help: "Interarrival jitter (RFC 3550) of what clients receive, of the worst participant, each 10 s.",
	}, {
		Name: "pronto_jitter_buffer_delay_seconds", Type: Histogram, Labels: []Label{received}, Buckets: buffers,
		Help: "How long clients' jitter buffers hold a frame, each 10 s.",
	}, {
		Name: "pronto_packet_loss_ratio", Type: Histogram, Labels: []Label{received, upDown}, Buckets: ratios,
		Help: "Part of the packets to clients (down) and from them (up) that was lost, before repair, each 10 s.",
	}, {
		Name: "pronto_network_changes_total", Type: Counter,
		Help: "Times that a client's media took another way while its connection lived.",
	}, {
		Name: "pronto_time_to_first_media_seconds", Type: Histogram, Labels: []Label{received}, Buckets: waits,
		Help: "Time from a track's being announced to its first sample or frame, as clients measured it.",
	}, {
		Name: "pronto_interruption_seconds", Type: Histogram, Labels: []Label{label("cause", gapCauses...)}, Buckets: []float64{1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60},
		Help: "Times of more than a second in which no sound came of somebody who was sending: the connection did not work, media went over to another, or another cause.",
	}, {
		Name: "pronto_reconnects_total", Type: Counter, possible: func(v []string) bool { return v[0] != "full" || v[1] == "ok" },
		Labels: []Label{label("stage", "signalling", "ice_restart", "full"), label("result", "ok", "failed")},
		Help:   "Times that a client took up what was broken, and whether that helped: its session, its connection by a restart of ICE, or by a new one.",
	}, {
		Name: "pronto_data_bytes", Type: Histogram, Labels: []Label{kinds, topologies}, Buckets: volumes,
		Help: "What a participant's stay in a call sent and received, headers included, as his client counted it.",
	}, {
		Name: "pronto_client_reports_total", Type: Counter,
		Labels: []Label{label("result", texts(call.ReportAccepted, call.ReportInvalid, call.ReportRateLimited, call.ReportOptedOut, call.ReportLate)...)},
		Help:   "Clients' reports of quality, by what became of them.",
	}, {
		Name: "pronto_ratings_stars", Type: Histogram, Labels: []Label{kinds}, Buckets: []float64{1, 2, 3, 4, 5},
		Help: "What people thought of a call, from 1, bad, to 5, very good; a sample of the calls is asked for.",
	}, {
		Name: "pronto_rating_reasons_total", Type: Counter, Labels: []Label{label("reason", ratingReasons()...)},
		Help: "What people did not like about a call.",
	}, {
		Name: "pronto_ice_selected_pairs_total", Type: Counter,
		Labels: []Label{paths, label("transport", wire.TransportUDP.Values()...), label("family", append(wire.FamilyV4.Values(), unknown)...)},
		Help:   "Connections of clients that came about, by the way they take: the share of TURN.",
	}, {
		Name: "pronto_ice_gathering_seconds", Type: Histogram, Buckets: waits,
		Help: "Time until a client had its first relayed candidate.",
	}, {
		Name: "pronto_ice_connect_seconds", Type: Histogram, Labels: []Label{paths}, Buckets: waits,
		Help: "Time that a client's ICE took, from checking to connected.",
	}, {
		Name: "pronto_dtls_handshake_seconds", Type: Histogram, Buckets: waits,
		Help: "Time of a client's DTLS handshake.",
	},
}

func ratingReasons() []string {
	reasons := wire.RatingElse.Values()
	for i := range reasons {
		reasons[i] = ratingReason(wire.RatingReason(reasons[i]))
	}
	return reasons
}

// ratingReason is a reason in the spelling of labels.
func ratingReason(reason wire.RatingReason) string {
	if reason == wire.RatingElse {
		return Other
	}
	return spelled(string(reason))
}

// gapCauses are why nothing came for a while.
var gapCauses = []string{"network", "switch", Other}
