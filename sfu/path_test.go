package sfu

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
)

// reported is a viewer who reports when packets arrive, as a browser does.
type reported struct {
	ana, bia *wire
	recorder *twcc.Recorder
	began    time.Time
	sent     uint16
	padding  int
	media    int
}

func startReported(t *testing.T) (*SFU, *Room, *reported) {
	s, r := startWired(t, Limits{})
	return s, r, &reported{
		ana: joinWired(t, r, "ana", true, gcm), bia: joinWired(t, r, "bia", false, gcm),
		recorder: twcc.NewRecorder(1), began: time.Now(),
	}
}

// until has ana film and bia report until a condition holds: delay is how much longer a packet takes, after so much time.
func (v *reported) until(t *testing.T, what string, delay func(after time.Duration) time.Duration, is func() bool) {
	t.Helper()
	end := time.Now().Add(3 * wirePatience)
	film, report := time.Now(), time.Now()
	for !is() {
		now := time.Now()
		if now.After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
		if !now.Before(film) {
			film = film.Add(10 * time.Millisecond)
			v.sent++
			v.ana.send(video(v.sent))
		}
		if !now.Before(report) {
			report = report.Add(50 * time.Millisecond)
			for _, p := range v.recorder.BuildFeedbackPacket() {
				v.bia.report(p)
			}
		}
		v.take(time.Until(film), delay)
	}
}

// take notes when packets come, for so long; also in no time all that are there, or they would look as if they had waited
// on the way.
func (v *reported) take(within time.Duration, delay func(after time.Duration) time.Duration) {
	for end := time.Now().Add(within); ; {
		p, _ := v.bia.next(max(time.Until(end), 100*time.Microsecond))
		switch {
		case p == nil:
			return
		case p.PaddingSize > 0 || p.Padding:
			v.padding++
		default:
			v.media++
		}
		if b := p.GetExtension(wireTWCC); len(b) == 2 {
			at := time.Now()
			v.recorder.Record(p.SSRC, binary.BigEndian.Uint16(b), at.Add(delay(at.Sub(v.began))).UnixMicro())
		}
	}
}

func TestAWayThatCarriesMoreIsFoundWithPadding(t *testing.T) {
	s, _, v := startReported(t)
	s.worker.do(func() { // as if bia had said so; her picture takes most of it
		l := v.bia.peer.link
		l.path.estimator = nil
		l.path.hint(900_000)
		l.openPath()
	})
	steady := func(time.Duration) time.Duration { return 20 * time.Millisecond }
	v.until(t, "more than there was at first, by padding", steady, func() bool {
		return v.bia.peer.link.path.bps.Load() > 950_000 && v.padding > 0
	})
	if out := s.Stats().Out.VideoPackets; out > uint64(v.sent) {
		t.Errorf("%d packets of a picture of %d were counted", out, v.sent)
	}
}

func TestAQueueThatGrowsPausesThePictureUntilItIsGone(t *testing.T) {
	_, r, v := startReported(t)
	steady := func(time.Duration) time.Duration { return 20 * time.Millisecond }
	v.until(t, "an estimate", steady, func() bool { return v.bia.peer.link.path.bps.Load() > 0 && v.media > 50 })
	paused := func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return slices.Equal(v.bia.peer.paused, []Pause{{"ana", Camera, PausedBandwidth}})
	}
	v.began = time.Now()
	growing := func(after time.Duration) time.Duration { return 20*time.Millisecond + after*4/5 }
	v.until(t, "a lower estimate and a pause", growing, func() bool { return v.bia.peer.link.path.bps.Load() < 950_000 && paused() })
	gone := func(time.Duration) time.Duration { return 20 * time.Millisecond }
	v.recorder, v.began = twcc.NewRecorder(1), time.Now()
	v.until(t, "the picture again", gone, func() bool { return !paused() })
}

func TestAReportThatIsNoneCostsNothing(t *testing.T) {
	s, _, v := startReported(t)
	v.ana.send(video(1))
	v.bia.media()
	sealed, err := v.bia.up.EncryptRTCP(nil, []byte{0x8f, 205, 0, 4, 0, 0, 0, 1, 0, 0, 7, 0xd0, 0, 1, 0xff, 0xff, 0, 0, 0, 0}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.bia.write(sealed)
	for s.Stats().Dropped.Malformed == 0 {
		time.Sleep(time.Millisecond)
	}
	if bps := v.bia.peer.link.path.bps.Load(); bps != 0 {
		t.Errorf("the estimate is %d", bps)
	}
}
