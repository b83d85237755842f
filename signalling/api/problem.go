package api

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/wire"
)

// Code is the stable name of a kind of problem; clients choose by it. Each has
// a row in catalogue.
type Code string

// The codes of [Problem].
const (
	CodeBadRequest       Code = "badRequest"
	CodeUnauthenticated  Code = "unauthenticated"
	CodeKeyExpired       Code = "keyExpired"
	CodeForbidden        Code = "forbidden"
	CodeScopeMissing     Code = "scopeMissing"
	CodeCrossSite        Code = "crossSite"
	CodeSuspended        Code = "suspended"
	CodeNotFound         Code = "notFound"
	CodeMethodNotAllowed Code = "methodNotAllowed"
	CodeNotAcceptable    Code = "notAcceptable"
	CodeConflict         Code = "conflict"
	CodeOtherKey         Code = "otherKey"
	CodeInFlight         Code = "inFlight"
	CodeLimitReached     Code = "limitReached"
	CodeNoNotes          Code = "noNotes"
	CodeNotesFull        Code = "notesFull"
	CodeOtherDevice      Code = "otherDevice"
	CodeChanged          Code = "changed"
	CodeTooLarge         Code = "tooLarge"
	CodeMediaType        Code = "mediaType"
	CodeInvalid          Code = "invalid"
	CodeNameReserved     Code = "nameReserved"
	CodeNameReused       Code = "nameReused"
	CodeRateLimited      Code = "rateLimited"
	CodeInternal         Code = "internal"
	CodeUnavailable      Code = "unavailable"
)

// kind is what all problems of one code have in common.
type kind struct {
	code   Code
	status int
	title  string
	next   string // what to do
}

// catalogue is every kind of problem; the first of a status is the one of
// errors that say no more than their status. It is served below [ErrorsPath].
var catalogue = []kind{
	{CodeBadRequest, http.StatusBadRequest, "The request cannot be read", "Send JSON as the description of the API says."},
	{CodeUnauthenticated, http.StatusUnauthorized, "The credentials open nothing", "Send Authorization: Bearer and the key, a dot, and its secret; or, where an account acts, its token."},
	{CodeKeyExpired, http.StatusUnauthorized, "The API key has expired", "Ask whoever gave it for another one, or for its successor."},
	{CodeForbidden, http.StatusForbidden, "Not allowed", "The detail says who is allowed."},
	{CodeScopeMissing, http.StatusForbidden, "The API key has not the scope", "Use a key that has the scope which the detail names."},
	{CodeCrossSite, http.StatusForbidden, "A web page of another site may not do this", "Call the API from your server; secrets do not belong into pages."},
	{CodeSuspended, http.StatusForbidden, "The account is suspended", "Its owner may appeal, by POST /v1/account/appeal; else ask whoever runs the server."},
	{CodeNotFound, http.StatusNotFound, "There is no such thing", "Check the address and the id. What is deleted or may not be seen is not told apart from what never was."},
	{CodeMethodNotAllowed, http.StatusMethodNotAllowed, "The address does not know this method", "The header Allow lists those it knows."},
	{CodeNotAcceptable, http.StatusNotAcceptable, "There is no such representation", "Accept application/json."},
	{CodeConflict, http.StatusConflict, "It cannot be done as things stand", "The detail says what stands against it."},
	{CodeOtherKey, http.StatusConflict, "Another API key has to decide", "Have somebody decide who has a key with the scope reports:write, and has not suspended the account."},
	{CodeInFlight, http.StatusConflict, "The same request is being carried out", "Wait a second and send it again with the same Idempotency-Key."},
	{CodeLimitReached, http.StatusConflict, "There are as many as there may be", "Delete or revoke one first."},
	{CodeNoNotes, http.StatusConflict, "The account takes no notes", "Call again later, or reach it in another way."},
	{CodeOtherDevice, http.StatusConflict, "The note is for other devices", "Open it on a device that the account had when the note was left."},
	{CodeNotesFull, http.StatusConflict, "Too many notes wait", "Call again later; others are taken once some have been opened or have expired."},
	{CodeChanged, http.StatusPreconditionFailed, "It has changed meanwhile", "Read it again, and send the new ETag as If-Match."},
	{CodeTooLarge, http.StatusRequestEntityTooLarge, "The body is too large", "Send less; the description gives the limits of each field."},
	{CodeMediaType, http.StatusUnsupportedMediaType, "The body is not JSON", "Send Content-Type: application/json."},
	{CodeInvalid, http.StatusUnprocessableEntity, "A part of the request is outside its limits", "The list of errors names each part and what is wrong with it."},
	{CodeNameReserved, http.StatusUnprocessableEntity, "The name reads as if it were the service itself", "Choose a name that says who you are; only API keys may give such names."},
	{CodeNameReused, http.StatusUnprocessableEntity, "The Idempotency-Key was used for another request", "Make a new key for each request, and use it again only to repeat that one."},
	{CodeRateLimited, http.StatusTooManyRequests, "Too many requests", "Wait for as long as the header Retry-After says."},
	{CodeInternal, http.StatusInternalServerError, "The server failed", "Its log has the cause, under the id of the request."},
	{CodeUnavailable, http.StatusServiceUnavailable, "The server cannot do it now", "Try again in a moment."},
}

