package metrics

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/call"
	"pronto/signalling/wire"
)

func TestWhatHappensIsCountedForEachIntegratorByTheHour(t *testing.T) {
	at := time.Date(2026, 3, 4, 10, 59, 0, 0, time.UTC)
	sound := func(concealed uint32) *wire.HeardSound {
		return &wire.HeardSound{PlayedMs: 10_000, ConcealedMs: concealed, Packets: 500, BufferMs: 40}
	}
	var tenants Tenants
	for _, e := range []call.Event{
		call.SetUpEnded{Key: "ck_shop", Outcome: call.OutcomeConnected}, call.SetUpEnded{Key: "ck_shop", Outcome: call.OutcomeConnected},
		call.SetUpEnded{Key: "ck_clinic", Outcome: call.OutcomeMissed}, call.SetUpEnded{Outcome: call.OutcomeMissed}, // of nobody's
		call.Ended{Key: "ck_shop", Kind: wire.KindVideo, Topology: wire.TopologySFU, Cause: call.EndNetwork, Talked: time.Minute},
		call.Reported{Key: "ck_shop", RTT: 20 * time.Millisecond, Sound: sound(0), Pictures: []wire.SeenPictures{
			{Source: wire.SourceCamera, GoodMs: 7000, PoorMs: 3000}, {Source: wire.SourceScreen, GoodMs: 10_000},
		}},
		call.Reported{Key: "ck_shop", RTT: 20 * time.Millisecond, Sound: sound(2000)},
		call.Reported{Key: "ck_shop", Sound: sound(0)}, // how far it is, is not known
		call.Reported{RTT: time.Second, Sound: sound(0)},
		call.Rated{Stars: 5},
	} {
		tenants.call(e, at)
	}
	tenants.call(call.SetUpEnded{Key: "ck_shop", Outcome: call.OutcomeConnected}, at.Add(time.Minute))
	list := tenants.Take()
	tenants.Return(list) // it could not be stored
	var got []string
	for _, k := range tenants.Take() {
		n := fmt.Sprint(k.N)
		if k.Tally == "score" { // in thousandths, of two times 10 s
			n = fmt.Sprintf("mean %.1f", float64(k.N)/20_000/1000)
		}
		got = append(got, fmt.Sprintf("%s %s %s %q %s", k.Key, k.Hour.UTC().Format("15:04"), k.Tally, k.By, n))
	}
	slices.Sort(got)
	want := []string{
		`ck_clinic 10:00 setup "missed" 1`,
		`ck_shop 10:00 calls "video sfu network" 1`,
		`ck_shop 10:00 calls_ms "video sfu network" 60000`,
		`ck_shop 10:00 ended "abnormal" 1`,
		`ck_shop 10:00 picture "good" 7000`,
		`ck_shop 10:00 picture "poor" 3000`,
		`ck_shop 10:00 score "" mean 3.0`,
		`ck_shop 10:00 scored_ms "" 20000`,
		`ck_shop 10:00 setup "connected" 2`,
		`ck_shop 10:00 sound "good" 10000`,
		`ck_shop 10:00 sound "poor" 10000`,
		`ck_shop 10:00 sound "unknown" 10000`,
		`ck_shop 11:00 setup "connected" 1`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted (+), wanted (-):\n%s", diff)
	}
	if left := tenants.Take(); len(left) != 0 {
		t.Errorf("what was taken is there still: %v", left)
	}
}

func TestIntegratorsWhomNothingIsTakenOfDoNotFillTheMemory(t *testing.T) {
	var tenants Tenants
	for i := range maxTallies + 10 {
		tenants.call(call.SetUpEnded{Key: fmt.Sprint("ck_", i), Outcome: call.OutcomeConnected}, time.Unix(0, 0))
	}
	tenants.call(call.SetUpEnded{Key: "ck_1", Outcome: call.OutcomeConnected}, time.Unix(0, 0))
	list := tenants.Take()
	sum := int64(0)
	for _, k := range list {
		sum += k.N
	}
	if len(list) != maxTallies || sum != maxTallies+1 {
		t.Errorf("%d wait, of %d", len(list), sum)
	}
}
