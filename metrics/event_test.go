package metrics

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"pronto/sfu"
	"pronto/signalling"
	"pronto/signalling/call"
	"pronto/signalling/wire"
	"pronto/turn"
)

func TestEachEventCountsWhereItShould(t *testing.T) {
	tests := []struct {
		name string
		do   func(*Metrics)
		want string // the series of ours that are not zero, without buckets
	}{
		{"a call that connected", func(m *Metrics) {
			m.Call(call.SetUpEnded{Kind: wire.KindVideo, Topology: wire.TopologyDirect, Via: call.ViaContact, Outcome: call.OutcomeConnected})
		}, `pronto_setup_outcomes_total{cause="",kind="video",outcome="connected",topology="direct",via="contact"} 1`},
		{"a call that tries something out", func(m *Metrics) {
			m.Call(call.SetUpEnded{Arm: wire.ArmB, Kind: wire.KindVideo, Topology: wire.TopologyDirect, Via: call.ViaContact, Outcome: call.OutcomeConnected})
			m.Call(call.MediaBegan{Arm: wire.ArmB, Kind: wire.KindVideo, Topology: wire.TopologyDirect, Via: call.ViaContact, Path: wire.PathHost, After: time.Second})
		}, "pronto_answer_to_media_seconds_sum{kind=\"video\",path=\"host\"} 1\npronto_answer_to_media_seconds_count{kind=\"video\",path=\"host\"} 1\n" +
			"pronto_experiment_first_media_seconds_sum{arm=\"b\"} 1\npronto_experiment_first_media_seconds_count{arm=\"b\"} 1\n" +
			"pronto_experiment_setups_total{arm=\"b\",outcome=\"connected\"} 1\n" +
			`pronto_setup_outcomes_total{cause="",kind="video",outcome="connected",topology="direct",via="contact"} 1`},
		{"pictures in a call that tries something out", func(m *Metrics) {
			m.Call(call.Reported{Arm: wire.ArmControl, Topology: wire.TopologySFU, Span: 10 * time.Second, Path: wire.PathHost, Pictures: []wire.SeenPictures{
				{Source: wire.SourceCamera, GoodMs: 8000, PoorMs: 2000}, {Source: wire.SourceScreen, UnknownMs: 1000},
			}})
		}, "pronto_client_reports_total{result=\"accepted\"} 1\n" +
			"pronto_experiment_media_seconds_total{arm=\"control\",media=\"video\",quality=\"good\"} 8\n" +
			"pronto_experiment_media_seconds_total{arm=\"control\",media=\"video\",quality=\"poor\"} 2\n" +
			"pronto_received_media_seconds_total{media=\"screen\",quality=\"unknown\"} 1\n" +
			"pronto_received_media_seconds_total{media=\"video\",quality=\"good\"} 8\n" +
			"pronto_received_media_seconds_total{media=\"video\",quality=\"poor\"} 2\n" +
			"pronto_video_frames_per_second_sum{media=\"video\"} 0\npronto_video_frames_per_second_count{media=\"video\"} 1\n" +
			"pronto_video_freeze_ratio_sum{media=\"video\",path=\"host\"} 0\npronto_video_freeze_ratio_count{media=\"video\",path=\"host\"} 1\n" +
			"pronto_video_height_pixels_sum{media=\"video\"} 0\npronto_video_height_pixels_count{media=\"video\"} 1"},
		{"a call for which no way was found", func(m *Metrics) {
			m.Call(call.SetUpEnded{Kind: wire.KindVoice, Topology: wire.TopologySFU, Via: call.ViaLink, Outcome: call.OutcomeFailed, Cause: call.CauseICE})
		}, `pronto_setup_outcomes_total{cause="ice",kind="voice",outcome="failed",topology="",via=""} 1`},
		{"a device that rings", func(m *Metrics) {
			m.Call(call.RingingBegan{Topology: wire.TopologyDirect, After: 200 * time.Millisecond})
		},
			"pronto_ring_delay_seconds_sum{topology=\"direct\"} 0.2\npronto_ring_delay_seconds_count{topology=\"direct\"} 1"},
		{"a device that rang until it was answered", func(m *Metrics) {
			m.Call(call.RingingEnded{Outcome: call.OutcomeConnected, After: 4 * time.Second})
		}, "pronto_ring_seconds_sum{outcome=\"connected\"} 4\npronto_ring_seconds_count{outcome=\"connected\"} 1"},
		{"a newcomer by a link who hears", func(m *Metrics) {
			m.Call(call.MediaBegan{Via: call.ViaLink, Kind: wire.KindVideo, Topology: wire.TopologySFU, Path: wire.PathHost, After: time.Second})
		}, "pronto_answer_to_media_seconds_sum{kind=\"video\",path=\"host\"} 1\npronto_answer_to_media_seconds_count{kind=\"video\",path=\"host\"} 1\n" +
			"pronto_join_to_media_seconds_sum{via=\"link\"} 1\npronto_join_to_media_seconds_count{via=\"link\"} 1"},
		{"a wish for video", func(m *Metrics) { m.Call(call.KindAnswered{To: wire.KindVideo, Answer: wire.KindAccepted}) },
			`pronto_media_upgrades_total{from="voice",result="accepted",to="video"} 1`},
		{"a full node", func(m *Metrics) {
			m.Call(call.AdmissionRefused{Reason: call.AdmissionMedia})
			m.Call(call.SetUpEnded{Kind: wire.KindVideo, Topology: wire.TopologySFU, Via: call.ViaGroup, Outcome: call.OutcomeFailed, Cause: call.CauseCapacity})
		}, "pronto_setup_outcomes_total{cause=\"capacity\",kind=\"video\",outcome=\"failed\",topology=\"\",via=\"\"} 1\n" +
			`pronto_sfu_admission_refused_total{reason="media"} 1`},
		{"a call with somebody blocked that was moved to the SFU", func(m *Metrics) {
			m.Call(call.SetUpEnded{Kind: wire.KindVoice, Topology: wire.TopologySFU, Via: call.ViaContact, Outcome: call.OutcomeBlocked})
		}, `pronto_setup_outcomes_total{cause="",kind="voice",outcome="blocked",topology="direct",via="contact"} 1`},
		{"the end of a stay", func(m *Metrics) {
			m.Call(call.StayReported{Kind: wire.KindVoice, Topology: wire.TopologySFU, Sent: 1000, Received: 2000, Moments: []wire.Moment{
				{What: wire.MomentFirstSound, TookMs: 250}, {What: wire.MomentFirstCamera, TookMs: 500}, {What: wire.MomentFirstScreen, TookMs: 750},
				{What: wire.MomentGapNetwork, TookMs: 2000}, {What: wire.MomentGapSwitch, TookMs: 1000}, {What: wire.MomentGapOther, TookMs: 3000},
				{What: wire.MomentResumed}, {What: wire.MomentResumeFailed}, {What: wire.MomentRestarted}, {What: wire.MomentRestartFailed},
				{What: wire.MomentRebuilt}, {What: wire.MomentMutedSpeaking}, {What: wire.MomentNoMicrophone}, {What: wire.MomentDeviceLost},
				{What: wire.MomentCPULimited}, {What: wire.MomentPermissionDenied},
			}})
		}, "pronto_client_alerts_total{alert=\"cpu\"} 1\npronto_client_alerts_total{alert=\"device_lost\"} 1\n" +
			"pronto_client_alerts_total{alert=\"muted_speaking\"} 1\npronto_client_alerts_total{alert=\"no_mic_sound\"} 1\n" +
			"pronto_client_reports_total{result=\"accepted\"} 1\n" +
			"pronto_data_bytes_sum{kind=\"voice\",topology=\"sfu\"} 3000\npronto_data_bytes_count{kind=\"voice\",topology=\"sfu\"} 1\n" +
			"pronto_interruption_seconds_sum{cause=\"network\"} 2\npronto_interruption_seconds_count{cause=\"network\"} 1\n" +
			"pronto_interruption_seconds_sum{cause=\"other\"} 3\npronto_interruption_seconds_count{cause=\"other\"} 1\n" +
			"pronto_interruption_seconds_sum{cause=\"switch\"} 1\npronto_interruption_seconds_count{cause=\"switch\"} 1\n" +
			"pronto_reconnects_total{result=\"failed\",stage=\"ice_restart\"} 1\npronto_reconnects_total{result=\"failed\",stage=\"signalling\"} 1\n" +
			"pronto_reconnects_total{result=\"ok\",stage=\"full\"} 1\npronto_reconnects_total{result=\"ok\",stage=\"ice_restart\"} 1\n" +
			"pronto_reconnects_total{result=\"ok\",stage=\"signalling\"} 1\n" +
			"pronto_time_to_first_media_seconds_sum{media=\"audio\"} 0.25\npronto_time_to_first_media_seconds_count{media=\"audio\"} 1\n" +
			"pronto_time_to_first_media_seconds_sum{media=\"screen\"} 0.75\npronto_time_to_first_media_seconds_count{media=\"screen\"} 1\n" +
			"pronto_time_to_first_media_seconds_sum{media=\"video\"} 0.5\npronto_time_to_first_media_seconds_count{media=\"video\"} 1"},
		{"a leg that the SFU measured", func(m *Metrics) {
			m.SFU(sfu.LegMeasured{Leg: sfu.Leg{
				RTT: 40 * time.Millisecond, Bps: 800_000, Up: sfu.Direction{Known: true, Loss: .25, Jitter: 2 * time.Millisecond},
				Down: sfu.Direction{Known: true, Loss: .5, Jitter: 4 * time.Millisecond},
			}})
		}, "pronto_sfu_estimated_bandwidth_bytes_per_second_sum 100000\npronto_sfu_estimated_bandwidth_bytes_per_second_count 1\n" +
			"pronto_sfu_jitter_seconds_sum{direction=\"down\"} 0.004\npronto_sfu_jitter_seconds_count{direction=\"down\"} 1\n" +
			"pronto_sfu_jitter_seconds_sum{direction=\"up\"} 0.002\npronto_sfu_jitter_seconds_count{direction=\"up\"} 1\n" +
			"pronto_sfu_packet_loss_ratio_sum{direction=\"down\"} 0.5\npronto_sfu_packet_loss_ratio_count{direction=\"down\"} 1\n" +
			"pronto_sfu_packet_loss_ratio_sum{direction=\"up\"} 0.25\npronto_sfu_packet_loss_ratio_count{direction=\"up\"} 1\n" +
			"pronto_sfu_rtt_seconds_sum 0.04\npronto_sfu_rtt_seconds_count 1"},
		{"a webhook, a push and a lobby", func(m *Metrics) {
			m.Webhook("call.ended", "retry")
			m.Pushed("webpush", "gone", 250*time.Millisecond)
			m.Call(call.LobbyLeft{Result: call.LobbyAdmitted, After: 8 * time.Second})
		}, "pronto_lobby_wait_seconds_sum{result=\"admitted\"} 8\npronto_lobby_wait_seconds_count{result=\"admitted\"} 1\n" +
			"pronto_push_seconds_sum{provider=\"webpush\"} 0.25\npronto_push_seconds_count{provider=\"webpush\"} 1\n" +
			"pronto_push_sends_total{provider=\"webpush\",result=\"gone\"} 1\n" +
			`pronto_webhook_attempts_total{event="call.ended",result="retry"} 1`},
		{"the first sound", func(m *Metrics) {
			m.Call(call.MediaBegan{Via: call.ViaContact, Kind: wire.KindVoice, Topology: wire.TopologyDirect, Path: wire.PathRelay, After: 1500 * time.Millisecond})
		}, "pronto_answer_to_media_seconds_sum{kind=\"voice\",path=\"relay\"} 1.5\n" +
			`pronto_answer_to_media_seconds_count{kind="voice",path="relay"} 1`},
		{"the end of a group's call", func(m *Metrics) {
			m.Call(call.Ended{Kind: wire.KindVideo, Topology: wire.TopologySFU, Cause: call.EndHangup, Talked: time.Minute, Peak: 5})
		}, "pronto_duration_seconds_sum{kind=\"video\",topology=\"sfu\"} 60\n" +
			"pronto_duration_seconds_count{kind=\"video\",topology=\"sfu\"} 1\n" +
			"pronto_ended_total{cause=\"hangup\",class=\"normal\",kind=\"video\",topology=\"sfu\"} 1\n" +
			"pronto_group_peak_participants_sum{kind=\"video\"} 5\n" +
			`pronto_group_peak_participants_count{kind="video"} 1`},
		{"the end of a call that nobody answered", func(m *Metrics) {
			m.Call(call.Ended{Kind: wire.KindVoice, Topology: wire.TopologyDirect, Cause: call.EndTimeout, Peak: 1})
		}, `pronto_ended_total{cause="timeout",class="normal",kind="voice",topology="direct"} 1`},
		{"the end of a call that lost its media", func(m *Metrics) {
			m.Call(call.Ended{Kind: wire.KindVoice, Topology: wire.TopologyDirect, Cause: call.EndNetwork, Peak: 2})
		}, `pronto_ended_total{cause="network",class="abnormal",kind="voice",topology="direct"} 1`},
		{"a caller who is blocked", func(m *Metrics) { m.Call(call.Refused{Reason: "block_list"}) },
			`pronto_blocked_total{reason="block_list"} 1`},
		{"somebody who is not heard", func(m *Metrics) { m.Call(call.Alerted{Alert: "not_heard"}) },
			`pronto_client_alerts_total{alert="not_heard"} 1`},
		{"a low battery", func(m *Metrics) { m.Call(call.Alerted{Alert: "low_battery"}) },
			`pronto_client_alerts_total{alert="low_battery"} 1`},
		{"a connection through the relay", func(m *Metrics) {
			m.Call(call.Connected{Path: wire.PathRelay, Transport: wire.TransportTLS, ICE: 250 * time.Millisecond})
		}, "pronto_ice_connect_seconds_sum{path=\"relay\"} 0.25\npronto_ice_connect_seconds_count{path=\"relay\"} 1\n" +
			`pronto_ice_selected_pairs_total{family="unknown",path="relay",transport="tls"} 1`},
		{"ten seconds of good sound", func(m *Metrics) {
			m.Call(call.Reported{Topology: wire.TopologyDirect, Span: 10 * time.Second, Path: wire.PathHost, RTT: 50 * time.Millisecond, Sound: &wire.HeardSound{
				PlayedMs: 10000, ConcealedMs: 0, Packets: 495, Lost: 5, JitterMs: 10, BufferMs: 20,
			}})
		}, "pronto_audio_concealed_ratio_sum{path=\"host\"} 0\npronto_audio_concealed_ratio_count{path=\"host\"} 1\n" +
			"pronto_audio_mos_sum{path=\"host\",topology=\"direct\"} 4.409285824\npronto_audio_mos_count{path=\"host\",topology=\"direct\"} 1\n" +
			"pronto_client_reports_total{result=\"accepted\"} 1\n" +
			"pronto_jitter_buffer_delay_seconds_sum{media=\"audio\"} 0.02\npronto_jitter_buffer_delay_seconds_count{media=\"audio\"} 1\n" +
			"pronto_jitter_seconds_sum{media=\"audio\"} 0.01\npronto_jitter_seconds_count{media=\"audio\"} 1\n" +
			"pronto_packet_loss_ratio_sum{direction=\"down\",media=\"audio\"} 0.01\npronto_packet_loss_ratio_count{direction=\"down\",media=\"audio\"} 1\n" +
			"pronto_received_media_seconds_total{media=\"audio\",quality=\"good\"} 10\n" +
			"pronto_rtt_seconds_sum{path=\"host\"} 0.05\npronto_rtt_seconds_count{path=\"host\"} 1"},
		{"a tenth of the sound made up", func(m *Metrics) {
			m.Call(call.Reported{Topology: wire.TopologyDirect, Path: wire.PathHost, RTT: time.Millisecond, Sound: &wire.HeardSound{PlayedMs: 10000, ConcealedMs: 1000}})
		}, "pronto_audio_concealed_ratio_sum{path=\"host\"} 0.1\npronto_audio_concealed_ratio_count{path=\"host\"} 1\n" +
			"pronto_audio_mos_sum{path=\"host\",topology=\"direct\"} 2.351100849\npronto_audio_mos_count{path=\"host\",topology=\"direct\"} 1\n" +
			"pronto_client_reports_total{result=\"accepted\"} 1\n" +
			"pronto_received_media_seconds_total{media=\"audio\",quality=\"poor\"} 10\n" +
			"pronto_rtt_seconds_sum{path=\"host\"} 0.001\npronto_rtt_seconds_count{path=\"host\"} 1"},
		{"sound of which the delay is not known", func(m *Metrics) {
			m.Call(call.Reported{Sound: &wire.HeardSound{PlayedMs: 4000}})
		}, "pronto_audio_concealed_ratio_sum{path=\"unknown\"} 0\npronto_audio_concealed_ratio_count{path=\"unknown\"} 1\n" +
			"pronto_client_reports_total{result=\"accepted\"} 1\n" +
			`pronto_received_media_seconds_total{media="audio",quality="unknown"} 4`},
		{"a picture that froze, and one that nobody looked at", func(m *Metrics) {
			m.Call(call.Reported{Switches: 1, Pictures: []wire.SeenPictures{
				{Source: wire.SourceCamera, FairMs: 8000, PoorMs: 2000, FramesPerSecond: 24, Height: 360, Freezes: 2, FrozenMs: 1000},
				{Source: wire.SourceScreen, UnknownMs: 10000},
			}, Sent: &wire.SentPicture{SentMs: 10000, CPUMs: 3000}})
		}, "pronto_client_reports_total{result=\"accepted\"} 1\npronto_network_changes_total 1\n" +
			"pronto_received_media_seconds_total{media=\"screen\",quality=\"unknown\"} 10\n" +
			"pronto_received_media_seconds_total{media=\"video\",quality=\"fair\"} 8\n" +
			"pronto_received_media_seconds_total{media=\"video\",quality=\"poor\"} 2\n" +
			"pronto_sender_limited_seconds_total{reason=\"cpu\"} 3\npronto_sent_video_seconds_total{media=\"video\"} 10\n" +
			"pronto_video_frames_per_second_sum{media=\"video\"} 24\npronto_video_frames_per_second_count{media=\"video\"} 1\n" +
			"pronto_video_freeze_ratio_sum{media=\"video\",path=\"unknown\"} 0.1\npronto_video_freeze_ratio_count{media=\"video\",path=\"unknown\"} 1\n" +
			"pronto_video_freezes_total{media=\"video\"} 2\n" +
			"pronto_video_height_pixels_sum{media=\"video\"} 360\npronto_video_height_pixels_count{media=\"video\"} 1"},
		{"a rating", func(m *Metrics) {
			m.Call(call.Rated{Kind: wire.KindVoice, Stars: 2, Reasons: []wire.RatingReason{wire.RatingCutOut}})
		}, "pronto_rating_reasons_total{reason=\"cut_out\"} 1\n" +
			"pronto_ratings_stars_sum{kind=\"voice\"} 2\npronto_ratings_stars_count{kind=\"voice\"} 1"},
		{"a report that cannot be", func(m *Metrics) { m.Call(call.ReportDropped{Result: call.ReportInvalid}) },
			`pronto_client_reports_total{result="invalid"} 1`},
		{"keys that are founded, changed and lost", func(m *Metrics) {
			m.Call(call.GroupFounded{})
			m.Call(call.GroupFounded{Again: true})
			m.Call(call.KeysChanged{Added: 1})
			m.Call(call.KeysChanged{External: true})
			m.Call(call.KeysChanged{External: true})
			m.Call(call.CommitRefused{})
			m.Call(call.KeysOpened{Topology: wire.TopologySFU, After: 250 * time.Millisecond})
			m.Call(call.KeysFailed{Failure: wire.KeyFailureBadTag})
		}, "pronto_e2ee_commits_total{result=\"external\"} 2\npronto_e2ee_commits_total{result=\"member\"} 1\n" +
			"pronto_e2ee_commits_total{result=\"stale\"} 1\npronto_e2ee_failures_total{reason=\"bad_tag\"} 1\n" +
			"pronto_e2ee_first_opened_seconds_sum{topology=\"sfu\"} 0.25\npronto_e2ee_first_opened_seconds_count{topology=\"sfu\"} 1\n" +
			"pronto_e2ee_groups_total{kind=\"first\"} 1\npronto_e2ee_groups_total{kind=\"replaced\"} 1"},
		{"a link that has expired", func(m *Metrics) { m.Call(call.LinkJoined{Result: "expired"}) },
			`pronto_link_joins_total{result="expired"} 1`},
		{"a new link", func(m *Metrics) { m.Signalling(signalling.LinkCreated{Kind: wire.KindVideo}) },
			`pronto_links_created_total{kind="video"} 1`},
		{"two sockets of which one closed", func(m *Metrics) {
			m.Signalling(signalling.SocketOpened{Client: call.ClientFirefox})
			m.Signalling(signalling.SocketOpened{Client: call.ClientOther})
			m.Signalling(signalling.SocketClosed{Reason: signalling.CloseSlowConsumer})
		}, "pronto_ws_closes_total{reason=\"slow_consumer\"} 1\npronto_ws_connections{client=\"other\"} 1\n" +
			`pronto_telemetry_suppressed_total{reason="k_anonymity"} 1`},
		{"a request", func(m *Metrics) { m.Signalling(signalling.Handled{Type: "ring", After: time.Millisecond}) },
			"pronto_ws_handle_seconds_sum{type=\"ring\"} 0.001\npronto_ws_handle_seconds_count{type=\"ring\"} 1\n" +
				"pronto_ws_messages_total{direction=\"in\",type=\"ring\"} 1\npronto_ws_messages_total{direction=\"out\",type=\"reply\"} 1"},
		{"events that went out, and a ping", func(m *Metrics) {
			m.Signalling(signalling.EventsSent{Count: 3})
			m.Signalling(signalling.Pinged{RTT: 40 * time.Millisecond})
		}, "pronto_ws_messages_total{direction=\"out\",type=\"event\"} 3\npronto_ws_rtt_seconds_sum 0.04\npronto_ws_rtt_seconds_count 1"},
		{"a request that is refused", func(m *Metrics) {
			m.Signalling(signalling.Handled{Type: "hello", Code: wire.CodeUnauthenticated})
			m.Signalling(signalling.TokenRefused{})
		}, "pronto_auth_failures_total{mechanism=\"token\",reason=\"refused\"} 1\n" +
			"pronto_ws_messages_total{direction=\"in\",type=\"hello\"} 1\npronto_ws_messages_total{direction=\"out\",type=\"problem\"} 1\npronto_ws_problems_total{code=\"unauthenticated\"} 1"},
		{"terms that are told, and accepted", func(m *Metrics) {
			m.Signalling(signalling.Noticed{Step: signalling.NoticeDelivered})
			m.Signalling(signalling.Noticed{Step: signalling.NoticeDelivered})
			m.Signalling(signalling.Noticed{Step: signalling.NoticeAccepted})
		}, "pronto_notices_total{step=\"accepted\"} 1\npronto_notices_total{step=\"delivered\"} 2"},
		{"reports", func(m *Metrics) {
			m.Signalling(signalling.ReportFiled{Reason: "spam"})
			m.Signalling(signalling.ReportFiled{Reason: "spam"})
		}, `pronto_reports_total{reason="spam"} 2`},
		{"appeals", func(m *Metrics) {
			m.Signalling(signalling.AppealFiled{})
		}, `pronto_appeals_total 1`},
		{"notes to missed calls", func(m *Metrics) {
			m.Signalling(signalling.NoteCame{Step: signalling.NoteLeft})
			m.Signalling(signalling.NoteCame{Step: signalling.NoteLeft})
			m.Signalling(signalling.NoteCame{Step: signalling.NoteFetched})
		}, "pronto_notes_total{step=\"fetched\"} 1\npronto_notes_total{step=\"left\"} 2"},
		{"an allocation that lives", func(m *Metrics) { m.Turn(turn.AllocationOpened{Transport: turn.TCP}) },
			"pronto_turn_allocations{transport=\"tcp\"} 1\n" + `pronto_turn_allocations_total{result="ok",transport="tcp"} 1`},
		{"an allocation that is gone", func(m *Metrics) {
			m.Turn(turn.AllocationOpened{Transport: turn.UDP})
			m.Turn(turn.Relayed{Transport: turn.UDP, BytesToPeers: 100, BytesToClient: 20})
			m.Turn(turn.AllocationClosed{Transport: turn.UDP, BytesToPeers: 100, BytesToClient: 20, Duration: 10 * time.Second})
		}, "pronto_turn_allocation_seconds_sum{transport=\"udp\"} 10\n" +
			"pronto_turn_allocation_seconds_count{transport=\"udp\"} 1\n" +
			"pronto_turn_allocations_total{result=\"ok\",transport=\"udp\"} 1\n" +
			"pronto_turn_bytes_total{direction=\"to_client\"} 20\npronto_turn_bytes_total{direction=\"to_peer\"} 100"},
		{"an old TURN credential", func(m *Metrics) {
			m.Turn(turn.AllocationRefused{Transport: turn.UDP, Reason: turn.ReasonExpired})
		}, "pronto_auth_failures_total{mechanism=\"turn\",reason=\"expired\"} 1\n" +
			"pronto_turn_allocations_total{result=\"refused\",transport=\"udp\"} 1\n" +
			`pronto_turn_refused_total{reason="expired"} 1`},
		{"a peer that TURN does not relay to", func(m *Metrics) {
			m.Turn(turn.AllocationRefused{Transport: turn.UDP, Reason: turn.ReasonPeerDenied})
		}, `pronto_turn_refused_total{reason="peer_denied"} 1`},
		{"the life of an SFU peer", func(m *Metrics) {
			m.SFU(sfu.PeerConnected{After: 500 * time.Millisecond})
			m.SFU(sfu.PeerFirstMedia{After: time.Second})
			m.SFU(sfu.KeyFrameCame{After: 250 * time.Millisecond})
			m.SFU(sfu.PeerGone{Reason: sfu.ReasonTransport, After: time.Minute})
		}, "pronto_sfu_connect_seconds_sum 0.5\npronto_sfu_connect_seconds_count 1\n" +
			"pronto_sfu_first_media_seconds_sum 1\npronto_sfu_first_media_seconds_count 1\n" +
			"pronto_sfu_keyframe_delay_seconds_sum 0.25\npronto_sfu_keyframe_delay_seconds_count 1\n" +
			`pronto_sfu_peers_gone_total{reason="transport"} 1`},
		{"a message type that a client invented", func(m *Metrics) {
			m.Signalling(signalling.Handled{Type: "ana@example.com", Code: wire.CodeRateLimited})
		}, "pronto_rate_limited_total{scope=\"other\"} 1\npronto_telemetry_suppressed_total{reason=\"unknown_label\"} 2\n" +
			"pronto_ws_messages_total{direction=\"other\",type=\"other\"} 1\npronto_ws_messages_total{direction=\"out\",type=\"problem\"} 1\n" +
			"pronto_ws_problems_total{code=\"rateLimited\"} 1"},
		{"a ring too many", func(m *Metrics) {
			m.Signalling(signalling.Handled{Type: "ring", Code: wire.CodeRateLimited})
		}, "pronto_rate_limited_total{scope=\"ring\"} 1\n" +
			"pronto_ws_messages_total{direction=\"in\",type=\"ring\"} 1\npronto_ws_messages_total{direction=\"out\",type=\"problem\"} 1\n" +
			"pronto_ws_problems_total{code=\"rateLimited\"} 1"},
		{"a set of values that cannot go together", func(m *Metrics) {
			m.Call(call.SetUpEnded{Kind: wire.KindVoice, Topology: wire.TopologyDirect, Via: call.ViaLink, Outcome: call.OutcomeMissed})
		}, "pronto_setup_outcomes_total{cause=\"other\",kind=\"other\",outcome=\"other\",topology=\"other\",via=\"other\"} 1\n" +
			`pronto_telemetry_suppressed_total{reason="unknown_label"} 1`},
		{"calls, the SFU and the bus at a scrape", func(m *Metrics) { m.Watch(sources) }, scrapedSources},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := New(Options{})
			test.do(m)
			if err := testutil.GatherAndCompare(nonZero{m.registry}, strings.NewReader(withTypes(t, test.want))); err != nil {
				t.Error(err)
			}
		})
	}
}

