package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/call"
	"pronto/signalling/identity"
	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Reports takes what people report of whom they have met in calls, and appeals.
type Reports interface {
	// Report fails with a [wire.Problem], or [store.ErrInvalid].
	Report(ctx context.Context, by identity.Identity, id wire.CallID, whom call.Whom, reason, text string) error
	// Appeal fails with [store.ErrNotSuspended], or [store.ErrConflict] after the first.
	Appeal(ctx context.Context, user wire.UserID, text, requestID string) error
}

// registerReports adds the route by which people report.
func (s *server) registerReports(api huma.API) {
	if s.cfg.Profiles.Identity.Keys == nil {
		return
	}
	public(s, api, huma.Operation{
		OperationID: "file-report", Method: http.MethodPost, Path: "/v1/reports", MaxBodyBytes: 16 << 10, Tags: []string{"reports"},
		DefaultStatus: http.StatusNoContent,
		Summary:       "Report somebody one has met in a call, or the call itself",
		Description: "Needs the token of an account or of a guest. No sound or picture is sent, and who is reported is not told. What is " +
			"reported has to be so by the server's own record: both were in the call at the same time, or one has rung the other. " +
			"The record is the call, for a day after its end, and for an account its call log. All else is one and the same 404. What " +
			"is reported of the same within a day becomes one report, with the words of the latest; the same again changes nothing, so that " +
			"it is safe to send it again. Ten a day.",
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable},
	}, s.fileReport)
}

// ReportReason is why something is reported.
type ReportReason string

// Schema describes the reasons in the OpenAPI file.
func (ReportReason) Schema(huma.Registry) *huma.Schema {
	var all []any
	for _, r := range store.Reasons() {
		all = append(all, r)
	}
	return &huma.Schema{Type: huma.TypeString, Enum: all, Description: "Why."}
}

type fileReportInput struct {
	BearerField
	Body struct {
		Call        string       `json:"call" minLength:"1" maxLength:"64" doc:"The call that they met in."`
		Participant string       `json:"participant,omitempty" maxLength:"64" doc:"Who, as a participant of the call; such as a guest."`
		User        string       `json:"user,omitempty" maxLength:"64" doc:"Who, as an account. With neither it is the call itself, or the link that it was entered by."`
		Reason      ReportReason `json:"reason"`
		Text        string       `json:"text,omitempty" maxLength:"1000" doc:"What happened, in the reporter's words."`
	}
}

func (s *server) fileReport(ctx context.Context, in *fileReportInput) (*struct{}, error) {
	by, err := s.anybody(ctx, in.BearerField)
	if err != nil {
		return nil, err
	}
	b := in.Body
	whom := call.Whom{Participant: wire.ParticipantID(b.Participant), User: wire.UserID(b.User)}
	err = s.cfg.Reports.Report(ctx, by, wire.CallID(b.Call), whom, string(b.Reason), b.Text)
	switch p, _ := errors.AsType[*wire.Problem](err); {
	case err == nil:
		return nil, nil
	case errors.Is(err, store.ErrInvalid):
		return nil, problem(CodeInvalid, "the text cannot be kept").at("body.text", "it has a character that is none")
	case p == nil:
		return nil, s.failed(err)
	case p.Code == wire.CodeRateLimited:
		return nil, tooMany(p.Detail, waitOf(p))
	default:
		return nil, s.refusedBy(err)
	}
}
