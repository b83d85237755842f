package api

import (
	"cmp"
	"context"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// fewest is how many calls there are behind each number that is told: "one call failed" of a small shop is somebody's.
const fewest = 10

// Stat is how many calls there were of a kind that went one way.
type Stat struct {
	Kind    string `json:"kind" enum:"voice,video" doc:"What they were for."`
	Way     string `json:"topology" enum:"pair,group" doc:"Whether media went directly between two people, or through the server."`
	Reason  string `json:"endReason,omitempty" doc:"Why they ended, as the label cause of the metric pronto_ended_total."`
	Calls   int64  `json:"calls" doc:"How many: ten at least."`
	Seconds int64  `json:"seconds" doc:"How long people talked in them in all, in seconds."`
}

// Count is how many calls went one way.
type Count struct {
	Of    string `json:"of" doc:"The way, as the label outcome of pronto_setup_outcomes_total or class of pronto_ended_total."`
	Calls int64  `json:"calls" doc:"How many: ten at least."`
}

// StatsPeriod is how calls went in one hour or day.
type StatsPeriod struct {
	Start    time.Time `json:"startAt" doc:"When it began (UTC)."`
	SetUps   int64     `json:"setUps" doc:"How many attempts to call had an outcome; 0 if fewer than ten, and then nothing else is told."`
	Outcomes []Count   `json:"outcomes" doc:"Which outcomes they had."`
	Ends     []Count   `json:"ends" doc:"How many calls ended normally, and how many by what nobody wanted (abnormal)."`
	Good     float64   `json:"goodMinutes" doc:"Minutes of sound that people heard and that was good."`
	Heard    float64   `json:"heardMinutes" doc:"Minutes of sound that people heard and that was graded."`
	Score    *float64  `json:"meanScore,omitempty" doc:"The mean score of the sound by the E-model (ITU-T G.107), 1 to 4.41; missing if there is none."`
}

type statsInput struct {
	Hours int    `query:"hours" minimum:"1" maximum:"744" default:"24" doc:"Of how many hours."`
	Per   string `query:"per" enum:"hour,day" default:"hour" doc:"How long a period is."`
}

type statsOutput struct {
	Body struct {
		Since   time.Time     `json:"since" doc:"Since when calls are counted."`
		Items   []Stat        `json:"items" doc:"The calls that ended in all that time. They name nobody."`
		Periods []StatsPeriod `json:"periods" doc:"The hours or days in which something was counted, the oldest first."`
	}
}

func (s *server) registerStats(api huma.API) {
	resource(s, api, identity.StatsRead, huma.Operation{
		OperationID: "get-stats", Method: http.MethodGet, Path: "/v1/stats", Tags: []string{"stats"},
		Summary: "See how the calls of your people go",
		Description: "Those calls count that were begun with tokens or links of the asking key, or of one before or after it in its line; nobody " +
			"else's. A number that stands for fewer than ten calls is left out, and so is one from which such a number could be told. It is kept for " +
			"31 days, and is a few seconds late. All calls of the server together are in its metrics.",
		Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *statsInput) (*statsOutput, error) {
		since := time.Now().Add(-time.Duration(in.Hours) * time.Hour).UTC().Truncate(time.Hour)
		counted, err := s.cfg.Store.KeyStats(ctx, caller(ctx).ID, since)
		if err != nil {
			return nil, s.failed(err)
		}
		out := &statsOutput{}
		out.Body.Since, out.Body.Items, out.Body.Periods = since, showItems(counted), showPeriods(counted, in.Per)
		return out, nil
	})
}

// sums are what was counted, by what.
type sums map[store.Tally]map[string]int64

func (s sums) add(k store.KeyStat) {
	if s[k.Tally] == nil {
		s[k.Tally] = map[string]int64{}
	}
	s[k.Tally][k.By] += k.N
}

func showItems(counted []store.KeyStat) []Stat {
	all, items := sums{}, []Stat{}
	for _, k := range counted {
		all.add(k)
	}
	for _, c := range told(all[store.TallyCalls]) {
		kind, rest, _ := strings.Cut(c.Of, " ")
		topology, cause, _ := strings.Cut(rest, " ")
		way := store.Group
		if topology == string(wire.TopologyDirect) {
			way = store.Pair
		}
		items = append(items, Stat{kind, string(way), cause, c.Calls, all[store.TallyCallsMs][c.Of] / 1000})
	}
	return items
}

func showPeriods(counted []store.KeyStat, per string) []StatsPeriod {
	length := time.Hour
	if per == "day" {
		length = 24 * time.Hour
	}
	by, list := map[time.Time]sums{}, []StatsPeriod{}
	for _, k := range counted {
		at := k.Hour.UTC().Truncate(length)
		if by[at] == nil {
			by[at] = sums{}
		}
		by[at].add(k)
	}
	for _, at := range slices.SortedFunc(maps.Keys(by), time.Time.Compare) {
		list = append(list, showPeriod(at, by[at]))
	}
	return list
}

func showPeriod(at time.Time, s sums) StatsPeriod {
	p := StatsPeriod{Start: at, Outcomes: []Count{}, Ends: []Count{}}
	for _, n := range s[store.TallySetUp] {
		p.SetUps += n
	}
	if p.SetUps < fewest {
		p.SetUps = 0
		return p
	}
	p.Outcomes, p.Ends = told(s[store.TallySetUp]), told(s[store.TallyEnded])
	sound := s[store.TallySound]
	p.Good, p.Heard = minutes(sound["good"]), minutes(sound["good"]+sound["fair"]+sound["poor"])
	if ms := s[store.TallyScoredMs][""]; ms > 0 {
		score := math.Round(float64(s[store.TallyScore][""])/float64(ms)/10) / 100
		p.Score = &score
	}
	return p
}

func minutes(ms int64) float64 { return math.Round(float64(ms)/6000) / 10 }

// told are the counts of which there are enough. If what is left out could be told
// from the sum of all, the smallest of the others is left out too.
func told(counts map[string]int64) []Count {
	list, hidden := []Count{}, int64(0)
	for of, n := range counts {
		if n >= fewest {
			list = append(list, Count{of, n})
		} else {
			hidden += n
		}
	}
	slices.SortFunc(list, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Of, b.Of)) })
	if hidden > 0 && hidden < fewest && len(list) > 0 {
		list = list[:len(list)-1]
	}
	return list
}