// sources has something different for each counter, so that two that are mixed
// up are seen.
var sources = Sources{
	SFU: func() sfu.Stats {
		return sfu.Stats{
			Rooms: 1, Peers: 5, Connected: 3, Tracks: 9, AudioTracks: 4, AudioSlots: 6, VideoSlots: 7,
			Repair: sfu.Repair{NACKsIn: 60, NACKsOut: 61, AgainIn: 62, AgainOut: 63}, Pauses: 64, UpForRoom: 3, DownForRoom: 4,
			Delay:     sfu.Delay{Counts: [15]uint64{1: 2, 14: 1}, Sum: time.Second},
			In:        sfu.Media{AudioPackets: 10, AudioBytes: 11, VideoPackets: 12, VideoBytes: 13},
			Out:       sfu.Media{AudioPackets: 14, AudioBytes: 15, VideoPackets: 16, VideoBytes: 17},
			Dropped:   sfu.Dropped{Uplink: 20, RTCP: 21, SSRC: 22, Handover: 24, Malformed: 23, Replay: 29, Unsealed: sfu.Unsealed{Envelope: 24, Keyless: 25, Leaf: 26, Epoch: 27, Kind: 28}},
			KeyFrames: sfu.KeyFrames{Sent: 33, Feedback: 31, Switch: 32, Repeat: 33, Merged: 34, Received: 35},
			LayersUp:  40, LayersDown: 41,
		}
	},
	Calls: func() []call.Shape {
		return []call.Shape{
			{Kind: wire.KindVoice, Topology: wire.TopologyDirect, People: 2},
			{Kind: wire.KindVideo, Topology: wire.TopologySFU, People: 4, Encrypted: true},
			{Kind: wire.KindVideo, Topology: wire.TopologySFU, People: 3},
		}
	},
	BusDropped:    func() uint64 { return 50 },
	Load:          func() Load { return Load{CPU: .25, Egress: .5, Participants: .75, Files: .125} },
	WebhookOldest: func() time.Duration { return 70 * time.Second },
	LobbyWaiting:  func() int { return 71 },
	Draining:      func() bool { return true },
}

