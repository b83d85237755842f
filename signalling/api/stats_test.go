package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pronto/signalling/api"
	"pronto/signalling/signallingtest"
	"pronto/signalling/store"
)

// stats are what GET /v1/stats answers.
type stats struct {
	Items   []api.Stat
	Periods []api.StatsPeriod
}

func TestAKeySeesHowTheCallsOfItsOwnPeopleWentAndNoSmallNumber(t *testing.T) {
	s := whole(t, signallingtest.Options{})
	shop, clinic, other := key(t, s, "stats:read", "keys:write"), key(t, s, "stats:read"), key(t, s, "stats:read")
	now := time.Now().UTC().Truncate(time.Hour)
	count := func(key string, hour time.Time, tally store.Tally, by string, n int64) {
		t.Helper()
		id, _, _ := strings.Cut(key, ".")
		if err := s.Store.AddKeyStats(t.Context(), []store.KeyStat{{Key: id, Hour: hour, Tally: tally, By: by, N: n}}); err != nil {
			t.Fatal(err)
		}
	}
	for by, n := range map[string]int64{"connected": 40, "missed": 12, "declined": 10, "failed": 9} {
		count(shop, now, store.TallySetUp, by, n)
	}
	count(shop, now, store.TallyEnded, "normal", 38)
	count(shop, now, store.TallyEnded, "abnormal", 2)
	count(shop, now, store.TallyCalls, "video sfu last_left", 30)
	count(shop, now, store.TallyCallsMs, "video sfu last_left", 3_600_500)
	count(shop, now, store.TallyCalls, "voice direct hangup", 20)
	count(shop, now, store.TallyCalls, "voice direct network", 9)
	count(shop, now, store.TallyCalls, "voice direct timeout", 4) // with the nine before they are enough to hide
	count(shop, now, store.TallySound, "good", 54*60_000)
	count(shop, now, store.TallySound, "fair", 3*60_000)
	count(shop, now, store.TallySound, "poor", 3*60_000)
	count(shop, now, store.TallySound, "unknown", 60*60_000)
	count(shop, now, store.TallyScore, "", 4_250*60_000)
	count(shop, now, store.TallyScoredMs, "", 60_000)
	count(shop, now.Add(-time.Hour), store.TallySetUp, "connected", 9) // too few to tell of that hour
	count(shop, now.Add(-time.Hour), store.TallySound, "good", 60_000)
	count(clinic, now, store.TallySetUp, "connected", 1000)

	get := func(key, query string) stats {
		t.Helper()
		return decoded[stats](t, ask(t, "GET", s.URL+"/v1/stats"+query, key, ""), http.StatusOK)
	}
	score := 4.25
	want := stats{
		Items: []api.Stat{
			{Kind: "video", Way: "group", Reason: "last_left", Calls: 30, Seconds: 3600}, {Kind: "voice", Way: "pair", Reason: "hangup", Calls: 20},
		},
		Periods: []api.StatsPeriod{
			{Start: now.Add(-time.Hour), Outcomes: []api.Count{}, Ends: []api.Count{}},
			{
				// Nine failed: that could be told from the sum, if ten declined were shown.
				Start: now, SetUps: 71, Outcomes: []api.Count{{Of: "connected", Calls: 40}, {Of: "missed", Calls: 12}}, Ends: []api.Count{},
				Good: 54, Heard: 60, Score: &score,
			},
		},
	}
	if diff := cmp.Diff(want, get(shop, "")); diff != "" {
		t.Errorf("the shop sees (+), wanted (-):\n%s", diff)
	}
	if day := get(shop, "?per=day&hours=48").Periods; len(day) == 0 || day[len(day)-1].SetUps < 71 {
		t.Errorf("by the day the shop sees %+v", day)
	}
	if got := get(clinic, "").Periods; len(got) != 1 || got[0].SetUps != 1000 {
		t.Errorf("the clinic sees %+v", got)
	}
	if got := get(other, ""); len(got.Items) != 0 || len(got.Periods) != 0 {
		t.Errorf("a key without calls sees %+v", got)
	}
	id, _, _ := strings.Cut(shop, ".")
	next := decoded[api.NewKey](t, ask(t, "POST", s.URL+"/v1/keys/"+id+"/rotate", shop, `{}`), http.StatusCreated)
	if diff := cmp.Diff(want, get(next.ID+"."+next.Secret, "")); diff != "" {
		t.Errorf("the successor of the shop's key sees (+), wanted (-):\n%s", diff)
	}
}
