package call

import (
	"errors"

	"pronto/signalling/store"
	"pronto/signalling/wire"
)

// The problems of this package that have no details.
var (
	errNoCall     = wire.Problemf(wire.CodeNotFound, "there is no such call for this session")
	errCallEnded  = wire.Problemf(wire.CodeCallEnded, "the call is over")
	errStale      = wire.Problemf(wire.CodeStale, "the call's media takes another way now")
	errUnanswered = wire.Problemf(wire.CodeConflict, "nobody has answered yet; there is nobody to hear")
	errNotHost    = wire.Problemf(wire.CodeForbidden, "only who started the call may")
	errLocked     = wire.Problemf(wire.CodeForbidden, "the call is locked")
	errWait       = wire.Problemf(wire.CodeWaitInLobby, "a host lets people in; knock")
	errNoLink     = wire.Problemf(wire.CodeNotFound, "the link leads nowhere")
)

func errElsewhere(device string) error {
	p := wire.Problemf(wire.CodeAnsweredElsewhere, "another device of the account was first")
	p.Device = device
	return p
}

// failure turns an error of the store into what a client may know. Whatever
// cannot be decided is refused.
func failure(err error) error {
	var problem *wire.Problem
	var glare *store.Glare
	switch {
	case errors.As(err, &problem), errors.As(err, &glare):
		return err
	case errors.Is(err, store.ErrUnavailable):
		return wire.Problemf(wire.CodeUnavailable, "the server cannot decide now; try again")
	}
	return err
}
