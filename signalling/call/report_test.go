package call

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/store"
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
		if got := counted[ReportDropped](w); len(got) != 5 || got[0].Result != ReportInvalid {
			t.Errorf("refused were %+v", got)
		}
		stranger := w.device("carlo", "phone")
		if _, err := stranger.try(report(call)); code(err) != wire.CodeNotFound {
			t.Errorf("a stranger's report is answered with %v", err)
		}
	})
}

func TestAReportNeedsNoStoreAndTellsNobody(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		before := bia.must(&wire.Sync{Call: call}).(wire.CallState)
		w.store.down = true
		m := report(call)
		m.Moments, m.MomentsLeft = []wire.Moment{{What: wire.MomentFirstSound, TookMs: 300}}, 3
		ana.must(m)
		ana.must(&wire.ReportConnection{Call: call, Generation: before.Generation, Path: wire.PathHost, Transport: wire.TransportUDP, ICEMs: 60})
		ana.must(&wire.ReportEnd{Call: call, SentKB: 1, ReceivedKB: 2})
		if len(counted[Reported](w)) != 1 || len(counted[Connected](w)) != 1 || len(counted[StayReported](w)) != 1 {
			t.Error("a report is not counted")
		}
		w.store.down = false
		if after := bia.must(&wire.Sync{Call: call}).(wire.CallState); !cmp.Equal(before, after) {
			t.Errorf("the call was changed (-before +after):\n%s", cmp.Diff(before, after))
		}
		bia.must(&wire.Leave{Call: call})
		text := w.store.timelines[TimelineKey(before.Support)]
		for _, want := range []string{`"what":"reportQuality"`, `"what":"moment","detail":"firstSound","tookMs":300`, `"what":"momentsLeft","detail":"3"`, `"what":"reportConnection"`} {
			if !strings.Contains(text, want) {
				t.Errorf("the timeline has no %s: %s", want, text)
			}
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

func TestACallLeavesATimelineThatItsCodeLeadsTo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		code := ana.must(&wire.Sync{Call: call}).(wire.CallState).Support
		if code != SupportCode(call) || code != bia.must(&wire.Sync{Call: call}).(wire.CallState).Support {
			t.Errorf("the code is %q, not %q for both", code, SupportCode(call))
		}
		ana.must(&wire.MediaFlows{Call: call, Generation: 1, Path: wire.PathHost, AfterMs: 240})
		ana.must(report(call))
		time.Sleep(10 * time.Second)
		bia.must(&wire.SetMedia{Call: call})
		bia.must(&wire.Leave{Call: call})
		var line Timeline
		text := w.store.timelines[TimelineKey(code)]
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("the timeline is %q: %v", text, err)
		}
		var got []string
		for _, s := range line.Steps {
			got = append(got, strings.TrimSpace(string(s.Who)+" "+s.Role+" "+s.What+" "+s.Detail))
		}
		want := []string{
			"p2 member participantJoined", "phaseChanged connecting", "p1 host mediaFlows host",
			"phaseChanged active", "p1 host reportQuality", "p2 member mediaChanged", "p2 member participantLeft hangup", "callEnded hangup",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("wanted (-), the timeline has (+):\n%s", diff)
		}
		for _, s := range line.Steps {
			if s.What == "reportQuality" && (s.Quality == nil || s.Quality.MOS < 4 || s.Quality.Concealed != .005) {
				t.Errorf("the quality is %+v", s.Quality)
			}
			if s.What == endStep && s.AtMs < 10_000 {
				t.Errorf("the call ended after %d ms", s.AtMs)
			}
		}
		for _, secret := range []string{"ana", "bia", "Ana", "laptop", "phone", string(call), code} {
			if strings.Contains(text, secret) {
				t.Errorf("the timeline has %q: %s", secret, text)
			}
		}
	})
}

