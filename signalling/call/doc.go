// Package call is the heart of Pronto: one call, from the first ring to its
// last event.
//
// A call is a value, state, that changes only through its own methods: facts
// and a time in, effects out, no I/O. Around it stands an actor, [Call], whose
// goroutine owns the state: it clones it, has the change made, commits the
// durable part to the store, fenced by the call's epoch, and only then lets the
// effects out to sessions, media and metrics. A change that could not be
// committed never happened. [Registry] holds the calls of this node.
//
// Policy is asked before anybody is rung, inside the transaction that creates
// the call and once more after its commit. Who must not be reached gets a
// silent leg: the caller sees it ring out, and nothing leaves for the callee.
package call
