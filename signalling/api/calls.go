package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Calls is the part of [call.Registry] that the API needs.
type Calls interface {
	Overview(ctx context.Context, id wire.CallID) (call.Overview, error)
	EndCall(ctx context.Context, id wire.CallID) error
	Remove(ctx context.Context, id wire.CallID, p wire.ParticipantID) error
	MuteRequest(ctx context.Context, id wire.CallID, p wire.ParticipantID) error
}

// CallEntry is a call in a list.
type CallEntry struct {
	ID      string     `json:"id" doc:"cal_…"`
	Kind    string     `json:"kind" enum:"voice,video" doc:"What it is for."`
	Phase   string     `json:"phase" doc:"ringing, connecting, active or ended."`
	Link    string     `json:"link,omitempty" doc:"The link it was entered by, if any."`
	Created time.Time  `json:"createdAt" doc:"When it began."`
	Ended   *time.Time `json:"endedAt,omitempty" doc:"When it was over; missing while it goes on."`
	Reason  string     `json:"endReason,omitempty" doc:"Why it ended."`
}

func showCall(c store.CallRow) CallEntry {
	return CallEntry{
		ID: c.ID, Kind: string(c.Kind), Phase: c.State, Link: c.LinkID, Created: c.Created, Ended: optional(c.Ended), Reason: c.EndReason,
	}
}

// Participant is somebody in a call.
type Participant struct {
	ID       string `json:"id" doc:"The participant, in this call only."`
	User     string `json:"user,omitempty" doc:"The account; missing for a guest."`
	Name     string `json:"name" doc:"What the others see."`
	Guest    bool   `json:"guest" doc:"Whether it is a guest of a link."`
	Presence string `json:"presence" doc:"invited, ringing, joined or reconnecting."`
	Muted    bool   `json:"muted" doc:"Whether its microphone is off."`
}

// Call is a call with who is in it.
type Call struct {
	CallEntry
	Sequence     int64         `json:"sequence" doc:"The number of its last event; 0 of one that is over."`
	Group        string        `json:"group,omitempty" doc:"The group whose call it is, if any."`
	Encrypted    bool          `json:"encrypted" doc:"Whether it is end-to-end encrypted."`
	Locked       bool          `json:"locked" doc:"Whether it lets nobody in."`
	Connected    *time.Time    `json:"connectedAt,omitempty" doc:"When it was first answered."`
	Participants []Participant `json:"participants" doc:"Who is in it or is rung now; empty when it is over."`
}

// CallField names a call in the path. The type is exported because the library
// looks into embedded structs only if they are.
type CallField struct {
	Call string `path:"call" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"The call: cal_…"`
}

// ParticipantField names somebody in a call.
type ParticipantField struct {
	Participant string `path:"participant" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"The participant."`
}

type callOutput struct {
	Body Call
}

type listCallsInput struct {
	PageFields
	Live bool   `query:"live" doc:"Only those that go on."`
	Link string `query:"link" maxLength:"64" doc:"Only those of a link."`
	User string `query:"user" maxLength:"64" doc:"Only those that an account was in, rang or missed."`
}

// Event is what happened in a call, as webhooks are told it.
type Event struct {
	ID        string          `json:"id" doc:"As in the header webhook-id."`
	Type      string          `json:"type" doc:"Such as call.ended."`
	Timestamp time.Time       `json:"timestamp" doc:"When it happened."`
	Sequence  int64           `json:"sequence" doc:"Its number among the call's, from 1 without gaps."`
	Data      json.RawMessage `json:"data" doc:"As in the webhook."`
}

type callEventsInput struct {
	CallField
	After int64 `query:"after" minimum:"0" doc:"The number of the last event that is known."`
	Limit int   `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many to return at most."`
}

type callEventsOutput struct {
	Body struct {
		Items []Event `json:"items" doc:"The events after that number, in order. Events are kept for seven days, and only while there is a webhook."`
	}
}

