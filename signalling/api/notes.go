package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// Notes keeps what callers leave for accounts that nobody answered for. It is sealed:
// only the devices of the account can open it.
type Notes interface {
	// LeaveNote fails with a [wire.Problem], [store.ErrNoNotes] or [store.ErrLimit].
	LeaveNote(ctx context.Context, from wire.UserID, call wire.CallID, body []byte) error
	// Note fails with [store.ErrNotFound], and with [store.ErrOtherDevice] if the key
	// with the id, if there is one, does not open the note.
	Note(ctx context.Context, user wire.UserID, call wire.CallID, key []byte) ([]byte, error)
	// DropNote deletes a note if there is one.
	DropNote(ctx context.Context, user wire.UserID, call wire.CallID) error
}

// noteWithin is how long a note may take to come: the largest, by 280 kbit/s.
const noteWithin = 30 * time.Second

const octets = "application/octet-stream"

// registerNotes adds the routes of notes to missed calls.
func (s *server) registerNotes(api huma.API) {
	if s.cfg.Profiles.Identity.Keys == nil {
		return
	}
	errs := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}
	// The library refuses a body that is as large as its limit.
	public(s, api, huma.Operation{
		OperationID: "leave-note", Method: http.MethodPut, Path: "/v1/notes/{call}", MaxBodyBytes: store.MaxNote + 1, BodyReadTimeout: noteWithin, Tags: []string{"notes"},
		DefaultStatus: http.StatusNoContent,
		Summary:       "Leave a note to a call that nobody has answered",
		Description: "Sealed by the keys that getNoteKeys gave; at most 1 MiB. Needs the token of the account that has made the call, " +
			"within ten minutes of its end; the call has rung one account, and was not declined. Another note to the same call takes " +
			"the place of the first. It waits for 30 days, and is deleted once it was opened. The answer does not tell whether " +
			"the account may be reached: of who may not be heard, nothing is delivered.",
		Errors: append(errs, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge),
	}, s.leaveNote)
	public(s, api, huma.Operation{
		OperationID: "get-note", Method: http.MethodGet, Path: "/v1/notes/{call}", Tags: []string{"notes"},
		Summary: "Get the note that was left to a call that the account has missed",
		Description: "Needs the account's token. From then on it is kept for ten minutes at most, so that what is lost on the way can be asked " +
			"for again: delete it as soon as it has been opened. With key it is given out only if that opens it, and else waits on.",
		Errors: append(errs, http.StatusNotFound, http.StatusConflict), Responses: fileResponse(octets),
	}, s.getNote)
	public(s, api, huma.Operation{
		OperationID: "delete-note", Method: http.MethodDelete, Path: "/v1/notes/{call}", Tags: []string{"notes"}, DefaultStatus: http.StatusNoContent,
		Summary: "Delete the note that was left to a call, if there is one", Description: "Needs the account's token.", Errors: errs,
	}, s.deleteNote)
}

// NoteInPath names the call that a note belongs to, and who asks. The type is exported
// because the library looks into embedded structs only if they are.
type NoteInPath struct {
	BearerField
	Call string `path:"call" maxLength:"64" doc:"The call."`
}

type getNoteInput struct {
	NoteInPath
	Key string `query:"key" maxLength:"11" pattern:"^([A-Za-z0-9_-]{11})?$" doc:"Which key is to open it: the first 8 bytes of the SHA-256 of the key that the device has published, as base64url."`
}

type noteOutput struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Sniff        string `header:"X-Content-Type-Options"`
	Policy       string `header:"Content-Security-Policy"`
	Body         []byte
}

type leaveNoteInput struct {
	NoteInPath
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *server) leaveNote(ctx context.Context, in *leaveNoteInput) (*struct{}, error) {
	user, err := s.account(ctx, in.BearerField)
	if err != nil {
		return nil, err
	}
	return nil, s.refusedNote(s.cfg.Notes.LeaveNote(ctx, wire.UserID(user), wire.CallID(in.Call), in.RawBody))
}

// refusedNote is why a note was not taken, for who has left it.
func (s *server) refusedNote(err error) error {
	if err == nil {
		return nil
	}
	p, _ := errors.AsType[*wire.Problem](err)
	switch {
	case errors.Is(err, store.ErrNoNotes):
		return problem(CodeNoNotes, "the account takes no notes; call again later")
	case errors.Is(err, store.ErrLimit):
		return problem(CodeNotesFull, "as many notes wait there as may; it takes others once some have been opened")
	case p == nil:
		return s.failed(err)
	case p.Code == wire.CodeNotFound:
		return problem(CodeNotFound, "%s", p.Detail)
	case p.Code == wire.CodeRateLimited:
		return tooMany(p.Detail, waitOf(p))
	}
	return s.failed(err)
}

func (s *server) getNote(ctx context.Context, in *getNoteInput) (*noteOutput, error) {
	user, err := s.account(ctx, in.BearerField)
	if err != nil {
		return nil, err
	}
	key, err := wire.Blob(in.Key).Bytes()
	if err != nil {
		return nil, problem(CodeInvalid, "the key is the id of none").at("query.key", "8 bytes as base64url")
	}
	body, err := s.cfg.Notes.Note(ctx, wire.UserID(user), wire.CallID(in.Call), key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, problem(CodeNotFound, "no note waits to this call; it may have been opened on another device, or be too old")
	case errors.Is(err, store.ErrOtherDevice):
		return nil, problem(CodeOtherDevice, "the note was sealed for other devices of the account, and waits for one of them")
	case err != nil:
		return nil, s.failed(err)
	}
	return &noteOutput{ContentType: octets, CacheControl: "no-store", Sniff: "nosniff", Policy: "default-src 'none'; sandbox", Body: body}, nil
}

func (s *server) deleteNote(ctx context.Context, in *NoteInPath) (*struct{}, error) {
	user, err := s.account(ctx, in.BearerField)
	if err != nil {
		return nil, err
	}
	if err := s.cfg.Notes.DropNote(ctx, wire.UserID(user), wire.CallID(in.Call)); err != nil {
		return nil, s.failed(err)
	}
	return nil, nil
}
