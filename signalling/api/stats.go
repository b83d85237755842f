package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
)

// Stat is how many calls there were of a kind that went one way.
type Stat struct {
	Kind    string `json:"kind" enum:"voice,video" doc:"What they were for."`
	Way     string `json:"topology" enum:"pair,group" doc:"Of two people, or of several."`
	Reason  string `json:"endReason,omitempty" doc:"Why they ended; missing of those that go on."`
	Calls   int64  `json:"calls" doc:"How many."`
	Seconds int64  `json:"seconds" doc:"How long those that ended took, in all, ringing included, in seconds."`
}

type statsInput struct {
	Hours int `query:"hours" minimum:"1" maximum:"24" default:"24" doc:"Of how many hours."`
}

type statsOutput struct {
	Body struct {
		Since time.Time `json:"since" doc:"Since when calls are counted."`
		Items []Stat    `json:"items" doc:"The counts. They name nobody."`
	}
}

func (s *server) registerStats(api huma.API) {
	resource(s, api, identity.StatsRead, huma.Operation{
		OperationID: "get-stats", Method: http.MethodGet, Path: "/v1/stats", Tags: []string{"stats"},
		Summary: "Count the calls of the last hours", Description: "For more, and over time, see the metrics.", Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *statsInput) (*statsOutput, error) {
		out := &statsOutput{}
		out.Body.Since, out.Body.Items = time.Now().Add(-time.Duration(in.Hours)*time.Hour).UTC().Truncate(time.Second), []Stat{}
		counts, err := s.cfg.Store.CountCalls(ctx, out.Body.Since)
		if err != nil {
			return nil, s.failed(err)
		}
		for _, c := range counts {
			out.Body.Items = append(out.Body.Items, Stat{string(c.Kind), string(c.Topology), c.EndReason, c.Calls, int64(c.Talked.Seconds())})
		}
		return out, nil
	})
}
