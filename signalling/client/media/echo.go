package media

import (
	"bytes"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"pronto/signalling/wire"
)

const (
	// echoAfter is how long what came is kept before it goes back.
	echoAfter = time.Second
	// echoEvery is how often what is due goes back.
	echoEvery = 10 * time.Millisecond
	// maxEchoed is how many packets wait at most: a second of a large video.
	maxEchoed = 2048
	// askKeyEvery is the least time between two requests for a key frame.
	askKeyEvery = 500 * time.Millisecond
)

// echo sends a person's own voice and picture back. It keeps them for a second, in
// memory, and nowhere else.
type echo struct {
	c *connection

	mu    sync.Mutex // guards what follows
	queue []echoed   // in order of arrival
	base  map[wire.Source]uint32
	ssrc  uint32 // of the other's camera; 0 before it is known
	asked time.Time
}

// echoed is one packet that waits, or one frame if the call is encrypted.
type echoed struct {
	source  wire.Source
	due     time.Time
	payload []byte
	ticks   uint32
	marker  bool
	key     bool // of a frame
}

func newEcho(c *connection) *echo { return &echo{c: c, base: map[wire.Source]uint32{}} }

// take keeps the payload of a packet that came, or the frame that was whole by it; key says
// that it is a key frame. What does not fit is lost.
func (e *echo) take(source wire.Source, p *rtp.Packet, payload []byte, key bool) {
	if source != wire.SourceMicrophone && source != wire.SourceCamera {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	base, known := e.base[source]
	if !known {
		base = p.Timestamp
		e.base[source] = base
	}
	if source == wire.SourceCamera {
		e.ssrc = p.SSRC
	}
	if len(e.queue) >= maxEchoed {
		return
	}
	e.queue = append(e.queue, echoed{
		source: source, due: time.Now().Add(echoAfter), payload: bytes.Clone(payload),
		ticks: p.Timestamp - base, marker: p.Marker, key: key,
	})
}

// send sends back what is due, and passes on that a key frame is wanted.
func (e *echo) send(int64) {
	now := time.Now()
	for _, p := range e.due(now) {
		const loud = 30 // the level is not known; somebody who is there is heard
		switch film := e.c.films[0]; {
		case p.source == wire.SourceMicrophone:
			e.c.voice.put(p.payload, p.ticks, p.marker, loud)
		case film.cipher != nil:
			film.put(frame{p.payload, p.key}, p.ticks)
		default:
			film.track.write(p.payload, p.ticks, p.marker, silence)
		}
	}
	if ssrc, ok := e.wantsKey(now); ok {
		// A request that is lost is made again by who asked us.
		_ = e.c.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}})
	}
}

func (e *echo) due(now time.Time) []echoed {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for n < len(e.queue) && !e.queue[n].due.After(now) {
		n++
	}
	due := e.queue[:n:n]
	if e.queue = e.queue[n:]; len(e.queue) == 0 {
		e.queue = nil
	}
	return due
}

func (e *echo) wantsKey(now time.Time) (ssrc uint32, wanted bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ssrc == 0 || now.Sub(e.asked) < askKeyEvery || !e.c.films[0].track.keyWanted.Swap(false) {
		return 0, false
	}
	e.asked = now
	return e.ssrc, true
}
