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
// An end-to-end encrypted call has a group of keys (MLS, RFC 9420) for which it
// is the delivery service: it takes the first commit of an epoch from who holds
// the leaf, stores it before it says so, elects who commits next, and tells the
// SFU whose frames must be sealed as which leaf. It knows no key, and whether a
// commit is good the members find out.
//
// Policy is asked before anybody is rung, inside the transaction that creates
// the call and once more after its commit. Who must not be reached gets a
// silent leg: the caller sees it ring out, and nothing leaves for the callee.
package call