const scrapedSources = `pronto_bus_dropped_total 50
pronto_calls_active{kind="video",topology="sfu"} 2
pronto_calls_active{kind="voice",topology="direct"} 1
pronto_draining 1
pronto_e2ee_participants{state="off"} 5
pronto_e2ee_participants{state="on"} 4
pronto_lobby_waiting 71
pronto_participants{topology="direct"} 2
pronto_participants{topology="sfu"} 7
pronto_sfu_forward_delay_seconds_sum 1
pronto_sfu_forward_delay_seconds_count 3
pronto_sfu_keyframe_requests_total{cause="loss",direction="in"} 31
pronto_sfu_keyframe_requests_total{cause="switch",direction="in"} 32
pronto_sfu_keyframe_requests_total{cause="repeat",direction="out"} 33
pronto_sfu_keyframes_total 35
pronto_sfu_layer_switches_total{cause="bwe",direction="down"} 4
pronto_sfu_layer_switches_total{cause="bwe",direction="up"} 3
pronto_sfu_layer_switches_total{cause="pause",direction="down"} 64
pronto_sfu_layer_switches_total{cause="size",direction="down"} 37
pronto_sfu_layer_switches_total{cause="size",direction="up"} 37
pronto_sfu_load_ratio{resource="cpu"} 0.25
pronto_sfu_load_ratio{resource="egress"} 0.5
pronto_sfu_load_ratio{resource="fds"} 0.125
pronto_sfu_load_ratio{resource="participants"} 0.75
pronto_sfu_nacks_total{direction="in"} 60
pronto_sfu_nacks_total{direction="out"} 61
pronto_sfu_packets_dropped_total{reason="handover"} 24
pronto_sfu_packets_dropped_total{reason="malformed"} 23
pronto_sfu_packets_dropped_total{reason="no_key"} 130
pronto_sfu_packets_dropped_total{reason="replay"} 29
pronto_sfu_packets_dropped_total{reason="rtcp"} 21
pronto_sfu_packets_dropped_total{reason="ssrc"} 22
pronto_sfu_packets_dropped_total{reason="uplink"} 20
pronto_sfu_participants{state="connected"} 3
pronto_sfu_participants{state="connecting"} 2
pronto_sfu_retransmitted_packets_total{direction="in"} 62
pronto_sfu_retransmitted_packets_total{direction="out"} 63
pronto_sfu_rooms 1
pronto_sfu_rtp_bytes_total{direction="in",media="audio"} 11
pronto_sfu_rtp_bytes_total{direction="in",media="video"} 13
pronto_sfu_rtp_bytes_total{direction="out",media="audio"} 15
pronto_sfu_rtp_bytes_total{direction="out",media="video"} 17
pronto_sfu_rtp_packets_total{direction="in",media="audio"} 10
pronto_sfu_rtp_packets_total{direction="in",media="video"} 12
pronto_sfu_rtp_packets_total{direction="out",media="audio"} 14
pronto_sfu_rtp_packets_total{direction="out",media="video"} 16
pronto_sfu_tracks{direction="in",media="audio"} 4
pronto_sfu_tracks{direction="in",media="video"} 5
pronto_sfu_tracks{direction="out",media="audio"} 6
pronto_sfu_tracks{direction="out",media="video"} 7
pronto_sfu_unsealed_packets_dropped_total{reason="envelope"} 24
pronto_sfu_unsealed_packets_dropped_total{reason="epoch"} 27
pronto_sfu_unsealed_packets_dropped_total{reason="keyless"} 25
pronto_sfu_unsealed_packets_dropped_total{reason="kind"} 28
pronto_sfu_unsealed_packets_dropped_total{reason="leaf"} 26
pronto_webhook_oldest_pending_seconds 70`

