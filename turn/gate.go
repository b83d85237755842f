package turn

import "sync"

// gate is held while the library handles one message of a client. Whoever ends an
// allocation from another goroutine waits for it first: the library puts a
// permission in its map before it gives it a timer, and would fall over a
// missing timer if it closed the allocation in between, which a client could
// bring about by timing the end of a short lifetime.
type gate struct {
	mu   sync.Mutex
	held bool // owned by the goroutine that reads the client's messages
}

// enter begins the handling of a message. Only the reading goroutine calls it.
func (g *gate) enter() {
	g.mu.Lock()
	g.held = true
}

// leave ends the handling, if one was begun. Only the reading goroutine calls it.
func (g *gate) leave() {
	if g.held {
		g.held = false
		g.mu.Unlock()
	}
}

// wait returns once no message that was being handled when it was called still is.
func (g *gate) wait() {
	g.mu.Lock()
	defer g.mu.Unlock()
}