func (s *server) registerCalls(api huma.API) {
	const path = "/v1/calls"
	one, tags := path+"/{call}", []string{"calls"}
	none := []int{http.StatusNotFound, http.StatusUnprocessableEntity}
	resource(s, api, identity.CallsRead, huma.Operation{
		OperationID: "list-calls", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "List calls, the newest first", Description: "Calls are kept for a day after their end.", Errors: []int{http.StatusUnprocessableEntity},
	}, s.listCalls)
	resource(s, api, identity.CallsRead, huma.Operation{
		OperationID: "get-call", Method: http.MethodGet, Path: one, Tags: tags, Summary: "Get a call and who is in it", Errors: none,
	}, s.getCall)
	resource(s, api, identity.CallsRead, huma.Operation{
		OperationID: "list-call-events", Method: http.MethodGet, Path: one + "/events", Tags: tags, Summary: "List what happened in a call", Errors: none,
	}, s.callEvents)
	resource(s, api, identity.CallsWrite, huma.Operation{
		OperationID: "end-call", Method: http.MethodPost, Path: one + "/end", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "End a call for all", Errors: none,
	}, func(ctx context.Context, in *struct{ CallField }) (*struct{}, error) {
		return nil, s.noCall(s.cfg.Calls.EndCall(ctx, wire.CallID(in.Call)))
	})
	type inCall struct {
		CallField
		ParticipantField
	}
	resource(s, api, identity.CallsWrite, huma.Operation{
		OperationID: "remove-participant", Method: http.MethodDelete, Path: one + "/participants/{participant}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Put somebody out of a call for good", Errors: none,
	}, func(ctx context.Context, in *inCall) (*struct{}, error) {
		return nil, s.noCall(s.cfg.Calls.Remove(ctx, wire.CallID(in.Call), wire.ParticipantID(in.Participant)))
	})
	resource(s, api, identity.CallsWrite, huma.Operation{
		OperationID: "mute-participant", Method: http.MethodPost, Path: one + "/participants/{participant}/mute", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Turn somebody's microphone off", Description: "He may turn it on again.", Errors: none,
	}, func(ctx context.Context, in *inCall) (*struct{}, error) {
		return nil, s.noCall(s.cfg.Calls.MuteRequest(ctx, wire.CallID(in.Call), wire.ParticipantID(in.Participant)))
	})
}

// noCall is nil for nil.
func (s *server) noCall(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return problem(CodeNotFound, "there is no such call, or it ended more than a day ago")
	}
	return s.refusedBy(err)
}

func (s *server) listCalls(ctx context.Context, in *listCallsInput) (*pageOutput[CallEntry], error) {
	p, err := in.after()
	if err != nil {
		return nil, err
	}
	rows, err := s.cfg.Store.PageCalls(ctx, store.CallsFilter{Live: in.Live, Link: in.Link, User: in.User}, p.At, p.ID, in.Limit+1)
	if err != nil {
		return nil, s.failed(err)
	}
	return page(ctx, in.PageFields, rows, func(c store.CallRow) position { return position{c.Created, c.ID} }, showCall), nil
}

func (s *server) getCall(ctx context.Context, in *struct{ CallField }) (*callOutput, error) {
	row, err := s.cfg.Store.Call(ctx, in.Call)
	if err != nil {
		return nil, s.noCall(err)
	}
	c := Call{CallEntry: showCall(row), Participants: []Participant{}}
	if !row.Ended.IsZero() {
		return &callOutput{c}, nil
	}
	o, err := s.cfg.Calls.Overview(ctx, wire.CallID(in.Call))
	if p, ok := errors.AsType[*wire.Problem](err); ok && (p.Code == wire.CodeNotFound || p.Code == wire.CodeCallEnded) {
		return &callOutput{c}, nil // it is another node's, or has ended at this very moment
	}
	if err != nil {
		return nil, s.refusedBy(err)
	}
	c.Sequence, c.Group, c.Encrypted, c.Locked, c.Connected = o.Told, string(o.Group), o.Encrypted, o.Locked, optional(o.Connected.UTC())
	for _, p := range o.People {
		c.Participants = append(c.Participants, Participant{
			ID: string(p.Participant), User: string(p.User), Name: p.Name, Guest: p.Guest, Presence: string(p.Presence), Muted: !p.Media.Microphone,
		})
	}
	return &callOutput{c}, nil
}

func (s *server) callEvents(ctx context.Context, in *callEventsInput) (*callEventsOutput, error) {
	rows, err := s.cfg.Store.CallEvents(ctx, in.Call, in.After, in.Limit)
	if err != nil {
		return nil, s.failed(err)
	}
	if len(rows) == 0 {
		if _, err := s.cfg.Store.Call(ctx, in.Call); err != nil {
			return nil, s.noCall(err)
		}
	}
	out := &callEventsOutput{}
	out.Body.Items = []Event{}
	for _, e := range rows {
		out.Body.Items = append(out.Body.Items, Event{e.ID, e.Type, e.Created, e.Sequence, json.RawMessage(e.Data)})
	}
	return out, nil
}
