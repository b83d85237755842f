package bot

import (
	"time"

	"pronto/signalling/client/media"
	"pronto/signalling/wire"
)

const (
	// reportEvery is how often a call is reported, as pages do.
	reportEvery = 10 * time.Second
	// playout is how long a bot would hold sound back; it plays none.
	playout = 40 * time.Millisecond
	// packetMs is what one packet of sound carries, headers how much UDP and IPv4
	// add to one.
	packetMs = 20
	headers  = 28
	// clipRate is the frame rate of the clips.
	clipRate = 15
)

// reporter tells the server how the call was, from the bot's own counts. A bot
// has no decoder: every packet of sound that has not come counts as concealed,
// and every frame that has not as frozen. Owned by the call's goroutine.
type reporter struct {
	at        time.Time // of the last report
	was       media.Stats
	connected uint32 // generation whose connection was reported, plus one
	camera    bool   // the first picture was reported
	moments   []wire.Moment
}

// reportConnection tells once how a way came about.
func (c *Call) reportConnection(w *way) {
	if c.quiet() || c.report.connected == w.generation+1 || w.downSince != (time.Time{}) {
		return
	}
	is := w.Way()
	if is.Path == "" {
		return
	}
	c.report.connected = w.generation + 1
	c.tell(wire.ReportConnection{
		Call: c.id, Generation: w.generation, Path: is.Path, Transport: is.Transport, Family: is.Family,
		ICEMs: uint32(max(1, time.Since(w.begun).Milliseconds())), DTLSMs: 1,
	})
}

// quiet tells whether no reports are to be sent.
func (c *Call) quiet() bool { return c.state.NoReports || c.phone.cfg.Quiet }

// lookAtQuality reports when it is time.
func (c *Call) lookAtQuality(now time.Time) {
	w := c.way
	if w == nil || c.quiet() {
		return
	}
	c.reportConnection(w)
	r := &c.report
	stats := c.Stats()
	if !r.camera {
		for flow, count := range stats.Received {
			if flow.Source == wire.SourceCamera && count.Frames > 0 {
				r.camera = true
				r.moments = append(r.moments, wire.Moment{What: wire.MomentFirstCamera, TookMs: uint32(min(now.Sub(c.since).Milliseconds(), 600_000))})
				break
			}
		}
	}
	if r.at.IsZero() {
		r.at, r.was = now, stats
		return
	}
	span := now.Sub(r.at)
	if span < reportEvery {
		return
	}
	c.tell(c.quality(w, stats, min(span, 15*time.Second)))
	r.at, r.was, r.moments = now, stats, nil
}

// quality is a report of what has changed since the last one.
func (c *Call) quality(w *way, is media.Stats, span time.Duration) wire.ReportQuality {
	was, way := c.report.was, w.Way()
	m := wire.ReportQuality{
		Call: c.id, SpanMs: uint32(span.Milliseconds()), Path: way.Path, RTTMs: uint32(min(max(1, way.RTT.Milliseconds()), 60_000)),
		Pictures: []wire.SeenPictures{}, Moments: c.report.moments,
	}
	var sound, pictures, frames, streams uint64
	height := uint32(0)
	for flow, now := range is.Received {
		before := was.Received[flow]
		switch flow.Source {
		case wire.SourceMicrophone:
			sound += now.Packets - before.Packets
		case wire.SourceCamera:
			pictures += now.Packets - before.Packets
			if n := now.Frames - before.Frames; n > 0 {
				frames += n
				streams++
				height = max(height, now.Height)
			}
		}
	}
	lost := is.LostSound - min(was.LostSound, is.LostSound)
	if sound > 0 {
		m.Sound = &wire.HeardSound{
			PlayedMs: uint32((sound + lost) * packetMs), ConcealedMs: uint32(lost * packetMs), Packets: uint32(sound), Lost: uint32(lost),
			JitterMs: uint32(min(is.SoundJitterMs, 60_000)), BufferMs: uint32(playout.Milliseconds()),
		}
	}
	if streams > 0 {
		lost := is.Lost - is.LostSound - min(was.Lost-was.LostSound, is.Lost-is.LostSound)
		m.Pictures = append(m.Pictures, seen(span, frames, streams, pictures, lost, height, is.PictureJitterMs))
	}
	return m
}

func seen(span time.Duration, frames, streams, packets, lost uint64, height uint32, jitter float64) wire.SeenPictures {
	p := wire.SeenPictures{
		Source: wire.SourceCamera, FramesPerSecond: uint32(float64(frames) / float64(streams) / span.Seconds()), Height: height,
		Packets: uint32(packets), Lost: uint32(lost), JitterMs: uint32(min(jitter, 60_000)), BufferMs: uint32(playout.Milliseconds()),
	}
	shown := uint32(span.Milliseconds()) * uint32(streams)
	expected := span.Seconds() * clipRate * float64(streams)
	missing := max(0, 1-float64(frames)/expected)
	switch {
	case missing > .33:
		p.PoorMs = shown
	case missing > .1:
		p.FairMs = shown
	default:
		p.GoodMs = shown
	}
	if missing > .1 {
		p.Freezes, p.FrozenMs = 1, uint32(missing*float64(shown))
	}
	return p
}

// lastReport is the last report of a stay.
func (c *Call) lastReport() (m wire.ReportEnd, ok bool) {
	if c.quiet() {
		return m, false
	}
	m = wire.ReportEnd{Call: c.id, Moments: c.report.moments}
	stats := c.Stats()
	sent, received := stats.Totals()
	m.SentKB = uint32((sent.Bytes + headers*sent.Packets) / 1000)
	m.ReceivedKB = uint32((received.Bytes + headers*received.Packets) / 1000)
	return m, true
}

// rating is what a bot thinks of a call that it had: it minds what was lost.
func rating(id wire.CallID, s media.Stats) wire.RateCall {
	_, received := s.Totals()
	loss := 0.0
	if all := received.Packets + s.Lost; all > 0 {
		loss = float64(s.Lost) / float64(all)
	}
	switch {
	case loss > .05:
		return wire.RateCall{Call: id, Stars: 2, Reasons: []wire.RatingReason{wire.RatingCutOut}}
	case loss > .01:
		return wire.RateCall{Call: id, Stars: 4, Reasons: []wire.RatingReason{}}
	}
	return wire.RateCall{Call: id, Stars: 5, Reasons: []wire.RatingReason{}}
}