// Values lists all codes, for the description.
func (Code) Values() []any {
	var all []any
	for _, k := range catalogue {
		all = append(all, string(k.code))
	}
	return all
}

// Schema describes the codes in the OpenAPI file.
func (c Code) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Description: "The stable name of this kind of problem, to choose by. New ones may come.", Examples: []any{string(CodeNotFound)}}
}

// ErrorsPath is below which each kind of problem is explained.
const ErrorsPath = "/errors/"

// Problem is the answer to a request that was not carried out (RFC 9457).
type Problem struct {
	Type      string  `json:"type" format:"uri-reference" doc:"Address of an explanation of this kind of problem."`
	Code      Code    `json:"code"`
	Title     string  `json:"title" doc:"What kind of problem it is, in English; the same for all of its code."`
	Status    int     `json:"status" doc:"The HTTP status."`
	Detail    string  `json:"detail,omitempty" doc:"What was wrong with this request, and what to do next."`
	RequestID string  `json:"requestId,omitempty" doc:"The id of the request, as in the header Request-Id."`
	Errors    []Fault `json:"errors,omitempty" doc:"The parts of the request that were at fault."`
}

// Fault is one part of a request that was at fault.
type Fault struct {
	Detail    string `json:"detail" doc:"What is wrong with it."`
	Pointer   string `json:"pointer,omitempty" doc:"Where it is in the body, as a JSON Pointer (RFC 6901) in a fragment."`
	Parameter string `json:"parameter,omitempty" doc:"Which part it is if it is not in the body: path, query or header, a dot and the name."`
}

// problem makes a Problem whose detail is formatted like fmt.Sprintf. The
// detail must not name people.
func problem(code Code, format string, args ...any) *Problem {
	for _, k := range catalogue {
		if k.code == code {
			return &Problem{Type: ErrorsPath + string(code), Code: code, Title: k.title, Status: k.status, Detail: fmt.Sprintf(format, args...)}
		}
	}
	return problem(CodeInternal, "the problem %s is in no catalogue", code)
}

// at adds a part of the request that was at fault: body.name, path.id …
func (p *Problem) at(location, detail string) *Problem {
	p.Errors = append(p.Errors, fault(location, detail))
	return p
}

// Error implements error.
func (p *Problem) Error() string { return string(p.Code) + ": " + p.Detail }

// GetStatus implements [huma.StatusError].
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements [huma.ContentTypeFilter].
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// The library's errors become ours. Its variable is the process's; nothing else
// here uses the library.
func init() {
	huma.NewError = func(status int, detail string, errs ...error) huma.StatusError {
		p := problem(codeOf(status), "%s", detail)
		if status != 0 {
			p.Status = status
		}
		for _, err := range errs {
			switch d := err.(type) {
			case nil:
			case huma.ErrorDetailer: // without the value, which may be a secret
				p.Errors = append(p.Errors, fault(d.ErrorDetail().Location, d.ErrorDetail().Message))
			default:
				p.Errors = append(p.Errors, Fault{Detail: err.Error()})
			}
		}
		return p
	}
}

// codeOf is the code of an error that says no more than its status.
func codeOf(status int) Code {
	for _, k := range catalogue {
		if k.status == status {
			return k.code
		}
	}
	if status >= 400 && status < 500 {
		return CodeBadRequest
	}
	return CodeInternal
}

// fault turns the library's places, body.items[3].tags, into JSON Pointers.
func fault(location, detail string) Fault {
	rest, inBody := strings.CutPrefix(location, "body")
	if !inBody {
		return Fault{Detail: detail, Parameter: location}
	}
	escape := strings.NewReplacer("~", "~0", ".", "/", "[", "/", "]", "")
	return Fault{Detail: detail, Pointer: "#" + escape.Replace(rest)}
}

// write answers a request outside the library.
func (p *Problem) write(w http.ResponseWriter) {
	p.RequestID = w.Header().Get(requestIDHeader)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone
}

// explain serves the catalogue, for developers who follow a problem's type.
func explain(w http.ResponseWriter, r *http.Request) {
	for _, k := range catalogue {
		if string(k.code) == r.PathValue("code") {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprintf(w, "%s (%d %s)\n\n%s.\n%s\n", k.code, k.status, http.StatusText(k.status), k.title, k.next)
			return
		}
	}
	problem(CodeNotFound, "there is no such kind of problem").write(w)
}

// tooMany is a problem of who asks too often, and is to wait.
func tooMany(detail string, wait time.Duration) error {
	return huma.ErrorWithHeaders(problem(CodeRateLimited, "%s", detail), http.Header{"Retry-After": {retryAfter(wait)}})
}

// retryAfter is a wait in whole seconds, at least one.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}

// waitOf is how long a problem of the protocol says to wait.
func waitOf(p *wire.Problem) time.Duration { return time.Duration(p.RetryAfterMs) * time.Millisecond }
