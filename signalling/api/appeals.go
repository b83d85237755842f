package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// An account may ask about its appeal as often as a person looks at a page.
const (
	appealRefill = 3 * time.Second
	appealBurst  = 20
)

// registerAppeals adds the routes of people whose account is suspended.
func (s *server) registerAppeals(api huma.API) {
	if s.cfg.Profiles.Identity.Keys == nil {
		return
	}
	const path, needs = "/v1/account/appeal", "Needs the account's token, also while it is suspended, when that opens nothing else; a device gets one by " +
		"its refresh secret, and who signs in by his code, with toAppeal."
	errs := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}
	public(s, api, huma.Operation{
		OperationID: "get-appeal", Method: http.MethodGet, Path: path,
		Summary:     "See whether and why one's own account is suspended, and what became of one's appeal",
		Description: needs + " Of an account that is not suspended any more the appeal is the last. It never tells who has reported it.", Errors: errs,
	}, func(ctx context.Context, in *struct{ BearerField }) (*appealOutput, error) {
		user, err := s.appellant(ctx, in.BearerField)
		if err != nil {
			return nil, err
		}
		return s.suspension(ctx, user)
	})
	public(s, api, huma.Operation{
		OperationID: "file-appeal", Method: http.MethodPost, Path: path, MaxBodyBytes: 16 << 10,
		Summary: "Appeal against the suspension of one's own account, once",
		Description: needs + " Operators see it among what was reported, and another than who has suspended decides if there is one. " +
			"409 if the account is not suspended, or if there was an appeal against this suspension.",
		Errors: append(errs, http.StatusConflict),
	}, s.fileAppeal)
}

// AccountAppeal is how an account stands that is or was suspended, as its owner sees it.
type AccountAppeal struct {
	Suspended bool       `json:"suspended" doc:"Whether the account is suspended."`
	Since     *time.Time `json:"suspendedAt,omitempty" doc:"Since when."`
	Until     *time.Time `json:"suspendedUntil,omitempty" doc:"Until when; missing if it is for good."`
	Reported  bool       `json:"reported" doc:"Whether it was decided upon what others have reported."`
	Reason    string     `json:"reason,omitempty" enum:"spam,harassment,impersonation,illegalContent,other" doc:"What most of them gave as the reason; never who."`
	Appeal    *OwnAppeal `json:"appeal,omitempty" doc:"What the owner says against it; missing if nothing."`
}

// OwnAppeal is what somebody said against the suspension of his account.
type OwnAppeal struct {
	Text    string     `json:"text,omitempty" doc:"His words; missing once they are deleted."`
	State   string     `json:"state" enum:"open,upheld,lifted,closed" doc:"open: nobody has decided. upheld: the suspension stays. lifted: the account was given back. closed: the suspension has ended otherwise."`
	Filed   time.Time  `json:"filedAt" doc:"When he said so."`
	Decided *time.Time `json:"decidedAt,omitempty" doc:"When it was decided."`
}

type appealOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         AccountAppeal
}

func (s *server) suspension(ctx context.Context, user string) (*appealOutput, error) {
	now, err := s.cfg.Store.Suspension(ctx, user)
	switch {
	case errors.Is(err, store.ErrNotFound): // deleted at this very moment
		return nil, errToken
	case err != nil:
		return nil, s.failed(err)
	}
	out := &appealOutput{CacheControl: "no-store", Body: AccountAppeal{
		Suspended: !now.Until.IsZero(), Since: optional(now.Since), Until: optional(now.Until), Reported: now.Reported, Reason: now.Reason,
	}}
	if now.Until.Equal(store.Forever) {
		out.Body.Until = nil
	}
	if a := now.Appeal; a.State != "" {
		out.Body.Appeal = &OwnAppeal{a.Text, string(a.State), a.Filed, optional(a.Decided)}
	}
	return out, nil
}

type fileAppealInput struct {
	BearerField
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"1000" doc:"What he says against it, in lines of plain text."`
	}
}

func (s *server) fileAppeal(ctx context.Context, in *fileAppealInput) (*appealOutput, error) {
	user, err := s.appellant(ctx, in.BearerField)
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(strings.ReplaceAll(in.Body.Text, "\r\n", "\n"))
	if err := checkLines(text); err != nil {
		return nil, problem(CodeInvalid, "the text cannot be taken").at("body.text", err.Error())
	}
	switch err := s.cfg.Reports.Appeal(ctx, wire.UserID(user), text, requestID(ctx)); {
	case errors.Is(err, store.ErrNotSuspended):
		return nil, problem(CodeConflict, "the account is not suspended")
	case errors.Is(err, store.ErrConflict):
		return nil, problem(CodeConflict, "there was an appeal against this suspension; read what became of it")
	case err != nil:
		return nil, s.failed(err)
	}
	return s.suspension(ctx, user)
}

// checkLines says why a text cannot be shown in lines, or nil.
func checkLines(text string) error {
	if text == "" {
		return errors.New("it is empty")
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
	}) {
		return errors.New("it has a character that cannot be shown")
	}
	return nil
}

// appellant returns whose account's token it is, also while that is suspended.
func (s *server) appellant(ctx context.Context, f BearerField) (string, error) {
	id, token, err := s.bearer(ctx, f)
	if err == nil && id.Guest() {
		err = errToken
	}
	if err == nil {
		err = s.tokenStands(ctx, id, token)
	}
	if err != nil {
		return "", err
	}
	if wait := s.appeals.takeFor(string(id.User), time.Now()); wait > 0 {
		return "", tooMany("too often for one account", wait)
	}
	return string(id.User), nil
}
