package signalling_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pronto/signalling/signallingtest"
	"pronto/signalling/wire"
)

// within fails unless the 95th percentile of what measure returns is at most
// goal. A machine that others use too has three tries.
func within(t *testing.T, what string, goal time.Duration, measure func() []time.Duration) {
	t.Helper()
	var p95 time.Duration
	for range 3 {
		took := measure()
		slices.Sort(took)
		p95 = took[len(took)*95/100]
		t.Logf("%s: median %s, p95 %s of %d", what, took[len(took)/2], p95, len(took))
		if p95 <= goal {
			return
		}
	}
	t.Errorf("%s: p95 is %s, the goal is %s", what, p95, goal)
}

func TestAnEventReachesAll32MembersInTime(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	people := make([]*page, 32)
	for i := range people {
		people[i] = signIn(t, s, wire.UserID(fmt.Sprint("u", i)), "phone")
	}
	link := ask[wire.Link](people[0], "createLink", wire.CreateLink{Kind: wire.KindVoice}).Link
	var call wire.CallID
	for _, p := range people {
		call = ask[wire.CallState](p, "joinLink", wire.JoinLink{Link: link}).Call
	}
	within(t, "an event to 31 others", 50*time.Millisecond, func() (took []time.Duration) {
		for i := range 30 {
			from := make([]int, len(people))
			for j, p := range people {
				from[j] = p.count()
			}
			start := time.Now()
			ask[wire.Done](people[0], "setMedia", wire.SetMedia{Call: call, Media: wire.Media{Microphone: true, Camera: i%2 == 0}})
			for j, p := range people[1:] {
				at := p.wait("mediaChanged", from[j+1], func(f wire.Frame) bool { return f.Type == "mediaChanged" }).at
				took = append(took, at.Sub(start))
			}
		}
		ask[wire.Done](people[0], "setMedia", wire.SetMedia{Call: call, Media: wire.Media{}})
		return took
	})
}

func TestTheOtherDevicesStopRingingInTime(t *testing.T) {
	s := signallingtest.Start(t, signallingtest.Options{})
	phone, tablet, watch := signIn(t, s, "bia", "phone"), signIn(t, s, "bia", "tablet"), signIn(t, s, "bia", "watch")
	n := 0
	within(t, "devices that stop ringing", 200*time.Millisecond, func() (took []time.Duration) {
		for range 20 {
			n++
			caller := signIn(t, s, wire.UserID(fmt.Sprint("u", n)), "laptop")
			call := ask[wire.CallState](caller, "ring", wire.Ring{Users: []wire.UserID{"bia"}, Kind: wire.KindVoice}).Call
			of := func(kind string) func(wire.Frame) bool {
				return func(f wire.Frame) bool {
					return f.Type == kind && (kind == "incoming" && decode[wire.Incoming](t, f).Call == call ||
						kind == "ringStopped" && decode[wire.RingStopped](t, f).Call == call)
				}
			}
			for _, d := range []*page{phone, tablet, watch} {
				d.wait("incoming", 0, of("incoming"))
			}
			start := time.Now()
			ask[wire.CallState](phone, "accept", wire.Accept{Call: call})
			for _, d := range []*page{tablet, watch} {
				took = append(took, d.wait("ringStopped", 0, of("ringStopped")).at.Sub(start))
			}
			ask[wire.Done](phone, "leave", wire.Leave{Call: call})
			caller.close()
		}
		return took
	})
}
