package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
	"pronto/signalling/store"
)

// What is done with API keys is written down by record, through which every resource goes:
// all that changes something, and all that reads what is somebody's, also where the key has
// not the scope for it. Of a change an entry is on disk before it is done, so that nothing
// is done that is not written; how it went follows within a second, as reads do, many at a
// time. Who crashes in between leaves entries that do not say how it went, and may lose
// reads of the last second.

// nobodys are the scopes by which is read what is nobody's: what integrators have set up
// themselves, and numbers. Reading that is not written down.
var nobodys = []identity.Scope{identity.KeysRead, identity.LinksRead, identity.WebhooksRead, identity.StatsRead}

// recorded tells whether an operation is written down.
func recorded(op huma.Operation, scope identity.Scope) bool {
	if op.Method != http.MethodGet {
		return true
	}
	return !slices.Contains(nobodys, scope)
}

// about is implemented by what is asked and answered, where the path does not say what it
// is about.
type about interface{ about() store.AuditTarget }

// record has handler's operation written down.
func record[I, O any](s *server, op huma.Operation, handler func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (out *O, err error) {
		targets, _ := ctx.Value(targetsKey{}).([2]store.AuditTarget)
		e := entryOf(ctx, caller(ctx), op, targets)
		describe(&e, in)
		end, err := s.cfg.Audit.begin(ctx, e, op.Method != http.MethodGet)
		if err != nil {
			s.cfg.Logger.Error("the audit log cannot be written", "err", err)
			return nil, problem(CodeUnavailable, "what is done with API keys is written down first, and that cannot be done now; nothing was done; try again")
		}
		e.Status, e.Code = http.StatusInternalServerError, string(CodeInternal) // should handler not return
		defer func() { end(e) }()
		out, err = handler(ctx, in)
		if e.Status, e.Code = statusOf(op, out, err); err == nil {
			describe(&e, out)
		}
		return out, err
	}
}

// entryOf is an entry about an operation that is asked for.
func entryOf(ctx context.Context, k store.APIKey, op huma.Operation, targets [2]store.AuditTarget) store.AuditEntry {
	return store.AuditEntry{
		ID: identity.NewID("aud"), Key: k.ID, Line: k.Line, Operation: op.OperationID, RequestID: requestID(ctx),
		Target: targets[0], Other: targets[1],
	}
}

// recordRefusal writes down that a key asked for what it has not the scope for, if it is
// something that is written down.
func (s *server) recordRefusal(ctx huma.Context, k store.APIKey, scope identity.Scope) {
	op := *ctx.Operation()
	if !recorded(op, scope) {
		return
	}
	e := entryOf(ctx.Context(), k, op, targetsOf(ctx, op))
	e.Status, e.Code = http.StatusForbidden, string(CodeScopeMissing)
	end, err := s.cfg.Audit.begin(ctx.Context(), e, false)
	if err != nil { // nothing was done, and nothing told
		s.cfg.Logger.Warn("a refusal could not be written to the audit log", "err", err)
		return
	}
	end(e)
}

// describe adds what a request or an answer is about, if it says so and the path does not.
func describe(e *store.AuditEntry, v any) {
	one, ok := v.(about)
	if !ok {
		return
	}
	switch t := one.about(); {
	case t == e.Target || t.ID == "":
	case e.Target.Kind == "":
		e.Target = t
	case e.Other.Kind == "":
		e.Other = t
	}
}

// statusOf is the status, and the code if it is a problem, of what a handler returned.
func statusOf[O any](op huma.Operation, out *O, err error) (status int, code string) {
	if err != nil {
		if p, ok := errors.AsType[*Problem](err); ok {
			return p.Status, string(p.Code)
		}
		return http.StatusInternalServerError, string(CodeInternal)
	}
	if op.DefaultStatus != 0 {
		return op.DefaultStatus, ""
	}
	if _, ok := reflect.TypeFor[O]().FieldByName("Body"); ok && out != nil {
		return http.StatusOK, ""
	}
	return http.StatusNoContent, ""
}

type targetsKey struct{}

// kinds are what names in paths stand for, where they are not the kind's own.
var kinds = map[string]string{"other": "user", "caller": "user"}

// noteTargets notes in the context what the path is about.
func noteTargets(op huma.Operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		next(huma.WithValue(ctx, targetsKey{}, targetsOf(ctx, op)))
	}
}

// targetsOf is what the path is about: two things at most.
func targetsOf(ctx huma.Context, op huma.Operation) (targets [2]store.AuditTarget) {
	n := 0
	for part := range strings.SplitSeq(op.Path, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if !ok || n == len(targets) {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		id := ctx.Param(name)
		if len(id) > store.MaxName || !utf8.ValidString(id) || strings.ContainsRune(id, 0) {
			id = "" // there is nothing that has such an id
		}
		targets[n] = store.AuditTarget{Kind: cmp.Or(kinds[name], name), ID: id}
		n++
	}
	return targets
}