func TestACodeIsForgivingAndNothingElseIsACode(t *testing.T) {
	code := SupportCode("c1")
	if want := TimelineKey(code); want == "" || TimelineKey(strings.ToLower(code)) != want ||
		TimelineKey(" "+strings.ReplaceAll(code, "-", " ")) != want || TimelineKey(strings.ReplaceAll(code, "0", "o")) != want {
		t.Errorf("%s leads to different timelines", code)
	}
	for _, text := range []string{"", "1", "AAAA-AAA", "AAAA-AAAAA", "UUUU-UUUU", "../../etc", strings.Repeat("A", 1000)} {
		if key := TimelineKey(text); key != "" {
			t.Errorf("%q leads to %s", text, key)
		}
	}
}

func TestALongTimelineKeepsItsBeginningAndItsEnd(t *testing.T) {
	long := trace{started: time.Now()}
	long.add(Step{What: "participantInvited"}, long.started)
	for range 2 * MaxSteps {
		long.add(Step{What: "reportQuality", Detail: strings.Repeat("x", 100)}, long.started)
	}
	long.add(Step{What: endStep}, long.started)
	kept, err := long.timeline(&state{ID: "c1"})
	if err != nil || len(kept.Body) > store.MaxTimeline {
		t.Fatalf("%d bytes are kept, %v", len(kept.Body), err)
	}
	var line Timeline
	if err := json.Unmarshal([]byte(kept.Body), &line); err != nil {
		t.Fatal(err)
	}
	first, last := line.Steps[0], line.Steps[len(line.Steps)-1]
	if first.What != "participantInvited" || last.What != endStep || len(line.Steps)+line.Left != 2*MaxSteps+2 {
		t.Errorf("%d steps and %d left out, from %s to %s", len(line.Steps), line.Left, first.What, last.What)
	}
}

func TestEachPersonRatesACallOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		call := talk(ana, bia)
		m := &wire.RateCall{Call: call, Stars: 4, Reasons: []wire.RatingReason{wire.RatingEcho}}
		if _, err := ana.try(m); code(err) != wire.CodeNotFound {
			t.Errorf("a call that goes on is rated: %v", err)
		}
		bia.must(&wire.Leave{Call: call})
		ana.must(m)
		for _, d := range []*device{ana, carlo} {
			if _, err := d.try(m); code(err) != wire.CodeNotFound {
				t.Errorf("%s rates it too, or again: %v", d.who.User, err)
			}
		}
		time.Sleep(sayWithin + time.Second)
		other := talk(ana, carlo) // what is too old goes when a call ends
		carlo.must(&wire.Leave{Call: other})
		if _, err := bia.try(m); code(err) != wire.CodeNotFound {
			t.Errorf("an old call is rated: %v", err)
		}
		want := []Rated{{Kind: wire.KindVideo, Stars: 4, Reasons: []wire.RatingReason{wire.RatingEcho}}}
		if diff := cmp.Diff(want, counted[Rated](w)); diff != "" {
			t.Errorf("wanted (-), counted (+):\n%s", diff)
		}
	})
}

func TestAShareOfTheCallsIsAskedFor(t *testing.T) {
	asked := 0
	for i := range 2000 {
		if asksRating(wire.CallID(strconv.Itoa(i)), .1) {
			asked++
		}
	}
	if asked < 140 || asked > 260 || asksRating("c", 0) {
		t.Errorf("%d of 2000 are asked for", asked)
	}
}

func TestTheEndOfAStayIsReportedInTheCallOrSoonAfterIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		end := &wire.ReportEnd{Call: call, SentKB: 10, ReceivedKB: 20, Moments: []wire.Moment{{What: wire.MomentGapNetwork, TookMs: 1500}}}
		ana.must(end) // her page goes, and comes back
		bia.must(&wire.Leave{Call: call})
		bia.must(end)
		bia.must(end)
		stranger := w.device("carlo", "phone")
		stranger.must(end)
		got := counted[StayReported](w)
		if len(got) != 2 || got[0].Sent != 10_000 || got[0].Received != 20_000 || len(got[0].Moments) != 1 || got[1].Kind != wire.KindVideo {
			t.Errorf("counted were %+v", got)
		}
		if got := counted[ReportDropped](w); !cmp.Equal(got, []ReportDropped{{ReportLate}, {ReportLate}}) {
			t.Errorf("dropped were %+v", got)
		}
	})
}