// nonZero gathers the series of ours that something has happened to, and of
// histograms only sum and count.
type nonZero struct{ from prometheus.Gatherer }

func (n nonZero) Gather() ([]*dto.MetricFamily, error) {
	families, err := n.from.Gather()
	kept := families[:0]
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "pronto_") || family.GetName() == "pronto_build_info" {
			continue
		}
		var metrics []*dto.Metric
		for _, m := range family.Metric {
			if h := m.Histogram; h != nil {
				h.Bucket = nil
			}
			if m.GetCounter().GetValue() != 0 || m.GetGauge().GetValue() != 0 || m.GetHistogram().GetSampleCount() != 0 {
				metrics = append(metrics, m)
			}
		}
		if family.Metric = metrics; len(metrics) > 0 {
			kept = append(kept, family)
		}
	}
	return kept, err
}

// withTypes puts the HELP and TYPE lines before the series of each metric.
func withTypes(t *testing.T, series string) string {
	t.Helper()
	var b strings.Builder
	last := ""
	for line := range strings.Lines(series + "\n") {
		def := definitionOf(line)
		if def == nil {
			t.Fatalf("%s is of no definition", line)
		}
		if def.Name != last {
			b.WriteString("# HELP " + def.Name + " " + def.Help + "\n# TYPE " + def.Name + " " + string(def.Type) + "\n")
			last = def.Name
		}
		b.WriteString(line)
	}
	return b.String()
}

// definitionOf finds the definition of a line of the text format.
func definitionOf(line string) *Definition {
	name := line[:strings.IndexAny(line, "{ ")]
	for _, def := range Definitions() {
		base := name
		if def.Type == Histogram {
			base = strings.TrimSuffix(strings.TrimSuffix(name, "_sum"), "_count")
		}
		if def.Name == base {
			return &def
		}
	}
	return nil
}
