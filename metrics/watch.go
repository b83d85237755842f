package metrics

import (
	"sync/atomic"
	"time"

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
	// Load returns how much of what the server has is in use.
	Load func() Load
	// WebhookOldest returns the age of the oldest webhook that is pending.
	WebhookOldest func() time.Duration
	// LobbyWaiting returns how many people wait to be let in.
	LobbyWaiting func() int
	// Draining tells whether the server takes no new calls.
	Draining func() bool
}

// Load is how much of what a server has is in use, each from 0 to 1.
type Load struct{ CPU, Egress, Participants, Files float64 }

// watch reads the sources at each scrape. It implements prometheus.Collector.
type watch struct {
	sources atomic.Pointer[Sources]
	clients *clients
	crowd   *crowd

	calls, people, busDropped       *scraped
	rooms, peers, tracks            *scraped
	packets, bytes, dropped, layers *scraped
	unsealed                        *scraped
	requests, came, nacks, again    *scraped
	sealed, sockets, load, draining *scraped
	webhook, lobby, delay, distinct *scraped
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
		came:       b.scraped("pronto_sfu_keyframes_total", Counter),
		nacks:      b.scraped("pronto_sfu_nacks_total", Counter),
		again:      b.scraped("pronto_sfu_retransmitted_packets_total", Counter),
		delay:      b.scraped("pronto_sfu_forward_delay_seconds", Histogram),
		sealed:     b.scraped("pronto_e2ee_participants", Gauge),
		sockets:    b.scraped("pronto_ws_connections", Gauge),
		load:       b.scraped("pronto_sfu_load_ratio", Gauge),
		draining:   b.scraped("pronto_draining", Gauge),
		webhook:    b.scraped("pronto_webhook_oldest_pending_seconds", Gauge),
		lobby:      b.scraped("pronto_lobby_waiting", Gauge),
		distinct:   b.scraped("pronto_distinct_people", Gauge),
	}
	w.sources.Store(&Sources{})
	return w
}

// Describe implements prometheus.Collector.
func (w *watch) Describe(ch chan<- *prometheus.Desc) {
	for _, s := range []*scraped{
		w.calls, w.people, w.busDropped, w.rooms, w.peers, w.tracks, w.packets, w.bytes, w.dropped, w.unsealed, w.layers,
		w.requests, w.came, w.nacks, w.again, w.sealed, w.sockets, w.load, w.draining, w.webhook, w.lobby, w.delay, w.distinct,
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
	w.collectOwn(ch, from)
}

// collectOwn is what the process and its parts tell of themselves.
func (w *watch) collectOwn(ch chan<- prometheus.Metric, from *Sources) {
	sockets := w.clients.sockets(time.Now())
	for _, set := range w.sockets.def.Sets() {
		w.sockets.emit(ch, float64(sockets[call.Client(set[0])]), set...)
	}
	w.distinct.emit(ch, w.crowd.count(time.Now()))
	var load Load
	if from.Load != nil {
		load = from.Load()
	}
	w.load.emit(ch, load.CPU, "cpu")
	w.load.emit(ch, load.Egress, "egress")
	w.load.emit(ch, load.Participants, "participants")
	w.load.emit(ch, load.Files, "fds")
	var oldest time.Duration
	if from.WebhookOldest != nil {
		oldest = from.WebhookOldest()
	}
	w.webhook.emit(ch, oldest.Seconds())
	waiting := 0
	if from.LobbyWaiting != nil {
		waiting = from.LobbyWaiting()
	}
	w.lobby.emit(ch, float64(waiting))
	draining := 0.0
	if from.Draining != nil && from.Draining() {
		draining = 1
	}
	w.draining.emit(ch, draining)
}

func (w *watch) collectCalls(ch chan<- prometheus.Metric, shapes []call.Shape) {
	calls, people, sealed := map[[2]string]int{}, map[string]int{}, map[string]int{}
	for _, shape := range shapes {
		kind, topology := string(shape.Kind), string(shape.Topology)
		calls[[2]string{kind, topology}]++
		people[topology] += shape.People
		sealed[either(shape.Encrypted, "on", "off")] += shape.People
	}
	for _, set := range w.sealed.def.Sets() {
		w.sealed.emit(ch, float64(sealed[set[0]]), set...)
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
	w.tracks.emit(ch, float64(s.AudioTracks), "audio", "in")
	w.tracks.emit(ch, float64(s.Tracks-s.AudioTracks), "video", "in")
	w.tracks.emit(ch, float64(s.AudioSlots), "audio", "out")
	w.tracks.emit(ch, float64(s.VideoSlots), "video", "out")
	w.nacks.emit(ch, float64(s.Repair.NACKsIn), "in")
	w.nacks.emit(ch, float64(s.Repair.NACKsOut), "out")
	w.again.emit(ch, float64(s.Repair.AgainIn), "in")
	w.again.emit(ch, float64(s.Repair.AgainOut), "out")
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
	u := s.Dropped.Unsealed
	w.dropped.emit(ch, float64(u.Envelope+u.Keyless+u.Leaf+u.Epoch+u.Kind), "no_key")
	w.dropped.emit(ch, float64(s.Dropped.Replay), "replay")
	for reason, n := range map[string]uint64{
		"envelope": s.Dropped.Unsealed.Envelope, "keyless": s.Dropped.Unsealed.Keyless, "leaf": s.Dropped.Unsealed.Leaf,
		"epoch": s.Dropped.Unsealed.Epoch, "kind": s.Dropped.Unsealed.Kind,
	} {
		w.unsealed.emit(ch, float64(n), reason)
	}
	w.collectDelay(ch, &s.Delay)
	w.layers.emit(ch, float64(s.UpForRoom), "up", "bwe")
	w.layers.emit(ch, float64(s.LayersUp-s.UpForRoom), "up", "size")
	w.layers.emit(ch, float64(s.DownForRoom), "down", "bwe")
	w.layers.emit(ch, float64(s.LayersDown-s.DownForRoom), "down", "size")
	w.layers.emit(ch, float64(s.Pauses), "down", "pause")
	w.requests.emit(ch, float64(s.KeyFrames.Feedback), "in", "loss")
	w.requests.emit(ch, float64(s.KeyFrames.Switch), "in", "switch")
	w.requests.emit(ch, float64(s.KeyFrames.Sent-s.KeyFrames.Repeat), "out", "first")
	w.requests.emit(ch, float64(s.KeyFrames.Repeat), "out", "repeat")
	w.came.emit(ch, float64(s.KeyFrames.Received))
}

func (w *watch) collectDelay(ch chan<- prometheus.Metric, d *sfu.Delay) {
	buckets, total := map[float64]uint64{}, uint64(0)
	for i, n := range d.Counts {
		total += n
		if i < len(sfu.DelayBounds) {
			buckets[sfu.DelayBounds[i].Seconds()] = total
		}
	}
	ch <- prometheus.MustNewConstHistogram(w.delay.desc, total, d.Sum.Seconds(), buckets)
}
