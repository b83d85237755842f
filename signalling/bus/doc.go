// Package bus carries messages between the parts of a node: at most once, in
// order, to whoever listens at that moment. It is core NATS, in this process
// and without a listening socket.
//
// Nothing on the bus is a fact. Whoever misses a message loses no more than
// time: facts are in the store, and every event can be derived from them.
package bus
