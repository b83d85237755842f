package metrics

import (
	"time"

	"pronto/metrics/emodel"
	"pronto/signalling/call"
	"pronto/signalling/wire"
)

// Thresholds of ten seconds of sound.
const (
	goodScore     = 3.8
	goodConcealed = .02
	poorScore     = 3.0
	poorConcealed = .08
)

// quality counts what clients report of their calls.
type quality struct {
	media, sent, limited, freezes                       *counter
	reports, switches, pairs, reasons, reconnects       *counter
	first, gaps, data                                   *histogram
	stars                                               *histogram
	mos, concealed, frozen, rate, height                *histogram
	rtt, jitter, buffer, loss, gathering, connect, dtls *histogram
}

func newQuality(b *builder) quality {
	return quality{
		media:      b.counter("pronto_received_media_seconds_total"),
		sent:       b.counter("pronto_sent_video_seconds_total"),
		limited:    b.counter("pronto_sender_limited_seconds_total"),
		freezes:    b.counter("pronto_video_freezes_total"),
		reports:    b.counter("pronto_client_reports_total"),
		switches:   b.counter("pronto_network_changes_total"),
		pairs:      b.counter("pronto_ice_selected_pairs_total"),
		reasons:    b.counter("pronto_rating_reasons_total"),
		reconnects: b.counter("pronto_reconnects_total"),
		first:      b.histogram("pronto_time_to_first_media_seconds"),
		gaps:       b.histogram("pronto_interruption_seconds"),
		data:       b.histogram("pronto_data_bytes"),
		stars:      b.histogram("pronto_ratings_stars"),
		mos:        b.histogram("pronto_audio_mos"),
		concealed:  b.histogram("pronto_audio_concealed_ratio"),
		frozen:     b.histogram("pronto_video_freeze_ratio"),
		rate:       b.histogram("pronto_video_frames_per_second"),
		height:     b.histogram("pronto_video_height_pixels"),
		rtt:        b.histogram("pronto_rtt_seconds"),
		jitter:     b.histogram("pronto_jitter_seconds"),
		buffer:     b.histogram("pronto_jitter_buffer_delay_seconds"),
		loss:       b.histogram("pronto_packet_loss_ratio"),
		gathering:  b.histogram("pronto_ice_gathering_seconds"),
		connect:    b.histogram("pronto_ice_connect_seconds"),
		dtls:       b.histogram("pronto_dtls_handshake_seconds"),
	}
}

func (q *quality) connected(e call.Connected) {
	family := string(e.Family)
	if family == "" {
		family = unknown
	}
	q.pairs.inc(string(e.Path), string(e.Transport), family)
	if e.Relay > 0 {
		q.gathering.observe(e.Relay.Seconds())
	}
	if e.ICE > 0 {
		q.connect.observe(e.ICE.Seconds(), string(e.Path))
	}
	if e.DTLS > 0 {
		q.dtls.observe(e.DTLS.Seconds())
	}
}

func (q *quality) rated(e call.Rated) {
	q.stars.observe(float64(e.Stars), string(e.Kind))
	for _, reason := range e.Reasons {
		q.reasons.inc(ratingReason(reason))
	}
}

func (q *quality) reported(e call.Reported) {
	q.reports.inc(string(call.ReportAccepted))
	path := string(e.Path)
	if path == "" {
		path = unknown
	}
	if e.RTT > 0 {
		q.rtt.observe(e.RTT.Seconds(), path)
	}
	q.switches.add(float64(e.Switches))
	if e.Sound != nil {
		q.heard(e, path)
	}
	for _, p := range e.Pictures {
		q.saw(p, path)
	}
	for _, up := range e.Up {
		q.loss.observe(float64(up.PerMille)/1000, mediaOf(up.Source), "up")
	}
	if e.Sent != nil {
		q.sent.add(seconds(e.Sent.SentMs), "video")
		q.limited.add(seconds(e.Sent.BandwidthMs), "bandwidth")
		q.limited.add(seconds(e.Sent.CPUMs), "cpu")
		q.limited.add(seconds(e.Sent.OtherMs), Other)
	}
}

// heard counts sound. Without sound there is nothing to score; without a
// round-trip time the score would be too good, so that there is none.
func (q *quality) heard(e call.Reported, path string) {
	s, rtt := e.Sound, e.RTT
	q.received("audio", s.Packets, s.Lost, s.JitterMs, s.BufferMs)
	if s.PlayedMs == 0 {
		return
	}
	q.concealed.observe(concealed(s), path)
	score, grade := judge(s, rtt)
	if score > 0 {
		q.mos.observeIn(e.Trace, score, path, string(e.Topology))
	}
	q.media.add(seconds(s.PlayedMs), "audio", grade)
}

