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
	reports, switches, pairs, reasons                   *counter
	stars                                               *histogram
	mos, concealed, frozen, rate, height                *histogram
	rtt, jitter, buffer, loss, gathering, connect, dtls *histogram
}

func newQuality(b *builder) quality {
	return quality{
		media:     b.counter("pronto_received_media_seconds_total"),
		sent:      b.counter("pronto_sent_video_seconds_total"),
		limited:   b.counter("pronto_sender_limited_seconds_total"),
		freezes:   b.counter("pronto_video_freezes_total"),
		reports:   b.counter("pronto_client_reports_total"),
		switches:  b.counter("pronto_network_changes_total"),
		pairs:     b.counter("pronto_ice_selected_pairs_total"),
		reasons:   b.counter("pronto_rating_reasons_total"),
		stars:     b.histogram("pronto_rating_stars"),
		mos:       b.histogram("pronto_audio_mos_score"),
		concealed: b.histogram("pronto_audio_concealed_ratio"),
		frozen:    b.histogram("pronto_video_freeze_ratio"),
		rate:      b.histogram("pronto_video_frames_per_second"),
		height:    b.histogram("pronto_video_height_pixels"),
		rtt:       b.histogram("pronto_rtt_seconds"),
		jitter:    b.histogram("pronto_jitter_seconds"),
		buffer:    b.histogram("pronto_jitter_buffer_delay_seconds"),
		loss:      b.histogram("pronto_packet_loss_ratio"),
		gathering: b.histogram("pronto_ice_gathering_seconds"),
		connect:   b.histogram("pronto_ice_connect_seconds"),
		dtls:      b.histogram("pronto_dtls_handshake_seconds"),
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
		q.heard(e.Sound, e.RTT, path)
	}
	for _, p := range e.Pictures {
		q.saw(p)
	}
	if e.Sent != nil {
		q.sent.add(seconds(e.Sent.SentMs))
		q.limited.add(seconds(e.Sent.BandwidthMs), "bandwidth")
		q.limited.add(seconds(e.Sent.CPUMs), "cpu")
		q.limited.add(seconds(e.Sent.OtherMs), "neither")
	}
}

// heard counts sound. Without sound there is nothing to score; without a
// round-trip time the score would be too good, so that there is none.
func (q *quality) heard(s *wire.HeardSound, rtt time.Duration, path string) {
	q.received("audio", s.Packets, s.Lost, s.JitterMs, s.BufferMs)
	if s.PlayedMs == 0 {
		return
	}
	concealed := float64(s.ConcealedMs) / float64(s.PlayedMs)
	q.concealed.observe(concealed, path)
	if rtt == 0 {
		q.media.add(seconds(s.PlayedMs), "audio", unknown)
		return
	}
	score := emodel.MOS(emodel.Sound{
		RTT: rtt, JitterBuffer: time.Duration(s.BufferMs) * time.Millisecond, Concealed: concealed, Repaired: s.Repaired,
	})
	q.mos.observe(score, path)
	q.media.add(seconds(s.PlayedMs), "audio", soundGrade(score, concealed))
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

func (q *quality) saw(p wire.SeenPictures) {
	media := "video"
	if p.Source == wire.SourceScreen {
		media = "screen"
	}
	q.received(media, p.Packets, p.Lost, p.JitterMs, p.BufferMs)
	q.freezes.add(float64(p.Freezes), media)
	q.media.add(seconds(p.GoodMs), media, gradeGood)
	q.media.add(seconds(p.FairMs), media, gradeFair)
	q.media.add(seconds(p.PoorMs), media, gradePoor)
	q.media.add(seconds(p.UnknownMs), media, unknown)
	if graded := p.GoodMs + p.FairMs + p.PoorMs; graded > 0 {
		q.frozen.observe(min(1, float64(p.FrozenMs)/float64(graded)), media)
		q.rate.observe(float64(p.FramesPerSecond), media)
		q.height.observe(float64(p.Height), media)
	}
}

func (q *quality) received(media string, packets, lost, jitterMs, bufferMs uint32) {
	if packets == 0 {
		return
	}
	q.loss.observe(float64(lost)/(float64(packets)+float64(lost)), media)
	q.jitter.observe(seconds(jitterMs), media)
	if bufferMs > 0 {
		q.buffer.observe(seconds(bufferMs), media)
	}
}

func seconds(ms uint32) float64 { return float64(ms) / 1000 }
