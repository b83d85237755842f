package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// ReportCase is all that was reported of one until somebody decides about it.
type ReportCase struct {
	ID        string           `json:"id" doc:"cas_…"`
	Kind      string           `json:"kind" enum:"user,guest,link,call" doc:"What is reported: an account, a guest of a link, a link as such, or a call that was entered by none."`
	User      string           `json:"user,omitempty" doc:"The account."`
	Link      string           `json:"link,omitempty" doc:"The link, also of a guest."`
	Call      string           `json:"call,omitempty" doc:"The call."`
	Name      string           `json:"name,omitempty" doc:"What a guest called himself."`
	Mark      string           `json:"mark,omitempty" doc:"By what a guest is known again: the mark of his browser at the link, or of his visit. It names nobody."`
	Score     float64          `json:"score" doc:"What open cases are ordered by: how many have reported it, each weighing (1+u)/(1+u+d), where d of the cases that he has reported were dismissed and u decided otherwise."`
	Reporters int64            `json:"reporters" doc:"How many have reported it."`
	Reports   int64            `json:"reports" doc:"How often it was reported, repetitions counted."`
	Reasons   map[string]int64 `json:"reasons" doc:"How often for each reason."`
	First     time.Time        `json:"firstAt" doc:"When it was first reported."`
	Last      time.Time        `json:"lastAt" doc:"When it was last reported."`
	Action    string           `json:"action,omitempty" enum:"dismiss,suspend,close" doc:"What was decided; missing while the case is open."`
	Note      string           `json:"note,omitempty" doc:"What who decided wrote."`
	Key       string           `json:"decidedBy,omitempty" doc:"The API key that it was decided with; of a case for an appeal only, what the account was suspended with, which is cli for the server's own commands."`
	Decided   *time.Time       `json:"decidedAt,omitempty" doc:"When it was decided."`
	Appeal    *CaseAppeal      `json:"appeal,omitempty" doc:"What the owner of the account says against its suspension; missing if nothing."`
}

// CaseAppeal is an appeal as operators see it.
type CaseAppeal struct {
	Text    string     `json:"text" doc:"What he says, in lines of plain text."`
	State   string     `json:"state" enum:"open,upheld,lifted,closed" doc:"open: it waits for a decision. closed: the suspension has ended without one."`
	Filed   time.Time  `json:"filedAt" doc:"When he said so."`
	Note    string     `json:"note,omitempty" doc:"What who decided about it wrote."`
	Key     string     `json:"decidedBy,omitempty" doc:"The API key that the appeal was decided with; the case's decidedBy is what the account was suspended with."`
	Decided *time.Time `json:"decidedAt,omitempty" doc:"When it was decided."`
}

// CaseReport is one report of a case.
type CaseReport struct {
	ID     string    `json:"id" doc:"rep_…"`
	User   string    `json:"reporter,omitempty" doc:"The account that reports. Who is reported is never told. Missing for a guest, and for a deleted account."`
	Guest  bool      `json:"guest" doc:"Whether a guest reports."`
	Call   string    `json:"call" doc:"The call that they met in."`
	Reason string    `json:"reason" doc:"Why."`
	Text   string    `json:"text,omitempty" doc:"What happened, in the reporter's words."`
	Times  int64     `json:"times" doc:"How often within a day; the words are the latest."`
	First  time.Time `json:"firstAt" doc:"When it was filed."`
	Last   time.Time `json:"lastAt" doc:"When it was last changed."`
}

// WholeCase is a case with its reports.
type WholeCase struct {
	ReportCase
	Filed []CaseReport `json:"filed" doc:"Its reports, the newest first, at most 200."`
}