// concealed is the part of what was played that the decoder made up.
func concealed(s *wire.HeardSound) float64 { return float64(s.ConcealedMs) / float64(s.PlayedMs) }

// judge scores and grades sound, of which some was played. Without a round-trip time
// it is unknown, and the score 0.
func judge(s *wire.HeardSound, rtt time.Duration) (score float64, grade string) {
	if rtt == 0 {
		return 0, unknown
	}
	score = emodel.MOS(emodel.Sound{
		RTT: rtt, JitterBuffer: time.Duration(s.BufferMs) * time.Millisecond, Concealed: concealed(s), Repaired: s.Repaired,
	})
	return score, soundGrade(score, concealed(s))
}

func soundGrade(score, concealed float64) string {
	switch {
	case score < poorScore || concealed > poorConcealed:
		return gradePoor
	case score >= goodScore && concealed < goodConcealed:
		return gradeGood
	}
	return gradeFair
}

// mediaOf is a source in the words of labels.
func mediaOf(source wire.Source) string {
	switch source {
	case wire.SourceCamera:
		return "video"
	case wire.SourceScreen:
		return "screen"
	}
	return "audio"
}

func (q *quality) saw(p wire.SeenPictures, path string) {
	media := mediaOf(p.Source)
	q.received(media, p.Packets, p.Lost, p.JitterMs, p.BufferMs)
	q.freezes.add(float64(p.Freezes), media)
	q.media.add(seconds(p.GoodMs), media, gradeGood)
	q.media.add(seconds(p.FairMs), media, gradeFair)
	q.media.add(seconds(p.PoorMs), media, gradePoor)
	q.media.add(seconds(p.UnknownMs), media, unknown)
	if graded := p.GoodMs + p.FairMs + p.PoorMs; graded > 0 {
		q.frozen.observe(min(1, float64(p.FrozenMs)/float64(graded)), path, media)
		q.rate.observe(float64(p.FramesPerSecond), media)
		q.height.observe(float64(p.Height), media)
	}
}

func (q *quality) received(media string, packets, lost, jitterMs, bufferMs uint32) {
	if packets == 0 {
		return
	}
	q.loss.observe(float64(lost)/(float64(packets)+float64(lost)), media, "down")
	q.jitter.observe(seconds(jitterMs), media)
	if bufferMs > 0 {
		q.buffer.observe(seconds(bufferMs), media)
	}
}

// stayed counts what a stay in a call has cost.
func (q *quality) stayed(e call.StayReported) {
	q.reports.inc(string(call.ReportAccepted))
	if bytes := e.Sent + e.Received; bytes > 0 {
		q.data.observe(float64(bytes), string(e.Kind), string(e.Topology))
	}
}

// moments counts what happened once.
func (m *Metrics) moments(list []wire.Moment) {
	q := &m.quality
	for _, one := range list {
		took := seconds(one.TookMs)
		switch one.What {
		case wire.MomentFirstSound:
			q.first.observe(took, "audio")
		case wire.MomentFirstCamera:
			q.first.observe(took, "video")
		case wire.MomentFirstScreen:
			q.first.observe(took, "screen")
		case wire.MomentGapNetwork:
			q.gaps.observe(took, "network")
		case wire.MomentGapSwitch:
			q.gaps.observe(took, "switch")
		case wire.MomentGapOther:
			q.gaps.observe(took, Other)
		case wire.MomentResumed:
			q.reconnects.inc("signalling", "ok")
		case wire.MomentResumeFailed:
			q.reconnects.inc("signalling", "failed")
		case wire.MomentRestarted:
			q.reconnects.inc("ice_restart", "ok")
		case wire.MomentRestartFailed:
			q.reconnects.inc("ice_restart", "failed")
		case wire.MomentRebuilt:
			q.reconnects.inc("full", "ok")
		case wire.MomentMutedSpeaking:
			m.calls.alerts.inc("muted_speaking")
		case wire.MomentNoMicrophone:
			m.calls.alerts.inc("no_mic_sound")
		case wire.MomentDeviceLost:
			m.calls.alerts.inc("device_lost")
		case wire.MomentCPULimited:
			m.calls.alerts.inc("cpu")
		}
	}
}

func seconds(ms uint32) float64 { return float64(ms) / 1000 }
