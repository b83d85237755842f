package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"pronto/sfu"
	"pronto/signalling/call"
)

// Sources are counters that others keep; they are read at each scrape. A nil
// one counts as zero.
type Sources struct {
	// SFU returns the SFU's counters.
	SFU func() sfu.Stats
	// Calls returns the calls that go on.
	Calls func() []call.Shape
	// BusDropped returns how often messages were lost on the bus.
	BusDropped func() uint64
}

// watch reads the sources at each scrape. It implements prometheus.Collector.
type watch struct {
	sources atomic.Pointer[Sources]

	calls, people, busDropped       *scraped
	rooms, peers, tracks            *scraped
	packets, bytes, dropped, layers *scraped
	unsealed                        *scraped
	requests, repeats, wishes, came *scraped
}

func newWatch(b *builder) *watch {
	w := &watch{
		calls:      b.scraped("pronto_calls_active", Gauge),
		people:     b.scraped("pronto_participants", Gauge),
		busDropped: b.scraped("pronto_bus_dropped_total", Counter),
		rooms:      b.scraped("pronto_sfu_rooms", Gauge),
		peers:      b.scraped("pronto_sfu_participants", Gauge),
		tracks:     b.scraped("pronto_sfu_tracks", Gauge),
		packets:    b.scraped("pronto_sfu_rtp_packets_total", Counter),
		bytes:      b.scraped("pronto_sfu_rtp_bytes_total", Counter),
		dropped:    b.scraped("pronto_sfu_packets_dropped_total", Counter),
		unsealed:   b.scraped("pronto_sfu_unsealed_packets_dropped_total", Counter),
		layers:     b.scraped("pronto_sfu_layer_switches_total", Counter),
		requests:   b.scraped("pronto_sfu_keyframe_requests_total", Counter),
		repeats:    b.scraped("pronto_sfu_keyframe_repeats_total", Counter),
		wishes:     b.scraped("pronto_sfu_keyframe_wishes_total", Counter),
		came:       b.scraped("pronto_sfu_keyframes_total", Counter),
	}
	w.sources.Store(&Sources{})
	return w
}

// Describe implements prometheus.Collector.
func (w *watch) Describe(ch chan<- *prometheus.Desc) {
	for _, s := range []*scraped{
		w.calls, w.people, w.busDropped, w.rooms, w.peers, w.tracks, w.packets, w.bytes, w.dropped, w.unsealed, w.layers,
		w.requests, w.repeats, w.wishes, w.came,
	} {
		ch <- s.desc
	}
}

// Collect implements prometheus.Collector.
func (w *watch) Collect(ch chan<- prometheus.Metric) {
	from := w.sources.Load()
	var shapes []call.Shape
	if from.Calls != nil {
		shapes = from.Calls()
	}
	w.collectCalls(ch, shapes)
	var stats sfu.Stats
	if from.SFU != nil {
		stats = from.SFU()
	}
	w.collectSFU(ch, stats)
	var lost uint64
	if from.BusDropped != nil {
		lost = from.BusDropped()
	}
	w.busDropped.emit(ch, float64(lost))
}

func (w *watch) collectCalls(ch chan<- prometheus.Metric, shapes []call.Shape) {
	calls, people := map[[2]string]int{}, map[string]int{}
	for _, shape := range shapes {
		kind, topology := string(shape.Kind), string(shape.Topology)
		calls[[2]string{kind, topology}]++
		people[topology] += shape.People
	}
	for _, set := range w.calls.def.Sets() {
		w.calls.emit(ch, float64(calls[[2]string(set)]), set...)
	}
	for _, set := range w.people.def.Sets() {
		w.people.emit(ch, float64(people[set[0]]), set...)
	}
}

func (w *watch) collectSFU(ch chan<- prometheus.Metric, s sfu.Stats) {
	w.rooms.emit(ch, float64(s.Rooms))
	w.peers.emit(ch, float64(s.Connected), "connected")
	w.peers.emit(ch, float64(max(0, s.Peers-s.Connected)), "connecting")
	w.tracks.emit(ch, float64(s.Tracks))
	for direction, m := range map[string]sfu.Media{"in": s.In, "out": s.Out} {
		w.packets.emit(ch, float64(m.AudioPackets), "audio", direction)
		w.packets.emit(ch, float64(m.VideoPackets), "video", direction)
		w.bytes.emit(ch, float64(m.AudioBytes), "audio", direction)
		w.bytes.emit(ch, float64(m.VideoBytes), "video", direction)
	}
	w.dropped.emit(ch, float64(s.Dropped.Uplink), "uplink")
	w.dropped.emit(ch, float64(s.Dropped.RTCP), "rtcp")
	w.dropped.emit(ch, float64(s.Dropped.SSRC), "ssrc")
	w.dropped.emit(ch, float64(s.Dropped.Handover), "handover")
	w.dropped.emit(ch, float64(s.Dropped.Malformed), "malformed")
	for reason, n := range map[string]uint64{
		"envelope": s.Dropped.Unsealed.Envelope, "keyless": s.Dropped.Unsealed.Keyless, "leaf": s.Dropped.Unsealed.Leaf,
		"epoch": s.Dropped.Unsealed.Epoch, "kind": s.Dropped.Unsealed.Kind,
	} {
		w.unsealed.emit(ch, float64(n), reason)
	}
	w.layers.emit(ch, float64(s.LayersUp), "up")
	w.layers.emit(ch, float64(s.LayersDown), "down")
	w.requests.emit(ch, float64(s.KeyFrames.Sent))
	w.repeats.emit(ch, float64(s.KeyFrames.Repeat))
	w.wishes.emit(ch, float64(s.KeyFrames.Feedback), "feedback")
	w.wishes.emit(ch, float64(s.KeyFrames.Switch), "switch")
	w.came.emit(ch, float64(s.KeyFrames.Received))
}