func showCase(k store.Case) ReportCase {
	sub := k.Subject
	shown := ReportCase{
		ID: k.ID, Kind: string(sub.Kind), User: sub.User, Link: sub.Link, Call: sub.Call, Name: sub.Name, Mark: sub.Mark,
		Score: float64(k.Score) / 1000, Reporters: k.Reporters, Reports: k.Reports, Reasons: map[string]int64{}, First: k.First, Last: k.Last,
		Action: string(k.Action), Note: k.Note, Key: k.Key, Decided: optional(k.Decided),
	}
	for i, reason := range store.Reasons() {
		if k.Reasons[i] > 0 {
			shown.Reasons[reason] = k.Reasons[i]
		}
	}
	if a := k.Appeal; a.State != "" {
		shown.Appeal = &CaseAppeal{a.Text, string(a.State), a.Filed, a.Note, a.Key, optional(a.Decided)}
	}
	return shown
}

func showReport(r store.ReportRow) CaseReport {
	return CaseReport{ID: r.ID, User: r.User, Guest: r.Guest, Call: r.Call, Reason: r.Reason, Text: r.Text, Times: r.Times, First: r.First, Last: r.Last}
}

// CaseField names a case in the path. The type is exported because the library looks into
// embedded structs only if they are.
type CaseField struct {
	Case string `path:"case" maxLength:"64" pattern:"^[A-Za-z0-9_-]+$" doc:"The case: cas_…"`
}

type caseOutput struct {
	ETag string `header:"ETag" doc:"For If-Match."`
	Body WholeCase
}

func (o *caseOutput) about() store.AuditTarget {
	return store.AuditTarget{Kind: "user", ID: o.Body.User}
}

type listCasesInput struct {
	PageFields
	State string `query:"state" enum:"open,closed" default:"open" doc:"Those that wait, open appeals first, the oldest first, then the highest score first; or those that are decided, the latest first."`
}

type decideCaseInput struct {
	CaseField
	MatchField
	Body struct {
		Action string     `json:"action" enum:"dismiss,suspend,close,uphold,lift" doc:"dismiss: nothing was wrong, which lowers the weight of who has reported it. suspend: the account is suspended. close: it was handled elsewhere. Of an open appeal: uphold: the suspension stays. lift: the account is resumed at once."`
		Note   string     `json:"note,omitempty" maxLength:"1000" doc:"A note for operators; nobody else sees it."`
		Until  *time.Time `json:"until,omitempty" doc:"When a suspension ends; for good if missing."`
		Reason string     `json:"reason,omitempty" maxLength:"64" doc:"The suspension's own note."`
	}
}

// registerCases adds the queue of what was reported, for operators.
func (s *server) registerCases(api huma.API) {
	const path = "/v1/reports"
	one, tags := path+"/{case}", []string{"reports"}
	none := []int{http.StatusNotFound, http.StatusUnprocessableEntity}
	resource(s, api, identity.ReportsRead, huma.Operation{
		OperationID: "list-reports", Method: http.MethodGet, Path: path, Tags: tags,
		Summary: "List what was reported, a case for all that was reported of one",
		Description: "While pages are read the order may change, by new reports and appeals; a case that moves up meanwhile is on none of the later pages. Cases are kept for 180 days after the decision, open ones for a year after the last report, " +
			"and no longer than the account that is reported.",
		Errors: []int{http.StatusUnprocessableEntity},
	}, s.listCases)
	resource(s, api, identity.ReportsRead, huma.Operation{
		OperationID: "get-report", Method: http.MethodGet, Path: one, Tags: tags, Summary: "Get a case and its reports", Errors: none,
	}, func(ctx context.Context, in *struct{ CaseField }) (*caseOutput, error) {
		out, _, err := s.reportCase(ctx, in.Case)
		return out, err
	})
	resource(s, api, identity.ReportsWrite, huma.Operation{
		OperationID: "decide-report", Method: http.MethodPost, Path: one + "/decide", Tags: tags,
		Summary: "Decide about a case", Description: "Once: 409 if it was decided before. What is reported later is a new case. A suspended account's calls and sessions end within two seconds. " +
			"An appeal, too, is decided once, and not by the key by which the account was suspended nor by one of its line, if there is another one that may: 409, otherKey.",
		Errors: append(none, http.StatusPreconditionFailed),
	}, s.decideCase)
}

