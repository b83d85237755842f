package call

import (
	"time"

	"pronto/signalling/wire"
)

// GroupFounded says that an encrypted call got a group of keys; Again, that it
// replaces one.
type GroupFounded struct{ Again bool }

// KeysChanged says that a commit was taken; External, that a newcomer made it.
type KeysChanged struct {
	External       bool
	Added, Removed int
}

// CommitRefused says that a commit was not taken because another one was first.
type CommitRefused struct{}

// KeysOpened says how long a client waited for the first frame that it could
// open.
type KeysOpened struct {
	Topology wire.Topology
	After    time.Duration
}

// KeysFailed says what went wrong with keys or frames at a client.
type KeysFailed struct{ Failure wire.KeyFailure }

func (GroupFounded) event()  {}
func (KeysChanged) event()   {}
func (CommitRefused) event() {}
func (KeysOpened) event()    {}
func (KeysFailed) event()    {}
