package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// AuditTarget is what an entry of the audit log is about.
type AuditTarget struct {
	Kind string `json:"kind" doc:"What it is, as in the address that was asked for: user, call, link, group, key, webhook …"`
	ID   string `json:"id,omitempty" doc:"Its id; missing if it was an account that is deleted."`
}

// AuditEntry is what was done with an API key, or by a command.
type AuditEntry struct {
	ID        string       `json:"id" doc:"The entry's own."`
	At        time.Time    `json:"at" doc:"When it was asked for, by the database's clock."`
	Key       string       `json:"key" doc:"The API key; cli for the server's own commands, and account for an appeal by an account's own token."`
	Operation string       `json:"operation" doc:"The operationId in this description."`
	Target    *AuditTarget `json:"target,omitempty" doc:"What it was about; missing if it was about nothing in particular."`
	Other     *AuditTarget `json:"other,omitempty" doc:"What else it was about, such as whom a contact was of."`
	RequestID string       `json:"requestId,omitempty" doc:"The id of the request, as in the header Request-Id; missing for commands."`
	Status    int          `json:"status,omitempty" doc:"The HTTP status of the answer; missing while it is being carried out, and for good if the server did not live to say."`
	Code      string       `json:"code,omitempty" doc:"The code of the problem that was answered; missing if it was none."`
}

// ShowAudit is an entry as it is shown.
func ShowAudit(e store.AuditEntry) AuditEntry {
	target := func(t store.AuditTarget) *AuditTarget {
		if t.Kind == "" {
			return nil
		}
		return &AuditTarget{t.Kind, t.ID}
	}
	return AuditEntry{
		ID: e.ID, At: e.At, Key: e.Key, Operation: e.Operation, Target: target(e.Target), Other: target(e.Other),
		RequestID: e.RequestID, Status: e.Status, Code: e.Code,
	}
}

type auditInput struct {
	PageFields
	Key    string    `query:"key" maxLength:"64" doc:"Of this API key only; cli for the server's own commands."`
	Target string    `query:"target" maxLength:"256" doc:"About what has this id only, be it the target or the other."`
	Since  time.Time `query:"since" doc:"From this time on."`
	Until  time.Time `query:"until" doc:"Before this time."`
}

func (s *server) registerAudit(api huma.API) {
	resource(s, api, identity.AuditRead, huma.Operation{
		OperationID: "list-audit", Method: http.MethodGet, Path: "/v1/audit", Tags: []string{"audit"},
		Summary: "See what was done with API keys, the newest first",
		Description: "All that changed something, and all that read what is somebody's (users, groups, calls, and this), with its result. A key that may " +
			"do everything (*) sees all of it, with appeals, and what the server's own commands did; another sees what was done with itself and those before and after " +
			"it in its line. Entries are a second late at most, and are kept for as long as the server is set to.",
		Errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *auditInput) (*pageOutput[AuditEntry], error) {
		p, err := in.after()
		if err != nil {
			return nil, err
		}
		q := store.AuditQuery{
			Key: in.Key, Target: in.Target, Since: in.Since, Until: in.Until, Before: p.At, BeforeID: p.ID, Limit: in.Limit + 1,
		}
		if k := caller(ctx); !slices.Contains(k.Scopes, store.AllScopes) {
			q.Line = k.Line
		}
		entries, err := s.cfg.Store.Audit(ctx, q)
		if err != nil {
			return nil, s.failed(err)
		}
		return page(ctx, in.PageFields, entries, func(e store.AuditEntry) position { return position{e.At, e.ID} }, ShowAudit), nil
	})
}