func (s *server) noCase(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return problem(CodeNotFound, "there is no such case; it may be too old, or the account is deleted")
	}
	return s.failed(err)
}

func (s *server) listCases(ctx context.Context, in *listCasesInput) (*pageOutput[ReportCase], error) {
	p, err := in.after()
	if err != nil {
		return nil, err
	}
	// A cursor has a time: here it stands for the score, or is when a case was decided.
	after := store.CaseCursor{}
	if p.ID != "" {
		after = store.CaseCursor{Place: p.At.UnixMilli(), ID: p.ID}
	}
	rows, err := s.cfg.Store.PageCases(ctx, in.State != "closed", after, in.Limit+1)
	if err != nil {
		return nil, s.failed(err)
	}
	return page(ctx, in.PageFields, rows, func(k store.Case) position {
		return position{time.UnixMilli(k.Cursor().Place).UTC(), k.ID}
	}, showCase), nil
}

// reportCase returns a case as it is shown, and the version that this is.
func (s *server) reportCase(ctx context.Context, id string) (*caseOutput, int64, error) {
	k, err := s.cfg.Store.Case(ctx, id)
	if err != nil {
		return nil, 0, s.noCase(err)
	}
	rows, err := s.cfg.Store.CaseReports(ctx, id)
	if err != nil {
		return nil, 0, s.failed(err)
	}
	whole := WholeCase{showCase(k), make([]CaseReport, len(rows))}
	for i, r := range rows {
		whole.Filed[i] = showReport(r)
	}
	return &caseOutput{etagOf(struct {
		ID      string
		Version int64
	}{k.ID, k.Version}), whole}, k.Version, nil
}

func (s *server) decideCase(ctx context.Context, in *decideCaseInput) (*caseOutput, error) {
	now, version, err := s.reportCase(ctx, in.Case)
	if err != nil {
		return nil, err
	}
	if err := in.matches(now.ETag); err != nil {
		return nil, err
	}
	if in.IfMatch == "" || in.IfMatch == "*" {
		version = store.AnyVersion
	}
	d := store.CaseDecision{
		Case: in.Case, Action: store.CaseAction(in.Body.Action), Note: in.Body.Note, Key: caller(ctx).ID, Until: store.Forever, Reason: in.Body.Reason, Version: version,
	}
	set(&d.Until, in.Body.Until)
	switch err := s.cfg.Store.DecideCase(ctx, d); {
	case errors.Is(err, store.ErrOtherKey):
		return nil, problem(CodeOtherKey, "the account was suspended with this key, or one of its line")
	case errors.Is(err, store.ErrNoAppeal):
		return nil, problem(CodeConflict, "no appeal is open; read what became of it")
	case errors.Is(err, store.ErrConflict) && d.Action.OfAppeal():
		return nil, problem(CodeChanged, "it was decided at this very moment")
	case errors.Is(err, store.ErrConflict) && now.Body.Action == "" && version != store.AnyVersion:
		return nil, problem(CodeChanged, "it was reported again, or decided, at this very moment")
	case errors.Is(err, store.ErrConflict):
		return nil, problem(CodeConflict, "the case is decided; read what was")
	case errors.Is(err, store.ErrNoAccount):
		return nil, problem(CodeInvalid, "only an account can be suspended; revoke a link, and close or dismiss the case").at("body.action", "it is no account")
	case errors.Is(err, store.ErrInvalid):
		return nil, problem(CodeInvalid, "the note cannot be kept").at("body.note", "it has a character that is none")
	case err != nil:
		return nil, s.noCase(err)
	}
	out, _, err := s.reportCase(ctx, in.Case)
	return out, err
}
