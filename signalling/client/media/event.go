package media

import "pronto/signalling/wire"

// Event is what happens to a connection: [FirstAudio], [Connected],
// [Disconnected], [Failed] or [Found]. It is told from pion's goroutines; the listener
// must not block and must not close the connection.
type Event interface{ event() }

// FirstAudio says that the first sound of somebody else has come. It is told once.
type FirstAudio struct{}

// Connected says that ICE and DTLS are up: at first, and after a restart.
type Connected struct{}

// Disconnected says that nothing is heard for now.
type Disconnected struct{}

// Failed says that no way is left; a restart of ICE may find one.
type Failed struct{}

// Found is a candidate to send to the other side. An empty one means that no more follow.
type Found struct{ Candidate wire.Candidate }

func (FirstAudio) event()   {}
func (Connected) event()    {}
func (Disconnected) event() {}
func (Failed) event()       {}
func (Found) event()        {}
