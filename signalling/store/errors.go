package store

import (
	"errors"
	"fmt"
)

// The errors a caller has to tell apart; test for them with errors.Is.
var (
	// ErrNotFound means that there is no such row, or that a row named by the
	// arguments (a user, say) does not exist.
	ErrNotFound = errors.New("store: not found")

	// ErrConflict means that a row with this id is already there, that the
	// version given is not the row's, or (as a [*Glare]) that another call
	// already holds what this one wanted.
	ErrConflict = errors.New("store: conflict")

	// ErrFenced means that the call has a newer epoch or has ended: the asker
	// no longer owns it and must stop acting for it.
	ErrFenced = errors.New("store: fenced")

	// ErrUnavailable means that the database could not be asked or did not
	// answer. Whoever decides anything by the answer must decide "no". On
	// PostgreSQL a write that ends so may still have been carried out, when
	// the connection broke during its COMMIT; on SQLite it was not.
	ErrUnavailable = errors.New("store: unavailable")

	// ErrInvalid means an argument that no row may hold: an empty id, a text
	// that is too long or not UTF-8, an unknown kind.
	ErrInvalid = errors.New("store: invalid")

	// ErrLimit means that the user has as many rows of this sort as he may.
	ErrLimit = errors.New("store: limit reached")
)

// Glare is the error of a call that may not be created because another one,
// not ended, already joins the same two people or already belongs to the same
// link. The asker continues with that one. It is an [ErrConflict].
type Glare struct {
	// CallID is the call that came first.
	CallID string
}

// Error implements error. It does not name the call, because errors are logged.
func (*Glare) Error() string { return "store: another call came first" }

// Is makes a Glare an [ErrConflict].
func (*Glare) Is(target error) bool { return target == ErrConflict }

// LinkReason says why a link admits nobody. It is for the link's owner and for
// counting; an outsider is told no more than that the link was not found.
type LinkReason string

// The reasons of a [LinkRefused].
const (
	LinkUnknown   LinkReason = "unknown"   // there is no such link
	LinkRevoked   LinkReason = "revoked"   // its owner has revoked it
	LinkExpired   LinkReason = "expired"   // its time has passed
	LinkExhausted LinkReason = "exhausted" // all its uses are spent
)

// LinkRefused is the error of a link that admits nobody. It is an
// [ErrNotFound] whatever the reason is, so that an answer made from it cannot
// be used to find out which links once existed.
type LinkRefused struct {
	// Reason must not reach outsiders.
	Reason LinkReason
}

// Error implements error.
func (*LinkRefused) Error() string { return "store: the link admits nobody" }

// Is makes a LinkRefused an [ErrNotFound].
func (*LinkRefused) Is(target error) bool { return target == ErrNotFound }

// invalid returns an [ErrInvalid] that says what is wrong.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}
