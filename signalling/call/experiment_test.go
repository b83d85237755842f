package call

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// tryOut has the registry begin anew with an experiment.
func (w *world) tryOut(e Experiment) {
	w.t.Helper()
	w.experiment = e
	w.restart()
}

func TestACallDrawsOneArmForAllOfItsTimeAndAllWhoAreInIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.tryOut(ExperimentStart)
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		drawn := map[wire.Arm]int{}
		for range 100 { // always the same two
			call := ana.ring("bia")
			answered := bia.must(&wire.Accept{Call: call.Call}).(wire.CallState)
			if call.Experiment != string(ExperimentStart) || call.Arm == "" || answered.Arm != call.Arm {
				t.Fatalf("the caller is told %q, arm %q, the callee arm %q", call.Experiment, call.Arm, answered.Arm)
			}
			drawn[call.Arm]++
			ana.must(&wire.Leave{Call: call.Call})
		}
		if len(drawn) != 3 || min(drawn[wire.ArmControl], drawn[wire.ArmA], drawn[wire.ArmB]) < 10 {
			t.Errorf("drawn were %v", drawn)
		}
		call := talk(ana, bia)
		ana.must(&wire.MediaFlows{Call: call, Generation: 1, Path: wire.PathHost})
		ana.must(report(call))
		arm := ana.must(&wire.Sync{Call: call}).(wire.CallState).Arm
		ends, flows, reports := counted[SetUpEnded](w), counted[MediaBegan](w), counted[Reported](w)
		if got := []wire.Arm{ends[len(ends)-1].Arm, flows[0].Arm, reports[0].Arm}; got[0] != arm || got[1] != arm || got[2] != arm {
			t.Errorf("the metrics are told %v of a call in arm %q", got, arm)
		}
		w.restart()
		w.registry.Attach(t.Context(), ana.who)
		if got := ana.must(&wire.Sync{Call: call}).(wire.CallState).Arm; got != arm {
			t.Errorf("after a restart the call is in arm %q, before in %q", got, arm)
		}
		ana.must(&wire.Leave{Call: call})
		if line := w.store.timelines[TimelineKey(SupportCode(call))]; !strings.Contains(line, `"experiment":"start-bitrate","arm":"`+string(arm)+`"`) {
			t.Errorf("the timeline of a call in arm %q is %s", arm, line)
		}
		call = talk(ana, bia)
		w.tryOut(ExperimentRouted)
		w.registry.Attach(t.Context(), ana.who)
		if got := ana.must(&wire.Sync{Call: call}).(wire.CallState); got.Arm != "" || got.Experiment != "" {
			t.Errorf("when something else is tried out, the call is in arm %q of %q", got.Arm, got.Experiment)
		}
	})
}

func TestNothingIsTriedOutUnlessTheOperatorSaysSo(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		call := talk(ana, bia)
		if got := ana.must(&wire.Sync{Call: call}).(wire.CallState); got.Arm != "" || got.Experiment != "" {
			t.Errorf("the call is in arm %q of %q", got.Arm, got.Experiment)
		}
	})
}

func TestAnArmChangesWhatItsExperimentSays(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.tryOut(ExperimentRouted)
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		want := map[wire.Arm]wire.Topology{wire.ArmControl: wire.TopologyDirect, wire.ArmA: wire.TopologySFU}
		seen := map[wire.Arm]bool{}
		for len(seen) < 2 {
			call := ana.ring("bia")
			bia.must(&wire.Decline{Call: call.Call})
			if seen[call.Arm] = true; call.Topology != want[call.Arm] {
				t.Fatalf("in arm %q two begin on the way %s", call.Arm, call.Topology)
			}
			time.Sleep(time.Second)
		}
	})
	for _, c := range []struct {
		arm        wire.Arm
		told, want int
	}{
		{wire.ArmControl, 0, 0}, {wire.ArmControl, 700_000, 700_000}, {wire.ArmA, 0, 2_000_000}, {wire.ArmA, 9_000_000, 9_000_000},
		{wire.ArmB, 700_000, 4_000_000},
	} {
		if got := (trial{ExperimentStart, c.arm}).startBps(c.told); got != c.want {
			t.Errorf("arm %q begins with %d bit/s for a client that told %d, want %d", c.arm, got, c.told, c.want)
		}
	}
}

// Whose calls they are tells the token of who began them or, of a link's call, the key that
// made the link.
func TestEventsNameTheKeyWhoseCallItIs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		ana, bia := w.device("ana", "laptop"), w.device("bia", "phone")
		ana.who.Key, bia.who.Key = "ck_shop", "ck_clinic"
		call := talk(ana, bia)
		bia.must(report(call))
		ana.must(&wire.Leave{Call: call})
		w.store.links["tea"] = store.Link{ID: "tea", OwnerID: "ana", Kind: store.Video, KeyID: "ck_tea", Created: time.Now()}
		guest := w.guest("zoe", "tea", "browser", "")
		joined, err := guest.join()
		if err != nil {
			t.Fatal(err)
		}
		guest.must(&wire.Leave{Call: joined.Call})
		var keys []string
		for _, e := range counted[SetUpEnded](w) {
			keys = append(keys, "set-up "+e.Key)
		}
		for _, e := range counted[Ended](w) {
			keys = append(keys, "end "+e.Key)
		}
		for _, e := range counted[Reported](w) {
			keys = append(keys, "report "+e.Key)
		}
		want := []string{"set-up ck_shop", "set-up ck_tea", "end ck_shop", "end ck_tea", "report ck_shop"}
		if !slices.Equal(keys, want) {
			t.Errorf("%q, want %q", keys, want)
		}
	})
}

func TestAVisitorsCallIsReportedOnlyWhereTheOperatorWantsReports(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.queue("")
		w.silent = true
		w.restart()
		zoe, bia := w.visitor("zoe"), w.device("bia", "desk")
		call := zoe.visit()
		if !call.NoReports {
			t.Error("the visitor is not told that no reports are wanted")
		}
		bia.must(&wire.Accept{Call: call.Call})
		zoe.must(report(call.Call))
		if got := counted[ReportDropped](w); len(got) != 1 || got[0].Result != ReportOptedOut {
			t.Errorf("dropped were %v", got)
		}
	})
}
