package call

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/wire"
)

// report is a good report of ten seconds.
func report(call wire.CallID) *wire.ReportQuality {
	return &wire.ReportQuality{
		Call: call, SpanMs: 10_000, Path: wire.PathHost, RTTMs: 20,
		Sound: &wire.HeardSound{PlayedMs: 10_000, ConcealedMs: 50, Packets: 500}, Pictures: []wire.SeenPictures{},
	}
}

func TestAReportIsCountedOnceInFiveSeconds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		ana.must(report(call))
		ana.must(report(call))
		bia.must(report(call))
		time.Sleep(reportEvery)
		ana.must(report(call))
		if got := counted[Reported](w); len(got) != 3 || got[0].Span != 10*time.Second || got[0].RTT != 20*time.Millisecond {
			t.Errorf("counted were %+v", got)
		}
		if got := counted[ReportDropped](w); !cmp.Equal(got, []ReportDropped{{ReportRateLimited}}) {
			t.Errorf("dropped were %+v", got)
		}
	})
}

func TestAReportOfWhatCannotBeIsRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		for name, spoil := range map[string]func(*wire.ReportQuality){
			"more concealed than played": func(m *wire.ReportQuality) { m.Sound.ConcealedMs = 10_001 },
			"more seen than there are": func(m *wire.ReportQuality) {
				m.Pictures = []wire.SeenPictures{{Source: wire.SourceCamera, GoodMs: 500_000}}
			},
			"two cameras":               func(m *wire.ReportQuality) { m.Pictures = make([]wire.SeenPictures, 2) },
			"a picture of a microphone": func(m *wire.ReportQuality) { m.Pictures = []wire.SeenPictures{{Source: wire.SourceMicrophone}} },
			"limited while not sending": func(m *wire.ReportQuality) { m.Sent = &wire.SentPicture{CPUMs: 1} },
		} {
			m := report(call)
			spoil(m)
			if _, err := ana.try(m); code(err) != wire.CodeInvalid {
				t.Errorf("%s is answered with %v", name, err)
			}
		}
		if got := counted[Reported](w); got != nil {
			t.Errorf("counted were %+v", got)
		}
		stranger := w.device("carlo", "phone")
		if _, err := stranger.try(report(call)); code(err) != wire.CodeNotFound {
			t.Errorf("a stranger's report is answered with %v", err)
		}
	})
}

func TestAConnectionIsReportedOnceForEachGeneration(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		state := ana.must(&wire.Sync{Call: call}).(wire.CallState)
		m := &wire.ReportConnection{Call: call, Generation: state.Generation, Path: wire.PathRelay, Transport: wire.TransportUDP, ICEMs: 60}
		ana.must(m)
		ana.must(m)
		m.Generation++
		ana.must(m)
		want := []Connected{{Path: wire.PathRelay, Transport: wire.TransportUDP, ICE: 60 * time.Millisecond}}
		if diff := cmp.Diff(want, counted[Connected](w)); diff != "" {
			t.Errorf("wanted (-), counted (+):\n%s", diff)
		}
	})
}

// counted are the events of one kind that metrics were told.
func counted[E Event](w *world) (list []E) {
	for _, e := range w.events {
		if e, ok := e.(E); ok {
			list = append(list, e)
		}
	}
	return list
}