func TestWhatKeptMediaFromFlowingIsTheCauseOfAFailedSetUp(t *testing.T) {
	for cause, fault := range map[Cause]func(ana *device, call wire.CallID){
		CauseICE: func(ana *device, call wire.CallID) {
			ana.must(&wire.MediaFailed{Call: call, Generation: 1})
			ana.must(&wire.MediaFailed{Call: call, Generation: 2, Cause: wire.MediaFailureICE})
		},
		CauseDTLS: func(ana *device, call wire.CallID) {
			ana.must(&wire.MediaFailed{Call: call, Generation: 1, Cause: wire.MediaFailureDTLS})
			ana.must(&wire.Leave{Call: call})
		},
		CauseCodec: func(ana *device, call wire.CallID) {
			ana.must(&wire.MediaFailed{Call: call, Generation: 1, Cause: wire.MediaFailureCodec})
			ana.must(&wire.Leave{Call: call})
		},
		CausePermission: func(ana *device, call wire.CallID) {
			ana.must(&wire.ReportEnd{Call: call, Moments: []wire.Moment{{What: wire.MomentPermissionDenied}}})
			ana.must(&wire.Leave{Call: call})
		},
		CauseDevice: func(ana *device, call wire.CallID) {
			ana.must(&wire.ReportEnd{Call: call, Moments: []wire.Moment{{What: wire.MomentDeviceLost}}})
			ana.must(&wire.Leave{Call: call})
		},
		CauseCapacity: func(ana *device, call wire.CallID) {
			ana.w.media.full = true
			ana.must(&wire.MediaFailed{Call: call, Generation: 1})
			if _, err := ana.try(&wire.Negotiate{Call: call, Generation: 2, SDP: "offer"}); code(err) != wire.CodeCallFull {
				ana.w.t.Errorf("without room, media is refused by %v", err)
			}
			ana.must(&wire.MediaFailed{Call: call, Generation: 2, Cause: wire.MediaFailureICE}) // all that a client can see
		},
		CauseSignalling: func(ana *device, call wire.CallID) {
			ana.w.registry.SessionLost(ana.w.t.Context(), ana.who.User, ana.who.Session)
			time.Sleep(time.Minute)
		},
	} {
		t.Run(string(cause), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
				call := ana.ring("bia").Call
				bia.must(&wire.Accept{Call: call})
				fault(ana, call)
				time.Sleep(time.Minute)
				if got := w.setUps(); len(got) != 1 || got[0].Outcome != OutcomeFailed || got[0].Cause != cause {
					t.Errorf("the set-up ended as %+v", got)
				}
			})
		})
	}
}

func TestWhatKeepsACallFromComingAboutIsCountedOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia, carlo := w.device("ana", "laptop"), w.device("bia", "phone"), w.device("carlo", "phone")
		talk(ana, bia)
		other := carlo.ring("bia").Call
		bia.must(&wire.Decline{Call: other})
		if got := w.setUps(); len(got) == 0 || got[len(got)-1].Outcome != OutcomeBusy {
			t.Errorf("declined in another call, the set-up ended as %+v", got)
		}
		before := len(w.setUps())
		if _, err := carlo.try(&wire.Ring{Users: []wire.UserID{"carlo"}, Kind: wire.KindVoice}); err == nil {
			t.Error("somebody rang himself")
		}
		if got := w.setUps()[before:]; len(got) != 0 {
			t.Errorf("what makes no sense is no attempt, but is counted: %+v", got)
		}
	})
}

func TestPeopleAreToldApartForADayAndNamedByNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		for range 2 {
			call := talk(ana, bia)
			ana.must(&wire.End{Call: call})
			ana.heard()
			bia.heard()
		}
		first := map[uint64]int{}
		for _, e := range counted[Entered](w) {
			first[e.Person]++
		}
		if len(first) != 2 {
			t.Errorf("two people who talk twice are %d: %v", len(first), first)
		}
		time.Sleep(24 * time.Hour)
		before := len(counted[Entered](w))
		call := talk(ana, bia)
		ana.must(&wire.End{Call: call})
		for _, e := range counted[Entered](w)[before:] {
			if first[e.Person] > 0 {
				t.Error("somebody is the same the next day")
			}
		}
	})
}
