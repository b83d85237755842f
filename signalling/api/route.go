package api

import (
	"context"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/identity"
)

// How a resource is added
//
// A resource is a file with its name: what it shows (a struct with doc tags,
// camelCase, times as RFC 3339), what it takes, and a register function that
// Register calls. Its routes are made by resource, which gives them
//
//   - the API key: 401 without a good one, 403 without the scope; the handler
//     finds it by caller(ctx);
//   - the rate of the key, in the headers RateLimit and RateLimit-Policy: 429;
//   - for POST, the Idempotency-Key;
//   - an entry in the audit log, if it changes something or reads what is somebody's
//     (record.go); an input or answer implements about where the path does not say
//     what it is about;
//   - limits of bodies, 64 KiB if nothing else is said;
//   - these errors in the description. op.Errors lists the others: 404, 409, 412.
//
// A handler returns problem(code, …) for what the client can mend, and
// s.failed(err) for all else, which is logged. A new kind of problem is a row
// of catalogue. A list takes PageFields and returns page(…); what can be changed
// has an ETag (etagOf) and takes MatchField. Then: make generate, which writes
// openapi.json anew, and a request that succeeds in the table of the contract
// test (contract_test.go), which finds a way to each error by itself.

// maxBody is how large a body may be where nothing else is said, in bytes.
const maxBody = 64 << 10

// resource adds a route for holders of API keys with a scope.
func resource[I, O any](s *server, api huma.API, scope identity.Scope, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	op.Security = []map[string][]string{{bearer: {}}}
	op.Description = sentence(op.Description, "Needs the scope "+string(scope)+".")
	op.Errors = append(op.Errors, authErrors...)
	op.Middlewares = append(op.Middlewares, s.authenticate(api, scope), noteAddress, noteHost)
	if recorded(op, scope) {
		op.Middlewares = append(op.Middlewares, noteTargets(op))
		handler = record(s, op, handler)
	}
	if op.Method != http.MethodGet && op.Method != http.MethodDelete {
		if op.MaxBodyBytes == 0 {
			op.MaxBodyBytes = maxBody
		}
		if hasBody[I]() {
			op.Errors = append(op.Errors, bodyErrors...)
		}
	}
	if op.Method == http.MethodPost {
		op.Errors = append(op.Errors, http.StatusConflict, http.StatusUnprocessableEntity)
		op.Middlewares = append(op.Middlewares, s.once(api))
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: idempotencyHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: ptr(255)},
			Description: "Makes it safe to send the request again: for 24 hours it is carried out once and answered alike.",
		})
	}
	slices.Sort(op.Errors)
	op.Errors = slices.Compact(op.Errors)
	huma.Register(api, op, handler)
}

// bodyErrors are those of whatever takes a body.
var bodyErrors = []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}

// public adds a route for those without an API key: guests, accounts by their own
// tokens, and who has neither yet. It bounds how often a network address may ask;
// op.Errors lists what is not the body's fault. The contract test has a request for
// each in its table entrances (keyless_test.go).
func public[I, O any](s *server, api huma.API, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	op.Middlewares = append(huma.Middlewares{s.limit(api)}, op.Middlewares...)
	op.Errors = append(slices.Clone(op.Errors), http.StatusTooManyRequests)
	if hasBody[I]() {
		op.Errors = append(op.Errors, bodyErrors...)
	}
	slices.Sort(op.Errors)
	op.Errors = slices.Compact(op.Errors)
	huma.Register(api, op, handler)
}

// hasBody tells whether the input of a handler has a body.
func hasBody[I any]() bool {
	_, ok := reflect.TypeFor[I]().FieldByName("Body")
	return ok
}

func sentence(text, more string) string {
	if text == "" {
		return more
	}
	return text + " " + more
}

func ptr[T any](v T) *T { return &v }
